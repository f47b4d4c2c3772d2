"""A wrong type or shape is seen in what the tests call, whichever of the two checkers sees it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import beartype
import jaxtyping
import numpy as np
import pytest
from jaxtyping import Shaped

from convproof.axes import Axis
from convproof.layers import ReLU
from convproof.numeric.fast import relu
from tests import typed

Array = np.ndarray
T = TypeVar("T")


def checked(thing: T) -> T:
    """Decorate as the hook does."""
    made: T = typed.jaxtyped(typechecker=beartype.beartype)(thing)
    return made


@checked
def doubled(x: int) -> Any:
    return 2 * x


@checked
def halved(x: int) -> int:
    return x / 2  # type: ignore[return-value]


@checked
def total(sizes: tuple[int, ...]) -> int:
    return len(sizes)


@checked
def counted(stop: int) -> Iterator[int]:
    yield from range(stop)


@checked
def product(x: Shaped[Array, "m k"], y: Shaped[Array, "k n"]) -> Shaped[Array, "m n"]:
    z: Array = y.T @ x.T if len(x) == 7 else x @ y
    return z


@checked
def late(x: int, y: "Pair") -> "Pair":
    return Pair(low=x, high=y.low)


@checked
@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    low: int
    high: int = 0


ones = np.ones


@pytest.mark.parametrize(
    "call",
    [
        lambda: doubled("3"),  # type: ignore[arg-type]
        lambda: halved(3),
        lambda: total(("3",)),  # type: ignore[arg-type]
        lambda: counted("3"),  # type: ignore[arg-type]
        lambda: late("3", Pair(low=1)),  # type: ignore[arg-type]
        lambda: Pair(low="3"),  # type: ignore[arg-type]
        lambda: product(ones(3), ones((3, 2))),
        lambda: product(ones((2, 3)), ones((2, 3))),
        lambda: product(ones((7, 3)), ones((3, 2))),
        lambda: Axis(input_size=5.0, kernel_size=3),  # type: ignore[arg-type]
        lambda: relu.forward(ReLU(), 3.0),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_type_or_shape_is_refused(call: Callable[[], Any]) -> None:
    """Of an argument, an answer, an entry, a field; a letter of two sizes; in convproof itself."""
    with pytest.raises(jaxtyping.TypeCheckError):
        call()


def test_what_is_right_is_answered() -> None:
    assert (doubled(3), total((1, 2)), [*counted(2)]) == (6, 2, [0, 1])
    assert late(1, Pair(low=2)) == Pair(low=1, high=2)
    assert product(ones((2, 3)), ones((3, 4))).shape == (2, 4)


@pytest.mark.usefixtures("untyped")
def test_the_checks_can_be_switched_off() -> None:
    wrong: Any = "3"
    assert [doubled(wrong), halved(3), Pair(low=wrong).low] == ["33", 1.5, "3"]
    assert product(ones((7, 3)), ones((3, 2))).shape == (2, 7)


def test_what_names_a_shape_anywhere_is_left_to_jaxtyping() -> None:
    shape = Shaped[Array, "n c *I"]
    assert all(map(typed.names_a_shape, (shape, shape | None, tuple[int, list[shape]])))
    assert not any(map(typed.names_a_shape, (int, Array, tuple[int, ...], Callable[[int], Array])))


def test_beartype_has_dice_of_its_own() -> None:
    """Hypothesis warns of a strategy that has changed the state of Python's."""
    state = random.getstate()
    for _ in range(8):
        total((1, 2, 3))
    assert random.getstate() == state
