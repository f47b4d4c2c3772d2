r"""A derived closed form, ``left = expression``, with its guards and what is to be proved of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean
from sympy.printing.latex import LatexPrinter

from convproof.errors import ClaimError
from convproof.symbolic.index_sum.differentiate import replaced
from convproof.symbolic.index_sum.iverson import Iverson, bracket_guards, divisor_and_dividend
from convproof.symbolic.index_sum.summand import Summand, opened
from convproof.symbolic.solver.claim import Claim, conjuncts
from convproof.symbolic.solver.sums import Entry, GuardedSum
from convproof.symbolic.solver.terms import box, put, quotient

Shapes = tuple[tuple[str, tuple[sp.Expr, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """``left = expression``, for all sizes and all free indices within the left side's shape.

    Attributes:
        name: a few words.
        left: the entry it is a form of, ``dx[b, g, c, i]``.
        expression: an ordinary SymPy Sum, or a term of several; its conditions are in brackets.
        shapes: of each array, by its letter.
        obligations: what makes the rewrites sound, each to be proved for all integers.
    """

    name: str
    left: sp.Indexed
    expression: sp.Expr
    shapes: Shapes
    obligations: tuple[Claim, ...] = ()

    def __str__(self) -> str:
        return f"{self.left} = {self.expression}"

    @property
    def guards(self) -> tuple[Boolean, ...]:
        """The conditions in the brackets, each once; none follows from the others."""
        return bracket_guards(self.expression)

    @property
    def given(self) -> tuple[Boolean, ...]:
        """The ranges of the free indices, ``0 <= i < n``."""
        return ranges(self.left.indices, self.shape(str(self.left.base)))

    @property
    def latex(self) -> str:
        """The form in LaTeX; ``floor(u/s)`` is written ``u/s`` where ``s | u`` guards it."""
        printer = _FormPrinter(self.guards)
        return f"{printer.doprint(self.left)} = {printer.doprint(self.expression)}"

    def shape(self, letter: str) -> tuple[sp.Expr, ...]:
        """Return the shape of an array."""
        return dict(self.shapes)[letter]

    def without(self, guard: Boolean) -> "Form":
        """Return the form with one of its guards deleted, which is then wrong.

        Raises:
            ClaimError: if it is none.
        """
        if guard not in self.guards:
            msg = f"{self.name}: {guard} is not among its guards {self.guards}."
            raise ClaimError(msg)
        brackets = {
            bracket: bracket.without(guard)
            for bracket in self.expression.atoms(Iverson)
            if guard in bracket.args
        }
        return replace(self, expression=replaced(self.expression, brackets))

    def summand(self) -> Summand:
        """Return the limits, the guards and the factors apart.

        Raises:
            ClaimError: if it has several terms.
        """
        parts = opened(self.expression)
        if len(parts) != 1:
            msg = f"{self.name} has {len(parts)} terms, and no one sum."
            raise ClaimError(msg)
        return parts[0]

    def entries(self) -> tuple[Entry, ...]:
        """Return the factors, ``("w", (k,))`` for ``w[k]`` and ``("1/d", (o,))`` for ``1/d[o]``.

        Raises:
            ClaimError: if it is no single product of entries.
        """
        return tuple(map(self._entry, self.summand().factors))

    def guarded_sum(self) -> GuardedSum:
        """Return it as the solver's rule for sums knows it: ranges are guards.

        Raises:
            ClaimError: if it is no single sum of products of entries.
        """
        parts = self.summand()
        within = (guard for v, low, high in parts.limits for guard in box(low, v, high + 1))
        return GuardedSum(
            indices=tuple(limit[0] for limit in parts.limits),
            guard=(*within, *parts.guards),
            entries=self.entries(),
        )

    def renamed(self, name: str, letters: Mapping[Any, Any]) -> "Form":
        """Return the form in other letters: symbols and arrays, exchanged all at once."""
        arrays = {str(old): str(new) for old, new in letters.items()}
        shapes = tuple(
            (arrays.get(letter, letter), tuple(replaced(each, letters) for each in shape))
            for letter, shape in self.shapes
        )
        return Form(
            name=name,
            left=replaced(self.left, letters),
            expression=replaced(self.expression, letters),
            shapes=shapes,
            obligations=tuple(
                rename(replace(claim, name=claim.name.replace(self.name, name)), letters)
                for claim in self.obligations
            ),
        )

    def _entry(self, factor: sp.Expr) -> Entry:
        if isinstance(factor, sp.Indexed):
            return str(factor.base), tuple(factor.indices)
        if isinstance(factor, sp.Pow) and factor.exp == -1 and isinstance(factor.base, sp.Indexed):
            return f"1/{factor.base.base}", tuple(factor.base.indices)
        msg = f"{self.name}: {factor} is no entry of an array."
        raise ClaimError(msg)


def ranges(indices: tuple[sp.Expr, ...], extents: tuple[sp.Expr, ...]) -> tuple[Boolean, ...]:
    """Return ``0 <= index < extent`` of each."""
    pairs = zip(indices, extents, strict=True)
    return tuple(guard for i, extent in pairs for guard in box(0, i, extent))


def rename(claim: Claim, letters: Mapping[Any, Any]) -> Claim:
    """Return a claim in other letters."""
    return Claim(
        name=claim.name,
        goal=put(claim.goal, letters),
        hypotheses=tuple(put(each, letters) for each in conjuncts(claim.hypotheses)),
    )


class _FormPrinter(LatexPrinter):  # type: ignore[misc]  # SymPy has no types
    r"""Brackets first, ``p_{\mathrm{low}}``, and exact quotients as fractions."""

    def __init__(self, guards: tuple[Boolean, ...]) -> None:
        super().__init__()
        pairs = (divisor_and_dividend(guard) for guard in guards)
        self._exact = {quotient(u, s): u / s for s, u in (pair for pair in pairs if pair)}

    def _print_floor(self, term: sp.Expr, exp: str | None = None) -> str:
        if term in self._exact and exp is None:
            return str(self._print(self._exact[term]))
        return str(super()._print_floor(term, exp))

    def _print_Symbol(self, symbol: sp.Symbol) -> str:  # noqa: N802
        letter, _, rest = symbol.name.partition("_")
        word, _, axis = rest.partition("_")
        if letter == "p" and word:
            comma = f",{axis}" if axis else ""
            return rf"p_{{\mathrm{{{word}}}{comma}}}"
        return str(super()._print_Symbol(symbol))

    def _needs_mul_brackets(self, factor: sp.Expr, **places: bool) -> bool:
        if isinstance(factor, sp.Indexed | sp.Pow):  # a remainder in an index, a sum in a base
            return False
        return bool(super()._needs_mul_brackets(factor, **places))

    def _print_Mul(self, product: sp.Expr) -> str:  # noqa: N802
        brackets = [factor for factor in product.args if isinstance(factor, Iverson)]
        if not brackets:
            return str(super()._print_Mul(product))
        rest = sp.Mul(*(factor for factor in product.args if factor not in brackets))
        return " ".join(self._print(part) for part in (*brackets, rest))
