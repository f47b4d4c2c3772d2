"""A law that a target breaks: what a check raises, and what a search makes smaller."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Literal

from convproof.calls import Call
from convproof.cases import Arrays

Silence = Literal["raised", "crashed", "hung", "memory", "no array"]
_LOST = ("crashed", "hung", "memory")


@dataclass(slots=True, kw_only=True, eq=False)
class Violation(AssertionError):  # noqa: N818  # the word of the field
    """A law that a target breaks, with the first element that shows it.

    Attributes:
        law: the law, in one line, with the numbers in it.
        call: what the target was asked.
        assertion: the law as Python, about the NumPy array ``y``, about ``answer()``, which asks
            the target once more, or about ``bits`` of an answer.
        index: the first element that differs, row-major; None if no element is to blame.
        got: its value in the target's answer.
        expected: its value by the law.
        hint: what is known to cause this, if anything.
        ratio: the error over its bound, where there is a bound.
        then: data that are written over the given ones after a first call, if a second follows.
        keeps: whether it is then the first answer that is read.
    """

    law: str
    call: Call
    assertion: str = ""
    index: tuple[int, ...] | None = None
    got: object = None
    expected: object = None
    hint: str = ""
    ratio: float | None = None
    then: Arrays | None = None
    keeps: bool = False

    def __str__(self) -> str:
        return self.law

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        """Return how a copy is made in another process."""
        return partial(type(self), **{f.name: getattr(self, f.name) for f in fields(self)}), ()


@dataclass(slots=True, kw_only=True, eq=False)
class Unanswered(Violation):
    """A call that brought no array: it raised, its process died, or it did not end.

    Attributes:
        silence: which of them.
    """

    silence: Silence = "raised"


def kind_of(violation: Violation) -> str:
    """Return how a call went unanswered, or ""; a process that grows may also hang, or die."""
    silence = violation.silence if isinstance(violation, Unanswered) else ""
    return "lost" if silence in _LOST else silence


def is_lost(violation: Violation) -> bool:
    """Return whether a call took the target's process with it."""
    return kind_of(violation) == "lost"
