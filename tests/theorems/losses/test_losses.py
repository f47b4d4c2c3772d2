"""A right cross entropy keeps every law of losses, and a planted fault breaks each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import Function
from convproof.layers import CrossEntropy
from convproof.mutants import losses as faults
from convproof.numeric.dtypes import BFLOAT16
from convproof.strategies import cases
from convproof.theorems import THEOREMS, Request, Theorem, Violation, rejects
from convproof.verify.targets.subject import TargetSubject

NAMES = ("cross_entropy", "cross_entropy_input")
LAWS = ("shift", "balanced", "ignored", "special", "rejects", "targets")
FORMATS = {"float64": np.float64, "float32": np.float32, "float16": np.float16}
REQUESTS = [Request(dtype=np.dtype(kind), precision=name) for name, kind in FORMATS.items()]
REQUESTS[2] = Request(dtype=np.dtype(np.float16), precision="f16")
REQUESTS.append(Request(dtype=np.dtype(BFLOAT16), precision="bf16"))
FLOAT32 = REQUESTS[1]
_ONCE = settings(
    max_examples=200, database=None, phases=(Phase.generate, Phase.shrink), deadline=None
)
_right = {name: get_implementation("numpy") for name in NAMES}


def _law(law: str, name: str) -> Theorem:
    function = Function.named(name)
    return next(t for t in THEOREMS if t.name == law and t.speaks_of(function))


def _broken(
    theorem: Theorem, name: str, code: Callable[..., Any], case: Case, request: Request = FLOAT32
) -> Violation | None:
    function = Function.named(name)
    subject = TargetSubject({function: code}, "numpy")
    try:
        theorem.check(subject, function, case, request)
    except Violation as violation:
        return violation
    return None


KEPT = [(law, name) for law in LAWS for name in NAMES if (law, name) != ("balanced", NAMES[0])]


@pytest.mark.parametrize(("law", "name"), KEPT)
@settings(max_examples=10)
@given(case=cases("cross_entropy"), request_=st.sampled_from(REQUESTS))
def test_a_right_loss_keeps_the_law(law: str, name: str, case: Case, request_: Request) -> None:
    for on in ("numpy", "reference"):
        code = getattr(get_implementation(on), name)
        assert _broken(_law(law, name), name, code, case, request_) is None


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty function, and the law that it must break by itself, whatever other laws say."""

    law: str
    name: str
    code: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.law}-{self.code.__name__}"


def overflowing(x: Any, y_bar: Any, target: Any, **options: Any) -> Any:
    """The exponentials of the derivative are taken as they are."""
    with np.errstate(over="ignore", invalid="ignore"):
        bound = (
            x - np.log(np.exp(x).sum(1, keepdims=True)) + np.log(np.exp(x).sum(1, keepdims=True))
        )
    return get_implementation("numpy").cross_entropy_input(bound, y_bar, target, **options)


def reading_the_next_line(x: Any, target: Any, **options: Any) -> Any:
    """NaN of a line reaches its neighbour."""
    spoilt = np.where(np.isnan(np.roll(x, 1, 0)), np.nan, x).astype(x.dtype)
    return get_implementation("numpy").cross_entropy(spoilt, target, **options)


def of_any_cotangent(x: Any, y_bar: Any, target: Any, **options: Any) -> Any:
    """A cotangent of another shape is cut."""
    size = () if options["reduction"] != "none" else target.shape
    held = np.resize(y_bar, size) if y_bar.size else np.zeros(size, y_bar.dtype)
    if target.shape != (x.shape[0], *x.shape[2:]):
        raise ValueError
    return get_implementation("numpy").cross_entropy_input(x, held, target, **options)


def of_the_lower_32_bits(x: Any, target: Any, **options: Any) -> Any:
    """Of every target the lower 32 bits are read: 2^32 is the class 0."""
    return get_implementation("numpy").cross_entropy(x, target << 32 >> 32, **options)


