"""What became of the proofs, as a table for a terminal, a summary and SMT-LIB files."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from convproof.proving.outcome import CLAIMED, Outcome
from convproof.theorems.proof import KINDS

_LOUD = {"refuted": "REFUTED", "unknown": "UNKNOWN", "unsound": "UNSOUND"}
_NARROW = 72


def line(outcome: Outcome, width: int, name_width: int) -> str:
    """Return what is said of one proof; two lines on a narrow terminal."""
    proved = sum(f.status == "proved" for f in outcome.findings)
    steps = f"{proved}/{len(outcome.findings)}"
    counts = " ".join(f"{names} {n}" for names, n in sorted(outcome.engines.items()))
    verdict = _LOUD.get(outcome.verdict, "proved")
    tail = f"{verdict:<8}{steps:>7} {outcome.seconds:7.2f} s  {counts}"
    if width < _NARROW:
        return f"{outcome.name}\n  {tail}"
    return f"{outcome.name:<{name_width}}  {tail}"


def explained(outcome: Outcome) -> list[str]:
    """Return the lines below one that is not proved."""
    lines = [outcome.error] if outcome.error else []
    for finding in outcome.failing:
        lines.append(f"{finding.name}: {finding.status}: {finding.says}")
        if finding.counterexample:
            lines.append(f"  at {finding.counterexample}")
    if outcome.verdict == "unsound" and not outcome.error:
        lines.append(f"its twin, {outcome.changed}, is not refuted")
    return lines


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """Return how many are proved, and of which kind; steps that only one engine proved."""
    kinds = Counter(o.kind for o in outcomes if o.verdict == "proved")
    steps = [f for o in outcomes for f in o.findings if f.status == "proved"]
    alone = Counter(f.engines[0] for f in steps if len(f.engines) == 1)
    lines = [
        f"{sum(kinds.values())} of {len(outcomes)} proved, in {len(steps)} steps",
        *(f"  {kinds[kind]:3} {kind}" for kind in (*KINDS.values(), CLAIMED) if kinds[kind]),
    ]
    if alone:
        told = ", ".join(f"{n} by {engine}" for engine, n in sorted(alone.items()))
        lines.append(f"  {sum(alone.values())} steps by one engine only: {told}")
    refuted = sum(bool(o.counterexample) for o in outcomes)
    twins = sum(bool(o.changed) for o in outcomes)
    if twins:
        lines.append(f"  {refuted} of {twins} false twins refuted")
    return lines


def texts(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """Yield name and contents of every SMT-LIB file: a solver says unsat of each, sat of twins."""
    for outcome in outcomes:
        for kind, findings in (("", outcome.findings), ("twin-", outcome.twin)):
            for number, finding in enumerate(findings, start=1):
                for engine, text in finding.texts.items():
                    name = re.sub(r"[^A-Za-z0-9_]+", "-", outcome.name).strip("-")
                    says = {"proved": "unsat", "refuted": "sat"}.get(finding.status, "unknown")
                    head = f"; {engine}: {says}\n"
                    yield f"{name}/{kind}{number:03}-{engine}.smt2", head + text
