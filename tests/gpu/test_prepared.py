"""Launches that are prepared once and repeated: the same answers, and never on other arrays."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.cases import Case, ask
from convproof.functions import FIRST, Function
from convproof.layers import Bias, Layer, ReLU
from convproof.strategies import EXTRAS, cases
from convproof_gpu.layers import bias, relu
from convproof_gpu.machine import LaunchLawError, address
from convproof_gpu.prepared import Outline, Prepared, prepared
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing

FUNCTIONS = [function for function in Function.all() if function.role in FIRST]


class Repeating(Simulated):
    """The simulator, on which every launch is prepared."""

    def __init__(self) -> None:
        self.prepared: list[Prepared | None] = []

    def repeated(self, function: Callable[..., Any], layer: Layer, arrays: Sequence[Any]) -> Any:
        given = [array for array in arrays if isinstance(array, np.ndarray)]
        outlines = iter(outline(number, array) for number, array in enumerate(given))
        held = [next(outlines) if isinstance(array, np.ndarray) else array for array in arrays]
        found = prepared(function, layer, held)
        self.prepared.append(found)
        if found is None:
            return None
        buffers = [*map(np.ascontiguousarray, given)]
        buffers += [np.empty(shape, dtype) for shape, dtype in found.allocated]
        for step in found.launches:
            args = [part(buffers, arg) if isinstance(arg, Outline) else arg for arg in step.args]
            self.run(step.kernel, step.blocks, step.threads, args, step.outputs)
        answers = tuple(buffers[number] for number in found.answers)
        return answers if found.several else answers[0]


def outline(number: int, array: np.ndarray) -> Outline:
    return Outline(number, 0, array.shape, array.dtype)


def part(buffers: Sequence[np.ndarray], held: Outline) -> np.ndarray:
    """Return the elements that an outline stands for."""
    whole = buffers[held.buffer].reshape(-1).view(np.uint8)
    return whole[held.offset :][: held.nbytes].view(held.dtype).reshape(held.shape)


@settings(max_examples=60)
@given(data=st.data())
def test_prepared_launches_answer_as_the_verb_does(data: st.DataObject) -> None:
    """Bit for bit, of every function of every layer, none of which is refused."""
    function = data.draw(st.sampled_from(FUNCTIONS))
    case: Case = data.draw(cases(function.layer, EXTRAS))
    arrays = case.integers().astype(np.float32)
    machine = Repeating()
    found = ask(Wing(machine), function.role, case, arrays)
    expected = ask(Wing(Simulated()), function.role, case, arrays)
    assert machine.prepared[0] is not None
    for one, other in zip(parts_of(found), parts_of(expected), strict=True):
        assert one.dtype == other.dtype
        assert np.array_equal(one, other, equal_nan=True)


def parts_of(answer: Any) -> tuple[np.ndarray, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


WHOLE = Outline(2, 0, (6, 2, 5), np.dtype(np.float32))


def test_an_outlines_images_lie_where_an_arrays_do() -> None:
    """``x[a:b]`` begins ``a`` images beyond ``x``, and so does every part of it."""
    array = np.zeros(WHOLE.shape, WHOLE.dtype)
    for key in (slice(2, 4), slice(None), slice(5, 9), slice(4, 2), None):
        one, other = WHOLE[key], array[key]
        assert (one.shape, one.size, one.nbytes) == (other.shape, other.size, other.nbytes)
        assert one.strides[-3:] == other.strides[-3:]  # along an axis of one, NumPy's is any
        if other.size:
            assert one.offset == other.ctypes.data - array.ctypes.data
    assert WHOLE[1:][1:3].offset == 2 * 40
    assert WHOLE.reshape(12, 5).shape == WHOLE.reshape((12, 5)).shape == (12, 5)


@pytest.mark.parametrize(
    "asked",
    [
        lambda: WHOLE[::2],
        lambda: WHOLE.reshape(7, 9),
        lambda: WHOLE.astype(np.int64, copy=False),
        lambda: WHOLE.astype(np.float32, copy=True),
        lambda: address(WHOLE) % 32,
        lambda: int(address(WHOLE)),
        lambda: WHOLE + WHOLE,  # type: ignore[operator]
    ],
)
def test_what_an_outline_does_not_know_is_refused(asked: Callable[[], Any]) -> None:
    """So that no launch is prepared of a guess."""
    with pytest.raises(TypeError):
        asked()


def test_a_verb_that_copies_or_refuses_is_asked_each_time() -> None:
    """There are no launches that stand for it."""
    x = Outline(0, 0, (2, 3), np.dtype(np.float32))
    double = Outline(0, 0, (2, 3), np.dtype(np.float64))
    assert prepared(relu.forward, ReLU(), [x]) is not None
    assert prepared(relu.forward, ReLU(), [double]) is None
    assert prepared(bias.input_vjp, Bias(channels=3), [x, x]) is None
    assert prepared(lambda _machine, _layer, array: array, ReLU(), [x]) is None
    assert prepared(lambda _machine, _layer, array: array[1:], ReLU(), [x]) is None


def test_a_broken_law_of_launches_prepares_none() -> None:
    def verb(*_: Any) -> Any:
        msg = "too many blocks"
        raise LaunchLawError(msg)

    assert prepared(verb, ReLU(), []) is None
