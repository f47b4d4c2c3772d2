"""Every way to change one number, letter, sign or entry of what a claim states."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from convproof.report.lecture.claim import Formula, Law, Table

_TOKEN = re.compile(r"(?P<number>\d+)|(?P<call>[A-Za-z_]\w*(?=\())|(?P<letter>[A-Za-z_]\w*)|"
                    r"(?P<power>\*\*)|(?P<sign>[-+*/])")  # fmt: skip
_OTHER = {"+": "-", "-": "+", "*": "+", "/": "*"}


def perturbed(stated: Any) -> Iterator[tuple[str, Any]]:
    """Yield what was changed, and the statement with it.

    Numbers grow by one, in formulas letters and calls too, one occurrence at a time; plus, minus,
    times and divided change places; an entry of a matrix becomes another, a row is lost; a law is
    negated, or its false twin stated.
    """
    if isinstance(stated, Formula):
        yield from _formulas(stated)
    elif isinstance(stated, Table):
        yield from _tables(stated)
    elif isinstance(stated, Law):
        yield "negated", replace(stated, holds=not stated.holds)
        yield "the false twin", replace(stated, twin=not stated.twin)
    elif isinstance(stated, tuple):
        for place, each in enumerate(stated):
            for changed, other in perturbed(each):
                yield f"{place}: {changed}", (*stated[:place], other, *stated[place + 1 :])
        yield "one more", (*stated, 0)
    elif isinstance(stated, int):
        yield f"{stated} + 1", stated + 1
        yield f"{stated} - 1", stated - 1
    elif isinstance(stated, Decimal):
        step = Decimal(1).scaleb(int(stated.as_tuple().exponent))
        yield f"{stated} + {step}", stated + step
    else:
        yield "another word", f"other than {stated}"


def _formulas(stated: Formula) -> Iterator[tuple[str, Formula]]:
    for found in _TOKEN.finditer(stated.text):
        before, after = stated.text[: found.start()], stated.text[found.end() :]
        word = found[0]
        if found["call"]:
            continue  # its arguments are changed
        if found["number"]:
            other = str(int(word) + 1)
        elif found["letter"]:
            other = f"({word} + 1)"
        elif found["power"]:
            other = "*"
        elif not before.strip() or before.rstrip().endswith("("):
            other = "+"  # a sign before a term
            yield f"{word} left out at {found.start()}", replace(stated, text=before + after)
            continue
        else:
            other = _OTHER[word]
        yield f"{word} at {found.start()}", replace(stated, text=f"{before}{other}{after}")


def _tables(stated: Table) -> Iterator[tuple[str, Table]]:
    rows = stated.rows
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            other = "." if entry != "." else "w9"
            changed = (*rows[:i], (*row[:j], other, *row[j + 1 :]), *rows[i + 1 :])
            yield f"entry {i}, {j}", _table(changed)
        if len(rows) > 1:
            yield f"row {i} lost", _table((*rows[:i], *rows[i + 1 :]))


def _table(rows: tuple[tuple[str, ...], ...]) -> Table:
    return Table("\n".join(" ".join(row) for row in rows))
