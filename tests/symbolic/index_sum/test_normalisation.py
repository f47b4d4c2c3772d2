"""Local response normalisation and softmax: their forms are SymPy's derivatives, exactly."""

from typing import Any

import pytest
import sympy as sp

from convproof.layers import LocalResponseNorm
from convproof.numeric.reference import local_response_norm as oracle
from convproof.symbolic.index_sum import (
    explicit,
    local_response_norm,
    local_response_norm_input,
    softmax,
    softmax_input,
)
from convproof.symbolic.index_sum.form import Form
from convproof.symbolic.index_sum.normalisation import (
    ALPHA,
    BETA,
    CHANNEL,
    CHANNELS,
    KAPPA,
    WINDOW,
)

x, da = sp.IndexedBase("x"), sp.IndexedBase("da")
SIZES = [(1, 1), (3, 1), (4, 2), (4, 3), (5, 4), (3, 5), (2, 6)]


def normalised(C: int, r: int) -> list[sp.Expr]:
    """Return the layer written out, with the window of the NumPy oracle."""
    outputs = []
    for c in range(C):
        window = oracle._window(LocalResponseNorm(size=r), c, C)
        squares = sp.Add(*(x[j] ** 2 for j in window))
        outputs.append(x[c] * (KAPPA + ALPHA * squares / r) ** (-BETA))
    return outputs


def loss(outputs: list[sp.Expr]) -> sp.Expr:
    """Return sum_c da[c] a[c]."""
    return sp.Add(*(da[c] * output for c, output in enumerate(outputs)))


def numbers(C: int, beta: int) -> dict[Any, Any]:
    """Return rational numbers for every letter."""
    point: dict[Any, Any] = {ALPHA: sp.Rational(3, 7), BETA: sp.Integer(beta)}
    point[KAPPA] = sp.Rational(5, 4)
    point |= {x[c]: sp.Rational(2 * c - 3, c + 2) for c in range(C)}
    return point | {da[c]: sp.Rational(c + 1, 3 - 2 * c) for c in range(C)}


def entry(form: Form, C: int, r: int, c: int) -> sp.Expr:
    """Return one entry of a form written out."""
    return explicit(form.expression, {CHANNELS: C, WINDOW: r, CHANNEL: c})


def same_as_written(form: Form, C: int, r: int, beta: int) -> bool:
    """Return whether the form is SymPy's derivative, at rational numbers, exactly."""
    point = numbers(C, beta)
    total = loss(normalised(C, r))
    return all(
        entry(form, C, r, c).xreplace(point) == sp.diff(total, x[c]).xreplace(point)
        for c in range(C)
    )


@pytest.mark.parametrize(("C", "r"), SIZES)
def test_the_norm_has_the_window_of_the_oracle(C: int, r: int) -> None:
    """c - floor(r/2) <= l < c - floor(r/2) + r and 0 <= l < C; an even window reaches lower."""
    for c, right in enumerate(normalised(C, r)):
        assert entry(local_response_norm(), C, r, c) == right


@pytest.mark.parametrize("beta", [1, 2])
@pytest.mark.parametrize(("C", "r"), SIZES)
def test_the_norms_gradient_is_sympys_at_rational_points(C: int, r: int, beta: int) -> None:
    """Da[c] S[c]^-beta - 2 alpha beta/r x[c] sum_j [..] da[j] x[j] S[j]^(-beta - 1)."""
    assert same_as_written(local_response_norm_input(), C, r, beta)


def test_the_norms_gradient_is_sympys_for_any_exponent() -> None:
    """The same with beta, alpha and kappa as letters; S^(-beta - 1) = S^-beta / S."""
    total = loss(normalised(2, 2))
    for c in range(2):
        difference = entry(local_response_norm_input(), 2, 2, c) - sp.diff(total, x[c])
        scales = {
            power: sp.Symbol(f"S{sp.expand(power.base)}", positive=True) ** power.exp
            for power in difference.atoms(sp.Pow)
            if power.base.is_Add
        }
        assert sp.expand(sp.powsimp(sp.expand(difference.xreplace(scales)))) == 0


@pytest.mark.parametrize("guard", local_response_norm_input().guards, ids=str)
def test_the_norms_gradient_without_one_guard_is_wrong(guard: Any) -> None:
    """It reads a channel that does not exist, or a window that is none."""
    mutant = local_response_norm_input().without(guard)
    assert not all(same_as_written(mutant, C, r, 1) for C, r in SIZES)


@pytest.mark.parametrize("guard", local_response_norm().guards, ids=str)
def test_the_norm_without_one_guard_is_wrong(guard: Any) -> None:
    """It reads a channel that does not exist."""
    mutant = local_response_norm().without(guard)
    assert any(entry(mutant, C, r, 0) != normalised(C, r)[0] for C, r in SIZES)


@pytest.mark.parametrize("C", [1, 2, 4])
def test_softmax_and_its_gradient_are_sympys_at_rational_points(C: int) -> None:
    """e^x[c]/Z da[c] - e^x[c]/Z^2 sum_j da[j] e^x[j], with rational numbers for the e^x[c]."""
    outputs = [sp.exp(x[c]) / sp.Add(*(sp.exp(x[j]) for j in range(C))) for c in range(C)]
    point = {x[c]: sp.log(sp.Rational(2 * c + 1, c + 3)) for c in range(C)}
    point |= {da[c]: sp.Rational(1 - 3 * c, 2 + c) for c in range(C)}
    for c, output in enumerate(outputs):
        assert explicit(softmax().expression, {CHANNELS: C, CHANNEL: c}) == output
        right = sp.diff(loss(outputs), x[c]).xreplace(point)
        assert (
            explicit(softmax_input().expression, {CHANNELS: C, CHANNEL: c}).xreplace(point) == right
        )
