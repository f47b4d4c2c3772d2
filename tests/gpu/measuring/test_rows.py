"""Which layers are measured."""

from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.errors import NetworkError
from convproof.layers import Conv
from convproof.networks.names import named
from convproof.networks.wiring import Concat, Dropout, Flatten
from convproof_gpu.measuring.rows import (
    NETWORKS,
    OPERATIONS,
    is_product,
    part_of,
    rows,
    summands,
)
from tests.gpu.measuring.small import ROWS

EVERY = rows()


def test_no_geometry_is_measured_twice() -> None:
    """Distinct rows have distinct layers, shapes or operations."""
    assert len({row.key for row in EVERY}) == len(EVERY)
    assert len({str(row) for row in EVERY}) == len(EVERY)


def test_every_layer_of_the_networks_is_measured_or_equals_one_that_is() -> None:
    """VGG-16 has 13 convolutions, of 9 geometries."""
    for network, called in NETWORKS.items():
        found = {n for row in EVERY for n in (row.name, *row.also)}
        if called:
            for node in named(called):
                if not isinstance(node.layer, Dropout | Flatten | Concat):  # move data, or nothing
                    assert f"{network}/{node.name}" in found
    vgg = [r for r in rows(["vgg16"], ["forward"]) if isinstance(r.layer, Conv)]
    assert len(vgg) == 9
    assert sum(1 + len(row.also) for row in vgg) == 13


def test_the_products_are_those_published() -> None:
    """VGG-16's convolutions are 15.3 thousand million multiply-adds an image."""
    vgg = [r for r in rows(["vgg16"], ["forward"], 1) if isinstance(r.layer, Conv)]
    products = sum((1 + len(r.also)) * r.layer.operations(r.input_shape) for r in vgg)
    assert products == 15_346_630_656


@given(st.integers(1, 9))
def test_parts_are_disjoint_and_whole(parts: int) -> None:
    """The union of parts 1...n is everything; a layer's operations are in one part."""
    found = [part_of(EVERY, number, parts) for number in range(1, parts + 1)]

    assert sorted(str(row) for part in found for row in part) == sorted(map(str, EVERY))
    names = [{row.name for row in part} for part in found]
    assert sum(map(len, names)) == len(set().union(*names))


def test_a_layer_without_weights_has_no_gradient_of_them() -> None:
    assert all(is_product(r.layer) for r in EVERY if r.operation == "weight_vjp")
    assert all(isinstance(r.layer, Conv) for r in rows(operations=OPERATIONS[3:]))


def test_a_pattern_finds_a_layer_by_its_own_name_or_by_that_of_its_equal() -> None:
    """Two equal layers of VGG are one row, and each name finds it."""
    assert rows(pattern="vgg16/conv6") == rows(pattern="vgg16/conv7")
    assert {r.network for r in rows(pattern="alexnet/*, lenet5/conv1")} == {"alexnet", "lenet5"}
    assert {r.name for r in rows(["alexnet", "lenet5"], pattern="conv1")} == {
        "alexnet/conv1", "lenet5/conv1",
    }  # fmt: skip


def test_networks_are_measured_in_the_order_asked_for() -> None:
    """An equal geometry has the name of the network that comes first."""
    found = rows(["vgg16", "special", "alexnet"], ["forward"])

    assert list(dict.fromkeys(r.network for r in found)) == ["vgg16", "special", "alexnet"]
    shared = next(r for r in found if "alexnet/fc2" in r.also)
    assert shared.name == "vgg16/fc2"


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(NetworkError, match="no network here is called 'resnet': there are lenet5"):
        rows(["resnet"])
    with pytest.raises(NetworkError, match="no layer of vgg16 fits 'conv99' and forward"):
        rows(["vgg16"], ["forward"], pattern="conv99")


@pytest.mark.parametrize("row", [r for r in ROWS if is_product(r.layer)], ids=str)
def test_all_ones_sum_to_the_number_of_summands(row: object) -> None:
    """``max y = n`` where every operand is 1 and no padding is read."""
    import torch

    from convproof_gpu.measuring import reference
    from convproof_gpu.measuring.arrays import Arrays, shapes
    from convproof_gpu.measuring.rows import Row

    assert isinstance(row, Row)
    ones = {n: None if s is None else torch.ones(s) for n, s in shapes(row).items()}
    if row.operation == "fused":
        ones["b"] = torch.zeros(ones["b"].shape)  # type: ignore[union-attr]
    right, _ = reference.answer(row, Arrays(**ones))
    most = float(right.amax())

    assert most <= summands(row)
    if "transposed" not in row.name and row.operation in ("forward", "weight_vjp"):
        assert most == summands(row)


def test_a_geometry_is_told_in_a_few_words() -> None:
    row = next(r for r in EVERY if r.name == "alexnet/conv2")

    assert row.geometry == "64x96x27x27 -> 64x256x27x27 Conv 5x5 g2"
    assert prod(row.output_shape) == 64 * 256 * 27 * 27
