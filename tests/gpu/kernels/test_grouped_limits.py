"""Which convolutions the kernels of few channels to a group take, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from convproof.layers import Conv, ConvTranspose
from convproof.theorems.addresses import int32_grouped
from convproof_gpu import grouped, products
from convproof_gpu.layers.conv import kernels_of, sizes_of
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.wing import Wing
from tests.gpu.kernels.test_grouped import SIM, arrays_of, of, weight_vjp

LAYER = Conv(
    in_channels=128, out_channels=128, groups=32, kernel_size=(3, 3), stride=(1, 1),
    padding=((1, 1), (1, 1)), dilation=(1, 1), bias=False,
)  # fmt: skip


def test_many_outputs_of_few_channels_to_a_group_fit_and_others_do_not() -> None:
    """2 to 8 channels, more than one group, two or three axes, at least 2^17 outputs."""
    sizes = sizes_of(LAYER, (32, 128, 56, 56))
    assert kernels_of(sizes) is grouped
    least = sizes_of(LAYER, (1, 128, 32, 32))
    assert kernels_of(least) is grouped
    assert kernels_of(sizes_of(LAYER, (1, 128, 32, 31))) is products
    line = replace(
        sizes, input=(56,), output=(56,), kernel=(3,), stride=(1,), dilation=(1,), low=(1,)
    )
    back, dense = replace(sizes, dilation=(1, -1)), replace(sizes, groups=1)
    others = (replace(sizes, in_channels=9), replace(sizes, out_channels=9), dense, line, back)
    assert not any(map(grouped.fits, others))


def test_no_position_along_an_axis_is_more_than_32_bits() -> None:
    """``I + p + s (O + 8) + t K <= 2^31 - 2^16``: a strip's last row may be no output's."""
    sizes = sizes_of(LAYER, (32, 128, 56, 56))
    assert grouped.fits(replace(sizes, stride=(2**24, 1)))
    assert not grouped.fits(replace(sizes, stride=(2**25, 1)))
    assert not grouped.fits(replace(sizes, dilation=(1, 2**30)))


def test_the_limits_of_the_proof_are_the_launchers() -> None:
    """Rows of a strip, threads, weights in shared memory, patches of a thread."""
    assert (int32_grouped.STRIP, int32_grouped.SHORT) == (grouped.STRIP, grouped.SHORT)
    assert (int32_grouped.CREW, int32_grouped.LANES) == (grouped.CREW, grouped._LANES)
    assert int32_grouped.WEIGHTS == grouped._MOST_WEIGHTS
    assert max(most for _, most in grouped._PATCHES.values()) == int32_grouped.UNITS
    with pytest.raises(LaunchLawError, match="at most 63487 parts"):
        weight_vjp(of((1, 4, 9, 9), 2, 4, (3, 3)), splits=int32_grouped.PARTS)


def test_a_layer_launches_them_and_adds_parts() -> None:
    """In the wing: the three products, and those of the transposed layer."""
    on, shape = Recorder(), (2, 128, 32, 32)
    held = [blank(s, np.float32) for s in (shape, LAYER.weight_shape)]
    Wing(on).forward(LAYER, *held)
    Wing(on).input_vjp(LAYER, shape, *held)
    Wing(on).weight_vjp(LAYER, held[0], held[0])
    told = ("kernel_size", "stride", "padding", "dilation", "groups", "in_channels", "out_channels")
    layer = ConvTranspose(**{name: getattr(LAYER, name) for name in told}, output_padding=(0, 0))
    Wing(on).forward(layer, *held)
    names = [kernel.file for kernel in on.kernels]
    assert set(names) == {"grouped_forward", "grouped_weight_vjp", "sum_parts"}


def test_a_launch_with_an_array_that_does_not_fit_its_sizes_is_refused() -> None:
    """A kernel would read beyond it."""
    case = of((1, 4, 9, 9), 2, 4, (3, 3))
    _, sizes, held = arrays_of(case, np.float32)
    y = np.empty(case.output_shape, np.float32)
    with pytest.raises(LaunchLawError, match="x must have N G C I = 324 elements"):
        grouped.conv_forward(SIM, sizes, held["x"][:, :1], held["w"], None, y)


def test_an_empty_batch_has_no_answers_and_a_gradient_of_zero() -> None:
    """``y`` has no elements, and ``w_bar = 0``."""
    case = of((0, 4, 9, 9), 2, 4, (3, 3))
    layer, sizes, _ = arrays_of(replace(case, input_shape=(1, 4, 9, 9)), np.float32)
    none = replace(sizes, batch=0)
    x, y = np.empty((0, 4, 9, 9), np.float32), np.empty((0, 4, 7, 7), np.float32)
    w_bar = np.full(layer.weight_shape, np.nan, np.float32)
    grouped.conv_forward(SIM, none, x, w_bar, None, y)
    grouped.conv_weight_vjp(SIM, none, y, x, w_bar)
    assert not w_bar.any()
