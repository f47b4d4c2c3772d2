"""The steps of a proof, and what becomes of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice, product
from time import perf_counter
from typing import Any

import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.identity import Identity
from convproof.symbolic.solver.prove import NoModelError, Status, Verdict, model, prove
from convproof.symbolic.solver.sums import SameSum
from convproof.symbolic.solver.terms import shown

_MOST = 4096  # sizes that are tried
_SMALL = 3  # up to which sizes are tried where a model's own show no difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Instances:
    """A statement that was checked at some sizes only.

    Attributes:
        name: a few words.
        sizes: which, in words.
        check: returns the first instance that it fails for, or "".
    """

    name: str
    sizes: str
    check: Callable[[], str]


Step = Claim | SameSum | Identity | Instances


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one step, or of one claim that it falls into.

    Attributes:
        name: of the step.
        says: the statement.
        status: ``proved``, ``refuted`` or ``unknown``.
        engines: who says so.
        seconds: that it took.
        counterexample: what refutes it, or "".
        texts: the SMT-LIB text that each engine answered.
    """

    name: str
    says: str
    status: Status
    engines: tuple[str, ...]
    seconds: float
    counterexample: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)


def decide(step: Step) -> tuple[Finding, ...]:
    """Return the findings of a step: it is proved if all of them are.

    Raises:
        ClaimError: if it says what no engine is asked, or holds of nothing.
        SolverError: if engines contradict each other.
    """
    if isinstance(step, Claim):
        return tuple(map(_of_verdict, prove(step)))
    if isinstance(step, SameSum):
        return _of_sums(step)
    started = perf_counter()
    if isinstance(step, Identity):
        return (_of_identity(step, started),)
    if not isinstance(step, Instances):
        msg = f"{step!r} is no step of a proof: only a Claim, SameSum, Identity or Instances is."
        raise ClaimError(msg)
    failing = step.check()
    return (
        Finding(
            name=step.name,
            says=f"checked for {step.sizes}",
            status="refuted" if failing else "proved",
            engines=("instances",),
            seconds=perf_counter() - started,
            counterexample=failing,
        ),
    )


def _of_verdict(verdict: Verdict) -> Finding:
    claim = verdict.claim
    given = ", ".join(map(shown, claim.hypotheses))
    return Finding(
        name=claim.name,
        says=f"{given} => {shown(claim.goal)}" if given else shown(claim.goal),
        status=verdict.status,
        engines=verdict.engines,
        seconds=verdict.seconds,
        counterexample=_refuting(verdict.counterexample),
        texts=dict(verdict.texts or {}),
    )


def _of_sums(same: SameSum) -> tuple[Finding, ...]:
    """Return the findings of the rule's claims; a sum is refuted where its polynomial differs."""
    try:
        values = model(same.nonempty())
    except NoModelError:
        msg = f"{same.name}: no numbers are found that obey {same.left.guard} and the hypotheses."
        raise ClaimError(msg) from None
    found = []
    for claim in same.claims():
        for verdict in prove(claim):
            finding = _of_verdict(verdict)
            if verdict.status == "refuted":
                return (_of_difference(same, finding, dict(verdict.counterexample or {})),)
            found.append(finding)
    same.check_finite({symbol: int(values.get(symbol, 1)) for symbol in _free(same)})
    if not found:  # one sum is the other in other letters
        says = "the sums are one, by the names of their indices"
        return (
            Finding(name=same.name, says=says, status="proved", engines=("form",), seconds=0.0),
        )
    return tuple(found)


def _of_difference(same: SameSum, finding: Finding, values: dict[sp.Symbol, Any]) -> Finding:
    """Return the refuted equality of two sums, or an unknown one: another bijection may exist."""
    free = _free(same)
    places = {symbol: values.get(symbol, 1) for symbol in free}
    for sizes in (places, *_small(free)):
        reach = 2 * max((2, *(abs(int(v)) for v in sizes.values()))) + 2
        difference = same.differs_at(sizes, reach)
        if difference:
            return Finding(
                name=finding.name,
                says=finding.says,
                status="refuted",
                engines=finding.engines,
                seconds=finding.seconds,
                counterexample=f"{written(sizes)}: {difference}",
                texts=finding.texts,
            )
    return Finding(
        name=finding.name,
        says=f"{finding.says} (the bijection fails at {finding.counterexample})",
        status="unknown",
        engines=finding.engines,
        seconds=finding.seconds,
        texts=finding.texts,
    )


def _free(same: SameSum) -> tuple[sp.Symbol, ...]:
    bound = {*same.left.indices, *same.right.indices}
    used: set[sp.Symbol] = set()
    for part in (*same.left.guard, *same.right.guard, *same.hypotheses):
        used |= part.free_symbols
    for _, index in (*same.left.entries, *same.right.entries):
        for place in index:
            used |= sp.sympify(place).free_symbols
    return tuple(sorted(used - bound, key=str))


def _small(symbols: tuple[sp.Symbol, ...]) -> Any:
    ranges = [range(1 if s.is_positive else 0, _SMALL + 1) for s in symbols]
    every = (dict(zip(symbols, numbers, strict=True)) for numbers in product(*ranges))
    return islice(every, _MOST)


def _of_identity(step: Identity, started: float) -> Finding:
    holds = step.holds()
    point = None if holds else step.counterexample()
    return Finding(
        name=step.name,
        says=f"{step.left} = {step.right}",
        status="proved" if holds else "refuted" if point is not None else "unknown",
        engines=("sympy",),
        seconds=perf_counter() - started,
        counterexample=_refuting(point),
    )


def _refuting(values: Mapping[Any, Any] | None) -> str:
    return "" if values is None else written(values) or "whatever the numbers"


def written(values: Mapping[Any, Any]) -> str:
    """Return integers by name, ``n = 3, s = 2``."""
    return ", ".join(f"{symbol} = {number}" for symbol, number in values.items())
