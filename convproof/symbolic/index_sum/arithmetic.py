"""Terms and conditions as functions of NumPy's integers: exact, over whole grids at once."""

from collections.abc import Callable, Mapping
from functools import lru_cache, reduce
from operator import add, and_, eq, ge, gt, le, lt, mod, mul, ne, or_
from typing import Any

import numpy as np
import sympy as sp

from convproof.errors import ClaimError
from convproof.symbolic.solver.evaluation import unknown

Evaluate = Callable[[Mapping[sp.Symbol, Any]], Any]

_FOLDS: dict[type, Callable[[Any, Any], Any]] = {
    sp.Add: add, sp.Mul: mul, sp.Mod: mod, sp.Max: np.maximum, sp.Min: np.minimum,
    sp.And: and_, sp.Or: or_,
    sp.Eq: eq, sp.Ne: ne, sp.Le: le, sp.Lt: lt, sp.Ge: ge, sp.Gt: gt,
}  # fmt: skip


@lru_cache(maxsize=4096)
def compiled(part: sp.Basic) -> Evaluate:
    """Return the function that evaluates a term or a condition at integers or arrays of them.

    Raises:
        ClaimError: if it has no meaning in integers; quotients must be rounded.

    Example:
        >>> u, s = sp.symbols("u s", integer=True, positive=True)
        >>> compiled(sp.floor(u / s) + 1)({u: np.arange(-3, 3), s: 2}).tolist()
        [-1, 0, 0, 1, 1, 2]
    """
    if isinstance(part, sp.Symbol):
        return lambda at: at[part]
    if isinstance(part, sp.Integer):
        number = int(part)
        return lambda _: number
    if isinstance(part, sp.floor | sp.ceiling):
        sign = 1 if isinstance(part, sp.floor) else -1
        above, below = map(compiled, sp.fraction(sp.together(sign * part.args[0])))
        return lambda at: sign * (above(at) // below(at))
    if isinstance(part, sp.Pow) and part.exp.is_Integer and part.exp >= 0:
        base, exponent = compiled(part.base), int(part.exp)
        return lambda at: base(at) ** exponent
    if isinstance(part, sp.Not):
        inner = compiled(part.args[0])
        return lambda at: np.logical_not(inner(at))
    fold = _FOLDS.get(type(part))
    if fold is None:
        raise ClaimError(unknown(part))
    parts = tuple(map(compiled, part.args))
    return lambda at: reduce(fold, (each(at) for each in parts))
