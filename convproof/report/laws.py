"""Proofs of our own in a document: asked of the engines once in a run, whoever shows them."""

from collections.abc import Callable, Iterable

from convproof.proving.find import asked
from convproof.proving.outcome import Outcome
from convproof.proving.run import run
from convproof.report.model import Badge, Kind, TheoremRecord
from convproof.theorems.proof import KINDS
from convproof.theorems.proofs import proofs

_KINDS: dict[str, Kind] = {"proved": "good", "refuted": "bad", "unsound": "bad", "unknown": "open"}
_held: dict[str, Outcome] = {}


def prove(
    names: Iterable[str],
    *,
    workers: int | None = None,
    ended: Callable[[str], None] = lambda _: None,
) -> None:
    """Decide the proofs of these names that have not been decided yet."""
    wanted = [name for name in dict.fromkeys(names) if name not in _held]
    if wanted:
        outcomes = run(asked(wanted), workers, on=lambda _: None, ended=ended)
        _held.update({outcome.name: outcome for outcome in outcomes})


def law(name: str) -> TheoremRecord:
    """Return the record of a law, with what became of its proof if it was asked (``prove``)."""
    proof = proofs()[name]
    outcome = _held.get(name)
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
    return shown if outcome is None else _with(shown, outcome)


def _with(shown: TheoremRecord, outcome: Outcome) -> TheoremRecord:
    return TheoremRecord(
        name=shown.name,
        statement=shown.statement,
        latex=shown.latex,
        source=shown.source,
        kind=shown.kind,
        verdict=Badge(outcome.verdict, _KINDS[outcome.verdict]),
        steps=(len(outcome.findings) - len(outcome.failing), len(outcome.findings)),
        engines=tuple(outcome.engines.items()),
        rule=shown.rule,
        changed=outcome.changed,
        counterexample=outcome.counterexample,
    )
