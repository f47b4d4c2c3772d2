"""What claims state and what is computed, within a line: values, places, rarer signs."""

import re

from convproof.report.lecture.claim import Formula, Law, Place
from convproof.report.lecture.claim import Table as Printed
from convproof.report.lecture.judging import Finding, written
from convproof.report.lecture.spelling import computed_formula, formula, letter
from convproof.report.lecture.typesetting import SIGNS, typeset
from convproof.report.model import Code, Inline, Math, runs
from convproof.report.wording import worded
from convproof.theorems.proofs import proofs

_TIMES = re.compile(r"(?<=\d) x (?=\d)")
_LETTER = re.compile(r"d?[A-Za-z]\d")


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
        return (f"{text}: ", *runs(worded(proofs()[of.proof].statement)))
    if isinstance(of, Law):
        return (*(() if of.holds else ("the contrary of the law ",)), Code(of.proof))
    return _figures(_TIMES.sub(" × ", text))


def _figures(text: str) -> tuple[Inline, ...]:
    """Return numbers and words; a letter with its number, ``w1``, as mathematics."""
    if text.startswith("conv(r"):  # the notation of the tables, brackets and all
        return (Code(text),)
    parts = re.split(r"([;,] )", text)
    if not any(map(_LETTER.fullmatch, parts)):
        return signs(text)
    return tuple(Math(letter(part)) if _LETTER.fullmatch(part) else part for part in parts)


def place(of: Place) -> tuple[Inline, ...]:
    """Return a slide’s title, and which of its frames."""
    frame = f", frame {of.occurrence}" if of.occurrence > 1 else ""
    return (*signs(f"“{of.slide}”"), frame) if frame else signs(f"“{of.slide}”")


def signs(text: str) -> tuple[Inline, ...]:
    """Return text whose formulas, and rarer signs, are mathematics."""
    return tuple(
        each
        for part in typeset(text)
        for each in (_rarer(part) if isinstance(part, str) else (part,))
    )


def _rarer(text: str) -> tuple[Inline, ...]:
    """Return text, of it rarer signs as mathematics and names with underscores as typed."""
    parts = re.split(r"([≡⊤δℓ≈↑]|\b[a-z0-9]+(?:_[a-z0-9]+)+\b)", text)
    return tuple(map(_sign, filter(None, parts)))


def _sign(part: str) -> Inline:
    if part in SIGNS:
        return Math(SIGNS[part].strip())
    return Code(part) if re.fullmatch(r"\w+_\w+", part) else part
