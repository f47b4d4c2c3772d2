"""The table at the end: one row per function and dtype, one column per theorem."""

from collections import Counter
from collections.abc import Sequence

from convproof.verify.runner import Outcome

_MARKS = {"pass": "ok", "fail": "FAIL", "weak": "weak", "unsupported": "-", "not run": "."}
LEGEND = "ok N: held on N cases; weak: could not have failed; .: not asked after a failure"


def rows(outcomes: Sequence[Outcome]) -> tuple[list[str], list[list[str]]]:
    """Return the heading and the rows of what is supported; a cell is a mark and its cases."""
    columns = list(dict.fromkeys(outcome.theorem.name for outcome in outcomes))
    lines: dict[tuple[str, str], dict[str, str]] = {}
    for outcome in outcomes:
        if outcome.status == "unsupported":
            continue
        line = lines.setdefault((outcome.function.name, outcome.dtype), {})
        mark = _MARKS[outcome.status]
        line[outcome.theorem.name] = f"{mark} {outcome.examples}" if outcome.examples else mark
    body = [[*key, *(line.get(name, "") for name in columns)] for key, line in lines.items()]
    return ["function", "dtype", *columns], body


def unsupported(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the functions that could not be asked, in one dtype or another."""
    return list(dict.fromkeys(o.function.name for o in outcomes if o.status == "unsupported"))


def plain(heading: list[str], body: list[list[str]]) -> str:
    """Return the table as aligned text."""
    table = [heading, *body]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    )


def narrow(heading: list[str], body: list[list[str]]) -> str:
    """Return the table for a terminal too narrow for it: a paragraph per row."""
    paragraphs = []
    for function, dtype, *cells in body:
        paragraphs.append(f"{function} {dtype}")
        pairs = zip(heading[2:], cells, strict=True)
        paragraphs += [f"  {name:<12} {cell}" for name, cell in pairs if cell]
    return "\n".join(paragraphs)


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the counts in one sentence, weak and unsupported included."""
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    weak_cases = sum(sum(outcome.weak.values()) for outcome in outcomes)
    cases = sum(outcome.examples for outcome in outcomes)
    lacking = len(unsupported(outcomes))
    parts = [
        f"{counts['pass']} theorems hold",
        f"{counts['fail']} fail",
        *([f"{counts['weak']} weak"] if counts["weak"] else []),
        *([f"{counts['not run']} not asked"] if counts["not run"] else []),
        *([f"{lacking} functions unsupported"] if lacking else []),
    ]
    return f"{', '.join(parts)}; {cases} cases, {weak_cases} of them weak"
