"""What SymPy's own differentiation and the library say of matrices and derivatives."""

from functools import cache
from typing import Any

import sympy as sp

from convproof.report.lecture.claim import Formula, Rule
from convproof.report.lecture.signals import signal
from convproof.report.lecture.variants import example


def _letters(name: str, rows: int, columns: int) -> sp.Matrix:
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i}_{j}"))


def _transposed(matrix: Any) -> Any:
    return matrix.T


def _gradient(loss: Any, of: sp.Matrix) -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix(of.applyfunc(lambda letter: sp.diff(loss, letter)))


@cache
def product_rule(by: str) -> Rule:
    """Return the gradient of ``sum dC o (A B)`` by ``A`` or by ``B``; ``T`` transposes."""
    given = {"A": _letters("A", 2, 3), "B": _letters("B", 3, 4), "dC": _letters("dC", 2, 4)}
    loss = sum(given["dC"].multiply_elementwise(given["A"] * given["B"]), sp.Integer(0))
    found = _gradient(loss, given[by])
    return Rule(
        letters=(),
        points=((),),
        at=lambda: found,
        right=Formula({"A": "dC*T(B)", "B": "T(A)*dC"}[by]),
        functions={**_frozen(given), "T": _transposed},
    )


def _frozen(given: dict[str, sp.MatrixBase]) -> dict[str, Any]:
    return {name: sp.ImmutableMatrix(matrix) for name, matrix in given.items()}


def by_input(**sizes: int) -> Rule:
    """Return ``dx`` of the example, from its triples; ``W`` is the matrix of ``a = T(W) x``."""
    derivation = example(**sizes)
    outputs = len(derivation.forward())
    da = sp.Matrix(sp.symbols(f"da_1:{outputs + 1}"))
    found = sp.ImmutableMatrix(derivation.input_vjp())
    given = {"W": derivation.toeplitz.transposed.sparse(), "da": da}
    return Rule(
        letters=(), points=((),), at=lambda: found, right=Formula("W*da"), functions=_frozen(given)
    )


@cache
def by_matrix(**sizes: int) -> Rule:
    """Return the gradient of ``da^T W^T x`` by every entry of ``W``, none shared."""
    outputs = len(example(**sizes).forward())
    x, da = sp.Matrix(sp.symbols("x_1:8")), sp.Matrix(sp.symbols(f"da_1:{outputs + 1}"))
    free = _letters("W", 7, outputs)
    found = _gradient((da.T * free.T * x)[0], free)
    return Rule(
        letters=(),
        points=((),),
        at=lambda: found,
        right=Formula("x*T(da)"),
        functions={**_frozen({"x": x, "da": da}), "T": _transposed},
    )


def by_weight() -> Rule:
    """Return ``dw[k]`` of the example, ``(da ⋆ x)[k]`` with positions from 0."""
    found = example().weight_vjp()
    letters = {"x": signal("x", 7), "da": signal("da", 5)}
    zeroed = [_from_zero(each) for each in found]
    return Rule(
        letters=("k",),
        points=((0,), (1,), (2,)),
        at=lambda k: zeroed[k],
        right=Formula("da(o)*x(o + k)", ("o",)),
        functions=letters,
        indices=range(-2, 9),
    )


def output(*paddings: int) -> Rule:
    """Return ``a[o] = (w ⋆ x_(p))[o]`` of the example for some paddings, positions from 0."""
    held = {p: [_from_zero(each) for each in example(p=p).forward()] for p in paddings}
    return Rule(
        letters=("p", "o"),
        points=tuple((p, o) for p in paddings for o in range(len(held[p]))),
        at=lambda p, o: held[p][o],
        right=Formula("w(k)*x(o + k - p)", ("k",)),
        functions={"x": signal("x", 7), "w": signal("w", 3)},
        indices=range(-3, 12),
    )


def read(activation: int) -> tuple[str, ...]:
    """Return the inputs that an activation of the example reads."""
    found = example().forward()[activation - 1].free_symbols
    return tuple(sorted(str(x).replace("_", "") for x in found if str(x).startswith("x")))


def _from_zero(expression: Any) -> Any:
    """Return an expression of ``x_1 ..``, ``w_1 ..`` and ``da_1 ..`` with positions from 0."""
    moved = {
        sp.Symbol(f"{name}_{i + 1}"): sp.Symbol(f"{name}_{i}")
        for name in ("x", "w", "da")
        for i in range(8)
    }
    return expression.subs(moved, simultaneous=True)


def learned(activation: int) -> tuple[str, ...]:
    """Return ``dw`` where one cotangent is 1 and the others are 0."""
    one = {sp.Symbol(f"da_{i}"): int(i == activation) for i in range(1, 6)}
    return tuple(str(dw.subs(one)).replace("_", "") for dw in example().weight_vjp())


def weight_letters() -> tuple[str, ...]:
    """Return the letters of ``dw``."""
    return tuple(f"dw{k}" for k in range(1, example().weights + 1))


def low_rank() -> Rule:
    """Return ``W X`` of ``W = U V^T``, for integer matrices of two columns; ``T`` transposes."""
    U, V = sp.Matrix([[1, 2], [0, 3], [5, 1]]), sp.Matrix([[2, 1], [4, 0], [1, 7], [3, 2]])
    X = sp.Matrix(4, 5, lambda i, j: (3 * i + 7 * j) % 5 + 1)
    found = sp.ImmutableMatrix((U * V.T) * X)
    return Rule(
        letters=(),
        points=((),),
        at=lambda: found,
        right=Formula("U*(T(V)*X)"),
        functions={**_frozen({"U": U, "V": V, "X": X}), "T": _transposed},
    )
