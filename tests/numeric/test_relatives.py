"""The layers around convolution, each as a reading of it."""

from math import prod

import numpy as np
import pytest
from hypothesis import given

from convproof import layers
from convproof.implementation import ByLayer
from convproof.layers import Conv, ConvTranspose, Layer, LocallyConnected, Unfold
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from tests.numeric import cases
from tests.numeric.cases import Case


def offering(*kinds: type[Layer]) -> pytest.MarkDecorator:
    """Run a test for the implementations that offer all of the layers."""
    offered = [each for each in (reference, fast) if all(kind in each._rooms for kind in kinds)]
    return pytest.mark.parametrize("implementation", offered, ids=lambda each: each.name)


@offering(Conv, LocallyConnected)
@given(cases.convolutions(Conv))
def test_local_connections_that_share_their_weights_convolve(
    implementation: ByLayer, case: Case
) -> None:
    """w[m,c,o,k] = w[m,c,k] for all o: the same y, and w_bar sums over o what it had apart."""
    conv, x, (w, *b), y_bar = case
    assert isinstance(conv, Conv)
    size = y_bar.shape[2:]
    local = LocallyConnected(
        in_channels=conv.in_channels, out_channels=conv.out_channels, output_size=size,
        kernel_size=conv.kernel_size, stride=conv.stride, padding=conv.padding,
        dilation=conv.dilation, groups=conv.groups, padding_mode=conv.padding_mode, bias=conv.bias,
    )  # fmt: skip
    dims = len(size)
    spread = np.expand_dims(w, tuple(range(2, 2 + dims)))
    shared = np.broadcast_to(spread, local.weight_shape)

    y = implementation.forward(local, x, shared, *b)
    assert np.array_equal(y, implementation.forward(conv, x, w, *b))
    apart = implementation.weight_vjp(local, x, y_bar)
    together = implementation.weight_vjp(conv, x, y_bar)
    assert np.array_equal(apart.sum(axis=tuple(range(2, 2 + dims))), together)


@offering(Conv, ConvTranspose)
@given(cases.convolutions(Conv, torch=True))
def test_the_transposed_convolution_is_the_adjoint(implementation: ByLayer, case: Case) -> None:
    """conv_transpose(y_bar, w) == conv_input(w, y_bar), whose sizes leave ``output_padding``."""
    conv, x, (w, *_), y_bar = case
    assert isinstance(conv, Conv)
    transposed = ConvTranspose(
        in_channels=conv.out_channels, out_channels=conv.in_channels, kernel_size=conv.kernel_size,
        stride=conv.stride, padding=conv.padding, dilation=conv.dilation,  # type: ignore[arg-type]
        output_padding=tuple((a.padded_size - a.span) % a.stride for a in conv.axes(x.shape[2:])),
        groups=conv.groups, bias=False,
    )  # fmt: skip

    x_bar = implementation.input_vjp(conv, x.shape, y_bar, w)
    assert np.array_equal(implementation.forward(transposed, y_bar, w), x_bar)


@offering(Conv, Unfold)
@given(cases.convolutions(Conv, torch=True))
def test_convolution_is_a_matrix_product_with_the_unfolded_input(
    implementation: ByLayer, case: Case
) -> None:
    """Y = W unfold(x), group by group."""
    conv, x, (w, *_), y_bar = case
    assert isinstance(conv, Conv)
    unfold = layers.Unfold(
        kernel_size=conv.kernel_size, stride=conv.stride, padding=conv.padding,
        dilation=conv.dilation,
    )  # fmt: skip
    rows = implementation.forward(unfold, x).reshape(len(x), conv.groups, prod(w.shape[1:]), -1)
    blocks = w.reshape(conv.groups, -1, prod(w.shape[1:]))

    products = (blocks[None] @ rows).reshape(y_bar.shape)
    assert np.array_equal(products, implementation.forward(conv, x, w, *_no_bias(conv)))


def _no_bias(conv: Conv) -> tuple[np.ndarray, ...]:
    return (np.zeros(conv.out_channels, np.int64),) if conv.bias else ()
