"""The table at the end: one row per function and dtype, with the laws that hold and on how much."""

from collections import Counter
from collections.abc import Sequence

from convproof.verify.runner import Outcome
from convproof.verify.search import UNSUPPORTED

HEADING = ["function", "dtype", "cases", "laws", "weak", "error/bound", "verdict"]
LEGEND = "cases: of the law asked most often; weak: cases that could not have failed"
_LOUD = {"fail": "FAIL", "xpass": "XPASS", "xfail": "xfail"}
_ASKED = ("pass", "fail", "weak", "xfail", "xpass")


def rows(outcomes: Sequence[Outcome]) -> tuple[list[str], list[list[str]]]:
    """Return the heading and a row for every function and dtype that could be asked."""
    held: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in outcomes:
        held.setdefault((outcome.function.name, outcome.dtype), []).append(outcome)
    body = [[*key, *_row(found)] for key, found in held.items() if _could_be_asked(found)]
    return HEADING, body


def _row(outcomes: list[Outcome]) -> list[str]:
    asked = [outcome for outcome in outcomes if outcome.status in _ASKED]
    ratios = [outcome.ratio for outcome in asked if outcome.ratio is not None]
    loud = [f"{_LOUD[o.status]} {o.theorem.name}" for o in asked if o.status in _LOUD]
    lacking = sorted(o.theorem.name for o in asked if o.status == "weak")
    return [
        str(max(outcome.examples for outcome in asked)),
        str(sum(outcome.status == "pass" for outcome in asked)),
        str(sum(map(weak_cases, asked))),
        f"{max(ratios):.2g}" if ratios else "",
        ", ".join(loud) or ("ok" if not lacking else f"ok; weak: {', '.join(lacking)}"),
    ]


def _could_be_asked(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.status in _ASKED for outcome in outcomes)


def weak_cases(outcome: Outcome) -> int:
    """Return how many cases could not have failed; those that could not be asked are none."""
    return sum(n for reason, n in outcome.weak.items() if not reason.startswith(UNSUPPORTED))


def unsupported(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the functions of which no law could be asked, in one dtype or another."""
    lacking: dict[tuple[str, str], bool] = {}
    for outcome in outcomes:
        key = (outcome.function.name, outcome.dtype)
        lacking[key] = lacking.get(key, True) and outcome.status == "unsupported"
    return list(dict.fromkeys(name for (name, _), lacks in lacking.items() if lacks))


def plain(heading: list[str], body: list[list[str]]) -> str:
    """Return the table as aligned text."""
    table = [heading, *body]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    )


def narrow(heading: list[str], body: list[list[str]]) -> str:
    """Return the table for a terminal too narrow for it: two lines per row."""
    lines = []
    for function, dtype, *cells in body:
        told = [f"{word} {cell}" for word, cell in zip(heading[2:-1], cells[:-1], strict=True)]
        lines += [f"{function} {dtype}: {cells[-1]}", f"  {', '.join(told)}"]
    return "\n".join(lines)


def laws(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the names of the laws that were asked, and of those that no case was asked."""
    reached = [outcome for outcome in outcomes if outcome.status != "unsupported"]
    asked = dict.fromkeys(o.theorem.name for o in reached if o.examples)
    rest = dict.fromkeys(o.theorem.name for o in reached if o.theorem.name not in asked)
    told = ("laws", asked), ("laws that no case was asked", rest)
    return [f"{word}: {', '.join(names)}" for word, names in told if names]


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the counts in one sentence, weak and unsupported included."""
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    weak = sum(map(weak_cases, outcomes))
    cases = sum(outcome.examples for outcome in outcomes)
    lacking = len(unsupported(outcomes))
    parts = [
        f"{counts['pass']} theorems hold",
        f"{counts['fail']} fail",
        *([f"{counts['xfail']} fail as expected"] if counts["xfail"] else []),
        *([f"{counts['xpass']} hold against expectation"] if counts["xpass"] else []),
        *([f"{counts['weak']} weak"] if counts["weak"] else []),
        *([f"{counts['not run']} not asked"] if counts["not run"] else []),
        *([f"{lacking} functions unsupported"] if lacking else []),
    ]
    return f"{', '.join(parts)}; {cases} checks, {weak} of them weak"
