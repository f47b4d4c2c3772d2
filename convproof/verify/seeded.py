"""Drawing from a seed alone: a backend of Hypothesis whose every choice comes from one ``Random``.

Hypothesis mixes constants that it finds in the modules a process has imported into what it draws,
so that two processes draw different cases from one seed. What is verified must not depend on what
else is imported: with this backend, one seed gives the same cases in every process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from random import Random
from typing import Any, NoReturn

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, PrimitiveProvider

BACKEND = "convproof"
_seed: ContextVar[str] = ContextVar("seed")


@contextmanager
def drawn_from(seed: str) -> Iterator[None]:
    """Draw from this seed in the tests within that have the backend ``BACKEND``.

    Args:
        seed: any text: other texts, other cases.
    """
    before = _seed.set(seed)
    try:
        yield
    finally:
        _seed.reset(before)


class Seeded(PrimitiveProvider):
    """Draws integers and booleans, of which the strategies of layers are made."""

    def __init__(self, conjecturedata: Any, /) -> None:
        super().__init__(conjecturedata)
        self.random = Random(_seed.get())

    def draw_boolean(self, p: float = 0.5) -> bool:
        """Return True with probability ``p``."""
        return self.random.random() < p

    def draw_integer(
        self, min_value: int | None = None, max_value: int | None = None, **hints: Any
    ) -> int:
        """Return an integer of the range, each as likely."""
        del hints
        if min_value is None or max_value is None:
            self._refuse()
        return self.random.randint(min_value, max_value)

    def draw_float(self, *args: Any, **hints: Any) -> float:
        """Refuse: no layer has a float that is not sampled from a list."""
        self._refuse(args, hints)

    def draw_string(self, *args: Any, **hints: Any) -> str:
        """Refuse."""
        self._refuse(args, hints)

    def draw_bytes(self, *args: Any, **hints: Any) -> bytes:
        """Refuse."""
        self._refuse(args, hints)

    def _refuse(self, *hints: Any) -> NoReturn:
        del hints
        msg = "the cases of layers are made of bounded integers and booleans"
        raise NotImplementedError(msg)


AVAILABLE_PROVIDERS[BACKEND] = f"{__name__}.{Seeded.__name__}"
