r"""The Iverson bracket: ``[A, B, ...] = 1`` where all the conditions hold, else ``0``.

It is how an indexed sum says what a tap reads outside the input: ``[0 <= e < n] x[e]``. Conditions
stay as they are written (``convproof.symbolic.solver.terms``): numbers decide them, not SymPy.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.solver.claim import conjuncts
from convproof.symbolic.solver.evaluation import truth


class Iverson(sp.Function):  # type: ignore[misc]  # SymPy has no types
    r"""``[A, B, ...]``, in the order given; conjunctions are taken apart.

    It is 0 or 1 as soon as numbers decide it, and its derivative is 0: a condition on indices does
    not change with the entries, and one on entries is constant between its boundaries.

    Example:
        >>> from convproof.symbolic.solver.terms import box, divides
        >>> s, n, e = sp.symbols("s n e", integer=True, positive=True)
        >>> bracket = Iverson(divides(s, e), *box(0, e, n))
        >>> bracket
        [s | e][0 <= e < n]
        >>> print(sp.latex(bracket))
        \left[s \mid e\right] \left[0 \le e < n\right]
        >>> bracket.subs({s: 2, e: 4}), bracket.subs({s: 2, e: 3})
        ([4 < n], 0)
    """

    is_integer = True
    is_nonnegative = True
    is_finite = True

    @classmethod
    def eval(cls, *conditions: Boolean) -> sp.Expr | None:
        """Return 0, 1 or the bracket of what is undecided; None if that is all of it."""
        undecided: list[Boolean] = []
        for condition in conjuncts(conditions):
            decided = _decided(condition)
            if decided is False:
                return sp.S.Zero
            if decided is None and condition not in undecided:
                undecided.append(condition)
        if not undecided:
            return sp.S.One
        return None if tuple(undecided) == conditions else cls(*undecided)

    def without(self, condition: Boolean) -> sp.Expr:
        """Return the bracket with one condition left out."""
        return Iverson(*(each for each in self.args if each != condition))

    def _eval_derivative(self, _: sp.Expr) -> sp.Expr:
        return sp.S.Zero

    def _sympystr(self, printer: Any) -> str:
        show = printer._print  # noqa: SLF001  # how SymPy lets a term print its parts
        return "".join(f"[{text}]" for text in _written(self.args, show, _PLAIN))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        show = printer._print  # noqa: SLF001
        parts = _written(self.args, show, _LATEX)
        text = " ".join(rf"\left[{part}\right]" for part in parts)
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"


_PLAIN = {"divides": "{} | {}", "chain": "{} <= {} < {}"}
_LATEX = {"divides": r"{} \mid {}", "chain": r"{} \le {} < {}"}


def bracket_guards(expression: sp.Expr) -> tuple[Boolean, ...]:
    """Return the conditions of every bracket in an expression, each once, in their order."""
    found: dict[Boolean, None] = {}
    for part in sp.preorder_traversal(expression, keys=True):
        if isinstance(part, Iverson):
            found |= dict.fromkeys(part.args)
    return tuple(found)


def divisor_and_dividend(condition: Boolean) -> tuple[sp.Expr, sp.Expr] | None:
    """Return ``(s, e)`` of a condition ``s | e``, None of any other."""
    if isinstance(condition, sp.Eq) and isinstance(condition.lhs, sp.Mod) and condition.rhs == 0:
        return condition.lhs.args[1], condition.lhs.args[0]
    return None


def _decided(condition: Boolean) -> bool | None:
    if condition.free_symbols:
        return None
    return truth(condition, {})


def _written(conditions: Iterable[Boolean], show: Any, words: dict[str, str]) -> Iterator[str]:
    """Yield each condition in print; ``a <= e`` and ``e < b`` that follow each other are one."""
    waiting = list(conditions)
    while waiting:
        condition = waiting.pop(0)
        parts = divisor_and_dividend(condition)
        if parts is not None:
            yield words["divides"].format(*map(show, parts))
        elif isinstance(condition, sp.Le) and waiting and _follows(condition, waiting[0]):
            end = waiting.pop(0).rhs
            yield words["chain"].format(*map(show, (condition.lhs, condition.rhs, end)))
        else:
            yield show(condition)


def _follows(low: Boolean, high: Boolean) -> bool:
    return isinstance(high, sp.Lt) and bool(high.lhs == low.rhs)
