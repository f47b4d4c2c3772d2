r"""The LaTeX of a label in a picture, as runs of letters with subscripts.

A label is letters with subscripts, numbers, fractions and sums of these: ``dx_{1,2}``, ``w_1 +
w_3``, ``\frac{1}{9}``, ``\mathbf{x}``. SVG and Matplotlib write its runs; LaTeX writes it as it is.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from convproof.errors import ConvProofError
from convproof.report.draw.shapes import Number

_TOKEN = re.compile(
    r"""\\[td]?frac\{(?P<over>\w+)\}\{(?P<under>\w+)\}
    | \\math(?P<face>bf|rm|it)\{(?P<held>\w+)\}
    | \\text\{(?P<text>[^{}]*)\}
    | \\(?P<word>cdot|star|hat|dots|ldots|top)\b
    | _\{(?P<subs>[^{}\\]*)\} | _(?P<sub>\w)
    | (?P<sup>'+) | (?P<letters>[A-Za-z]+) | (?P<number>\d+)
    | (?P<sign>[-+=(),.0/|·⋆…]) | (?P<space>\s+) | (?P<skip>\\[,;!\ ]|[{}^])
    """,
    re.VERBOSE,
)
_WORDS = {"cdot": "·", "star": "⋆", "dots": "…", "ldots": "…", "hat": "", "top": "ᵀ"}
_WIDE = 0.56  # of the size: what a letter takes of it
_SMALL = 0.7  # of the size: that of a subscript


class LabelError(ConvProofError, ValueError):
    """A label in a picture is more than letters, subscripts, numbers and fractions."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters of one face.

    Attributes:
        text: the letters.
        italic: whether they are.
        bold: whether they are.
        low: whether they are a subscript.
    """

    text: str
    italic: bool = False
    bold: bool = False
    low: bool = False


@lru_cache(maxsize=4096)
def spelled(latex: str) -> tuple[Run, ...]:
    r"""Return the runs of a label.

    Raises:
        LabelError: if it is more than a label.

    Example:
        >>> [run.text for run in spelled(r"w_{1,2} + \frac{1}{9}") if run.text.strip()]
        ['w', '1,2', '+', '1/9']
    """
    found, place = [], 0
    while place < len(latex):
        match = _TOKEN.match(latex, place)
        if match is None:
            msg = f"{latex!r} is no label of a picture: {latex[place:]!r} cannot be drawn."
            raise LabelError(msg)
        place = match.end()
        run = _run(match)
        if run is not None:
            found.append(run)
    return tuple(found)


def _run(match: re.Match[str]) -> Run | None:
    held = match.groupdict()
    if held["over"] is not None:
        return Run(f"{held['over']}/{held['under']}")
    if held["held"] is not None:
        return Run(held["held"], bold=held["face"] == "bf", italic=held["face"] == "it")
    if held["text"] is not None:
        return Run(held["text"])
    if held["word"] is not None:
        return Run(_WORDS[held["word"]])
    low = held["subs"] if held["subs"] is not None else held["sub"]
    if low is not None:
        return Run(low, low=True)
    if held["sup"] is not None:
        return Run("′" * len(held["sup"]))
    if held["letters"] is not None:
        return Run(held["letters"], italic=True)
    if held["space"] is not None:
        return Run(" ")
    text = held["number"] or held["sign"]
    return Run("−" if text == "-" else text) if text else None


def width(text: str, size: Number, *, math: bool) -> Number:
    """Return about how wide a label is."""
    if not math:
        return size * _WIDE * len(text)
    return sum(size * _WIDE * len(r.text) * (_SMALL if r.low else 1.0) for r in spelled(text))
