"""The laws that need no oracle: a right implementation keeps each, and a planted fault breaks it.

Where a fault is invisible to the laws before, the whole run must name exactly this one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import FIRST, Function
from convproof.strategies import TORCH, cases
from convproof.theorems import THEOREMS, Request, Theorem, Violation
from convproof.verify.runner import Plan, failures, run
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
_right = get_implementation("numpy")
LAWS = {
    "untouched": "conv1d conv2d_weight max_pool1d_input linear_bias tanh",
    "determinism": "conv1d conv2d_input avg_pool1d softmax linear_jvp",
    "fresh": "conv1d conv2d_weight max_pool1d avg_pool1d softmax linear_jvp",
    "layouts": "conv1d conv2d_input max_pool2d avg_pool1d tanh conv1d_second_output",
    "matrix": "conv1d conv2d_weight conv_transpose1d_input linear_input unfold avg_pool1d",
    "linearity": "conv1d conv2d_weight conv_transpose1d linear_input unfold fold_input",
    "adjoint": "conv1d_input conv2d_weight conv_transpose1d_weight linear_input fold_input "
    "max_pool2d_input relu_input",
    "batch": "conv1d conv2d_weight linear_bias max_pool1d_input softmax avg_pool1d fold",
    "channels": "conv2d conv2d_input conv_transpose1d max_pool1d avg_pool2d_input",
    "equivariance": "conv1d conv2d conv_transpose2d max_pool1d avg_pool2d",
    "empty": "conv1d conv2d_weight linear linear_input linear_weight linear_bias max_pool1d_input "
    "softmax softmax_input tanh relu_input local_response_norm maxout maxout_input",
    "rejects": "conv2d conv1d_input conv2d_weight linear max_pool2d avg_pool1d_input",
}
KEPT = [(law, name) for law, names in LAWS.items() for name in names.split()]


def _theorem(law: str, function: Function) -> Theorem:
    return next(t for t in THEOREMS if t.name == law and t.speaks_of(function))


def linear_jvp(x: Any, w: Any, x_dot: Any, w_dot: Any) -> Any:
    """f(x_dot, w) + f(x, w_dot)."""
    return _right.linear(x_dot, w) + _right.linear(x, w_dot)


def conv1d_second_output(x: Any, w: Any, y_bar: Any, u: Any, v: Any, **options: Any) -> Any:
    """f(u, w) + f(x, v)."""
    del y_bar
    return _right.conv1d(u, w, **options) + _right.conv1d(x, v, **options)


RIGHT = {
    function: getattr(_right, function.name)
    for function in Function.all()
    if function.role in FIRST
}
RIGHT |= {Function.named(f.__name__): f for f in (linear_jvp, conv1d_second_output)}


def _refutes(
    theorem: Theorem, function: Function, functions: Mapping[Function, Any], case: Case
) -> bool:
    """Return whether the law speaks of the case and the functions break it."""
    if not theorem.wants(function, case, FLOAT32):
        return False
    try:
        theorem.check(TargetSubject(functions, "numpy"), function, case, FLOAT32)
    except Violation:
        return True
    return False


@pytest.mark.parametrize(("law", "name"), KEPT)
@settings(max_examples=20)
@given(data=st.data())
def test_a_right_implementation_keeps_the_law(law: str, name: str, data: st.DataObject) -> None:
    function = Function.named(name)
    case = data.draw(cases(function.layer, TORCH))
    assert not _refutes(_theorem(law, function), function, RIGHT, case)


_kept: dict[Any, np.ndarray] = {}


def answering_in_memory_of_its_own(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The answer lies in a buffer that the next call of the same shape overwrites."""
    y = _right.conv1d(x, w, b, **options)
    held = _kept.setdefault((y.shape, y.dtype), y)
    held[...] = y
    return held


