"""The products on the tensor cores, simulated: exactly the oracle's integers, however they end."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.index_maps import Correlated, Paired, Sizes, Spread
from convproof_gpu import operands
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import LaunchLawError
from convproof_gpu.products import conv_forward, conv_input_vjp, conv_weight_vjp
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.tiles import (
    FLAT,
    LARGE,
    SMALL,
    TENSOR_TILES,
    TensorTile,
    Tile,
    parted,
    tile_of,
)
from tests.gpu.kernels.tensor_cases import (
    CORNERS,
    LEAST,
    OPERANDS,
    SIM,
    Verb,
    conv_of,
    few,
    forward,
    in_parts,
    input_vjp,
    integers,
    layer_of,
    of_verbs,
    right,
    tensor_cases,
    told,
    weight_vjp,
    without_bias,
)  # fmt: skip


def equal(verb: Verb, case: Case, tile: TensorTile, dtype: Any = np.float32) -> bool:
    held = integers(case, dtype)
    return np.array_equal(verb(case, held, tile), right(verb, case, held).astype(dtype))


of_tiles = pytest.mark.parametrize("tile", TENSOR_TILES, ids=lambda tile: tile.argument)
of_tiles_soon = pytest.mark.parametrize(  # each takes a compilation for every kernel
    "tile",
    [
        tile
        if tile.precision == "float32" or replace(tile, precision="float32") == LEAST
        else pytest.param(tile, marks=pytest.mark.full)
        for tile in TENSOR_TILES
    ],
    ids=[tile.argument for tile in TENSOR_TILES],
)
of_corners = pytest.mark.parametrize("case", CORNERS.values(), ids=CORNERS)


@of_tiles_soon
@of_verbs
@given(tensor_cases(2))
@few
def test_every_tile_gives_the_same_integers(verb: Verb, tile: TensorTile, case: Case) -> None:
    """``kernel<Tile>(x, w) == oracle(x, w)`` of any window, groups and channels."""
    assert equal(verb, case, tile)


@of_corners
@of_verbs
def test_a_corner_gives_the_oracles_integers(verb: Verb, case: Case) -> None:
    """Where tiles, slabs, units or phases end, where they are empty, and where they are many."""
    assert equal(verb, case, LEAST)


@pytest.mark.full
@of_corners
@of_tiles
@of_verbs
def test_a_corner_does_in_every_tile(verb: Verb, tile: TensorTile, case: Case) -> None:
    """The same."""
    assert equal(verb, case, tile)


@pytest.mark.parametrize(
    ("dims", "dtype", "precision"),
    [
        (1, np.float32, "float32"),
        (3, np.float32, "float32"),
        (2, ml_dtypes.bfloat16, "float32"),
        *(
            pytest.param(dims, dtype, precision, marks=pytest.mark.full)
            for dims in (1, 2, 3)
            for dtype in (np.float32, np.float16, ml_dtypes.bfloat16)
            for precision in ("float32", "tf32")
        ),
    ],
)
@of_verbs
def test_every_format_and_number_of_axes_gives_the_oracles(
    verb: Verb, dims: int, dtype: Any, precision: Any
) -> None:
    """Elements of 16 bits are words as they are, and their sums are rounded once."""

    @few
    @given(tensor_cases(dims))
    def holds(case: Case) -> None:
        assert equal(verb, case, replace(LEAST, precision=precision), dtype)

    holds()


@pytest.mark.parametrize("wide", [0, 1])
@of_verbs
@given(tensor_cases(2))
@few
def test_a_wide_integer_is_two_words(verb: Verb, wide: int, case: Case) -> None:
    """``a (h + l) == a h + a l``: one operand of up to 22 bits, the other of a few, exactly."""
    assert equal_of_two_words(verb, wide, case)


def equal_of_two_words(verb: Verb, wide: int, case: Case) -> bool:
    name, held = OPERANDS[verb][wide], integers(case := without_bias(case))
    most = min(2**22, 2**24 // (4 * case.products))
    rng = np.random.default_rng(case.seed)
    held[name] = rng.integers(-most, most + 1, held[name].shape).astype(np.float32)
    return np.array_equal(verb(case, held, LEAST), right(verb, case, held))


@of_verbs
@pytest.mark.parametrize("splits", [1, 2, 3, 40])
def test_a_sum_in_parts_is_the_sum(verb: Verb, splits: int) -> None:
    """``sum_s parts[s] == result`` and its bias, also of parts that have no slab."""
    for case in (CORNERS["several slabs"], CORNERS["long sums over positions"]):
        with in_parts(splits):
            assert equal(verb, case, LEAST)


@of_verbs
@given(tensor_cases(2))
@few
def test_a_batch_in_slices_is_the_batch(verb: Verb, case: Case) -> None:
    """As where an array has more than 2^31 elements: here more than those of one image."""
    s = told(case)
    inner, outer, outputs = (
        -(-count // 4) * 4 for count in (s.in_channels, s.out_channels, prod(s.output))
    )
    most = s.groups * max(inner * prod(s.input), outer * outputs)
    with patch.object(operands, "_PER_LAUNCH", most):
        assert equal(verb, case, LEAST)


@pytest.mark.parametrize("splits", [1, 2])
@given(tensor_cases(2))
@few
def test_an_activation_is_applied_after_the_bias(splits: int, case: Case) -> None:
    """``max(sum + b, 0)`` in one kernel or after the parts; and of the adjoint, in every phase."""
    held = integers(case)
    relu: tuple[operands.Activation, float, float] = ("relu", 1.0, 1.0)
    layer, sizes = replace(conv_of(case), bias=True), told(case)
    b = np.arange(layer.out_channels, dtype=np.float32) - 1
    y, x_bar = np.empty(case.output_shape, np.float32), np.empty(case.input_shape, np.float32)
    with in_parts(splits):
        conv_forward(SIM, sizes, held["x"], held["w"], b, y, activation=relu, tile=LEAST)
    plain = right(forward, replace(case, layer=layer), held | {"b": b})
    assert np.array_equal(y, np.maximum(plain, 0))

    b = np.arange(layer.in_channels, dtype=np.float32) - 1
    with in_parts(splits):
        conv_input_vjp(SIM, sizes, held["y_bar"], held["w"], b, x_bar, activation=relu, tile=LEAST)
    plain = right(input_vjp, case, held) + b[:, None, None]
    assert np.array_equal(x_bar, np.maximum(plain, 0))


def test_an_empty_batch_has_no_answers_and_a_gradient_of_zero() -> None:
    """An empty sum is 0."""
    case = CORNERS["channels just above a unit"].with_batch(0)
    shapes = {"x": case.input_shape, "w": conv_of(case).weight_shape, "y_bar": case.output_shape}
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    assert forward(case, held, LEAST).size == input_vjp(case, held, LEAST).size == 0
    assert not weight_vjp(case, held, LEAST).any()


# Which products are taken to the tensor cores.


def test_a_product_is_taken_to_the_tensor_cores_if_they_do_not_idle() -> None:
    """More sums than a large tile of floats, and enough depth: else a tile of floats."""
    sizes = sizes_of(layer_of((64, 64), (3, 3), low=(1, 1)), (1, 64, 28, 28))
    for map_ in (Correlated(sizes), Spread(sizes), Paired(sizes)):
        chosen = tile_of(map_)
        assert isinstance(chosen, TensorTile)
        assert chosen.precision == "float32"
    changes: tuple[tuple[dict[str, Any], Tile], ...] = (
        ({"in_channels": 1}, LARGE),  # 9 depths
        ({"output": (4, 4)}, SMALL),  # 64 x 16 sums
        ({"out_channels": 4, "output": (4, 4)}, FLAT),
    )
    for changed, tile in changes:
        assert tile_of(Correlated(replace(sizes, **changed))) == tile


@pytest.mark.parametrize(
    ("map_", "fewer"),
    [
        (  # C R K = 2^22 times 8 channels, padded, times 91 taps: 3,053,453,312 weights
            Spread(
                Sizes(
                    batch=1, groups=1, in_channels=2**22, out_channels=1, input=(16,),
                    kernel=(91,), output=(106,), stride=(1,), dilation=(1,), low=(90,),
                )
            ),
            {"in_channels": 2**20},
        ),
        (  # 2 groups of 2^19 times 8 channels, padded, times 400 taps: 3,355,443,200 weights
            Paired(
                Sizes(
                    batch=84, groups=2, in_channels=2, out_channels=2**19, input=(400,),
                    kernel=(400,), output=(1,), stride=(1,), dilation=(1,), low=(0,),
                )
            ),
            {"out_channels": 2**16},
        ),
    ],
)  # fmt: skip
def test_weights_that_are_too_many_when_they_are_laid_out_are_left_to_floats(
    map_: Spread | Paired, fewer: dict[str, Any]
) -> None:
    """``G R J C8 < 2^30``: a thread writes each by its number, an int."""
    assert not isinstance(tile_of(map_), TensorTile)
    assert isinstance(tile_of(replace(map_, sizes=replace(map_.sizes, **fewer))), TensorTile)


@pytest.mark.parametrize("verb", [conv_forward, conv_input_vjp, conv_weight_vjp])
def test_a_given_tile_is_refused_where_laid_out_weights_are_beyond_an_int(verb: Any) -> None:
    """``R K C' > 2^31 - 2^16 >= R K C``: one channel is a unit of four, or of many rows."""
    channels = (2**26, 1) if verb is conv_input_vjp else (1, 2**26)
    sizes = Sizes(
        batch=1, groups=1, in_channels=channels[0], out_channels=channels[1], input=(3,),
        kernel=(9,), output=(3,), stride=(1,), dilation=(1,), low=(4,),
    )  # fmt: skip
    x = blank((1, sizes.in_channels, 3), np.float32)
    w = blank((sizes.out_channels, sizes.in_channels, 9), np.float32)
    y = blank((1, sizes.out_channels, 3), np.float32)
    given = {conv_forward: (x, w, None, y), conv_input_vjp: (y, w, None, x)}
    with pytest.raises(LaunchLawError, match=r"the weights have \d+ elements .* whole units of 4"):
        verb(Recorder(), sizes, *given.get(verb, (y, x, w)), tile=TensorTile(64, 64))


