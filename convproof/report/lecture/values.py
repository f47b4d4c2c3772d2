"""What claims state and what is computed, within a line: values, places, rarer signs."""

from convproof.report.lecture.claim import Formula, Law, Place
from convproof.report.lecture.claim import Table as Printed
from convproof.report.lecture.judging import Finding, written
from convproof.report.lecture.spelling import computed_formula, formula
from convproof.report.model import Code, Inline, Math
from convproof.theorems.proofs import proofs

_SIGNS = {
    "≡": r"\equiv", "⊤": r"\top", "δ": r"\delta", "ℓ": r"\ell", "≈": r"\approx",
    "↑": r"\uparrow",
}  # fmt: skip


def value(finding: Finding, *, stated: bool) -> tuple[Inline, ...]:
    """Return a figure in words, a formula as mathematics, a row of signs as it is typed."""
    of = finding.claim.stated
    text = written(of) if stated else finding.computed
    if isinstance(of, Formula):
        return (Math(formula(of) if stated else computed_formula(text)),)
    if isinstance(of, Printed):
        return (Code(text),)
    if not text:
        return ("nothing",)
    if isinstance(of, Law) and not stated:
        return signs(f"{text}: {proofs()[of.proof].statement}")
    if isinstance(of, Law):
        return (*(() if of.holds else ("the contrary of the law ",)), Code(of.proof))
    return signs(text.replace(" x ", " × "))


def place(of: Place) -> tuple[Inline, ...]:
    """Return a slide’s title, and which of its frames."""
    frame = f", frame {of.occurrence}" if of.occurrence > 1 else ""
    return (*signs(f"“{of.slide}”"), frame) if frame else signs(f"“{of.slide}”")


def signs(text: str) -> tuple[Inline, ...]:
    """Return text whose rarer signs are mathematics."""
    found: list[Inline] = []
    plain = ""
    for character in text:
        if character in _SIGNS:
            found += [plain, Math(_SIGNS[character])] if plain else [Math(_SIGNS[character])]
            plain = ""
        else:
            plain += character
    return (*found, plain) if plain or not found else tuple(found)
