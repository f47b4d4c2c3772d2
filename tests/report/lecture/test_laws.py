"""A sentence is judged by the theorem of its slide, whose proof is found and could fail."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from convproof.proving.outcome import outcome
from convproof.report.kept import read
from convproof.report.lecture.audit import claims
from convproof.report.lecture.claim import Claim, Law
from convproof.report.lecture.judging import Verdict, judged
from convproof.theorems.proof import Proof
from convproof.theorems.proofs import proofs

KEPT = read(Path("reports/proofs.json"))
STATED = [claim for claim in claims() if isinstance(claim.stated, Law)]
# sentences that repeat what another slide derives, whose theorem names that slide alone
REPEATED = {
    "layer.linear": "linear time-invariant (LTI) system",
    "layer.shared": "LTI system = convolution",
    "cross.linear": "linear time-invariant (LTI) system",
    "cross.lti": "invariance vs. equivariance",
    "maps.shared": "standard convolution: weight derivative",
    "1x1.star": "cross-correlation",
    "strided.dw.chain": "standard convolution: weight derivative",
    "nin.product": "1 x 1 convolution",
    "summary.lti": "LTI system = convolution",
}
QUICK = ("cross_correlation", "commutativity", "linearity")  # of a second together
of_claim = pytest.mark.parametrize("claim", STATED, ids=lambda claim: claim.id)


def _law(claim: Claim) -> Law:
    assert isinstance(claim.stated, Law)
    return claim.stated


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("×", "x").replace("≡", "=")).lower()


def is_of_its_slide(claim: Claim) -> bool:
    """Return whether the theorem says itself that it is of the slide where the sentence stands."""
    slide = REPEATED.get(claim.id, claim.place.slide)
    return _plain(slide) in _plain(proofs()[_law(claim).proof].source)


@of_claim
def test_the_theorem_of_a_sentence_is_that_of_its_slide(claim: Claim) -> None:
    assert is_of_its_slide(claim)
    assert claim.by == f"convproof prove {_law(claim).proof}"


def test_every_slide_that_is_repeated_is_needed() -> None:
    """None of the exceptions holds for a sentence whose own slide is named."""
    own = {c.id for c in STATED if _plain(c.place.slide) in _plain(proofs()[_law(c).proof].source)}
    assert REPEATED.keys() == {claim.id for claim in STATED} - own


@of_claim
def test_a_sentence_on_all_signals_is_noted_to_be_of_finite_support(claim: Claim) -> None:
    """Where the theorem is of such signals, the slide of every ``x[n]``, n an integer."""
    proved = "finite support" in proofs()[_law(claim).proof].statement
    assert proved == ("of signals of finite support" in claim.note)


@of_claim
def test_a_theorem_of_another_slide_is_seen(claim: Claim) -> None:
    """Mutant: the sentence is judged by a theorem about tensor cores."""
    assert not is_of_its_slide(replace(claim, stated=Law("promotion")))


def _verdict(claim: Claim, became: str, *, twin: bool = False) -> Verdict:
    law = replace(_law(claim), twin=twin)
    return judged(replace(claim, stated=law), {law.proof: became}).verdict


@of_claim
def test_a_kept_proof_decides_the_verdict_and_its_refuted_twin_flips_it(claim: Claim) -> None:
    """Every step was proved, and the engines refuted the twin by a counterexample."""
    became = KEPT[_law(claim).proof]
    proved, count = became.steps
    assert became.verdict == "proved"
    assert proved == count > 0
    assert sum(number for _, number in became.engines) == count
    assert became.changed
    assert became.counterexample
    found = _verdict(claim, became.verdict)
    assert found == ("agree" if claim.fault is None else "disagree")
    flipped = _verdict(claim, became.verdict, twin=True)
    assert {found, flipped} == {"agree", "disagree"}


def _by_its_twin(proof: Proof) -> Proof:
    """Return a theorem one of whose steps is the false one."""
    twin = proof.twin()
    steps = [twin.step if step == twin.of else step for step in proof.steps()]
    return replace(proof, steps=lambda: steps)


def _as_it_is(proof: Proof) -> Proof:
    return proof


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize(("said", "verdict"), [(_as_it_is, "agree"), (_by_its_twin, "undecided")])
def test_the_engines_decide_what_is_claimed(
    name: str, said: Callable[[Proof], Proof], verdict: str
) -> None:
    """The proof is run: as it is the sentence agrees; with the twin's step nothing is proved."""
    (claim, *_) = [claim for claim in STATED if _law(claim).proof == name]
    assert _verdict(claim, outcome(name, said(proofs()[name])).verdict) == verdict


@pytest.mark.full
@pytest.mark.parametrize("name", sorted({_law(claim).proof for claim in STATED}))
def test_no_law_of_the_audit_is_proved_with_its_false_step(name: str) -> None:
    assert outcome(name, _by_its_twin(proofs()[name])).verdict not in ("proved", "unknown")
