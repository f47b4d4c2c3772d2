"""The list of mutants: each is a function like any target's, called as users' functions are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault: the function it is in, its code, and the theorem that must refute it."""

    name: str
    function: str
    code: Callable[..., Any]
    theorem: str


MUTANTS: list[Mutant] = []


def mutant(function: str, theorem: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a faulty function under its own name."""

    def register(code: Callable[..., Any]) -> Callable[..., Any]:
        MUTANTS.append(Mutant(code.__name__, function, code, theorem))
        return code

    return register