def writing_one_element(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The last input is negated after it was read."""
    y = _right.conv1d(x, w, b, **options)
    x.reshape(-1)[-1] *= -1
    return y


_calls = count()


def off_by_a_bit_in_turn(x: Any) -> Any:
    """Every other answer is one unit in the last place higher."""
    y = _right.tanh(x)
    return y if next(_calls) % 2 else np.nextafter(y, y.dtype.type(2))


def reading_memory_in_its_order(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The elements are taken as they lie in memory."""
    return _right.conv2d(x.ravel("K").reshape(x.shape), w, b, **options)


def skipping_the_rows_that_begin_with_zero(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """A row is taken for empty by its first element."""
    return _right.conv1d(np.where(x[..., :1] == 0, 0 * x, x), w, b, **options)


def clipped(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Large data are cut."""
    return _right.conv1d(np.clip(x, -3, 3), w, b, **options)


def of_the_first_tap(input_size: Any, w: Any, y_bar: Any, **options: Any) -> Any:
    """The derivative of another layer than the forward."""
    first = np.zeros_like(w)
    first[..., 0] = w[..., 0]
    return _right.conv1d_input(input_size, first, y_bar, **options)


def adding_the_first_image(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Image 0 reaches every other."""
    return _right.conv1d(x + x[:1], w, b, **options)


def averaging_over_images(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """The weight derivative is a mean, not a sum."""
    w_bar = _right.conv1d_weight(x, weight_size, y_bar, **options)
    return (w_bar / max(len(x), 1)).astype(x.dtype)


def reading_the_first_group(x: Any, w: Any, b: Any, *, groups: int, **options: Any) -> Any:
    """Every group reads the channels of the first."""
    first = np.concatenate([x[:, : x.shape[1] // groups]] * groups, 1)
    return _right.conv1d(first, w, b, groups=groups, **options)


def the_channel_before(x: Any, **options: Any) -> Any:
    """Feature maps reach their neighbours."""
    return _right.max_pool1d(np.maximum(x, np.roll(x, 1, 1)), **options)


def knowing_the_place(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Every output is weighted by where it is."""
    y = _right.conv1d(x, w, b, **options)
    return y * (1 + np.arange(y.shape[-1]) % 2).astype(y.dtype)


def refusing_no_image(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """An empty batch is taken for a mistake."""
    if len(x) == 0:
        msg = "no images"
        raise ValueError(msg)
    return _right.conv1d(x, w, b, **options)


def memory_for_no_image(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """The sum over no image is never written."""
    if len(x) == 0:
        return np.full(weight_size, 7, x.dtype)
    return _right.conv1d_weight(x, weight_size, y_bar, **options)


def rows_of_no_feature_left_as_memory_was(x: Any, w: Any, b: Any) -> Any:
    """The first feature sets the sum, and there is none."""
    return _right.linear(x, w, b) + (0 if w.shape[1] else x.dtype.type(5))


def forgetting_the_bias_of_no_feature(x: Any, w: Any, b: Any) -> Any:
    """What reads nothing gives nothing."""
    return _right.linear(x, w, b) if w.shape[1] else np.zeros((len(x), len(w)), x.dtype)


def maximum_of_nothing(x: Any, *, dim: int) -> Any:
    """It has no identity."""
    power = np.exp(x - x.max(axis=dim, keepdims=True))
    return power / power.sum(axis=dim, keepdims=True)


def the_shape_lost(x: Any, y_bar: Any) -> Any:
    """A derivative of nothing comes back flat."""
    return _right.relu_input(x, y_bar) if x.size else np.zeros(0, x.dtype)


def dropping_channels(x: Any, w: Any, b: Any, *, groups: int, **options: Any) -> Any:
    """Channels that do not fit are left out."""
    return _right.conv1d(x[:, : groups * w.shape[1]], w, b, groups=groups, **options)


def cutting_the_cotangent(input_size: Any, w: Any, y_bar: Any, **options: Any) -> Any:
    """A cotangent that is too long is cut."""
    x = np.zeros(input_size, y_bar.dtype)
    return _right.linear_input(input_size, w, y_bar[..., : len(w)], **options) + x


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty function, the law that must refute it, and whether no law before can."""

    law: str
    function: str
    code: Callable[..., Any]
    alone: bool = False

    def __str__(self) -> str:
        return f"{self.law}-{self.code.__name__}"


FAULTS = [
    Fault("untouched", "conv1d", writing_one_element, alone=True),
    Fault("determinism", "tanh", off_by_a_bit_in_turn, alone=True),
    Fault("fresh", "conv1d", answering_in_memory_of_its_own, alone=True),
    Fault("layouts", "conv2d", reading_memory_in_its_order, alone=True),
    Fault("matrix", "conv1d", skipping_the_rows_that_begin_with_zero, alone=True),
    Fault("linearity", "conv1d", clipped),
    Fault("adjoint", "conv1d_input", of_the_first_tap),
    Fault("batch", "conv1d", adding_the_first_image),
    Fault("batch", "conv1d_weight", averaging_over_images),
    Fault("channels", "conv1d", reading_the_first_group),
    Fault("channels", "max_pool1d", the_channel_before),
    Fault("equivariance", "conv1d", knowing_the_place),
    Fault("empty", "conv1d", refusing_no_image, alone=True),
    Fault("empty", "conv1d_weight", memory_for_no_image, alone=True),
    Fault("empty", "linear", rows_of_no_feature_left_as_memory_was, alone=True),
    Fault("empty", "linear", forgetting_the_bias_of_no_feature, alone=True),
    Fault("empty", "softmax", maximum_of_nothing, alone=True),
    Fault("empty", "relu_input", the_shape_lost, alone=True),
    Fault("rejects", "conv1d", dropping_channels, alone=True),
    Fault("rejects", "linear_input", cutting_the_cotangent, alone=True),
]


def test_every_law_has_a_fault() -> None:
    assert {fault.law for fault in FAULTS} == set(LAWS)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_breaks_the_law_in_some_case(fault: Fault) -> None:
    """And the right function keeps it in that case."""
    function = Function.named(fault.function)
    theorem, broken = _theorem(fault.law, function), {**RIGHT, function: fault.code}
    once = settings(max_examples=300, database=None, derandomize=True, phases=(Phase.generate,))
    case = find(
        cases(function.layer, TORCH),
        lambda case: _refutes(theorem, function, broken, case),
        settings=once,
    )
    assert not _refutes(theorem, function, RIGHT, case)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.alone], ids=str)
def test_a_fault_that_only_this_law_sees_is_refuted_by_it_alone(fault: Fault) -> None:
    function = Function.named(fault.function)
    functions = {**RIGHT, function: fault.code}
    plan = Plan(functions=(function,), dtypes=("float32",), examples=(40, 40), seed=3)
    outcomes = run(TargetSubject(functions, "numpy"), functions, plan, on=lambda _: None)
    (failed,) = failures(outcomes)
    assert failed.theorem.name == fault.law
    assert failed.case is not None
    assert failed.case.elements <= 16


def test_a_derivative_asked_alone_is_refuted_where_its_forward_is_wrong() -> None:
    """Which no other law of the derivative sees."""
    derivative = Function.named("conv1d_input")
    functions = {**RIGHT, Function("conv1d"): flipped}
    plan = Plan(functions=(derivative,), dtypes=("float32",), examples=(40, 40), seed=3)
    outcomes = run(TargetSubject(functions, "numpy"), functions, plan, on=lambda _: None)
    (failed,) = failures(outcomes)
    assert failed.theorem.name == "adjoint"


def flipped(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """A convolution in the place of a cross-correlation."""
    return _right.conv1d(x, np.ascontiguousarray(w[..., ::-1]), b, **options)