@pytest.mark.parametrize("verb", [conv_forward, conv_weight_vjp])
def test_a_source_that_is_too_large_in_whole_units_is_left_to_floats(verb: Any) -> None:
    """``G S C' < 2^30``, of which ``2 G S`` says nothing: two channels are a unit of 8, or of 4.

    A tile of the tensor cores that is given is refused where ``4 G S`` is beyond an int.
    """
    near, far, beyond = (
        Sizes(
            batch=1, groups=1, in_channels=2, out_channels=64, input=(size,), kernel=(64,),
            output=(5000,), stride=(2**15,), dilation=(1,), low=(0,),
        )
        for size in (2**27 - 2**13 - 1, 2**27, 2**29)
    )  # fmt: skip
    for map_ in (Correlated, Paired):
        assert isinstance(tile_of(map_(near)), TensorTile)
        assert not isinstance(tile_of(map_(far)), TensorTile)
    shapes = ((1, 2, beyond.input[0]), (64, 2, 64), (1, 64, 5000))
    x, w, y = (blank(shape, np.float32) for shape in shapes)
    arrays = (x, w, None, y) if verb is conv_forward else (y, x, w)
    with pytest.raises(LaunchLawError, match="32 bits"):
        verb(Recorder(), beyond, *arrays, tile=TENSOR_TILES[0])


