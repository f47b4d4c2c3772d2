"""Asking isl too, which is complete for literal strides and dilations, in several processes.

A claim that Z3 or cvc5 proved and isl refutes would be a contradiction between engines.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sympy as sp

from convproof.proving.find import Asked, asked, found
from convproof.proving.hands import Lost, shared
from convproof.proving.outcome import Outcome
from convproof.proving.words import told
from convproof.symbolic.solver import Claim, SameSum
from convproof.symbolic.solver.decide import written
from convproof.symbolic.solver.presburger import Agreement, cross_check, decided
from convproof.theorems.proof import Proof

Record = dict[str, Any]
_PAIR = 2


def need_isl() -> None:
    """Raise ``MissingExtraError`` unless isl can be asked."""
    decided(Claim(name="", goal=sp.false), {})


def cross_checked(
    names: tuple[str, ...],
    workers: int | None = None,
    *,
    ended: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Return what isl says of every claim of the steps that are asked for, in their order.

    A record has ``proof`` and ``step``; whether the step is ``expressible``; for how many literal
    pairs it is ``held``; and ``refuted``, the numbers that refute it for the others. If isl cannot
    be asked because of a fault, ``error`` says why.

    Args:
        names: of proofs, or of a user's claims; all of ours for none.
        workers: how many processes; with one, it is this; the processors by default.
        ended: told the name of each when it ends.

    Raises:
        MissingExtraError: if islpy is not installed.
        TargetError: if a name stands for nothing.
    """
    need_isl()
    things = asked(names)
    held: dict[int, list[Record]] = {}

    def tell(number: int, answer: list[Record] | Lost) -> None:
        name = things[number].name
        if isinstance(answer, Lost):
            answer = [_record(name, "", error=answer.why)]
        held[number] = answer
        ended(name)

    shared(records, things, workers, on=tell)
    return [record for number in range(len(things)) for record in held[number]]


def contradictions(agreements: Sequence[Record], outcomes: Sequence[Outcome]) -> list[Record]:
    """Return the records of steps that isl refutes, and another engine has proved.

    Steps of one name are told apart by their order.
    """
    said = [(o.name, f.name, f.status) for o in outcomes for f in o.findings]
    statuses: dict[tuple[str, str], list[str]] = {}
    for proof, step, status in said:
        statuses.setdefault((proof, step), []).append(status)
    found = []
    for each in agreements:
        left = statuses.get((each["proof"], each["step"]), [])
        if left and left.pop(0) == "proved" and each["refuted"]:
            found.append(each)
    return found


def records(each: Asked) -> list[Record]:
    """Return the records of one proof, as far as it can be built: that it cannot is its outcome."""
    told_of: list[Record] = []
    try:
        told_of.extend(_of_claim(each.name, claim) for claim in _claims(each))
    except KeyboardInterrupt:
        raise
    except BaseException:  # a user's code can raise anything
        return told_of
    return told_of


def _of_claim(proof: str, claim: Claim) -> Record:
    try:
        agreement = _agreement(claim)
    except Exception as error:
        return _record(proof, claim.name, error=told(error))
    return _record(proof, claim.name, agreement)


def _agreement(claim: Claim) -> Agreement:
    """Return what isl says for every pair of strides where two suffice, not for equal ones only."""
    agreement = cross_check(claim)
    if len(agreement.literal) == _PAIR and len({s.name[0] for s in agreement.literal}) == 1:
        one, other = agreement.literal
        return cross_check(claim, stride_like={one: "s", other: "t"})
    return agreement


def _record(proof: str, step: str, agreement: Agreement | None = None, error: str = "") -> Record:
    agreement = agreement or Agreement(expressible=False)
    return {
        "proof": proof,
        "step": step,
        "expressible": agreement.expressible,
        "held": agreement.held,
        "refuted": [written(values) for _, values in agreement.refuted],
        **({"error": error} if error else {}),
    }


def _claims(each: Asked) -> Iterator[Claim]:
    thing = found(each.spec)
    for step in thing.steps() if isinstance(thing, Proof) else (thing,):
        whole = step.claims() if isinstance(step, SameSum) else (step,)
        for claim in whole:
            if isinstance(claim, Claim):
                yield from claim.implications()
