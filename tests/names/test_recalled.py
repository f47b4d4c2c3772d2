"""Calls that are recalled: only equal ones, and with the same answers and errors."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convproof import functional as F  # noqa: N812  # as torch's is called
from convproof.errors import DTypeError
from convproof.implementation import Implementation, load_implementation
from convproof.names import TorchNames
from convproof.names.recalled import Calls, Operands, key_of

X, W = np.arange(32.0).reshape(1, 2, 4, 4), np.arange(24.0).reshape(3, 2, 2, 2)
CONV = Operands("forward", ("input", "weight", "bias"), ("input", "weight", "bias"))
B, Y = np.arange(3.0), np.arange(27.0).reshape(1, 3, 3, 3)
CALLS: list[Callable[[Any], Any]] = [
    lambda f: f.conv2d(X, W),
    lambda f: f.conv2d(X, W, B),
    lambda f: f.conv2d(X, W, bias=B, padding=[1, 0]),
    lambda f: f.conv2d(weight=W, input=X),
    lambda f: f.conv2d(X[0], W, B),
    lambda f: f.conv2d_input(X.shape, W, Y),
    lambda f: f.conv2d_input(input_size=list(X.shape), y_bar=Y, weight=W),
    lambda f: f.conv2d_weight(X, W.shape, Y),
    lambda f: f.conv2d_bias(Y),
    lambda f: f.max_pool2d(X, 2),
    lambda f: f.max_pool2d(X, 2, return_indices=True)[1],
    lambda f: f.max_pool2d_input(X, X[:, :, :2, :2], 2),
    lambda f: f.linear(X, W[0, 0].repeat(2, 1)),
    lambda f: f.softmax(X, dim=1),
]


def _names() -> TorchNames:
    return TorchNames(lambda _: load_implementation("numpy"))


@pytest.mark.parametrize("call", CALLS)
def test_a_recalled_call_answers_as_the_first(call: Callable[[Any], Any]) -> None:
    names = _names()
    first = call(names)
    for _ in range(2):
        assert np.array_equal(call(names), first)


def test_a_recalled_call_takes_the_arrays_that_it_is_given() -> None:
    """Also where the first call gave one array twice: a place is known, not an array."""
    names, x = _names(), np.arange(1.0, 5).reshape(1, 1, 2, 2)
    names.conv2d(x, x)
    other = np.array([[[[0.0, 1], [0, 0]]]])
    assert names.conv2d(x, other).item() == 2
    assert names.conv2d(other, x).item() == 2
    assert names.conv2d(2 * x, x).item() == 60


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("stride", [1.0, (1, 1.0), [1.0, 1]])
def test_an_equal_number_of_another_type_is_refused_as_ever(stride: Any) -> None:
    """``1 == 1.0`` and both have one hash, but a stride is an integer."""
    names = _names()
    for legal in (1, (1, 1), [1, 1]):
        names.conv2d(X, W, stride=legal)
    with pytest.raises(Exception, match="stride") as now:
        names.conv2d(X, W, stride=stride)
    with pytest.raises(type(now.value)) as first:
        _names().conv2d(X, W, stride=stride)
    assert str(now.value) == str(first.value)


def test_what_differs_has_another_key() -> None:
    different = [
        key_of(CONV, (X, W), {}),
        key_of(CONV, (X, W, None), {}),
        key_of(CONV, (X, W, B), {}),
        key_of(CONV, (X, W), {"bias": B}),
        key_of(CONV, (X, W, None, 1), {}),
        key_of(CONV, (X, W, None, True), {}),
        key_of(CONV, (X, W, None, (1, 1)), {}),
        key_of(CONV, (X, W, None, [1, 1]), {}),
        key_of(CONV, (X, W), {"stride": 1}),
        key_of(CONV, (X, W), {"padding": 1}),
        key_of(CONV, (X.shape, W), {}),
        key_of(CONV, (W, X), {}),
    ]
    assert len(set(different)) == len(different)
    assert key_of(CONV, (X, W), {"padding": ((0, 1), 0)}) is None
    assert key_of(CONV, (X, object()), {}) is None


def test_a_key_without_a_hash_is_not_kept() -> None:
    """The sizes of a traced graph may be symbols."""
    calls, operands = Calls(), Operands("forward", ("input",), ("input",))
    assert calls.known(([],)) is None
    recalled = operands.recalled(_relu(), [X], {})
    assert recalled is not None
    calls.keep(([],), recalled)
    assert calls.known(([],)) is None


def test_a_recalled_call_checks_no_shape_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its verb is asked, of the implementation that fits the array now."""
    names = _names()
    first = names.conv2d(X, W, B)
    monkeypatch.setattr("convproof.names.verbs.forward", None)
    assert np.array_equal(names.conv2d(X, W, B), first)
    with pytest.raises(TypeError):
        names.conv2d(X, W[:, :, :1], B)


def test_the_implementation_is_chosen_each_time() -> None:
    asked = []

    def choose(array: Any) -> Implementation:
        asked.append(array)
        return load_implementation("numpy")

    names = TorchNames(choose)
    for _ in range(3):
        names.conv2d_input(X.shape, W, Y)
    assert [array is W for array in asked] == [True] * 3


def test_an_array_of_no_known_kind_is_refused_after_good_calls() -> None:
    F.relu(X)
    with pytest.raises(DTypeError, match="takes arrays of"):
        F.relu(memoryview(X))  # type: ignore[arg-type]


def test_an_array_of_a_class_of_ones_own_is_an_array() -> None:
    class Named(np.ndarray):
        """An array, in another module than NumPy."""

    assert np.array_equal(F.relu(X.view(Named)), F.relu(X))


def _relu() -> Any:
    from convproof.layers import ReLU

    return ReLU()


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize("kind", [np.int64, np.array, lambda n: np.array([n])[0]])
@pytest.mark.parametrize("option", ["stride", "padding", "dilation"])
def test_a_number_in_an_array_is_a_number(kind: Any, option: str) -> None:
    """``f(x, stride=int64(2))`` after ``f(x, stride=int64(1))`` is what ``f(x, stride=2)`` is."""
    x, w = np.ones((1, 1, 9)), np.ones((1, 1, 3))
    for number in (1, 2):
        expected = F.conv1d(x, w, **{option: number})
        assert np.array_equal(F.conv1d(x, w, **{option: kind(number)}), expected)
    for number in (2, 4):
        expected = F.max_pool1d(x, number)
        assert np.array_equal(F.max_pool1d(x, kind(number)), expected)


@pytest.mark.usefixtures("untyped")
def test_a_shape_that_is_an_array_is_a_shape() -> None:
    """``conv1d_input(array([1, 1, n]), ...)`` is of ``n`` positions, each time."""
    w, y_bar = np.ones((1, 1, 3)), np.ones((1, 1, 3))
    for size in (7, 8):
        answer = F.conv1d_input(np.array([1, 1, size]), w, y_bar, 2)
        assert answer.shape == (1, 1, size)
