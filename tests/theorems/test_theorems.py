"""The theorems: none refuses what is lawful, weak cases are called weak."""

from typing import Any

import numpy as np
import pytest

from convproof import get_implementation
from convproof.calls import Answer, Call
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv
from convproof.theorems import THEOREMS, Request, Violation, rounding
from convproof.theorems.base import controls, first_difference
from convproof.verify.runner import Plan, failures, run
from convproof.verify.targets.find import Target
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
_right = get_implementation("reference")


def _target(function: Function, call: Any) -> Target:
    return Target(
        spec="here",
        functions={function: call},
        supports=frozenset(),
        lacks=frozenset({"rejects"}),
        versions={},
        prelude="",
        expression={function: "call"},
    )


def _outcomes(function: Function, call: Any, **plan: Any) -> list[Any]:
    target = _target(function, call)
    asked = {"dtypes": ("float32",), "examples": (60, 60), "seed": 5, **plan}
    return run(
        TargetSubject(target.functions, "numpy"),
        target.functions,
        Plan(functions=(function,), lacks=target.lacks, **asked),
        on=lambda _: None,
    )


def _asked(function: Function, call: Any, **plan: Any) -> list[Any]:
    return list(failures(_outcomes(function, call, **plan)))


def multiplying_by_the_padding(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """The weight gradient as im2col computes it: a NaN cotangent times a zero of the padding."""
    padding = options.pop("padding")
    ends = [(0, 0), (0, 0), *((p, p) for p in padding)]
    return _right.conv2d_weight(np.pad(x, ends), weight_size, y_bar, padding=0, **options)


def skipping_zeros(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """The weight gradient where products with a zero input are never formed."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    clean = _right.conv2d_weight(
        x, weight_size, np.nan_to_num(y_bar, posinf=0, neginf=0), **options
    )
    reads = _right.conv2d_weight(
        np.abs(x), weight_size, (~np.isfinite(y_bar)).astype(x.dtype), **options
    )
    return np.where(reads != 0, w_bar, clean)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
@pytest.mark.parametrize("call", [multiplying_by_the_padding, skipping_zeros])
def test_nan_and_finite_are_both_lawful_where_a_cotangent_meets_padding(call: Any) -> None:
    assert _asked(Function("conv2d", "weight"), call) == []


def zero_stuffed(input_size: Any, w: Any, y_bar: Any, *, stride: Any, **options: Any) -> Any:
    """The input gradient as a stride-1 gradient of the cotangent with zeros stuffed in."""
    shape = [(n - 1) * s + 1 for n, s in zip(y_bar.shape[2:], stride, strict=True)]
    stuffed = np.zeros((*y_bar.shape[:2], *shape), y_bar.dtype)
    stuffed[:, :, :: stride[0], :: stride[1]] = y_bar
    padding, taps = options.pop("padding"), zip(options["dilation"], w.shape[2:], strict=True)
    read = [n + t * (r - 1) for n, (t, r) in zip(shape, taps, strict=True)]
    part = _right.conv2d_input((*input_size[:2], *read), w, stuffed, **options)
    beyond = [(0, p + n) for p, n in zip(padding, input_size[2:], strict=True)]  # read by no tap
    crops = [slice(p, p + n) for p, n in zip(padding, input_size[2:], strict=True)]
    return np.pad(part, [(0, 0), (0, 0), *beyond])[:, :, crops[0], crops[1]]


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_nan_and_finite_are_both_lawful_where_a_weight_meets_stuffed_zeros() -> None:
    assert _asked(Function("conv2d", "input"), zero_stuffed) == []


def in_float32(x: Any, w: Any, bias: Any, **options: Any) -> Any:
    """Computed in float32 whatever the arrays are."""
    narrow = [None if a is None else a.astype(np.float32) for a in (x, w, bias)]
    return _right.conv2d(*narrow, **options).astype(x.dtype)


def test_float64_arrays_may_be_summed_in_float32_only_where_that_is_promised() -> None:
    """--precision float32 allows the operands to be cut to 24 bits; float64's own does not."""
    function = Function("conv2d")
    assert _asked(function, in_float32, dtypes=("float64",), precision="float32") == []
    (failed,) = _asked(function, in_float32, dtypes=("float64",))
    assert failed.theorem.name == "exact"  # integers beyond 2^24
    with pytest.raises(Violation) as refuted:
        rounding.THEOREM.check(
            TargetSubject({function: in_float32}, "numpy"),
            function,
            failed.case,
            Request(dtype=np.dtype(np.float64), precision="float64"),
        )
    assert refuted.value.hint == "the error is one that --precision float32 allows"


def test_integers_are_asked_only_of_a_target_that_declares_them() -> None:
    outcomes = _outcomes(Function("conv1d"), _right.conv1d, dtypes=("int64",), examples=(3, 3))
    assert {outcome.status for outcome in outcomes} == {"unsupported"}


class _Echo:
    """A subject that answers what it is told to."""

    layouts = ("plain",)

    def __init__(self, answer: Any) -> None:
        self.shrinking = False
        self._answer = np.asarray(answer)

    def ask(self, call: Call) -> Answer:
        del call
        return Answer(self._answer, Arrays())

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        del call, second
        return self._answer, self._answer


def _case(padding: int) -> Case:
    """One image of one pixel, one tap: with padding 1, stride 2 the tap reads only the padding."""
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(1,), stride=(3,), dilation=(1,), bias=False,
        padding=((padding, padding),),
    )  # fmt: skip
    return Case(layer=layer, input_shape=(1, 1, 1))


def test_a_case_that_could_not_have_failed_is_weak() -> None:
    """An answer of zeros is right where every tap reads the padding: that is no evidence."""
    (theorem,) = [t for t in THEOREMS if t.name == "exact" and t.roles == ("forward",)]
    zero = _Echo(np.zeros((1, 1, 1), np.float32))
    function = Function("conv1d")
    seen = theorem.check(zero, function, _case(padding=1), FLOAT32)
    assert seen.weak == "zeros would pass"
    with pytest.raises(Violation) as refuted:
        theorem.check(zero, function, _case(padding=0), FLOAT32)
    assert refuted.value.hint == "the answer is all zero"


@pytest.mark.parametrize(
    ("answer", "judge", "weak"),
    [
        ([0.0, 1.0], "equality", ""),
        ([0.0, 0.0], "equality", "zeros would pass"),
        ([2.0, 2.0], "equality", "a permuted answer would pass"),
        ([2.0], "equality", ""),
        ([], "equality", "the answer has no element"),
        ([1.0, 2.0], "any", "zeros would pass"),
        ([1.0, 2.0], "any that differ", "a skipped call would pass"),
    ],
)
def test_a_case_is_weak_where_a_wrong_answer_would_pass(answer: Any, judge: str, weak: str) -> None:
    """Zeros, the right numbers in other places, and memory that was never written are tried."""
    right = np.array(answer)

    def judged(got: np.ndarray) -> tuple[int, ...] | None:
        if judge == "equality":
            return first_difference(got, right)
        moved = (
            judge != "any" and (not got.any() or (got != right).all()) and not np.isnan(got).all()
        )
        return (0,) if moved else None

    assert controls(judged, right) == weak


@pytest.mark.parametrize(
    ("got", "expected", "index"),
    [
        ([[1.0, 2.0]], [[1.0, 2.0]], None),
        ([[1.0, 3.0]], [[1.0, 2.0]], (0, 1)),
        ([np.nan], [np.nan], None),
        ([np.nan], [1.0], (0,)),
        ([0.0], [-0.0], None),
    ],
)
def test_the_first_difference_is_row_major_and_nan_equals_nan(
    got: Any, expected: Any, index: Any
) -> None:
    assert first_difference(np.array(got), np.array(expected)) == index
