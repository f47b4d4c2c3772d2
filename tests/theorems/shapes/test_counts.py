"""The laws of counts, at numbers, are the ``parameters`` and ``operations`` of ``Conv``."""

from collections.abc import Iterator
from itertools import product

from convproof.layers import Conv
from tests.theorems.shapes.numbers import claims, holds

_SHAPE = (1, 4, 7, 6)


def _convs() -> Iterator[Conv]:
    for taps, stride, groups, pad, bias in product(
        ((1, 1), (3, 2), (2, 3)), (1, 2), (1, 2), (0, 1), (False, True)
    ):
        yield Conv(
            in_channels=4, out_channels=6, kernel_size=taps, stride=(stride, 1),
            padding=((pad, 0), (0, pad)), dilation=(1, 2), groups=groups, bias=bias,
        )  # fmt: skip


def _letters(conv: Conv) -> dict[str, int]:
    (r1, r2), (_, m, w, h) = conv.kernel_size, conv.output_shape(_SHAPE)
    k, G = conv.in_channels, conv.groups
    return {
        "k": k, "k_G": k // G, "k'": m, "G": G, "r_1": r1, "r_2": r2, "taps": r1 * r2,
        "channels": m * k // G, "w'": w, "h'": h, "positions": w * h, "v'": m * w * h,
    }  # fmt: skip


def test_parameters_are_the_laws() -> None:
    """(r_1 r_2 k/G + 1) k' with biases, and r_1 r_2 (k/G) k' without."""
    steps = claims("parameter_count")
    for conv in _convs():
        numbers = _letters(conv)
        weights = conv.parameters - conv.bias * conv.out_channels
        assert holds(steps["groups divide the weights"], **numbers, weights=weights)
        if conv.bias:
            assert holds(
                steps["with a bias per output channel"],
                **numbers, weights=weights, parameters=conv.parameters,
            )  # fmt: skip


def test_operations_are_the_laws() -> None:
    """(r_1 r_2 k/G + 1) v' with biases, and r_1 r_2 (k/G) v' without."""
    total = claims("operation_count")["a bias per output"]
    for conv in _convs():
        numbers = _letters(conv)
        weights = numbers["k_G"] * numbers["taps"]
        operations = conv.operations(_SHAPE) + (not conv.bias) * numbers["v'"]
        assert holds(total, **numbers, weights=weights, operations=operations)


def test_without_padding_the_products_are_the_triples() -> None:
    """#{(o, k, i)} = r_1 r_2 (k/G) v', and fewer where some taps read a padding."""
    for conv in _convs():
        if conv.bias:
            continue
        products, padded = len(conv.geometry(_SHAPE[2:]).triples()), conv.padding[0] != (0, 0)
        assert products <= conv.operations(_SHAPE)
        assert padded or products == conv.operations(_SHAPE)
