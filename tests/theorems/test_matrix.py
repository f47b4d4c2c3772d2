"""The matrix that is recovered is the target's own, and a wrong one is told cell by cell."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case, ask
from convproof.functions import Function
from convproof.layers import AvgPool, Conv, ConvTranspose, Linear
from convproof.numeric.reference import implementation as oracle
from convproof.recovery import distinct, extent, recover, recovers
from convproof.strategies import EXTRAS, cases
from convproof.symbolic import derive
from convproof.theorems import Request, Seen, Violation
from convproof.theorems.matrix import THEOREM
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
FUNCTIONS = [function for function in Function.all() if THEOREM.speaks_of(function)]
_right = get_implementation("numpy")


def conv_case(
    size: tuple[int, ...],
    taps: tuple[int, ...],
    *,
    stride: int = 1,
    dilation: int = 1,
    channels: tuple[int, int, int] = (1, 1, 1),
) -> Case:
    layer = Conv(
        in_channels=channels[0], out_channels=channels[1], groups=channels[2], kernel_size=taps,
        stride=(stride,) * len(size), dilation=(dilation,) * len(size),
        padding=((0, 0),) * len(size),
    )  # fmt: skip
    return Case(layer=layer, input_shape=(2, channels[0], *size))


def asked(name: str, call: Callable[..., Any], case: Case, request: Request = FLOAT32) -> Seen:
    function = Function.named(name)
    assert THEOREM.wants(function, case, request)
    return THEOREM.check(TargetSubject({function: call}, "numpy"), function, case, request)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
@settings(max_examples=20)
@given(data=st.data())
def test_a_right_target_has_the_derived_matrix(function: Function, data: st.DataObject) -> None:
    case = data.draw(cases(function.layer, EXTRAS, tiny=True))
    if THEOREM.wants(function, case, FLOAT32):
        assert isinstance(asked(function.name, getattr(_right, function.name), case), Seen)


def test_integers_and_float64_are_asked_and_halves_are_not() -> None:
    case = conv_case((4,), (2,))
    for dtype in (np.int64, np.float64):
        request = Request(dtype=np.dtype(dtype), precision="float64")
        assert asked("conv1d", _right.conv1d, case, request) == Seen()
    half = Request(dtype=np.dtype(np.float16), precision="f16")
    assert not THEOREM.wants(Function("conv1d"), case, half)


def test_the_forward_matrix_is_the_toeplitz_matrix_of_the_derivation() -> None:
    """``T[o,i]``, letter by letter; the input derivative is its transpose."""
    case = conv_case((3, 4), (2, 2), stride=2)
    derivation = derive(case.layer, (3, 4))
    flat = dict(zip(derivation.w.spellings("plain"), range(4), strict=True))  # type: ignore[union-attr]
    spelled = [
        [f"w{flat[cell]}" if cell in flat else cell for cell in row]
        for row in derivation.toeplitz.spelled()
    ]
    assert _recovered(Function("conv2d"), case) == spelled
    transposed = [list(column) for column in zip(*spelled, strict=True)]
    assert _recovered(Function("conv2d", "input"), case) == transposed


def test_the_weight_matrix_is_the_unfolding_of_the_derivation() -> None:
    """``U[o,k]`` of one output channel."""
    case = conv_case((5,), (3,), dilation=2)
    spelled = derive(case.layer, (5,)).unfold.spelled()
    shifted = [[f"x{int(cell.removeprefix('x_')) - 1}" for cell in row] for row in spelled]
    assert _recovered(Function("conv1d", "weight"), case) == shifted


def _recovered(function: Function, case: Case) -> list[list[str]]:
    recovery = recover(function, case)
    answer = ask(oracle, function.role, recovery.case, recovery.arrays)
    names = recovery.names()
    return [[names.of(value) for value in row] for row in recovery.matrix(answer).tolist()]


def test_a_transposed_convolution_unfolds_its_cotangent_and_a_linear_layer_its_input() -> None:
    layer = ConvTranspose(
        in_channels=1, out_channels=1, kernel_size=(2,), stride=(2,), padding=((0, 0),),
        dilation=(1,), output_padding=(0,),
    )  # fmt: skip
    case = Case(layer=layer, input_shape=(3, 1, 2))
    assert _recovered(Function("conv_transpose1d", "weight"), case) == [["y0", "y1"], ["y2", "y3"]]
    linear = Case(layer=Linear(in_features=3, out_features=2), input_shape=(5, 3))
    assert _recovered(Function("linear", "weight"), linear) == [
        ["x0", "x1", "x2"],
        ["x3", "x4", "x5"],
    ]


def flipped_kernel(x: Any, w: Any, b: Any, **options: Any) -> Any:
    return _right.conv2d(x, np.ascontiguousarray(w[..., ::-1, ::-1]), b, **options)


def dropped_tap(x: Any, w: Any, b: Any, **options: Any) -> Any:
    w = w.copy()
    w[..., -1] = 0
    return _right.conv1d(x, w, b, **options)


def stride_for_dilation(x: Any, w: Any, b: Any, *, stride: Any, dilation: Any, **more: Any) -> Any:
    return _right.conv1d(x, w, b, stride=dilation, dilation=stride, **more)


def interleaved_groups(x: Any, w: Any, b: Any, *, groups: Any, **more: Any) -> Any:
    order = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return _right.conv1d(np.ascontiguousarray(x[:, order]), w, b, groups=groups, **more)


def two_taps_in_one_place(x: Any, w: Any, b: Any, **options: Any) -> Any:
    w = w.copy()
    w[..., 0] += w[..., 1]
    return _right.conv1d(x, w, b, **options)


def scattered_by_the_unflipped_kernel(size: Any, w: Any, y_bar: Any, **options: Any) -> Any:
    return _right.conv1d_input(size, np.ascontiguousarray(w[..., ::-1]), y_bar, **options)


def gradient_of_the_first_image(x: Any, size: Any, y_bar: Any, **options: Any) -> Any:
    return _right.conv1d_weight(x[:1], size, y_bar[:1], **options)


def no_gradient(x: Any, size: Any, y_bar: Any, **options: Any) -> Any:
    return np.zeros_like(_right.conv1d_weight(x, size, y_bar, **options))


def gradient_of_flipped_taps(x: Any, size: Any, y_bar: Any, **options: Any) -> Any:
    w_bar = _right.conv_transpose1d_weight(x, size, y_bar, **options)
    return np.ascontiguousarray(w_bar[..., ::-1])


def divided_by_every_tap(x: Any, *, count_include_pad: bool, **options: Any) -> Any:
    del count_include_pad
    return _right.avg_pool1d(x, count_include_pad=True, **options)


def transposed_case() -> Case:
    layer = ConvTranspose(
        in_channels=2, out_channels=2, kernel_size=(2,), stride=(2,), padding=((0, 0),),
        dilation=(1,), output_padding=(0,), groups=2,
    )  # fmt: skip
    return Case(layer=layer, input_shape=(1, 2, 3))


@pytest.mark.parametrize(
    ("name", "fault", "case", "law"),
    [
        (
            "conv2d", flipped_kernel, conv_case((3, 3), (2, 2)),
            "has w[0, 0, 0, 0] at (y[0, 0, 0], x[0, 0, 0]), but the target has w[0, 0, 1, 1]",
        ),
        (
            "conv1d", dropped_tap, conv_case((4,), (2,)),
            "has w[0, 0, 1] at (y[0, 0], x[0, 1]), but the target has 0",
        ),
        (
            "conv1d", stride_for_dilation, conv_case((4,), (2,), stride=2),
            "has w[0, 0, 1] at (y[0, 0], x[0, 1]), but the target has 0",
        ),
        (
            "conv1d", interleaved_groups, conv_case((2,), (1,), channels=(4, 2, 2)),
            "has w[0, 1, 0] at (y[0, 0], x[1, 0]), but the target has 0",
        ),
        (
            "conv1d", two_taps_in_one_place, conv_case((3,), (2,)),
            "has w[0, 0, 0] at (y[0, 0], x[0, 0]), but the target has w[0, 0, 0]+w[0, 0, 1]",
        ),
        (
            "conv1d_input", scattered_by_the_unflipped_kernel, conv_case((3,), (2,)),
            "has w[0, 0, 0] at (x_bar[0, 0], y_bar[0, 0]), but the target has w[0, 0, 1]",
        ),
        (
            "conv1d_weight", gradient_of_the_first_image, conv_case((3,), (2,)),
            "has x[1, 0, 1] at (y[0, 1], w[0, 0]), but the target has 0",
        ),
        (
            "conv_transpose1d_weight", gradient_of_flipped_taps, transposed_case(),
            "has y_bar[0, 0, 0] at (x[0, 0], w[0, 0]), but the target has y_bar[0, 0, 1]",
        ),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)  # fmt: skip
def test_a_planted_fault_is_told_by_the_first_wrong_cell(
    name: str, fault: Callable[..., Any], case: Case, law: str
) -> None:
    assert asked(name, getattr(_right, name), case).weak == ""
    with pytest.raises(Violation) as refuted:
        asked(name, fault, case)
    assert refuted.value.law == f"the matrix of this geometry {law}"
    assert refuted.value.index is not None
    assert refuted.value.got != refuted.value.expected


def test_a_mean_with_the_wrong_divisor_is_told_as_a_fraction() -> None:
    layer = AvgPool(
        kernel_size=(3,), stride=(1,), padding=((1, 1),), dilation=(1,), count_include_pad=False
    )
    case = Case(layer=layer, input_shape=(1, 1, 3))
    for name in ("float32", "float64"):  # its wider format is no float of Python's
        request = Request(dtype=np.dtype(name), precision=name)
        assert asked("avg_pool1d", _right.avg_pool1d, case, request).weak == ""
    with pytest.raises(Violation, match=r"has 1/2 at .* but the target has 1/3"):
        asked("avg_pool1d", divided_by_every_tap, case)


def test_small_matrices_stand_side_by_side_in_the_hint() -> None:
    with pytest.raises(Violation) as refuted:
        asked("conv1d", dropped_tap, conv_case((3,), (2,)))
    assert refuted.value.hint.splitlines() == [
        "the two matrices",
        "    target     derived",
        "    w0 .  .    w0 w1 .",
        "    .  w0 .    .  w0 w1",
    ]
    with pytest.raises(Violation) as large:
        asked("conv1d", dropped_tap, conv_case((14,), (2,)))
    assert large.value.hint == ""


def test_the_hint_says_which_letters_are_of_which_image() -> None:
    """``w_bar`` sums over images, so position ``o`` is asked of image ``o mod 2``: x[1] is x4…."""
    with pytest.raises(Violation) as refuted:
        asked("conv1d_weight", gradient_of_the_first_image, conv_case((4,), (2,)))
    assert refuted.value.hint.splitlines() == [
        "the two matrices, of two images: first x0…x3, second x4…x7",
        "    target    derived",
        "    x0 x1     x0 x1",
        "    .  .      x5 x6",
        "    x2 x3     x2 x3",
    ]
    with pytest.raises(Violation) as transposed:
        asked("conv_transpose1d_weight", gradient_of_flipped_taps, transposed_case())
    assert "of two images: first y0…y11, second y12…y23" in transposed.value.hint
    with pytest.raises(Violation, match="target has 0") as single:
        asked("conv1d_weight", no_gradient, conv_case((1,), (1,)))
    assert "of two images: first x0, second x1" in single.value.hint


def test_the_failing_element_is_one_of_the_call_that_is_shown() -> None:
    """The assertion can be replayed: the call's answer at the index is the one that was got."""
    case = conv_case((4,), (2,), channels=(2, 2, 1))
    with pytest.raises(Violation) as refuted:
        asked("conv1d", dropped_tap, case)
    violation = refuted.value
    call = violation.call
    y = dropped_tap(*(value for _, value in call.given), **call.options)
    assert y[violation.index] == violation.got
    assert dict(call.given)["b"] is None


def test_what_is_too_large_is_not_asked() -> None:
    assert not THEOREM.wants(Function("conv2d"), conv_case((9, 9), (2, 2)), FLOAT32)
    assert extent(Function("conv2d"), conv_case((9, 9), (2, 2)))[0] == 81
    bf16 = Request(dtype=np.dtype(np.float32), precision="bf16")
    many = conv_case((3, 3), (3, 3), channels=(3, 6, 1))
    assert THEOREM.wants(Function("conv2d"), many, FLOAT32)
    assert not THEOREM.wants(Function("conv2d"), many, bf16)
    linear = Case(layer=Linear(in_features=2, out_features=2), input_shape=(2, 3, 2))
    assert not recovers(Function("linear", "weight"), linear)


@pytest.mark.parametrize("count", [0, 1, 2, 9, 23, 24, 200])
def test_a_sum_of_two_letters_is_no_letter_and_of_few_letters_tells_which(count: int) -> None:
    values = distinct(count).tolist()
    assert len(set(values)) == count
    pairs = [a + b for i, a in enumerate(values) for b in values[i:]]
    assert not set(pairs) & set(values)
    assert max(values, default=0) <= 2048
    if count < 24:
        assert len(set(pairs)) == len(pairs)
