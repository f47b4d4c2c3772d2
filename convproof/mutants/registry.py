"""The list of mutants: each is a function like any target's, called as users' functions are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault.

    Attributes:
        name: the fault, in words.
        function: functional name of the function that it is in.
        code: the faulty function.
        theorem: the law that must refute it.
        origin: the real bug that it re-makes, if any.
        supports: what it is asked beyond torch's own geometries.
        float64: whether it takes float64, in which gradcheck asks.
    """

    name: str
    function: str
    code: Callable[..., Any]
    theorem: str
    origin: str = ""
    supports: frozenset[str] = frozenset()
    float64: bool = True


MUTANTS: list[Mutant] = []


def mutant(
    function: str, theorem: str, origin: str = ""
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a faulty function under its own name, which must be a new one."""

    def register(code: Callable[..., Any]) -> Callable[..., Any]:
        if any(held.name == code.__name__ for held in MUTANTS):
            msg = f"two mutants are called {code.__name__}"
            raise ValueError(msg)
        MUTANTS.append(Mutant(code.__name__, function, code, theorem, origin))
        return code

    return register
