"""SymPy's derivative of an indexed sum, with bound variables that nothing else is called.

``d x[e] / d x[i]`` is the delta ``[e = i]``. SymPy finds it under sums too, but lets a bound
variable capture the index that is differentiated by (sympy issue 21891): every one is made a Dummy
of its own first.
"""

from collections.abc import Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum.iverson import Iverson
from convproof.symbolic.solver.terms import put


def derivative(expression: sp.Expr, by: sp.Indexed) -> sp.Expr:
    """Return the derivative by one entry, with its deltas as SymPy leaves them.

    Example:
        Here ``k`` is bound; SymPy alone says that the derivative is ``sum_k 2 x[k]``:

        >>> x, n, k = sp.IndexedBase("x"), sp.Symbol("n"), sp.Symbol("k", integer=True)
        >>> derivative(sp.Sum(x[k] ** 2, (k, 0, n)), x[k]).function
        2*KroneckerDelta(_k, k)*x[_k]
    """
    return fresh(expression).diff(by)


def fresh(expression: Any) -> Any:
    """Return an expression whose bound variables are Dummies, different in every sum."""
    if isinstance(expression, sp.Sum):
        function = fresh(expression.function)
        limits: list[tuple[Any, ...]] = []
        for variable, low, high in expression.limits:  # inner sums first; they see the outer ones
            name = {variable: sp.Dummy(variable.name, integer=True)}
            function = replaced(function, name)
            limits = [(v, replaced(a, name), replaced(b, name)) for v, a, b in limits]
            limits.append((name[variable], low, high))
        return sp.Sum(function, *limits)
    if isinstance(expression, Boolean | Iverson | sp.Indexed) or not expression.args:
        return expression
    return _rebuilt(expression, tuple(map(fresh, expression.args)))


def replaced(expression: Any, values: Mapping[Any, Any]) -> Any:
    """Return an expression with symbols or entries replaced, all at once.

    Relations stay as they are written. No bound variable may be among what is put in.
    """
    expression = sp.sympify(expression)
    if expression in values:
        return sp.sympify(values[expression])
    if isinstance(expression, Boolean):
        return put(expression, values)
    if isinstance(expression, sp.Sum):
        limits = (
            (replaced(variable, values), replaced(low, values), replaced(high, values))
            for variable, low, high in expression.limits
        )
        return sp.Sum(replaced(expression.function, values), *limits)
    return _rebuilt(expression, tuple(replaced(each, values) for each in expression.args))


def _rebuilt(expression: Any, args: tuple[Any, ...]) -> Any:
    """Return the expression itself if nothing changed: it may hold what SymPy would evaluate."""
    return expression if args == expression.args else expression.func(*args)
