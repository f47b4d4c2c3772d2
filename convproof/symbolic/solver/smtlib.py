"""A claim as SMT-LIB 2 text, the same for every engine: unsatisfiable means proved.

Quotients and remainders are written in one of two ways, neither of which is better everywhere:

::

    witnesses   fresh q, r with  a = b q + r,  0 <= r < b
    native      (div a b), (mod a b), which for b > 0 are the same
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Literal

import sympy as sp
from sympy.core.relational import Relational

from convproof.errors import ClaimError
from convproof.symbolic.solver.claim import Claim, spelling
from convproof.symbolic.solver.evaluation import unknown
from convproof.symbolic.solver.terms import shown

Encoding = Literal["witnesses", "native"]
_RELATIONS = {sp.Eq: "=", sp.Le: "<=", sp.Lt: "<", sp.Ge: ">=", sp.Gt: ">"}
_LARGEST_POWER = 64
_LONG = 40  # characters of a text that is named rather than written twice
_RESERVED = re.compile(  # words of SMT-LIB and of its theories: some are no symbols even in bars
    "_|abs|and|as|assert|div|distinct|exists|false|forall|if|iff|implies|is_int|ite|let|match|mod|"
    "not|or|par|pi|to_int|to_real|true|xor"
)
_JUNCTIONS = {sp.And: "and", sp.Or: "or", sp.Not: "not", sp.Implies: "=>", sp.Equivalent: "="}
_JUNCTIONS[sp.ITE] = "ite"  # which SymPy makes of Piecewise in a condition of Piecewise


def script(claim: Claim, encoding: Encoding, *, within: int | None = None) -> str:
    """Return the text whose models are the claim's counterexamples.

    Args:
        claim: what is asked; its hypotheses alone if its goal is false.
        encoding: of quotients.
        within: a bound on the size of every integer, to find small models; None for none.
    """
    named = names(claim)
    writer = _Writer(encoding, named, claim.is_real)
    asserted = [writer.condition(h) for h in claim.assumed]
    if claim.goal is not sp.false:
        asserted.append(f"(not {writer.condition(claim.goal)})")
    if within is not None:
        asserted += [f"(<= (- {within}) {name} {within})" for name in named.values()]
    lines = [
        f"; {claim.name}",
        *(f";   {shown(h)}" for h in claim.hypotheses),
        f";   => {shown(claim.goal)}",
        f"(set-logic {'QF_NRA' if claim.is_real else 'QF_NIA'})",
        *(
            f"(declare-const {name} {'Real' if claim.is_real else 'Int'})"
            for name in named.values()
        ),
        *(f"(declare-const {name} Int)" for name in writer.fresh),
        *(f"(assert {each})" for each in (*asserted, *writer.defined)),
        "(check-sat)",
    ]
    return (
        "\n".join(" ".join(line.splitlines()) if line[:1] == ";" else line for line in lines) + "\n"
    )


@dataclass(slots=True)
class _Writer:
    encoding: Encoding
    names: Mapping[sp.Symbol, str]
    is_real: bool = False
    fresh: list[str] = field(default_factory=list)
    defined: list[str] = field(default_factory=list)
    bound: int = 0
    _quotients: dict[tuple[sp.Expr, sp.Expr], tuple[str, str]] = field(default_factory=dict)

    def condition(self, part: Any) -> str:
        part = sp.sympify(part)
        if part in (sp.true, sp.false):
            return str(part).lower()
        junction = _JUNCTIONS.get(type(part))
        if junction is not None and part.args:
            return _applied(junction, [self.condition(arg) for arg in part.args])
        if not isinstance(part, Relational):
            raise ClaimError(unknown(part))
        left, right = self._cleared(part.lhs, part.rhs)
        if isinstance(part, sp.Ne):
            return f"(not (= {left} {right}))"
        return f"({_RELATIONS[type(part)]} {left} {right})"

    def term(self, part: sp.Expr) -> str:
        if isinstance(part, sp.Integer):
            return str(part) if part >= 0 else f"(- {-part})"
        if isinstance(part, sp.Symbol):
            return self.names[part]
        if isinstance(part, sp.Add):
            return _applied("+", [self.term(arg) for arg in part.args])
        if isinstance(part, sp.Mul):
            return _applied("*", [self.term(arg) for arg in part.args])
        if isinstance(part, sp.Pow) and part.exp.is_Integer and 0 < part.exp <= _LARGEST_POWER:
            return self._let([part.base], lambda base: _applied("*", [base] * int(part.exp)))
        if isinstance(part, sp.Mod):
            return self._divided(part.args[0], part.args[1])[1]
        if isinstance(part, sp.floor):
            return self._divided(*fraction(part.args[0]))[0]
        if isinstance(part, sp.ceiling):
            numerator, denominator = fraction(part.args[0])
            return f"(- {self._divided(-numerator, denominator)[0]})"
        if isinstance(part, sp.Max | sp.Min):
            relation = ">=" if isinstance(part, sp.Max) else "<="
            return self._let(
                [*part.args],
                lambda *terms: reduce(
                    lambda a, b: self._let(
                        [a, b], lambda x, y: f"(ite ({relation} {x} {y}) {x} {y})"
                    ),
                    terms,
                ),
            )
        if isinstance(part, sp.Abs):
            return self._let(
                [part.args[0]], lambda inner: f"(ite (>= {inner} 0) {inner} (- {inner}))"
            )
        if isinstance(part, sp.Piecewise) and part.args[-1].args[1] is sp.true:
            *cases, (last, _) = part.args
            text = self.term(last)
            for then, when in reversed(cases):
                text = f"(ite {self.condition(when)} {self.term(then)} {text})"
            return text
        raise ClaimError(unknown(part))

    def _let(self, terms: list[Any], write: Callable[..., str]) -> str:
        """Return a text in which terms occur twice: long ones by name, for texts would double."""
        bound, used = "", []
        for term in terms:
            text = term if isinstance(term, str) else self.term(term)
            if len(text) > _LONG:
                self.bound += 1
                bound += f"(v!{self.bound} {text})"
                text = f"v!{self.bound}"
            used.append(text)
        return f"(let ({bound}) {write(*used)})" if bound else write(*used)

    def _cleared(self, left: sp.Expr, right: sp.Expr) -> tuple[str, str]:
        """Return both sides times their positive denominators."""
        (a, b), (c, d) = fraction(left), fraction(right)
        if b == d:
            return self.term(a), self.term(c)
        return (
            self.term(a if d == 1 else sp.Mul(d, a, evaluate=False)),
            self.term(c if b == 1 else sp.Mul(b, c, evaluate=False)),
        )

    def _divided(self, a: sp.Expr, b: sp.Expr) -> tuple[str, str]:
        if self.is_real:
            msg = f"{a} is rounded by {b}, which reals are not: claim it of integers."
            raise ClaimError(msg)
        positive(b)
        key = (a, b)
        if key not in self._quotients:
            numerator, divisor = self.term(a), self.term(b)
            if self.encoding == "native":
                self._quotients[key] = (
                    f"(div {numerator} {divisor})",
                    f"(mod {numerator} {divisor})",
                )
            else:
                q, r = (f"{letter}!{len(self._quotients)}" for letter in "qr")
                self.fresh += [q, r]
                self.defined += [
                    f"(= {numerator} (+ (* {divisor} {q}) {r}))",
                    f"(<= 0 {r})",
                    f"(< {r} {divisor})",
                ]
                self._quotients[key] = q, r
        return self._quotients[key]


def fraction(term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Return numerator and positive denominator of a term, as it stands if it is no fraction."""
    parts = _outside_of_functions(term)
    divisors = [p.base for p in parts if isinstance(p, sp.Pow) and not p.exp.is_positive]
    for divisor in divisors:  # each by itself: put together, 1/(1 + 1/m) is m/(m + 1)
        positive(-divisor if divisor.is_negative else divisor)
    if not divisors and not any(isinstance(p, sp.Rational) and p.q != 1 for p in parts):
        return term, sp.Integer(1)
    numerator, denominator = sp.fraction(sp.together(term))
    if denominator.is_negative:
        numerator, denominator = -numerator, -denominator
    return numerator, positive(denominator)


