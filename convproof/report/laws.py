"""Proofs of our own in a document: asked of the engines once, whoever shows them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from convproof.proving.find import asked
from convproof.proving.run import run
from convproof.report.kept import Became, digest, keep, of, place, read
from convproof.report.model import Badge, Kind, TheoremRecord
from convproof.theorems.proof import KINDS
from convproof.theorems.proofs import proofs

_KINDS: dict[str, Kind] = {"proved": "good", "refuted": "bad", "unsound": "bad", "unknown": "open"}
_MALLOC = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**26)}  # of glibc
_held: dict[str, Became] = {}


def prove(
    names: Iterable[str],
    *,
    workers: int | None = None,
    ended: Callable[[str], None] = lambda _: None,
    fresh: bool = False,
) -> None:
    """Decide the proofs of these names that have not been decided yet.

    Args:
        names: of the proofs.
        workers: how many processes; the processors by default.
        ended: told the name of each when it is decided.
        fresh: whether proofs that earlier reports of the same sources found are asked again.
    """
    asked_for = tuple(dict.fromkeys(names))
    if not fresh and any(name not in _held for name in asked_for):
        _held.update({n: b for n, b in read(place(), digest()).items() if n not in _held})
    for name in asked_for:
        if name in _held:
            ended(name)
    wanted = [name for name in asked_for if name not in _held]
    if wanted:
        with _memory_held():
            outcomes = run(asked(wanted), workers, on=lambda _: None, ended=ended)
        found = {outcome.name: of(outcome) for outcome in outcomes}
        _held.update(found)
        keep(place(), found)


@contextmanager
def _memory_held() -> Iterator[None]:
    """Let processes that start here keep the memory that they free.

    Engines free and ask again at every step: giving it back each time is a quarter of their time.
    """
    given = {name: value for name, value in _MALLOC.items() if name not in os.environ}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            os.environ.pop(name, None)


def recall(held: Mapping[str, Became]) -> None:
    """Take what became of proofs as it was recorded; the engines are not asked."""
    _held.update(held)


def law(name: str) -> TheoremRecord:
    """Return the record of a law, with what became of its proof if it was asked (``prove``)."""
    proof = proofs()[name]
    became = _held.get(name)
    shown = TheoremRecord(
        name=name,
        statement=proof.statement,
        latex=proof.latex,
        source=proof.source,
        kind=KINDS[proof.kind],
        verdict=Badge("not asked", "open"),
        steps=(0, 0),
        engines=(),
        rule=proof.rule,
    )
    return shown if became is None else _with(shown, became)


def _with(shown: TheoremRecord, became: Became) -> TheoremRecord:
    return replace(
        shown,
        verdict=Badge(became.verdict, _KINDS[became.verdict]),
        steps=became.steps,
        engines=became.engines,
        changed=became.changed,
        counterexample=became.counterexample,
    )
