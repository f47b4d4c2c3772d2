"""The strategies build legal cases only, and reach the corners that matter."""

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from convproof.cases import ConvCase
from convproof.strategies import conv_cases

DIMS = st.integers(1, 3)


@given(DIMS.flatmap(lambda dims: conv_cases(dims, asymmetric=True, circular=True)))
def test_every_case_is_legal(case: ConvCase) -> None:
    """A spec validates itself, so that its shapes can be computed is the whole check."""
    assert min(case.input_size) >= 1
    assert min(case.output_shape) >= 1
    arrays = case.integers()
    assert arrays.x.shape == case.input_shape
    assert arrays.y_bar.shape == case.output_shape
    assert (arrays.x != 0).all()
    assert abs(arrays.w).max() <= case.magnitude


@given(DIMS.flatmap(conv_cases))
def test_plain_cases_are_ones_that_torch_accepts(case: ConvCase) -> None:
    """Zeros, both ends alike; the kernel fits (or there would be no spec)."""
    ends = [axis.padding for axis in case.layer.axes(case.input_size)]
    assert case.layer.padding_mode == "zeros"
    assert all(low == high for low, high in ends)


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
        ("several images", lambda c: c.batch > 1),
        ("a bias", lambda c: c.layer.bias),
        (
            "a floor remainder",
            lambda c: any((a.padded_size - a.span) % a.stride for a in c.layer.axes(c.input_size)),
        ),
        (
            "a kernel wider than the input",
            lambda c: any(a.span > a.input_size for a in c.layer.axes(c.input_size)),
        ),
    ],
)
def test_the_corners_are_reached_within_200_cases(corner: str, reached: object) -> None:
    """find() raises if no drawn case satisfies the condition."""
    phases = (Phase.generate,)
    case = find(
        conv_cases(2, asymmetric=True, circular=True),
        reached,  # type: ignore[arg-type]
        settings=settings(max_examples=200, database=None, derandomize=True, phases=phases),
    )
    assert case is not None, corner


def test_cases_shrink_to_the_smallest_convolution() -> None:
    """One image, one channel, one tap, one output, no padding, no bias."""
    case = find(conv_cases(2, asymmetric=True, circular=True), lambda _: True)
    assert str(case) == (
        "x (1, 1, 1, 1)  w (1, 1, 1, 1)  bias no  stride (1, 1)  padding (0, 0)  "
        "dilation (1, 1)  groups 1"
    )
    assert (case.seed, case.magnitude) == (0, 1)
