"""The strategies build legal cases only, and reach the corners that matter."""

from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from convproof.calls import call_of
from convproof.cases import Case, ask
from convproof.functions import FAMILIES, Function
from convproof.layers import CrossEntropy
from convproof.numeric.fast import implementation as fast
from convproof.strategies import EXTRAS, TORCH, cases
from convproof.verify.sweep.draw import Source
from convproof.verify.targets.alike import differing

LAYERS = [layer for names in FAMILIES.values() for layer in names]
CONVOLUTIONS = st.sampled_from(["conv1d", "conv2d", "conv3d"])
UNLIKE = {"anisotropic", "rectangular"}
every_layer = pytest.mark.parametrize("layer", LAYERS)


@every_layer
@given(data=st.data())
def test_every_case_is_legal(layer: str, data: st.DataObject) -> None:
    """A spec validates itself, so that its shapes can be computed is the whole check."""
    case = data.draw(cases(layer))
    assert min(case.input_shape, default=1) >= 1
    assert min(case.output_shape, default=1) >= 1
    arrays = case.integers()
    assert arrays["x"].shape == case.input_shape
    assert arrays["y_bar"].shape == case.output_shape
    assert Function(layer).family == "maximum" or (arrays["x"] != 0).all()
    assert "w" not in arrays or abs(arrays["w"]).max() <= (
        case.magnitude or case.largest("float32")
    )


@given(CONVOLUTIONS.flatmap(lambda layer: cases(layer, TORCH)))
def test_plain_cases_are_ones_that_torch_accepts(case: Case) -> None:
    """Zeros, both ends alike; the kernel fits (or there would be no spec)."""
    layer: Any = case.layer
    ends = [axis.padding for axis in layer.axes(case.input_shape[2:])]
    assert layer.padding_mode == "zeros"
    assert all(low == high for low, high in ends)


def test_a_target_without_ceil_mode_is_not_asked_it() -> None:
    """find() reaches ceil_mode where it is offered, and no case where it is not."""
    once = settings(database=None, max_examples=100)
    find(cases("max_pool1d"), lambda case: case.layer.ceil_mode, settings=once)
    with pytest.raises(NoSuchExample):
        find(
            cases("max_pool1d", TORCH - {"ceil"}), lambda case: case.layer.ceil_mode, settings=once
        )


@given(data=st.data())
def test_a_loss_without_options_is_the_mean_of_targets_that_count(data: st.DataObject) -> None:
    """And with them some lines are ignored, but never all; every other target is a class."""
    plain = cases("cross_entropy", TORCH - {"ignore_index", "reduction"})
    assert data.draw(plain).layer == CrossEntropy()
    case = data.draw(cases("cross_entropy"))
    for target in (case.integers()["target"], case.reals(np.dtype(np.float32))["target"]):
        layer: Any = case.layer
        ignored = target == layer.ignore_index
        assert not ignored.all()
        assert ((target >= 0) & (target < case.input_shape[1]) | ignored).all()
        assert target.dtype == np.int64


def test_lines_of_scores_are_ignored_by_each_kind_of_index() -> None:
    """A negative one, one beyond the classes, and one of the classes themselves."""
    for index in (-1, 255, 0):
        case = Case(layer=CrossEntropy(ignore_index=index), input_shape=(40, 3))
        assert 0 < np.count_nonzero(case.integers()["target"] == index) < 40


@pytest.mark.parametrize(
    "word",
    sorted(EXTRAS - {"ceil", "output_padding", "ignore_index", "reduction"} - UNLIKE),
)
@given(data=st.data())
def test_what_is_not_offered_keeps_its_default(word: str, data: st.DataObject) -> None:
    """Without a word none of the cases needs what the word says."""
    layer: Any = data.draw(cases("conv2d", EXTRAS - {word})).layer
    assert {
        "asymmetric": all(low == high for low, high in layer.padding),
        "circular": layer.padding_mode == "zeros",
        "groups": layer.groups == 1,
        "dilation": layer.dilation == (1, 1),
        "stride": layer.stride == (1, 1),
        "padding": layer.padding == ((0, 0), (0, 0)),
    }[word]


@given(
    st.integers(1, 3).flatmap(lambda d: cases(f"conv_transpose{d}d", TORCH - {"output_padding"}))
)
def test_a_target_without_output_padding_is_not_asked_it(case: Case) -> None:
    layer: Any = case.layer
    assert not any(layer.output_padding)


