"""Proofs of our own in a document: asked of the engines once, whoever shows them."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace

from convproof.proving.find import asked
from convproof.proving.run import run
from convproof.report.kept import Became, digest, installed, keep, of, place, read
from convproof.report.model import Badge, Kind, Text, TheoremRecord
from convproof.theorems.proof import KINDS
from convproof.theorems.proofs import proofs

_KINDS: dict[str, Kind] = {"proved": "good", "refuted": "bad", "unsound": "bad", "unknown": "open"}
_ENGINES = {"z3-solver": "Z3", "cvc5": "cvc5", "sympy": "SymPy"}
_held: dict[str, Became] = {}
_versions: dict[str, str] = {}  # of the engines of outcomes that were recalled


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
        outcomes = run(asked(wanted), workers, on=lambda _: None, ended=ended)
        found = {outcome.name: of(outcome) for outcome in outcomes}
        _held.update(found)
        keep(place(), found)


def recall(held: Mapping[str, Became], engines: Mapping[str, str] | None = None) -> None:
    """Take what became of proofs as it was recorded; the engines are not asked.

    Args:
        held: by name.
        engines: the versions that decided them; None: those that are installed.
    """
    _held.update(held)
    _versions.update(engines or {})


def reach(names: Collection[str]) -> Text:
    """Return how far the proofs of some laws reach, and with which engines they were found."""
    proved = [n for n in dict.fromkeys(names) if n in _held and _held[n].verdict == "proved"]
    if not proved:
        return Text("None of them was asked of the engines for this document.")
    kinds = Counter(KINDS[proofs()[name].kind] for name in proved)
    told = "; ".join(f"{count} for {kind}" for kind, count in kinds.items())
    engines = ", ".join(
        f"{_ENGINES.get(name, name)} {each}" for name, each in (_versions or installed()).items()
    )
    return Text(f"Proved are {len(proved)} of {len(set(names))}: {told}. Decided by {engines}.")


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
