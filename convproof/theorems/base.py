"""What a theorem is: a statement, and an exact check of an implementation that can refute it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from convproof.cases import ROLES, Arrays, ConvCase, Function, Role
from convproof.errors import ConvProofError


class DisagreementError(ConvProofError):
    """The derivation and the oracle differ: the fault is convproof's own, not the target's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """How an implementation is asked: the number format of its arrays and what it promises.

    Attributes:
        dtype: of the arrays given and expected back.
        precision: a key of ``convproof.numeric.rounding.PRECISIONS``.
    """

    dtype: np.dtype
    precision: str


@runtime_checkable
class Subject(Protocol):
    """The implementation under test, called with NumPy arrays whatever its own arrays are."""

    def answer(self, function: Function, case: ConvCase, arrays: Arrays) -> np.ndarray:
        """Return a copy of what the target returned; raise ``Violation`` if that is no array."""

    def raw_answer(
        self, function: Function, case: ConvCase, arrays: Arrays
    ) -> tuple[np.ndarray, Arrays]:
        """Return the answer, and the arrays as the target left them."""


@dataclass(slots=True, kw_only=True, eq=False)
class Violation(AssertionError):  # noqa: N818  # the word of the field
    """A law that a target breaks, with the first element that shows it.

    Attributes:
        law: the law, in one line, with the numbers in it.
        arrays: what the target was given.
        assertion: the law as Python, about the NumPy array ``y``, about ``answer()``, which asks
            the target once more, or about ``bits`` of an answer.
        index: the first element that differs, row-major; None if no element is to blame.
        got: its value in the target's answer.
        expected: its value by the law.
        hint: what is known to cause this, if anything.
    """

    law: str
    arrays: Arrays
    assertion: str = ""
    index: tuple[int, ...] | None = None
    got: object = None
    expected: object = None
    hint: str = ""

    def __str__(self) -> str:
        return self.law


Check = Callable[[Subject, Function, ConvCase, Request], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """One law of the convolution.

    Attributes:
        name: a word for tables.
        statement: the sentence.
        latex: the equation.
        check: raises ``Violation`` if a case refutes the law; returns why the case was *weak*
            (could not have failed), or None.
        roles: the functions that it speaks of.
        integer_too: whether it also speaks of integer arrays.
    """

    name: str
    statement: str
    latex: str
    check: Check
    roles: tuple[Role, ...] = ROLES
    integer_too: bool = field(default=True)


def first_difference(got: np.ndarray, expected: np.ndarray) -> tuple[int, ...] | None:
    """Return the row-major first index where two arrays differ; NaN equals NaN."""
    if got.dtype.kind in "iu":
        differ = got != expected
    else:
        with np.errstate(invalid="ignore"):
            both_nan = np.isnan(got) & np.isnan(expected)
        differ = (got != expected) & ~both_nan
    if not differ.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(differ)), got.shape))


def at(index: tuple[int, ...]) -> str:
    """Return an index as it is written between brackets."""
    return ", ".join(map(str, index))
