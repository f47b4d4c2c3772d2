"""Terms and conditions together with what is meant by them: SymPy's object and a Python function.

What SymPy makes of a term when it is built, what the evaluator computes and what the engines read
must all be what the function says.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

import sympy as sp
from hypothesis import strategies as st

from convproof.symbolic.solver import terms
from convproof.symbolic.solver.terms import both, either, eq, le

a, b = sp.symbols("a b", integer=True)
d = sp.Symbol("d", integer=True, positive=True)
x, y = sp.symbols("x y", real=True)
z = sp.Symbol("z", positive=True)

Point = Mapping[sp.Symbol, Any]
_INTEGERS = {a: range(-2, 3), b: range(-2, 3), d: range(1, 4)}
_FRACTIONS = [Fraction(-1), Fraction(-1, 2), Fraction(0), Fraction(2)]
_REALS = {x: _FRACTIONS, y: _FRACTIONS, z: [Fraction(1, 3), Fraction(1), Fraction(2)]}
BOX = (le(-2, a), le(a, 2), le(-2, b), le(b, 2), le(d, 3))
GRID = tuple(
    either(*(eq(s, sp.Rational(v.numerator, v.denominator)) for v in map(Fraction, values)))
    for s, values in _REALS.items()
)


@dataclass(frozen=True)
class Meant:
    """A term or condition, and what it is at numbers."""

    written: Any
    at: Callable[[Point], Any]


def integer_points() -> Iterator[Point]:
    return (dict(zip(_INTEGERS, numbers, strict=True)) for numbers in product(*_INTEGERS.values()))


def real_points() -> Iterator[Point]:
    return (dict(zip(_REALS, numbers, strict=True)) for numbers in product(*_REALS.values()))


def _leaf(symbol: sp.Symbol) -> Meant:
    return Meant(symbol, lambda at: Fraction(at[symbol]))


def _number(number: int) -> Meant:
    return Meant(sp.Integer(number), lambda _: Fraction(number))


def _of_two(one: Meant, other: Meant, which: str) -> Meant:
    p, q = one.written, other.written
    built: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
        "+": (lambda: p + q, lambda u, v: u + v),
        "-": (lambda: p - q, lambda u, v: u - v),
        "*": (lambda: p * q, lambda u, v: u * v),
        "max": (lambda: sp.Max(p, q), max),
        "min": (lambda: sp.Min(p, q), min),
    }
    build, mean = built[which]
    return Meant(build(), lambda at: mean(one.at(at), other.at(at)))


def _of_one(one: Meant, which: str) -> Meant:
    if which == "abs":
        return Meant(sp.Abs(one.written), lambda at: abs(one.at(at)))
    return Meant(one.written**2, lambda at: one.at(at) ** 2)


def _rounded(one: Meant, divisor: Meant, which: str) -> Meant:
    p, q = one.written, divisor.written
    built: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
        "quotient": (lambda: terms.quotient(p, q), lambda u, v: u // v),
        "floor": (lambda: sp.floor(p / q), lambda u, v: floor(u / v)),
        "floor of -": (lambda: sp.floor(p / -q), lambda u, v: floor(u / -v)),
        "floor of +": (
            lambda: sp.floor(p / q + sp.Rational(1, 2)),
            lambda u, v: floor(u / v + Fraction(1, 2)),
        ),
        "ceiling": (lambda: sp.ceiling(p / q), lambda u, v: ceil(u / v)),
        "remainder": (lambda: terms.remainder(p, q), lambda u, v: u % v),
        "Mod": (lambda: _mod(p, q), lambda u, v: u % v),
    }
    build, mean = built[which]
    return Meant(build(), lambda at: Fraction(mean(one.at(at), divisor.at(at))))


def _mod(p: Any, q: Any) -> Any:
    """Return ``Mod(p, q)``, as it is where SymPy 1.14 never ends to take out what both share."""
    try:
        return sp.Mod(p, q)
    except RecursionError:
        return sp.Mod(p, q, evaluate=False)


def _over(one: Meant, divisor: Meant, sign: int) -> Meant:
    return Meant(
        one.written / (sign * divisor.written), lambda at: one.at(at) / (sign * divisor.at(at))
    )


def _cases(one: Meant, other: Meant, when: Meant) -> Meant:
    return Meant(
        sp.Piecewise((one.written, when.written), (other.written, True)),
        lambda at: one.at(at) if when.at(at) else other.at(at),
    )


def _related(one: Meant, other: Meant, which: str) -> Meant:
    p, q = one.written, other.written
    built: dict[str, tuple[Any, Callable[[Any, Any], bool]]] = {
        "=": (lambda: terms.eq(p, q), lambda u, v: u == v),
        "!=": (lambda: terms.ne(p, q), lambda u, v: u != v),
        "<=": (lambda: terms.le(p, q), lambda u, v: u <= v),
        "<": (lambda: terms.lt(p, q), lambda u, v: u < v),
        ">=": (lambda: sp.Ge(p, q, evaluate=False), lambda u, v: u >= v),
        ">": (lambda: p > q, lambda u, v: u > v),
        "Eq": (lambda: sp.Eq(p, q), lambda u, v: u == v),
        "Ne": (lambda: sp.Ne(p, q), lambda u, v: u != v),
        "Le": (lambda: sp.Le(p, q), lambda u, v: u <= v),
    }
    build, mean = built[which]
    return Meant(build(), lambda at: bool(mean(one.at(at), other.at(at))))


def _joined(parts: list[Meant], which: str) -> Meant:
    written = [part.written for part in parts]
    built: dict[str, tuple[Any, Callable[[list[bool]], bool]]] = {
        "and": (lambda: both(*written), all),
        "or": (lambda: either(*written), any),
        "not": (lambda: terms.negation(written[0]), lambda t: not t[0]),
        "=>": (lambda: terms.implies(*written[:2]), lambda t: not t[0] or t[1]),
        "<=>": (lambda: terms.iff(*written[:2]), lambda t: t[0] == t[1]),
        "all <=>": (
            lambda: both(*map(terms.iff, written, written[1:])),
            lambda t: len(set(t)) == 1,
        ),
        "And": (lambda: sp.And(*written), all),
        "Or": (lambda: sp.Or(*written), any),
        "Not": (lambda: sp.Not(written[0]), lambda t: not t[0]),
    }
    build, mean = built[which]
    return Meant(build(), lambda at: mean([part.at(at) for part in parts]))


_JOINS = ["and", "or", "not", "=>", "<=>", "all <=>", "And", "Or", "Not"]
_ROUNDED = ["quotient", "floor", "floor of -", "floor of +", "ceiling", "remainder", "Mod"]
_numbers = st.integers(-3, 3).map(_number)
_divisors = st.sampled_from(
    [
        _leaf(d),
        _number(2),
        _number(3),
        Meant(d + 1, lambda at: Fraction(at[d] + 1)),
        Meant(2 * d, lambda at: Fraction(2 * at[d])),
    ]
)
_positive_reals = st.sampled_from([_leaf(z), _number(3), Meant(z + 1, lambda at: at[z] + 1)])


def _larger(
    smaller: st.SearchStrategy[Meant], divisors: st.SearchStrategy[Meant], *, rounding: bool
) -> st.SearchStrategy[Meant]:
    operators = st.sampled_from(["+", "-", "*", "max", "min"])
    simple = st.builds(_related, smaller, smaller, st.sampled_from(["Eq", "Ne", "Le", ">"]))
    larger = [
        st.builds(_of_two, smaller, smaller, operators),
        st.builds(_of_one, smaller, st.sampled_from(["abs", "square"])),
        st.builds(_cases, smaller, smaller, simple),
    ]
    if rounding:
        larger.append(st.builds(_rounded, smaller, divisors, st.sampled_from(_ROUNDED)))
    return st.one_of(larger)


def _relations(sides: st.SearchStrategy[Meant]) -> st.SearchStrategy[Meant]:
    return st.builds(_related, sides, sides, st.sampled_from(["=", "!=", "<=", "<", ">=", ">"]))


def _conditions(
    leaves: st.SearchStrategy[Meant], divisors: st.SearchStrategy[Meant], *, rounding: bool
) -> st.SearchStrategy[Meant]:
    whole = st.recursive(leaves, lambda s: _larger(s, divisors, rounding=rounding), max_leaves=5)
    sides = whole | st.builds(_over, whole, divisors, st.sampled_from([1, -1]))
    return st.recursive(
        _relations(sides),
        lambda s: st.builds(_joined, st.lists(s, min_size=2, max_size=3), st.sampled_from(_JOINS)),
        max_leaves=4,
    )


integer_terms = st.recursive(
    st.sampled_from([_leaf(a), _leaf(b), _leaf(d)]) | _numbers,
    lambda s: _larger(s, _divisors, rounding=True),
    max_leaves=4,
)
integer_conditions = _conditions(
    st.sampled_from([_leaf(a), _leaf(b), _leaf(d)]) | _numbers, _divisors, rounding=True
)
real_conditions = _conditions(
    st.sampled_from([_leaf(x), _leaf(y), _leaf(z)]) | _numbers, _positive_reals, rounding=False
)
