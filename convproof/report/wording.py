r"""Formulas within sentences: ``s (n' - 1)`` and ``p_low`` of a statement are set as mathematics.

Statements of laws, and what refutes their false twins, are written in letters. A run of single
letters (with subscripts, primes, indices), numbers, signs and brackets is a formula if a letter is
in it; words never are. So are lone letters, but for the articles "a" and "A".
"""

import re
from collections.abc import Iterator

from convproof.report.model import Inline, Math, Prose

_GREEK = "alpha|beta|delta|epsilon|lambda|theta|xi"
_TOKEN = re.compile(
    rf"""(?P<name>(?:r\u0302|d[xyaw](?![a-z])|[A-Za-z](?![a-z])|(?:{_GREEK}|sum(?=_))(?![a-z])))
         (?P<low>_[A-Za-z0-9]+|)(?P<prime>'*)(?P<at>\[[^\]]*\]|)(?![\w'|])(?!-\w)
    | (?P<call>floor|ceil|Max|Min|Abs|Eq|Mod)\(
    | (?P<number>\d+)(?![\w'])(?!-\w)
    | (?P<sign><=|>=|<-|\*\*|//|[=<>+*/^|-]|≤|≥|mod\b)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)""",
    re.VERBOSE,
)
_SIGNS = {
    "<=": r" \le ", ">=": r" \ge ", "≤": r" \le ", "≥": r" \ge ", "<-": r" \leftarrow ",
    "**": "^", "*": r"\,", "|": r" \mid ", "mod": r" \bmod ", "^": "^", "/": "/",
    "//": r"\;\mathrm{div}\;",
}  # fmt: skip
_CALLS = {
    "floor": (r"\lfloor ", r" \rfloor"), "ceil": (r"\lceil ", r" \rceil"),
    "Max": (r"\max(", ")"), "Min": (r"\min(", ")"), "Abs": ("|", "|"), "(": ("(", ")"),
}  # fmt: skip
_DIVIDES = re.compile(r"Eq\(Mod\((\w+), (\w+)\), 0\)")
_EQUALS = re.compile(r"Eq\(([^(),]+), ([^(),]+)\)")
_BEFORE, _AFTER = re.compile(r"(?:^|[\s(])$"), re.compile(r"[\s,.;:)]|$")


def worded(text: str) -> Prose:
    r"""Return a sentence with its formulas set.

    Example:
        >>> worded("a size of s (n' - 1), a G-th")
        ('a size of ', Math(latex="s\\, (n' - 1)"), ', a G-th')
    """
    text = _EQUALS.sub(r"\1 = \2", _DIVIDES.sub(r"\2 | \1", text))
    return tuple(_merged(_runs(text)))


def _merged(runs: Iterator[Inline]) -> Iterator[Inline]:
    held = ""
    for run in runs:
        if isinstance(run, str):
            held += run
        else:
            yield from (held,) if held else ()
            held = ""
            yield run
    if held:
        yield held


def _runs(text: str) -> Iterator[Inline]:
    place = 0
    while place < len(text):
        found = _formula(text, place)
        if found is None:
            yield text[place]
            place += 1
        else:
            latex, place = found
            yield Math(latex)


def _formula(text: str, begin: int) -> tuple[str, int] | None:
    """Return the longest formula that begins at a place, and where it ends."""
    if not _BEFORE.search(text[:begin]):
        return None
    matches: list[re.Match[str]] = []
    place = begin
    while match := _TOKEN.match(text, place):
        signed = bool(matches) and bool(matches[-1]["sign"])
        if match["name"] in {"a", "A"} and not signed and _is_article(text, match):
            break
        matches.append(match)
        place = match.end()
        if text[place : place + 1] == " " and _TOKEN.match(text, place + 1):
            place += 1
    while matches:
        latex = _latex(matches)
        if latex and _AFTER.match(text, matches[-1].end()):
            return latex, matches[-1].end()
        matches.pop()
    return None


def _is_article(text: str, match: re.Match[str]) -> bool:
    follows = re.match(r" (?:[=<>+*/-]|<=|>=)(?: |$)", text[match.end() :])
    opens = match["name"] == "a" or re.search(r"(?:^|[.:] )$", text[: match.start()])
    return bool(opens) and not follows and not match["at"] and not match["low"]


def _latex(matches: list[re.Match[str]]) -> str:
    """Return tokens as LaTeX; "" if they are no formula by themselves."""
    made, closers, operand, letters = "", list[str](), False, 0
    for number, match in enumerate(matches):
        apart = operand and number and match.start() > matches[number - 1].end()
        if match["name"] or match["number"]:
            made += (r"\," if apart else "") + _operand(match)
            letters, operand = letters + bool(match["name"]), True
        elif match["call"] or match["open"]:
            opener, closer = _CALLS[match["call"] or "("]
            made += (r"\, " if apart else "") + opener
            closers.append(closer)
            letters, operand = letters + bool(match["call"]), False
        elif match["sign"]:
            if not operand and match["sign"] != "-":
                return ""
            made += _SIGNS.get(match["sign"], f" {match['sign']} ") if operand else "-"
            operand = False
        elif not closers or not operand:
            return ""
        else:
            made, operand = made + (closers.pop() if match["close"] else ", "), bool(match["close"])
    return made if operand and not closers and (letters or made.startswith("-")) else ""


def _operand(match: re.Match[str]) -> str:
    if match["number"]:
        return match["number"]
    name = {"r\u0302": r"\hat{r}", "sum": r"\sum"}.get(match["name"], match["name"])
    name = rf"\{name}" if re.fullmatch(_GREEK, name) else name
    low = match["low"][1:]
    sub = rf"_{{\mathrm{{{low}}}}}" if len(low) > 1 and low.isalpha() else f"_{{{low}}}"
    at = match["at"].replace("*", " ").replace("_", r"\_")
    return name + (sub if low else "") + match["prime"] + at
