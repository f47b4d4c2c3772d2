"""Gradient descent: the numbers of torch.optim.SGD, and the faults that would change them."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convproof.training.sgd import SGD

RULES = [
    SGD(lr=0.5),
    SGD(lr=0.5, momentum=0.5),
    SGD(lr=0.25, weight_decay=0.5),
    SGD(lr=0.5, momentum=0.25, weight_decay=0.5),
    SGD(lr=0.5, momentum=0.5, weight_decay=0.25, nesterov=True),
]
Step = Callable[[SGD, Any, Any, Any], tuple[Any, Any]]
STEPS = 6  # with 2 bits each and integers below 100: every number has fewer than 53 bits


def _by_torch(rule: SGD, start: dict[str, Any], gradients: list[dict[str, Any]]) -> dict[str, Any]:
    tensors = {n: torch.tensor(a, dtype=torch.float64) for n, a in start.items()}
    optimiser = torch.optim.SGD(
        list(tensors.values()), lr=rule.lr, momentum=rule.momentum,
        weight_decay=rule.weight_decay, nesterov=rule.nesterov,
    )  # fmt: skip
    for step in gradients:
        for name, tensor in tensors.items():
            tensor.grad = torch.tensor(step[name], dtype=torch.float64)
        optimiser.step()
    return {n: t.numpy() for n, t in tensors.items()}


def _by(step: Step, rule: SGD, start: dict[str, Any], gradients: list[dict[str, Any]]) -> Any:
    parameters, velocity = start, dict[str, Any]()
    for each in gradients:
        parameters, velocity = step(rule, parameters, each, velocity)
    return parameters


def _data(seed: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    rng = np.random.default_rng(seed)

    def drawn() -> dict[str, Any]:
        shapes = {"conv1.weight": (2, 1, 2), "conv1.bias": (2,)}
        return {n: rng.integers(-9, 10, shape).astype(float) for n, shape in shapes.items()}

    return drawn(), [drawn() for _ in range(STEPS)]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_several_steps_are_equal_to_torch_in_dyadic_numbers(rule: SGD) -> None:
    """b <- mu b + g + lambda p, p <- p - lr b: no rounding occurs, so the numbers are equal."""
    start, gradients = _data(0)
    expected, found = _by_torch(rule, start, gradients), _by(SGD.step, rule, start, gradients)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)


small = st.fractions(-9, 9, max_denominator=9)


@given(small, st.lists(small, min_size=1, max_size=5), small, small, small)
def test_momentum_is_the_sum_over_all_gradients_in_fractions(
    p: Fraction, gs: list[Fraction], lr: Fraction, mu: Fraction, decay: Fraction
) -> None:
    """p_T = p_0 - lr sum_t sum_{s<=t} mu^(t-s) (g_s + lambda p_s), in rational numbers."""
    rule, path = SGD(lr=lr, momentum=mu, weight_decay=decay), [p]
    velocity: dict[str, Any] = {}
    for g in gs:
        moved, velocity = rule.step({"p": path[-1]}, {"p": g}, velocity)
        path.append(moved["p"])

    decayed = [g + decay * q for g, q in zip(gs, path, strict=False)]
    steps = range(len(gs))
    assert path[-1] == p - lr * sum(mu ** (t - s) * decayed[s] for t in steps for s in range(t + 1))


def _wrong_sign(rule: SGD, p: Any, g: Any, v: Any) -> Any:
    return SGD(
        lr=rule.lr, momentum=-rule.momentum, weight_decay=rule.weight_decay, nesterov=rule.nesterov
    ).step(p, g, v)


def _no_decay_of_biases(rule: SGD, p: Any, g: Any, v: Any) -> Any:
    g = {n: a - rule.weight_decay * p[n] if n.endswith("bias") else a for n, a in g.items()}
    return rule.step(p, g, v)


def _dampened(rule: SGD, p: Any, g: Any, v: Any) -> Any:
    g = {n: a * (1 - rule.momentum) for n, a in g.items()}
    return rule.step(p, g, v)


def _decoupled(rule: SGD, p: Any, g: Any, v: Any) -> Any:
    plain = SGD(lr=rule.lr, momentum=rule.momentum, nesterov=rule.nesterov)
    moved, kept = plain.step(p, g, v)
    return {n: a - rule.lr * rule.weight_decay * p[n] for n, a in moved.items()}, kept


def _forgotten(rule: SGD, p: Any, g: Any, v: Any) -> Any:
    del v
    return rule.step(p, g, {})


@pytest.mark.parametrize(
    "fault", [_wrong_sign, _no_decay_of_biases, _dampened, _decoupled, _forgotten]
)
def test_a_wrong_rule_is_not_torchs(fault: Step) -> None:
    start, gradients = _data(0)
    rule = RULES[3]
    expected, found = _by_torch(rule, start, gradients), _by(fault, rule, start, gradients)
    assert any(np.any(found[name] != array) for name, array in expected.items())


def test_a_step_changes_nothing_in_place() -> None:
    """What is interrupted in a step has the parameters and the velocity of the step before."""
    start, gradients = _data(1)
    before = {n: a.copy() for n, a in start.items()}
    moved, velocity = RULES[4].step(start, gradients[0], {})
    held = {n: a.copy() for n, a in velocity.items()}
    RULES[4].step(moved, gradients[1], velocity)
    for name, array in before.items():
        np.testing.assert_array_equal(start[name], array)
        np.testing.assert_array_equal(velocity[name], held[name])
