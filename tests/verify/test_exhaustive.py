"""Every small geometry: how many there are, that all are legal, and what is decided of them."""

from typing import Any

import numpy as np
import pytest

from convproof import get_implementation
from convproof.calls import call_of
from convproof.cases import Arrays
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.theorems import Request
from convproof.theorems.matrix import THEOREM
from convproof.verify.deciding import _tally, decided
from convproof.verify.exhaustive import exhaustive_cases, geometries
from convproof.verify.runner import Plan
from convproof.verify.targets.alike import differing
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
ROLES = ("", "_input", "_weight")
_right = get_implementation("numpy")


@pytest.mark.parametrize(
    ("stem", "dims", "asymmetric", "count"),
    [
        ("conv", 1, False, 1272),
        ("conv", 1, True, 5184),
        ("conv", 2, False, 6624),
        ("conv_transpose", 1, False, 2687),
        ("conv_transpose", 1, True, 10845),
        ("conv_transpose", 2, False, 10204),
    ],
)
def test_the_set_is_as_large_as_it_is_said_to_be_and_legal(
    stem: str, dims: int, asymmetric: bool, count: int
) -> None:
    """An illegal geometry has no output shape."""
    found = list(geometries(dims, stem=stem, asymmetric=asymmetric))
    assert len(found) == len(set(found)) == count
    assert all(min(case.output_shape) >= 1 for case in found)


@pytest.mark.parametrize(
    ("stem", "word", "count"),
    [
        ("conv", "rectangular", 2832),
        ("conv", "anisotropic", 3296),
        pytest.param("conv_transpose", "rectangular", 6668, marks=pytest.mark.full),
        pytest.param("conv_transpose", "anisotropic", 8804, marks=pytest.mark.full),
    ],
)
def test_a_target_that_knows_one_number_for_all_axes_has_a_set_of_its_own(
    stem: str, word: str, count: int
) -> None:
    function = Function(f"{stem}2d")
    found = exhaustive_cases(function, frozenset(), frozenset({word, "rejects"}))
    assert len(found) == len(set(found)) == count
    assert all(min(case.output_shape) >= 1 for case in found)
    calls = [call_of(function, case, Arrays(w=np.empty(case.weight_shape or ()))) for case in found]
    told = {
        differing(function, {**dict(call.given), "x": np.empty(case.input_shape)}, call.options)[0]
        for call, case in zip(calls, found, strict=True)
    }
    assert told == ({""} if word == "rectangular" else {"", "rectangular"})


def test_every_legal_geometry_in_one_dimension_is_there() -> None:
    """Counted by the law itself: ``t (r - 1) + 1 <= n + 2 p``."""
    legal = sum(
        t * (r - 1) + 1 <= n + 2 * p
        for n in range(1, 9)
        for r in range(1, 5)
        for _ in range(1, 5)
        for t in range(1, 4)
        for p in range(4)
    )
    assert legal == sum(1 for _ in geometries(1))


def test_unequal_ends_are_asked_of_a_target_that_declares_them() -> None:
    function = Function("conv1d")
    plain = exhaustive_cases(function, frozenset())
    assert all(low == high for case in plain for low, high in _layer(case).padding)
    assert set(plain) < set(exhaustive_cases(function, frozenset({"asymmetric"})))


@pytest.mark.parametrize("name", ["conv1d_bias", "conv3d", "linear", "max_pool1d", "unfold"])
def test_what_has_no_exhaustive_set_has_no_case(name: str) -> None:
    assert exhaustive_cases(Function.named(name), frozenset()) == []


@pytest.mark.parametrize("layer", ["conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"])
@pytest.mark.parametrize("role", ROLES)
def test_a_right_target_has_every_matrix(layer: str, role: str) -> None:
    """A slice of the set, spread over all of it."""
    function = Function.named(f"{layer}{role}")
    cases = exhaustive_cases(function, frozenset({"asymmetric"}))
    asked = cases[:: len(cases) // 30]
    tally = _tally(_subject(function, getattr(_right, function.name)), THEOREM, function, asked,
                   FLOAT32)  # fmt: skip
    assert tally.violation is None
    assert tally.examples == len(asked)
    assert sum(tally.weak.values()) < len(asked) / 2
    assert not tally.unsupported


@pytest.mark.full
@pytest.mark.parametrize("layer", ["conv1d", "conv2d", "conv_transpose1d"])
@pytest.mark.parametrize("role", ROLES)
def test_a_right_target_has_all_matrices(layer: str, role: str) -> None:
    function = Function.named(f"{layer}{role}")
    cases = exhaustive_cases(function, frozenset())
    subject = _subject(function, getattr(_right, function.name))
    assert _tally(subject, THEOREM, function, cases, FLOAT32).violation is None


def rare(x: Any, w: Any, b: Any, *, stride: Any, padding: Any, dilation: Any, groups: Any) -> Any:
    """Wrong at one geometry in hundreds: the last tap is lost where all options differ."""
    if (*stride, *padding, *dilation, w.shape[2]) == (4, 1, 3, 3):
        w = w * np.array([1, 1, 0], w.dtype)
    return _right.conv1d(x, w, b, stride, padding, dilation, groups)


def test_a_fault_at_few_geometries_is_found_at_each_of_them() -> None:
    """Of the inputs that the kernel fits, those where the lost tap reads the input at all."""
    function = Function("conv1d")
    every = exhaustive_cases(function, frozenset())
    cases = [case for case in every if _layer(case).stride == (4,)]
    subject = _subject(function, rare)
    wrong = []
    for case in cases:
        found = _tally(subject, THEOREM, function, [case], FLOAT32)
        if found.violation is not None:
            wrong.append(case)
            assert "but the target has 0" in found.violation.law
    assert [case.input_shape[2] for case in wrong] == [6, 7, 8]
    assert _tally(subject, THEOREM, function, cases, FLOAT32).case == wrong[0]


@pytest.mark.usefixtures("a_slice")
def test_what_is_wrong_on_dense_data_alone_is_refuted() -> None:
    """The right matrix, but every image with more than one value is halved."""

    def halved(x: Any, w: Any, b: Any, **options: Any) -> Any:
        y = _right.conv1d(x, w, b, **options)
        dense = (x != 0).sum(axis=(1, 2), keepdims=True) > 1
        return np.where(dense, y / 2, y).astype(y.dtype)

    assert _verdicts(halved, "float32") == {"matrix": "pass", "linearity": "pass", "exact": "fail"}


@pytest.mark.usefixtures("a_slice")
def test_what_cannot_be_decided_is_no_pass() -> None:
    """The matrix needs more integers than float16 has; a target that refuses all passes nothing."""

    def refusing(*_: Any, **__: Any) -> Any:
        msg = "nothing is offered"
        raise UnsupportedError(msg)

    assert _verdicts(_right.conv1d, "float16")["matrix"] == "unsupported"
    assert set(_verdicts(refusing, "float32").values()) == {"unsupported"}


def _verdicts(call: Any, dtype: str) -> dict[str, str]:
    function = Function("conv1d")
    plan = Plan(functions=(function,), dtypes=(dtype,), examples=(0, 0), seed=0)
    outcomes = decided(_subject(function, call), {function}, plan, on=lambda _: None)
    return {outcome.theorem.name: outcome.status for outcome in outcomes}


def _subject(function: Function, call: Any) -> TargetSubject:
    return TargetSubject({function: call}, "numpy")


def _layer(case: Any) -> Any:
    return case.layer
