"""Formulas as text, evaluated exactly: on integers, fractions, letters or matrices."""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from convproof.errors import ConvProofError
from convproof.report.lecture.claim import Formula, Rule

_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
}


class FormulaError(ConvProofError):
    """A formula is no formula, or has no value at the given letters."""


def value(text: str, letters: Mapping[str, Any]) -> Any:
    """Return the value of a formula, exactly.

    Args:
        text: sums, products, powers, quotients, ``floor`` and ``x(k)``.
        letters: numbers, and the functions that are called.

    Raises:
        FormulaError: if a letter is unknown, or the text is something else.

    Example:
        >>> value("floor((n - r)/s) + 1", {"n": 7, "r": 3, "s": 2})
        3
    """
    try:
        tree = ast.parse(text, mode="eval").body
        return _value(tree, {"floor": math.floor, "ceil": math.ceil, **letters})
    except FormulaError:
        raise
    except Exception as error:  # a sum of a matrix and a number, a division by 0
        msg = f"{text!r} has no value: {error}"
        raise FormulaError(msg) from None


def agrees(formula: Formula, rule: Rule) -> bool:
    """Return whether a formula says at every point what the library says."""
    return all(_same(formula, rule, point) for point in rule.points)


def _same(formula: Formula, rule: Rule, point: tuple[Any, ...]) -> bool:
    letters = {**rule.functions, **dict(zip(rule.letters, point, strict=True))}
    try:
        return bool(_summed(formula, rule, letters) == rule.at(*point))
    except FormulaError:
        return False


def _summed(formula: Formula, rule: Rule, letters: Mapping[str, Any]) -> Any:
    if not formula.over:
        return value(formula.text, letters)
    total: Any = 0
    for indices in product(rule.indices, repeat=len(formula.over)):
        total += value(formula.text, {**letters, **dict(zip(formula.over, indices, strict=True))})
    return total


def _value(tree: ast.expr, letters: Mapping[str, Any]) -> Any:
    if isinstance(tree, ast.Constant) and type(tree.value) is int:
        return tree.value
    if isinstance(tree, ast.Name) and tree.id in letters:
        return letters[tree.id]
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        return -_value(tree.operand, letters)
    if isinstance(tree, ast.BinOp):
        left, right = _value(tree.left, letters), _value(tree.right, letters)
        if isinstance(tree.op, ast.Div):
            return _quotient(left, right)
        if type(tree.op) in _OPERATORS:
            return _OPERATORS[type(tree.op)](left, right)
    if isinstance(tree, ast.Call) and not tree.keywords:
        return _value(tree.func, letters)(*(_value(a, letters) for a in tree.args))
    msg = f"{ast.unparse(tree)!r} is no number, known letter, sum, product, power or quotient."
    raise FormulaError(msg)


def _quotient(left: Any, right: Any) -> Any:
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        found = Fraction(left, right)
        return found.numerator if found.denominator == 1 else found
    return left / right
