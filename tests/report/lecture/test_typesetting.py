"""What is quoted is typeset whole: formulas as mathematics, everything else as it is."""

import re

import pytest

from convproof.report.formulas import mathml
from convproof.report.lecture.audit import claims, unjudged
from convproof.report.lecture.typesetting import SIGNS, typeset
from convproof.report.model import Inline, Math

QUOTED = sorted(
    {
        text
        for claim in claims()
        for text in (claim.quote, claim.by, claim.note, claim.fault.why if claim.fault else "")
    }
    | {each.quote for each in unjudged()}
)


def _read(run: Inline) -> str:
    """Return a run as it was written, without spaces."""
    text = run.latex if isinstance(run, Math) else str(run)
    if isinstance(run, Math):
        text = re.sub(r"\\mathrm\{(\w+)\}", r"\1", text).replace("{,}", ",")
        for sign, command in SIGNS.items():
            text = text.replace(command.strip(), sign)
    return text.replace(" ", "")


def lost(text: str) -> bool:
    """Return whether a sign of a text is not in what is typeset, or one is there besides."""
    return "".join(map(_read, typeset(text))) != text.replace(" ", "")


def test_no_sign_of_a_quotation_is_lost_or_added() -> None:
    assert [text for text in QUOTED if lost(text)] == []


def test_a_lost_sign_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the star of a correlation is left out."""
    monkeypatch.setitem(SIGNS, "⋆", "")
    assert [text for text in QUOTED if lost(text)]


def test_every_formula_of_a_quotation_can_be_told_in_html() -> None:
    for text in QUOTED:
        for run in typeset(text):
            assert isinstance(run, str) or mathml(getattr(run, "latex", ""), display=False)


@pytest.mark.parametrize(
    "text",
    [
        "a weight and a bias a map", "C has kernels of 1 × 1 besides", "the column D",
        "inc(384, (192, 384), (48, 128), 128)", "22k classes, 15M samples", "32 × 32 × 3 images",
        "[, p = 0][, s = 1]); (max)-pool(r[, s = r][, p = 0])", "16.4% top-5 error on ILSVRC'12",
        "convproof prove global_invariance", "",
    ],
)  # fmt: skip
def test_words_and_numbers_are_no_mathematics(text: str) -> None:
    assert not any(isinstance(run, Math) for run in typeset(text))


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("h[n] = w[-n] is the impulse response", ["h[n] = w[-n]"]),
        ("if f is LTI, then f(x) = x * h", ["f", "f(x) = x * h"]),
        ("of one variable, 2n units, 2n + 1 pieces", ["2n", "2n + 1"]),
        (
            "size r\N{COMBINING CIRCUMFLEX ACCENT} = r + (r - 1)(t - 1)",
            [r"\hat{r} = r + (r - 1)(t - 1)"],
        ),
        ("-ln p(w) up to a constant", [r"-\ln p(w)"]),
        ("low rank: W ≈ UV^⊤; V is small", [r"W \approx UV^\top", "V"]),
        ("padded x_{(p)} = (0_p; x; 0_p)", ["x_{(p)} = (0_p; x; 0_p)"]),
        ("n_{train} = 45000", [r"n_{\mathrm{train}} = 45000"]),
        ("(r^2k + 1)k' × w' × h' operations", [r"(r^2k + 1)k' \times w' \times h'"]),
        ("6·16 = 96 pairs", [r"6\cdot 16 = 96"]),
    ],
)
def test_formulas_among_words_are_found(text: str, latex: list[str]) -> None:
    assert [run.latex for run in typeset(text) if isinstance(run, Math)] == latex
