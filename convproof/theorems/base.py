"""What a theorem is: a statement, and a check of an implementation that can refute it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np

from convproof.calls import Answer, Call
from convproof.cases import Arrays, Case
from convproof.errors import ConvProofError
from convproof.functions import FAMILIES, ROLES, Family, Function, Role
from convproof.numeric.dtypes import HALVES
from convproof.violations import Unanswered as Unanswered
from convproof.violations import Violation as Violation

Thing = TypeVar("Thing")
EVERY: tuple[Family, ...] = tuple(FAMILIES)
EXACT: tuple[Family, ...] = tuple(family for family in EVERY if family != "smooth")


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
    """The implementation under test, called with NumPy arrays whatever its own arrays are.

    Attributes:
        shrinking: whether calls may be cut short: a failure is being made smaller.
    """

    shrinking: bool

    @property
    def layouts(self) -> tuple[str, ...]:
        """The memory layouts that its arrays can have."""

    def ask(self, call: Call) -> Answer:
        """Return the answer; raise ``Unanswered`` if there is none."""

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return two answers, the second after the same buffers were overwritten.

        Both are read at the end, so an answer that the second call overwrote shows.
        """


@dataclass(frozen=True, slots=True)
class Seen:
    """What a check saw that refuted nothing.

    Attributes:
        weak: why the case could not have failed, or "".
        ratio: the largest error over its bound, where there is a bound.
    """

    weak: str = ""
    ratio: float | None = None


Check = Callable[[Subject, Function, Case, Request], Seen]
Judge = Callable[[np.ndarray], tuple[int, ...] | None]
Wants = Callable[[Function, Case, Request], bool]


def always(function: Function, case: Case, request: Request) -> bool:
    """Return that a theorem speaks of every case."""
    del function, case, request
    return True


def not_rounded(function: Function, case: Case, request: Request) -> bool:
    """Return whether answers in integers are exact: halves round them once more."""
    del function, case
    return request.dtype not in HALVES


@dataclass(frozen=True, slots=True, kw_only=True)
class Theorem:
    """One law.

    Attributes:
        name: a word for tables.
        statement: the sentence.
        latex: the equation.
        check: raises ``Violation`` if a case refutes the law.
        families: the layers that it speaks of.
        roles: the functions of them.
        stems: of which of these layers, without their number of axes; (): of all.
        beside: other functions of the same layer that the check asks, which a target must have.
        integer_too: whether it also speaks of integer arrays.
        share: it is asked of one case in so many.
        wants: whether it speaks of a case at all.
        needs: words that a target must not lack.
        offered: words that it must declare to support.
    """

    name: str
    statement: str
    latex: str
    check: Check
    families: tuple[Family, ...] = EVERY
    roles: tuple[Role, ...] = ROLES
    stems: tuple[str, ...] = ()
    beside: tuple[Role, ...] = ()
    integer_too: bool = True
    share: int = 1
    wants: Wants = always
    needs: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()

    def speaks_of(self, function: Function) -> bool:
        """Return whether the law is about the function."""
        named = not self.stems or function.stem in self.stems
        return named and function.role in self.roles and function.family in self.families


def first_difference(got: np.ndarray, expected: np.ndarray) -> tuple[int, ...] | None:
    """Return the row-major first index where two arrays differ; NaN equals NaN."""
    if got.dtype.kind in "iu":
        differ = got != expected
    else:
        with np.errstate(invalid="ignore"):
            both_nan = np.isnan(got) & np.isnan(expected)
        differ = (got != expected) & ~both_nan
    return first(differ)


def first(where: np.ndarray | np.bool) -> tuple[int, ...] | None:
    """Return the row-major first index where the array is true, or None."""
    if not where.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(where)), where.shape))


def first_other_bits(got: np.ndarray, expected: np.ndarray) -> tuple[int, ...] | None:
    """Return the row-major first index where arrays of one shape and dtype differ in a bit."""
    one, other = (
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).reshape(*array.shape, array.itemsize)
        for array in (got, expected)
    )
    return first(np.asarray((one != other).any(axis=-1)))


def unseen(judge: Callable[[Thing], object], wrong: Iterable[tuple[str, Sequence[Thing]]]) -> str:
    """Return why a case is weak: the first kind of wrong thing that its judge accepts, or "".

    Every check ends in this negative control, with the judge that it used itself.

    Args:
        judge: returns None for what it accepts.
        wrong: what must be seen, by its kind; a kind passes if all things of it do.
    """
    for kind, things in wrong:
        if things and all(judge(thing) is None for thing in things):
            return f"{kind} would pass"
    return ""


def controls(judge: Judge, answer: np.ndarray) -> str:
    """Return why a case is weak: a wrong answer that the judge would accept too, or "".

    Three answers are tried in place of a right one: zeros, the right numbers in other places
    (where there is more than one), and what memory held before a call that was skipped.
    """
    return unseen(judge, _in_place_of(answer)) if answer.size else "the answer has no element"


def _in_place_of(answer: np.ndarray) -> Iterator[tuple[str, Sequence[np.ndarray]]]:
    yield "zeros", (np.zeros_like(answer),)
    if answer.size > 1:
        flat = answer.ravel()
        moved = (np.roll(flat, 1), flat[::-1])
        yield "a permuted answer", [array.reshape(answer.shape) for array in moved]
    yield "a skipped call", (never_written(answer),)


def never_written(answer: np.ndarray) -> np.ndarray:
    """Return what memory may hold in the place of an answer."""
    held = np.nan if answer.dtype.kind not in "iu" else np.iinfo(answer.dtype).min
    return np.full_like(answer, held)


def one_bit_off(array: np.ndarray) -> Sequence[np.ndarray]:
    """Return the array with one bit of its last element changed; nothing if it has none."""
    if array.size == 0:
        return ()
    changed = np.array(array, order="C")
    changed.reshape(-1).view(np.uint8)[-array.itemsize] ^= 1
    return (changed,)


def at(index: tuple[int, ...]) -> str:
    """Return an index as it is written between brackets."""
    return ", ".join(map(str, index)) if index else "()"
