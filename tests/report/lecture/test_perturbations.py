"""No number, letter, sign or entry of the lecture's claims can change unseen."""

from dataclasses import replace
from typing import Any

import pytest

from convproof.report.lecture import judging
from convproof.report.lecture.audit import claims
from convproof.report.lecture.claim import Claim, Stated
from convproof.report.lecture.formulas import agrees
from convproof.report.lecture.judging import judged
from tests.report.lecture.judged import PROVED, frozen, right
from tests.report.lecture.perturbing import perturbed


def _right(claim: Claim) -> Stated:
    """Return what the lecture states, where that disagrees what it would have to state."""
    return claim.stated if claim.fault is None else right(claim)


def _unseen(claim: Claim) -> list[str]:
    """Return the changes to a right statement after which the verdict is not disagree."""
    return [
        changed
        for changed, stated in perturbed(_right(claim))
        if judged(frozen(claim, stated=stated), PROVED).verdict != "disagree"
    ]


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.id)
def test_a_perturbed_claim_disagrees(claim: Claim) -> None:
    """Every single change of what agrees disagrees; of a claim that disagrees, of its correction.

    So each verdict flips: from agree by any change, from disagree by the correction.
    """
    assert list(perturbed(_right(claim)))
    assert _unseen(claim) == []
    assert judged(frozen(claim, stated=_right(claim)), PROVED).verdict == "agree"


def test_a_judge_that_looks_at_parameters_alone_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the operations and the volume of a row are not compared."""

    def first(stated: Any, answer: Any) -> bool:
        return bool(stated[0] == answer[0])

    monkeypatch.setattr(judging, "matches", first)
    row = next(claim for claim in claims() if claim.id == "caffenet.1")
    assert any(changed.startswith("1:") for changed in _unseen(row))
    assert any(changed.startswith("2:") for changed in _unseen(row))


def test_a_judge_that_tries_one_size_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: a formula is compared at the first size alone, where ``n = r = s = 1``."""

    def once(stated: Any, answer: Any) -> bool:
        return agrees(stated, _first_point(answer))

    monkeypatch.setattr(judging, "matches", once)
    formula = next(claim for claim in claims() if claim.id == "strided.size")
    assert _unseen(formula) != []


def _first_point(rule: Any) -> Any:
    return replace(rule, points=rule.points[:1])


def test_a_judge_that_takes_every_theorem_as_said_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: a proved theorem agrees with its negation, and with its false twin."""
    monkeypatch.setattr(judging, "_of_law", lambda _law, _became: "agree")
    law = next(claim for claim in claims() if claim.id == "signals.lti")
    assert _unseen(law) == ["negated", "the false twin"]
