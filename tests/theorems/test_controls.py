"""The negative controls: a law whose judge were blind would say that its cases are weak."""

import inspect
from typing import Any

import numpy as np
import pytest

from convproof import get_implementation
from convproof.calls import Answer, Call
from convproof.cases import Arrays, Case
from convproof.functions import Function
from convproof.layers import Conv, Linear, ReLU
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems import (
    THEOREMS,
    Request,
    Seen,
    Theorem,
    Unanswered,
    Violation,
    determinism,
    empty,
    inputs_untouched,
    output_shape,
    rejects,
    special_values,
)
from convproof.theorems.base import first_other_bits, one_bit_off, unseen
from convproof.theorems.variants import itself
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
_right = get_implementation("numpy")
CONV = Case(
    layer=Conv(
        in_channels=2, out_channels=3, kernel_size=(2,), stride=(1,), padding=((0, 0),),
        dilation=(1,), bias=True,
    ),
    input_shape=(2, 2, 4),
)  # fmt: skip
LINEAR = Case(layer=Linear(in_features=2, out_features=3, bias=False), input_shape=(2, 2))
RELU = Case(layer=ReLU(), input_shape=(2, 3))


def _asked(theorem: Theorem, name: str, case: Case) -> Seen:
    function = Function.named(name)
    subject = TargetSubject({function: getattr(_right, name)}, "numpy")
    return theorem.check(subject, function, case, FLOAT32)


@pytest.mark.parametrize("theorem", THEOREMS, ids=lambda theorem: theorem.statement)
def test_every_law_ends_in_a_negative_control(theorem: Theorem) -> None:
    source = inspect.getsource(inspect.getmodule(theorem.check))  # type: ignore[arg-type]
    if "return same(" in source or "return ask.agree(" in source:
        # two answers of one target, judged in one place
        source = inspect.getsource(itself)
    if "return refused(" in source:
        source = inspect.getsource(rejects)
    assert "controls(" in source or "unseen(" in source


@pytest.mark.parametrize(
    ("module", "judge", "name", "case", "weak"),
    [
        (inputs_untouched, "_written", "conv1d", CONV, "a written x would pass"),
        (
            determinism, "first_other_bits", "conv1d", CONV,
            "an answer with one bit changed would pass",
        ),
        (rejects, "_not_refused", "conv1d", CONV, "a process that died would pass"),
        (empty, "misfit", "relu", RELU, "an answer of another size would pass"),
        (empty, "misfit", "conv1d_weight", CONV, "an answer of another size would pass"),
        (
            empty, "first_difference", "conv1d_weight", CONV,
            "an answer that is one too much would pass",
        ),
        (output_shape, "misfit", "conv1d", CONV, "an answer of another size would pass"),
        (special_values, "first_difference", "conv1d", CONV, "zeros would pass"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_law_with_a_blind_judge_is_weak(
    monkeypatch: pytest.MonkeyPatch, module: Any, judge: str, name: str, case: Case, weak: str
) -> None:
    """And with its own judge it is not."""
    assert _asked(module.THEOREM, name, case).weak == ""
    monkeypatch.setattr(module, judge, lambda *_: None)
    assert _asked(module.THEOREM, name, case).weak == weak


class _Dying:
    """A subject whose process dies of every call."""

    layouts = ("plain",)
    shrinking = False

    def ask(self, call: Call) -> Answer:
        raise Unanswered(law="the process died", call=call, silence="crashed")

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError


def test_a_process_that_dies_does_not_refuse() -> None:
    with pytest.raises(Unanswered, match=r"stride must be .*: refused by an exception, but the"):
        rejects.THEOREM.check(_Dying(), Function("conv1d"), CONV, FLOAT32)


def test_a_case_without_an_illegal_neighbour_is_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rejects, "_illegal", lambda *_: ())
    assert _asked(rejects.THEOREM, "conv1d", CONV).weak == "no illegal call is near this case"


def keeping_a_signed_zero(x: Any) -> Any:
    """Minus zero and zero take turns, which are equal and differ in a bit."""
    y = np.maximum(x, 0)
    _signs[0] *= -1
    return np.where(y == 0, y.dtype.type(0.0) * y.dtype.type(_signs[0]), y)


_signs = [1]


def test_a_zero_whose_sign_changes_is_not_the_same_answer() -> None:
    function = Function("relu")
    subject = TargetSubject({function: keeping_a_signed_zero}, "numpy")
    with pytest.raises(Violation) as refuted:
        determinism.THEOREM.check(subject, function, RELU, FLOAT32)
    assert refuted.value.index is not None


@pytest.mark.parametrize("name", ["linear", "linear_input", "linear_weight", "relu"])
def test_every_legal_axis_is_empty_in_turn(name: str) -> None:
    asked: list[tuple[int, ...]] = []

    class Watching(TargetSubject):
        def ask(self, call: Call) -> Answer:
            asked.extend(array.shape for array in call.arrays.values() if array.size == 0)
            return super().ask(call)

    function = Function.named(name)
    subject = Watching({function: getattr(_right, name)}, "numpy")
    case = RELU if name == "relu" else LINEAR
    assert empty.THEOREM.check(subject, function, case, FLOAT32).weak == ""
    wanted = {
        "linear": {(0, 2), (2, 0), (3, 0), (0, 2)},
        "linear_input": {(0, 3), (3, 0), (2, 0), (0, 2)},
        "linear_weight": {(0, 2), (0, 3), (2, 0)},
        "relu": {(0, 3), (2, 0)},
    }
    assert set(asked) == wanted[name]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, BFLOAT16])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_one_bit_off_is_seen_at_its_place(dtype: Any, shape: tuple[int, ...]) -> None:
    array = np.ones(shape, dtype)
    (changed,) = one_bit_off(array)
    assert changed.dtype == array.dtype
    assert first_other_bits(changed, array) == tuple(n - 1 for n in shape)
    assert first_other_bits(array, array.copy()) is None
    assert (array == 1).all()


def test_nothing_has_no_bit_that_could_change() -> None:
    assert one_bit_off(np.zeros((2, 0))) == ()
    assert first_other_bits(np.zeros((2, 0)), np.zeros((2, 0))) is None


@pytest.mark.parametrize(
    ("wrong", "weak"),
    [
        ([], ""),
        ([("nothing", ())], ""),
        ([("odd", (1, 3)), ("even", (2, 4))], "even would pass"),
        ([("both", (1, 2))], ""),
    ],
)
def test_a_kind_of_wrong_thing_passes_if_all_of_it_does(wrong: Any, weak: str) -> None:
    assert unseen(lambda number: number if number % 2 else None, wrong) == weak