FAULTS = [
    Fault("shift", NAMES[0], faults.loss_without_the_maximum),
    Fault("shift", NAMES[1], overflowing),
    Fault("balanced", NAMES[1], faults.loss_gradient_without_the_one_hot),
    Fault("ignored", NAMES[0], faults.mean_of_nothing_is_zero),
    Fault("ignored", NAMES[0], faults.ignored_targets_read_from_the_end),
    Fault("ignored", NAMES[1], faults.loss_gradient_of_the_ignored),
    Fault("special", NAMES[0], faults.loss_of_nan_left_out),
    Fault("special", NAMES[0], reading_the_next_line),
    Fault("targets", NAMES[0], faults.targets_that_are_no_class_wrapped),
    Fault("targets", NAMES[0], of_the_lower_32_bits),
    Fault("rejects", NAMES[1], of_any_cotangent),
]


def test_every_law_of_losses_has_a_fault() -> None:
    assert {fault.law for fault in FAULTS} == set(LAWS)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_breaks_the_law(fault: Fault) -> None:
    """And the assertion that is told fails of its answer, and holds of the right one.

    But for a shift, which is from an answer of its own.
    """
    theorem = _law(fault.law, fault.name)
    case = find(
        cases("cross_entropy"),
        lambda case: _broken(theorem, fault.name, fault.code, case) is not None,
        settings=_ONCE,
    )
    told = _broken(theorem, fault.name, fault.code, case)
    assert told is not None
    if told.index is None:
        return
    right = getattr(_right[fault.name], fault.name)
    for code, holds in ((fault.code, False), (right, True))[: 1 if fault.law == "shift" else 2]:
        y = np.asarray(told.call.answered_by(code))
        assert bool(eval(told.assertion, {"np": np, "y": y})) is holds


@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("name", NAMES)
def test_nan_in_the_place_of_a_target_that_is_no_class_refuses_it(
    name: str, reduction: Any
) -> None:
    """As a GPU answers, which cannot look before; NaN everywhere, or nowhere, does not."""
    case = Case(layer=CrossEntropy(reduction=reduction), input_shape=(3, 4, 2))
    right, theorem = getattr(_right[name], name), _law("targets", name)

    def marking(where: str) -> Callable[..., Any]:
        def code(x: Any, *arrays: Any, **options: Any) -> Any:
            target = arrays[-1]
            wrong = (target < 0) | (target >= x.shape[1])
            shapes = [case.output_shape, (3, 2)][2 - len(arrays) :]
            if [array.shape for array in arrays] != shapes:
                raise ValueError
            y = np.array(right(x, *arrays[:-1], np.where(wrong, 0, target), **options))
            if not wrong.any() or where == "nowhere":
                return y
            if where == "there" and y.ndim:
                y[wrong[:, None] & np.ones_like(y, bool) if y.ndim > 2 else wrong] = np.nan
                return y
            return np.full_like(y, np.nan)

        return code

    assert _broken(theorem, name, marking("there"), case) is None
    assert _broken(theorem, name, marking("nowhere"), case) is not None
    if name == NAMES[1] or reduction == "none":
        assert _broken(theorem, name, marking("everywhere"), case) is not None


@pytest.mark.parametrize(
    ("law", "name", "ignored"),
    [("shift", NAMES[0], -1), ("balanced", NAMES[1], 255), ("ignored", NAMES[1], 0)],
)
def test_a_case_that_shows_something_is_not_weak(law: str, name: str, ignored: int) -> None:
    """And of one class, whose loss is 0 whatever its score, only sums of derivatives are seen."""
    theorem, function = _law(law, name), Function.named(name)
    subject = TargetSubject({function: getattr(_right[name], name)}, "numpy")
    layer = CrossEntropy(ignore_index=ignored, reduction="none")
    seen = theorem.check(subject, function, Case(layer=layer, input_shape=(3, 4)), FLOAT32)
    assert not seen.weak
    alone = Case(layer=CrossEntropy(reduction="none"), input_shape=(3, 1))
    assert bool(theorem.check(subject, function, alone, FLOAT32).weak) is (law != "balanced")


def test_rejects_is_asked_of_losses_by_the_same_check() -> None:
    assert rejects.OF_LOSSES.check is rejects.THEOREM.check
