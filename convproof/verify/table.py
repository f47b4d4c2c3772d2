"""The table at the end: one row per function and dtype, with the laws that hold and on how much."""

from collections import Counter
from collections.abc import Sequence

from convproof.functions import Function
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
    loud += [f"{o.theorem.name} follows from {_names(o.follows)}" for o in followed(outcomes)]
    lacking = sorted(o.theorem.name for o in asked if o.status == "weak")
    return [
        str(max(map(asked_cases, asked))),
        str(sum(outcome.status == "pass" for outcome in asked)),
        str(sum(map(weak_cases, asked))),
        f"{max(ratios):.2g}" if ratios else "",
        ", ".join(loud) or ("ok" if not lacking else f"ok; weak: {', '.join(lacking)}"),
    ]


def followed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the failures that follow from others, and are none of their own."""
    return [outcome for outcome in outcomes if outcome.follows and outcome.status == "not run"]


def _names(functions: Sequence[Function]) -> str:
    return " and ".join(function.name for function in functions)


def _could_be_asked(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.status in _ASKED for outcome in outcomes)


def weak_cases(outcome: Outcome) -> int:
    """Return how many cases could not have failed; those that could not be asked are none."""
    return sum(n for reason, n in outcome.weak.items() if not reason.startswith(UNSUPPORTED))


def asked_cases(outcome: Outcome) -> int:
    """Return how many cases were asked: those of what a target lacks are none of them."""
    return outcome.examples - _cases_not_asked(outcome)


def _cases_not_asked(outcome: Outcome) -> int:
    return sum(n for reason, n in outcome.weak.items() if reason.startswith(UNSUPPORTED))


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
    none = {*unsupported(outcomes)}
    reached = [outcome for outcome in outcomes if outcome.function.name not in none]
    asked = dict.fromkeys(o.theorem.name for o in reached if asked_cases(o))
    rest = dict.fromkeys(o.theorem.name for o in reached if o.theorem.name not in asked)
    told = ("laws", asked), ("laws that no case was asked", rest)
    return [f"{word}: {', '.join(names)}" for word, names in told if names]


def summary(outcomes: Sequence[Outcome]) -> str:
    """Return the counts in one sentence, weak and unsupported included."""
    counts: Counter[str] = Counter(outcome.status for outcome in outcomes)
    weak = sum(map(weak_cases, outcomes))
    cases, left_out = sum(map(asked_cases, outcomes)), sum(map(_cases_not_asked, outcomes))
    lacking = unsupported(outcomes)
    reached = [outcome for outcome in outcomes if outcome.function.name not in lacking]
    follow = len(followed(outcomes))
    not_asked = sum(outcome.status in ("not run", "unsupported") for outcome in reached) - follow
    parts = [
        f"{counts['pass']} theorems hold",
        f"{counts['fail']} fail",
        *([f"{follow} follow from these"] if follow else []),
        *([f"{counts['xfail']} fail as expected"] if counts["xfail"] else []),
        *([f"{counts['xpass']} hold against expectation"] if counts["xpass"] else []),
        *([f"{counts['weak']} weak"] if counts["weak"] else []),
        *([f"{not_asked} not asked"] if not_asked else []),
        *([f"{len(lacking)} functions unsupported"] if lacking else []),
    ]
    rest = f"; {left_out} more cases not asked, of what it lacks" if left_out else ""
    return f"{', '.join(parts)}; {cases} checks, {weak} of them weak{rest}"
