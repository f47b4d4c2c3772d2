r"""Text with its mathematics as mathematics: ``w_{ij}[k]`` and ``n' = 5`` stand among words.

Words of a line are its parts between spaces. A word is mathematics by its signs (``x_1``,
``W^⊤``, ``h[n]``), or as a letter by itself; numbers and operators beside it belong to it.
"""

import re

from convproof.report.model import Inline, Math

SIGNS = {
    "∑": r"\sum ", "⊤": r"\top ", "⋆": r"\star ", "δ": r"\delta ", "⌊": r"\lfloor ",
    "⌋": r"\rfloor ", "↑": r"\uparrow ", "→": r"\to ", "≈": r"\approx ", "≡": r"\equiv ",
    "∞": r"\infty ", "λ": r"\lambda ", "ε": r"\varepsilon ", "ℓ": r"\ell ", "·": r"\cdot ",
    "×": r"\times ", "…": r"\dots ", "max": r"\max ", "ln": r"\ln ",
    "r\N{COMBINING CIRCUMFLEX ACCENT}": r"\hat{r}",
}  # fmt: skip
_STRONG = re.compile(r"[_^∑⊤⋆⌊⌋]|[\wδ)]\[|\w\([a-zδ]|\d·|·[\d(]|\d\)\(?[a-z]")
_LONG = re.compile(r"(?!max)[A-Za-z]{3,}")
_SUBSCRIPT = re.compile(r"_\{?[A-Za-z]+\}?")
_LETTER = r"(?:[a-zA-Zδλεℓ]|r\N{COMBINING CIRCUMFLEX ACCENT})'{0,2}"
_WEAK = re.compile(rf"\d*{_LETTER}|d{_LETTER}|AB|UV|\d[\d,.]*|-?ln|:?=|[-+*/×·→≈<>…∞]")
_WORDS = {"a", "A", "B", "C", "D", "E", "I"}  # an article, and names of columns
_RELATIONS = {"=", ":=", "→"}  # what stands beside them where they are letters
_LETTERS = re.compile(r"(?:(?:\d*n|[a-zWXYVRHKU]|r\N{COMBINING CIRCUMFLEX ACCENT})'{0,2}(?:, |$))+")
_RELATED = re.compile(r"[=→≈*/+<_^∑⊤⋆⌊⌋\[·]| - |[a-zA-Z]\(|[A-Z] \(")
_EDGE = "()[],;:."
_PAIRS = {")": "(", "]": "[", "}": "{"}


def typeset(text: str) -> tuple[Inline, ...]:
    r"""Return a line of text, what is mathematics in it as LaTeX.

    Example:
        >>> typeset("then f(x) = x * h, of a signal x")
        ('then ', Math(latex='f(x) = x * h'), ', of a signal ', Math(latex='x'))
        >>> typeset("kernels of 7 × 7, pool(3, 2, p1)")
        ('kernels of 7 × 7, pool(3, 2, p1)',)
    """
    words = text.split(" ")
    found: list[str | Math] = []
    run: list[str] = []
    for place, word in enumerate(words):
        if _belongs(words, place):
            run.append(word)
        else:
            found += [*_run(run), word, " "]
            run = []
        if word.endswith((":", ";")) and _balanced(" ".join(run)):
            found += _run(run)
            run = []
    return _joined([*found, *_run(run)])


def _belongs(words: list[str], place: int) -> bool:
    """Return whether a word may be a part of a formula."""
    word = words[place]
    bare = word.strip(_EDGE)
    if _STRONG.search(word) and not _LONG.search(_SUBSCRIPT.sub("", word)):
        return True
    if bare in _WORDS:
        before, after = words[max(0, place - 1) : place], words[place + 1 : place + 2]
        return word == "a," or after == ["and"] or not _RELATIONS.isdisjoint([*before, *after])
    return bool(_WEAK.fullmatch(bare))


def _run(words: list[str]) -> list[str | Math]:
    """Return words as one formula if they are one, punctuation and a space behind it."""
    text = " ".join(words)
    core = text.rstrip(",;:.")
    if not core:
        return [text]
    return [Math(_latex(core)) if _is_formula(core) else core, text[len(core) :] + " "]


def _is_formula(text: str) -> bool:
    """Return whether a text is letters, a relation or a sum with letters, or a sum of numbers."""
    if not _balanced(text):
        return False
    if _LETTERS.fullmatch(text) or re.search(r"·|\^|\d [-+] \d", text):
        return True
    return bool(re.search(r"[A-Za-zδλεℓ]", text) and _RELATED.search(text))


def _balanced(text: str) -> bool:
    """Return whether every bracket is closed by its own, in order."""
    opened: list[str] = []
    for sign in text:
        if sign in _PAIRS.values():
            opened.append(sign)
        elif sign in _PAIRS and (not opened or opened.pop() != _PAIRS[sign]):
            return False
    return not opened


def _latex(text: str) -> str:
    for sign, command in SIGNS.items():
        text = text.replace(sign, command)
    text = re.sub(r"_\{([A-Za-z]{3,})\}", r"_{\\mathrm{\1}}", text)
    return re.sub(r" +", " ", re.sub(r"(\d),(\d)", r"\1{,}\2", text)).strip()


def _joined(parts: list[str | Math]) -> tuple[Inline, ...]:
    """Return the parts, text beside text as one, without a space at the end."""
    found: list[Inline] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part:
            found.append(part)
    if found and isinstance(found[-1], str):
        found[-1] = found[-1].removesuffix(" ")
    return tuple(each for each in found if each)
