"""What became of the proofs, as a table for a terminal and a summary."""

from collections import Counter
from collections.abc import Sequence
from textwrap import fill

from convproof.proving.outcome import Outcome

_LOUD = {"refuted": "REFUTED", "unknown": "UNKNOWN", "unsound": "UNSOUND"}
_TAIL = 41  # characters of a line after the name, up to "z3+cvc5 123"


def fitted(line: str, width: int | None) -> str:
    """Return a line in as many as a width asks for, of whole words; None: as wide as it is.

    Example:
        >>> print(fitted("  it fails at n = 1, s = 2", 20))
          it fails at n = 1,
            s = 2
    """
    if width is None or len(line) <= width:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return fill(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def line(outcome: Outcome, name_width: int, width: int | None = None) -> str:
    """Return what is said of one proof: a row of a table, or several lines if that is too wide."""
    proved = sum(f.status == "proved" for f in outcome.findings)
    steps = f"{proved}/{len(outcome.findings)}"
    counts = " ".join(f"{names} {n}" for names, n in outcome.engines.items())
    tail = f"{told_verdict(outcome):<8}{steps:>7} {outcome.seconds:7.2f} s  {counts}".rstrip()
    if width is None or name_width + _TAIL <= width:
        return fitted(f"{outcome.name:<{name_width}}  {tail}", width)
    return f"{fitted(outcome.name, width)}\n{fitted(f'  {tail}', width)}"


def told_verdict(outcome: Outcome) -> str:
    """Return a verdict, in capitals if it is none that one hopes for."""
    return _LOUD.get(outcome.verdict, outcome.verdict)


def explained(outcome: Outcome) -> list[str]:
    """Return the lines below one that is not proved."""
    lines = [outcome.error] if outcome.error else []
    for finding in outcome.failing:
        named = "" if finding.name == outcome.name else f"{finding.name}: "
        lines.append(f"{named}{finding.status}: {finding.says}")
        if finding.counterexample:
            lines.append(f"  it fails at {finding.counterexample}")
    if outcome.verdict == "unsound" and not outcome.error:
        lines.append(f"its twin, {outcome.changed}, is not refuted")
    return [f"    {each}" for each in lines]


def summary(outcomes: Sequence[Outcome]) -> list[str]:
    """Return how many are proved, and of which kind; steps that only one engine proved."""
    kinds = Counter(o.kind for o in outcomes if o.verdict == "proved")
    steps = [f for o in outcomes for f in o.findings if f.status == "proved"]
    alone = Counter(f.engines[0] for f in steps if len(f.engines) == 1)
    lines = [
        f"{sum(kinds.values())} of {len(outcomes)} proved, in {len(steps)} steps",
        *(f"  {n:3} {kind}" for kind, n in kinds.items()),
    ]
    if alone:
        told = ", ".join(f"{n} by {engine}" for engine, n in sorted(alone.items()))
        lines.append(f"  {sum(alone.values())} steps by one engine only: {told}")
    refuted = sum(bool(o.counterexample) for o in outcomes)
    twins = sum(bool(o.changed) for o in outcomes)
    if twins:
        lines.append(f"  {refuted} of {twins} false twins refuted")
    failing = [f"{o.name} ({told_verdict(o)})" for o in outcomes if o.verdict != "proved"]
    if failing:
        lines.append(f"NOT PROVED: {', '.join(failing)}")
    return lines
