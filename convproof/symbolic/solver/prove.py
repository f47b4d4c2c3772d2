"""Proving a claim for all integers, or refuting it by small ones.

A claim falls into implications. Each is asked of two engines and in two encodings of quotients,
with little effort first: what one of them does not find in a minute another finds in a millisecond,
and one encoding finds what the other misses. ``unknown`` stays unknown.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import sympy as sp

from convproof.errors import ClaimError, SolverError
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.engines import ENGINES, Answer, ask_z3
from convproof.symbolic.solver.evaluation import Number
from convproof.symbolic.solver.smtlib import Encoding, names, script

Status = Literal["proved", "refuted", "unknown"]
_ENCODINGS: tuple[Encoding, ...] = ("witnesses", "native")
_EFFORTS = (0.1, 0.5, 4.0)  # about seconds of work; the last one only where no engine has an answer
_BOXES = (2, 4, 8, 16, 32, 64, 128, None)  # in which a model is looked for


class NoModelError(SolverError):
    """No numbers are found that refute a claim, or obey hypotheses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one implication.

    Attributes:
        claim: the implication.
        status: ``proved``, ``refuted`` or ``unknown``.
        engines: who says so, ``("z3", "cvc5")`` where both do.
        seconds: that the engines took.
        counterexample: small numbers that refute it.
        texts: the SMT-LIB text that each engine answered.
    """

    claim: Claim
    status: Status
    engines: tuple[str, ...] = ()
    seconds: float = 0.0
    counterexample: Mapping[sp.Symbol, Number] | None = None
    texts: Mapping[str, str] | None = None


def prove(claim: Claim) -> tuple[Verdict, ...]:
    """Return a verdict for every implication that a claim falls into.

    Raises:
        ClaimError: if it says something that no engine is asked, or SymPy has evaluated it, or its
            hypotheses contradict each other, so that it would hold of nothing.
        SolverError: if two engines contradict each other.

    Example:
        >>> from convproof.symbolic.solver.terms import eq, quotient
        >>> n, s = sp.symbols("n s", integer=True, positive=True)
        >>> size = eq(quotient(n - 1, s) + 1, sp.ceiling(n / s))
        >>> [v.status for v in prove(Claim(name="half padding", goal=size))]
        ['proved']
        >>> (wrong,) = prove(Claim(name="n/s", goal=eq(quotient(n - 1, s) + 1, quotient(n, s))))
        >>> wrong.status, wrong.counterexample
        ('refuted', {n: 1, s: 2})
    """
    if claim.goal is sp.true:
        msg = (
            f"{claim.name}: SymPy evaluated the goal to true, so that no engine is asked: build it "
            "by eq, ne, le and lt of convproof.symbolic.solver.terms."
        )
        raise ClaimError(msg)
    return tuple(map(_verdict, claim.implications()))


def _verdict(claim: Claim) -> Verdict:
    answers: list[Answer] = []
    texts: dict[str, str] = {}
    for engine, text, answer in _asked(claim):
        answers.append(answer)
        if answer.said != "unknown":
            texts[engine] = text
    saying = {answer.engine: answer.said for answer in answers if answer.said != "unknown"}
    seconds = sum((answer.seconds for answer in answers), 0.0)
    if len(set(saying.values())) > 1:
        msg = f"{claim.name}: the engines contradict each other, {saying}, about {claim}."
        raise SolverError(msg)
    verdict = Verdict(
        claim=claim,
        status="unknown",
        engines=tuple(name for name in ENGINES if name in saying),
        seconds=seconds,
        texts=texts,
    )
    if "unsat" in saying.values():
        _satisfiable(claim)
        return replace(verdict, status="proved")
    if "sat" in saying.values():
        with suppress(NoModelError):  # too large to be found, or irrational: then it is unknown
            return replace(verdict, status="refuted", counterexample=model(claim))
    return verdict


def _asked(claim: Claim) -> Iterator[tuple[str, str, Answer]]:
    """Yield answers until every engine has one, or one has and the rest are given up."""
    texts: dict[Encoding, str] = {}
    open_engines = set(ENGINES)
    for effort in _EFFORTS:
        if effort == _EFFORTS[-1] and len(open_engines) < len(ENGINES):
            return
        for encoding in _ENCODINGS:
            for name, ask in ENGINES.items():
                if name in open_engines:
                    if encoding not in texts:
                        texts[encoding] = script(claim, encoding)
                    answer = ask(texts[encoding], effort)
                    if answer.said != "unknown":
                        open_engines.discard(name)
                    yield name, texts[encoding], answer


def model(claim: Claim) -> dict[sp.Symbol, Number]:
    """Return small numbers that obey a claim's hypotheses and not its goal.

    They are believed when Python's own arithmetic says the same.

    Raises:
        NoModelError: if none are found.
        SolverError: if those that are found do not refute it.
    """
    least: dict[sp.Symbol, Number] = {symbol: _least(symbol) for symbol in claim.symbols}
    if claim.fails_at(least):
        return least
    named = names(claim)
    for within in _BOXES:
        for encoding in _ENCODINGS:
            answer = ask_z3(script(claim, encoding, within=within), 1.0)
            if answer.said != "sat" or answer.model is None:
                continue
            found = {s: answer.model.get(named[s].strip("|"), _least(s)) for s in claim.symbols}
            if not claim.fails_at(found):
                if claim.is_real:  # some of it was irrational
                    continue
                msg = f"{claim.name}: {found} was said to refute {claim}, and does not."
                raise SolverError(msg)
            return found
    msg = f"{claim.name}: no numbers were found that refute {claim}."
    raise NoModelError(msg)


def _least(symbol: sp.Symbol) -> int:
    return 1 if symbol.is_positive else -1 if symbol.is_negative else 0


def _satisfiable(claim: Claim) -> None:
    """Raise ``ClaimError`` unless some numbers are seen to obey the hypotheses."""
    try:
        _example(claim.hypotheses)
    except NoModelError:
        listed = ", ".join(map(str, claim.assumed))
        msg = f"{claim.name}: no numbers are found that obey {listed}: it would hold of nothing."
        raise ClaimError(msg) from None


@lru_cache(maxsize=256)
def _example(hypotheses: tuple[sp.Basic, ...]) -> dict[sp.Symbol, Number]:
    return model(Claim(name="hypotheses", goal=sp.false, hypotheses=hypotheses))