@given(tensor_cases(2), st.sampled_from([1, 4, 8]), st.integers(0, 400))
def test_no_array_of_a_slice_is_larger_than_a_launch_takes(
    case: Case, unit: int, more: int
) -> None:
    """``N G C' I, N G M' O <= L`` of every slice, whose images are the batch, once."""
    s = told(case.with_batch(7))

    def most(batch: int) -> int:
        channels = (-(-c // unit) * unit for c in (s.in_channels, s.out_channels))
        pairs = zip(channels, (prod(s.input), prod(s.output)), strict=True)
        return int(max(batch * s.groups * c * positions for c, positions in pairs))

    limit = max(most(1), s.groups * (s.out_channels + unit) * (prod(s.output) + unit)) + more
    with patch.object(operands, "_PER_LAUNCH", limit):
        taken = list(operands.slices(s, unit=unit))
    assert [n for images, _ in taken for n in range(images.start, images.stop)] == list(range(7))
    assert all(most(part.batch) <= limit for _, part in taken)


def test_rows_of_a_slice_are_addressed_with_the_zeros_that_fill_them() -> None:
    """``G M 4 ceil(N O / 4) <= 2^31 - 2^16``, of which ``N G M O`` says nothing."""
    sizes = Sizes(
        batch=85, groups=1, in_channels=4, out_channels=25_263_740, input=(1,), kernel=(1,),
        output=(1,), stride=(1,), dilation=(1,), low=(0,),
    )  # fmt: skip
    assert 85 * sizes.out_channels <= operands.MOST < 88 * sizes.out_channels
    taken = list(operands.slices(sizes, unit=4))
    assert sum(part.batch for _, part in taken) == 85
    for _, part in taken:
        assert -(-part.batch // 4) * 4 * sizes.out_channels <= operands.MOST


@given(
    st.sampled_from(TENSOR_TILES),
    st.integers(1, 4),
    st.integers(1, 300),
    st.integers(1, 3000),
    st.integers(1, 20000),
)
def test_a_depth_is_taken_in_parts_where_blocks_are_few(
    tile: TensorTile, groups: int, rows: int, columns: int, depth: int
) -> None:
    """A part has 256 depths or more; where blocks fill whole waves, it is not worth its sum."""
    time, parts = parted(tile, groups, rows, columns, depth)
    assert time > 0
    assert 1 <= parts <= max(1, depth // 256)
    assert parted(tile, 132 * 60, tile.rows, tile.columns, depth)[1] == 1
    assert parted(tile, 1, 1, 1, 20000)[1] > 1
