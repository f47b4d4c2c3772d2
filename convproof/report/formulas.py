r"""Formulas: broken where a line has no room for them, and as MathML.

Long ones are broken at ``\quad``, and sums before their signs.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from xml.dom.minidom import parseString
from xml.parsers.expat import ExpatError

LINE = 84  # letters of a displayed line, about
_MANY, _MOST_BESIDE, _APART = 7, 3, 6  # equations that are set beside each other, and their gap
_FRACTION = r"\frac"
_QUAD = re.compile(r",?\s*\\q?quad\b\s*")
_SIZED = re.compile(r"\\(?:[bB]igg?)(l|r)\b")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)")
_SILENT = re.compile(
    r"\\(?:left|right|mathrm|mathbf|text|operatorname|textstyle|displaystyle|[tdb]?frac|hat|bar)\b"
    r"|[{}^_&]|\\[,;! ]"
)


def letters(latex: str) -> int:
    r"""Return about how many letters wide a formula is.

    Example:
        >>> letters(r"\left\lfloor \frac{n - r}{s} \right\rfloor + 1")
        8
    """
    bare = _SILENT.sub("", latex)
    return len(re.sub(r"\s+", "", _COMMAND.sub("m", bare)))


def parts(latex: str) -> tuple[str, ...]:
    r"""Return the parts of a formula between its quads, outside of all braces.

    Example:
        >>> parts(r"a = b, \quad c = d \qquad e")
        ('a = b', 'c = d', 'e')
    """
    found, begin = [], 0
    for match in _QUAD.finditer(latex):
        before = latex[: match.start()]
        if before.count("{") == before.count("}") and before.count(r"\left") == before.count(
            r"\right"
        ):
            found.append(latex[begin : match.start()])
            begin = match.end()
    return (*found, latex[begin:])


def broken(latex: str, line: int = LINE) -> tuple[str, ...]:
    """Return a formula as lines: its parts, as many on a line as there is room for."""
    lines: list[str] = []
    for part in parts(latex):
        if lines and letters(lines[-1]) + letters(part) + 4 <= line:
            lines[-1] += rf",\quad {part}"
        else:
            lines.append(part)
    return tuple(lines)


def sum_lines(left: str, terms: Sequence[str], line: int = LINE) -> tuple[str, ...]:
    r"""Return ``left = t_1 + t_2 + ...`` as lines aligned behind the equals sign.

    Example:
        >>> sum_lines("a", ["b", "c"])
        ('a &= b + c',)
    """
    if not terms:
        return (f"{left} &= 0",)
    lines = [f"{left} &= {terms[0]}"]
    for term in terms[1:]:
        if letters(lines[-1]) + letters(term) + 1 <= line:
            lines[-1] += f" + {term}"
        else:
            lines.append(rf"&\quad {{}} + {term}")
    return tuple(lines)


def slashed(latex: str) -> str:
    r"""Return a formula with its fractions on one line, as in a subscript.

    Example:
        >>> slashed(r"0 \le \frac{i - k}{s} < \frac{n}{2}")
        '0 \\le (i - k)/s < n/2'
    """
    found, rest = "", latex
    while _FRACTION in rest:
        before, _, after = rest.partition(_FRACTION)
        over, after = _group(after)
        under, rest = _group(after)
        found += f"{before}{_bracketed(slashed(over), '+-')}/{_bracketed(slashed(under), '+-/ ')}"
    return found + rest


def low_slashed(latex: str) -> str:
    r"""Return a formula whose subscripts have their fractions on one line.

    Example:
        >>> low_slashed(r"\frac{1}{2} x_{\frac{i - k}{s}, j}")
        '\\frac{1}{2} x_{(i - k)/s, j}'
    """
    found, rest = "", latex
    while "_{" in rest:
        before, _, after = rest.partition("_{")
        low, rest = _group("{" + after)
        found += f"{before}_{{{slashed(low)}}}"
    return found + rest


def _group(latex: str) -> tuple[str, str]:
    """Return what is in the braces at the begin, and what follows them."""
    depth = 0
    for place, letter in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return latex[1:place], latex[place + 1 :]
    msg = f"a brace of {latex!r} is not closed."
    raise ValueError(msg)


def _bracketed(latex: str, signs: str) -> str:
    """Return a formula in brackets if one of these signs is in it, outside of all braces."""
    depth = 0
    for letter in latex.strip().lstrip("-").lstrip():
        depth += {"{": 1, "(": 1, "}": -1, ")": -1}.get(letter, 0)
        if depth == 0 and letter in signs:
            return f"({latex})"
    return latex


def beside(lines: Sequence[str], line: int = LINE) -> tuple[str, ...]:
    r"""Return many short equations as few lines of several, read downwards.

    Example:
        >>> beside([f"x_{n} &= y_{n}" for n in range(1, 8)])[0]
        'x_1 &= y_1 &\\qquad x_4 &= y_4 &\\qquad x_7 &= y_7'
    """
    longest = max(map(letters, lines), default=0)
    columns = min(_MOST_BESIDE, (line + _APART) // (longest + _APART))
    one_each = all(each.find("&=") > 0 for each in lines)
    if len(lines) < _MANY or columns < 2 or not one_each:
        return tuple(lines)
    rows = -(-len(lines) // columns)
    return tuple(" &\\qquad ".join(lines[row::rows]) for row in range(rows))


@lru_cache(maxsize=8192)
def mathml(latex: str, *, display: bool) -> str | None:
    """Return a formula as MathML, or None where it cannot be told faithfully.

    What comes out must be well-formed, and must not hold the name of any command.
    """
    from latex2mathml.converter import convert

    if "&" in latex or "\\\\" in latex:
        latex = rf"\begin{{align*}}{latex}\end{{align*}}"
    for old, new in _EQUAL.items():
        latex = latex.replace(old, new)
    latex = _SIZED.sub(lambda match: r"\left" if match[1] == "l" else r"\right", latex)
    try:
        made: str = convert(latex, display="block" if display else "inline")
        parseString(made)  # our own text, not a stranger's
    except (ExpatError, Exception):  # its classes of errors are many
        return None
    for old, new in _MADE.items():
        made = made.replace(old, new)
    return None if "\\" in made else _PRIME.sub(_primed, made)


def _primed(match: re.Match[str]) -> str:
    return f'<mi style="font-style:italic">{match[1]}\u2032</mi>'


_MADE = {
    ' columnspacing=""': "",  # no value that a page may have
    "<mi>:</mi><mo>&#x0003D;</mo>": "<mo>:=</mo>",
}
# a prime that is a superscript is raised twice, where the font raises it already
_PRIME = re.compile("<msup><mi>([a-z])</mi><mi>&#x02032;</mi></msup>")
_EQUAL = {
    r"\tfrac": r"\frac",
    r"\textstyle": "",
    r"\displaystyle": "",
    r"\nmid": r"\not\mid ",
    r"\arg\max": r"\mathrm{arg\,max}",
    r"\arg\min": r"\mathrm{arg\,min}",
}
