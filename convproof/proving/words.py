"""What is said to a person: a claim as it is written by hand, and where it fails, with both sides.

::

    floor((n - 1)/s) + 1 = floor(n/s)
    n = 1, s = 2: floor((n - 1)/s) + 1 is 1, floor(n/s) is 0
"""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from traceback import extract_tb
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

import convproof
from convproof.errors import ClaimError, ConvProofError
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.evaluation import value
from convproof.symbolic.solver.terms import shown

_RELATIONS = {sp.Eq: "=", sp.Ne: "!=", sp.Le: "<=", sp.Lt: "<", sp.Ge: ">=", sp.Gt: ">"}
_JUNCTIONS = {sp.And: " and ", sp.Or: " or ", sp.Implies: " => ", sp.Equivalent: " <=> "}
_MOST_SIDES = 6
_PACKAGE = Path(convproof.__file__).parent


def infix(part: Any) -> str:
    """Return a condition with its signs between its sides.

    Example:
        >>> n, s = sp.symbols("n s", integer=True, positive=True)
        >>> infix(sp.Or(sp.Eq(n, s, evaluate=False), sp.Lt(n, s, evaluate=False)))
        'n = s or n < s'
    """
    if type(part) in _RELATIONS:
        return f"{shown(part.lhs)} {_RELATIONS[type(part)]} {shown(part.rhs)}"
    if isinstance(part, sp.Not):
        return f"not ({infix(part.args[0])})"
    if type(part) in _JUNCTIONS:
        parts = (f"({infix(a)})" if type(a) in _JUNCTIONS else infix(a) for a in part.args)
        return _JUNCTIONS[type(part)].join(parts)
    return shown(part).lower() if part in (sp.true, sp.false) else shown(part)


def said(claim: Claim) -> str:
    """Return what a claim says: its hypotheses, and what follows."""
    given = ", ".join(map(infix, claim.hypotheses))
    return f"{given} => {infix(claim.goal)}" if given else infix(claim.goal)


def checkable(claim: Claim, counterexample: str) -> str:
    """Return a counterexample with what the sides of the goal are there.

    Args:
        claim: that it refutes.
        counterexample: its numbers by name, ``n = 1, s = 2``; what cannot be read as numbers that
            refute the claim is returned as it is.
    """
    numbers = _numbers(claim, counterexample)
    sides = [] if numbers is None else [*_sides(claim.goal, numbers)]
    return f"{counterexample}: {', '.join(sides[:_MOST_SIDES])}" if sides else counterexample


def _numbers(claim: Claim, text: str) -> dict[sp.Symbol, Fraction] | None:
    held = dict(part.partition(" = ")[::2] for part in text.split(", "))
    try:
        numbers = {symbol: Fraction(held[str(symbol)]) for symbol in claim.symbols}
        return numbers if claim.fails_at(numbers) else None
    except (KeyError, ValueError, ArithmeticError, ClaimError):
        return None


def _sides(goal: Any, numbers: dict[sp.Symbol, Fraction]) -> Iterator[str]:
    met = set()
    for part in sp.preorder_traversal(goal):
        for side in part.args if isinstance(part, Relational) else ():
            if side in met or not side.args or not side.free_symbols:
                continue
            met.add(side)
            try:
                yield f"{shown(side)} is {value(side, numbers)}"
            except (ArithmeticError, ClaimError):  # a case that the goal excludes here
                continue


def told(error: BaseException) -> str:
    """Return an exception in one line; its class and place too if it is none of ours."""
    try:
        message = " ".join(str(error).split())
    except Exception:  # that it cannot say what it is must not hide it
        message = ""
    if isinstance(error, ConvProofError) and message:
        return message
    frames = extract_tb(error.__traceback__)
    theirs = [f for f in frames if not Path(f.filename).is_relative_to(_PACKAGE)] or frames
    place = f" ({Path(theirs[0].filename).name}, line {theirs[0].lineno})" if theirs else ""
    return f"{type(error).__name__}: {message or 'no message'}{place}"
