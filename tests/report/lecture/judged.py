"""The audit for tests: once in a run, with every proof taken as found.

That they are found is another test's business (``convproof prove``, and the full one here).
"""

from dataclasses import replace
from functools import cache
from typing import Any

from convproof.report.lecture.audit import Audit, audit, claims
from convproof.report.lecture.claim import Claim, Computed, Law, Rule, Stated
from convproof.report.lecture.judging import proofs_of

PROVED = dict.fromkeys(proofs_of(claims()), "proved")


@cache
def whole() -> Audit:
    """Return the audit."""
    return audit(PROVED)


@cache
def answer(claim_id: str) -> Computed | None:
    """Return what is computed for a claim, once."""
    claim = named(claim_id)
    return None if claim.computed is None else claim.computed()


def named(claim_id: str) -> Claim:
    """Return a claim by its name, computed as it was before."""
    return next(claim for claim in claims() if claim.id == claim_id)


def frozen(claim: Claim, **changes: Any) -> Claim:
    """Return a claim with something changed, whose answer is not computed again."""
    held = answer(claim.id)
    again = None if held is None else (lambda: held)
    return replace(claim, computed=again, **changes)


def right(claim: Claim) -> Stated:
    """Return what the claim would have to state to agree."""
    held = answer(claim.id)
    if isinstance(claim.stated, Law):
        return replace(claim.stated, holds=True, twin=False)
    if isinstance(held, Rule):
        return held.right
    assert held is not None
    return held