def positive(divisor: sp.Expr) -> sp.Expr:
    """Return a divisor that is known to be positive.

    Raises:
        ClaimError: if it is not.
    """
    if not divisor.is_positive:
        msg = (
            f"the divisor {divisor} is not known to be positive: declare its symbols by "
            "Symbol(positive=True), or name it by a positive symbol and a hypothesis."
        )
        raise ClaimError(msg)
    return divisor


def _outside_of_functions(term: sp.Expr) -> list[sp.Expr]:
    if isinstance(term, sp.Add | sp.Mul | sp.Pow):
        return [term, *(p for arg in term.args for p in _outside_of_functions(arg))]
    return [term]


def _applied(operator: str, parts: list[str]) -> str:
    return f"({operator} {' '.join(parts)})"


def names(claim: Claim) -> dict[sp.Symbol, str]:
    """Return a claim's symbols as SMT-LIB spells them: no two alike, and like nothing else.

    A plain name stays as it is; others stand between bars, ``|n'|``.
    """
    found: dict[sp.Symbol, str] = {}
    for symbol in claim.symbols:
        plain = re.sub(r"[^ -~]|[|\\\\!]", "_", spelling(symbol))
        name = plain if re.search("[A-Za-z0-9]", plain) else f"x{plain}"  # "-" and "=>" are taken
        while name in found.values() or _RESERVED.fullmatch(name):
            name += "~"
        found[symbol] = name
    return {symbol: _quoted(name) for symbol, name in found.items()}


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f"|{name}|"
