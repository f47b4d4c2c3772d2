"""Under which conditions kernels run: how much is checked, and what an adversary chooses."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Literal

LANDINGS = ("eager", "lazy", "random")
ROUNDINGS = ("truncating", "nearest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """The conditions of a launch.

    Attributes:
        check: ``"full"``, or ``"fast"``: neither races nor uninitialised reads are looked for.
        seed: of the adversary, who chooses the order of blocks, warps and threads, where a thread
            is interrupted and when copies land; None: thread by thread, each as far as it comes.
        landing: when an asynchronous copy arrives: ``"eager"``, at once; ``"lazy"``, at its wait;
            ``"random"``; None: lazy, or what the adversary likes.
        rounding: of a tensor core's sums: ``"truncating"``, as Hopper does, or ``"nearest"``.
        exits: whether a thread may have ended where others meet at a barrier.
        steps: at most, of all threads together: accesses and branches.
        count: whether memory traffic is counted, for ``SimReport``.
    """

    check: Literal["full", "fast"] = "full"
    seed: int | None = None
    landing: Literal["eager", "lazy", "random"] | None = None
    rounding: Literal["truncating", "nearest"] = "truncating"
    exits: bool = False
    steps: int = 2**32
    count: bool = False

    def __post_init__(self) -> None:
        for name, words in (("check", ("full", "fast")), ("rounding", ROUNDINGS)):
            if getattr(self, name) not in words:
                msg = f"{name} is one of {', '.join(words)}, got {getattr(self, name)!r}."
                raise ValueError(msg)
        if self.landing not in (None, *LANDINGS):
            msg = f"landing is one of {', '.join(LANDINGS)}, got {self.landing!r}."
            raise ValueError(msg)
        if self.steps < 1 or (self.seed is not None and self.seed < 0):
            msg = f"steps={self.steps} must be at least 1 and seed={self.seed} not negative."
            raise ValueError(msg)


_NOW: ContextVar[Conditions] = ContextVar("conditions", default=Conditions())  # noqa: B039  # frozen


def current() -> Conditions:
    """Return the conditions that hold here."""
    return _NOW.get()


@contextmanager
def conditions(**changes: Any) -> Iterator[Conditions]:
    """Run kernels under other conditions: the attributes of ``Conditions``.

    Example:
        >>> with conditions(seed=3, check="fast") as held:
        ...     held.landing is None
        True
    """
    token = _NOW.set(replace(_NOW.get(), **changes))
    try:
        yield _NOW.get()
    finally:
        _NOW.reset(token)