OVER_AXES = [f.layer for f in Function.all() if f.role == "forward" and f.dims != 1]


@pytest.mark.parametrize("word", sorted(UNLIKE))
@given(layer=st.sampled_from(OVER_AXES), data=st.data())
def test_axes_are_alike_for_a_target_that_knows_one_number_for_all(
    word: str, layer: str, data: st.DataObject
) -> None:
    """Built so, and every case is legal; without "anisotropic" inputs may still be rectangular."""
    case = data.draw(cases(layer, EXTRAS - {word}))
    assert min(case.output_shape, default=1) >= 1
    call = call_of(Function(layer), case, case.integers())
    found, _ = differing(call.function, dict(call.given), call.options)
    assert found in ("", "rectangular" if word == "anisotropic" else "")


MORE = [pytest.param(n, marks=pytest.mark.full) for n in ("conv3d", "conv_transpose2d", "unfold")]


@pytest.mark.parametrize("layer", ["conv2d", "max_pool2d", *MORE])
def test_as_many_cases_are_drawn_where_axes_are_alike(layer: str) -> None:
    """Distinct ones; the inputs that differ, and in two dimensions a tile of 32, are reached."""
    square = Source(layer, EXTRAS - {"rectangular"}, 100, "0").drawn()
    windows = Source(layer, EXTRAS - {"anisotropic"}, 100, "0").drawn()
    assert len(square) == len(windows) == 100
    assert any(len({*case.input_shape[2:]}) > 1 for case in windows)
    assert layer.endswith("3d") or any(min(case.output_shape[2:]) > 32 for case in square)


@given(st.sampled_from(["max_pool1d", "max_pool2d", "max_pool3d"]).flatmap(cases))
def test_every_window_of_a_maximum_reads_some_input(case: Case) -> None:
    """No maximum is that of the padding, minus infinity."""
    x = case.integers()["x"].astype(np.float64)
    assert np.isfinite(
        ask(fast, "forward", case, case.integers().astype(np.float64).but(x=x))
    ).all()


@given(st.sampled_from(FAMILIES["maximum"]).flatmap(cases))
def test_what_a_maximum_compares_is_distinct(case: Case) -> None:
    """So that the place of each maximum is one: its derivative has no ties."""
    arrays = case.integers()
    ones = arrays.but(y_bar=np.ones_like(arrays["y_bar"]))
    moved = ask(fast, "input", case, ones)
    assert moved.sum() == ones["y_bar"].size


@pytest.mark.parametrize(
    ("corner", "reached"),
    [
        ("stride above the kernel", lambda c: c.layer.stride[0] > c.layer.kernel_size[0]),
        ("anisotropic stride", lambda c: len(set(c.layer.stride)) == 2),
        ("anisotropic dilation", lambda c: len(set(c.layer.dilation)) == 2),
        ("asymmetric padding", lambda c: c.layer.padding[0][0] != c.layer.padding[0][1]),
        ("groups with several channels", lambda c: 1 < c.layer.groups < c.layer.in_channels),
        ("depthwise", lambda c: 1 < c.layer.groups == c.layer.in_channels),
        ("circular", lambda c: c.layer.padding_mode == "circular"),
        ("several images", lambda c: c.input_shape[0] > 1),
        ("a bias", lambda c: c.layer.bias),
        (
            "a floor remainder",
            lambda c: any(
                (a.padded_size - a.span) % a.stride for a in c.layer.axes(c.input_shape[2:])
            ),
        ),
        (
            "a kernel wider than the input",
            lambda c: any(a.span > a.input_size for a in c.layer.axes(c.input_shape[2:])),
        ),
    ],
)
def test_the_corners_are_reached_within_200_cases(corner: str, reached: object) -> None:
    """find() raises if no drawn case satisfies the condition."""
    phases = (Phase.generate,)
    case = find(
        cases("conv2d"),
        reached,  # type: ignore[arg-type]
        settings=settings(max_examples=200, database=None, derandomize=True, phases=phases),
    )
    assert case is not None, corner


def test_cases_shrink_to_the_smallest_convolution() -> None:
    """One image, one channel, one tap, one output, no padding, no bias."""
    case = find(cases("conv2d"), lambda _: True, settings=settings(database=None))
    assert str(case) == (
        "x (1, 1, 1, 1)  w (1, 1, 1, 1)  bias no  stride (1, 1)  padding (0, 0)  "
        "dilation (1, 1)  groups 1"
    )
    assert (case.seed, case.magnitude) == (0, 1)
