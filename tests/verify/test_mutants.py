"""Every seeded fault is refuted within the profile quick, by its law, at sizes one can check."""

from functools import cache

import numpy as np
import pytest

from convproof import axes
from convproof.cases import Function
from convproof.theorems import DisagreementError
from convproof.triples import Triples
from convproof.verify.failure import facts, snippet
from convproof.verify.runner import BY_HAND, PROFILES, Outcome, Plan, failures, run
from convproof.verify.targets.find import Target, find_target
from convproof.verify.targets.subject import TargetSubject
from tests.verify.mutants import MUTANTS, Mutant

FUNCTIONS = {function.name: function for function in Function.all()}
NEEDS_SIZE = {
    "sums_in_a_random_order",
    "channels_interleaved_over_the_groups",
    "tail_beyond_16_channels_skipped",
    "fifth_tap_skipped",
    "outputs_beyond_the_16th_left_at_zero",
    "images_after_the_third_missing_in_the_weight_gradient",
}


def _target(mutant: Mutant) -> Target:
    function = FUNCTIONS[mutant.function]
    return Target(
        spec=mutant.name,
        functions={function: mutant.code},
        supports=frozenset(),
        prelude="from tests.verify.mutants import *",
        expression={function: mutant.name},
    )


@cache
def _refuted(mutant: Mutant, seed: int = 1) -> Outcome:
    target = _target(mutant)
    plan = Plan(
        functions=tuple(target.functions),
        dtypes=("float32",),
        examples=PROFILES["ci" if mutant.name in NEEDS_SIZE else "quick"],
        seed=seed,
    )
    subject = TargetSubject(target, "numpy")
    found = list(failures(run(subject, target.functions, plan, on=lambda _: None)))
    assert len(found) == 1, f"{target.spec} survived seed {seed}"
    return found[0]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_refuted_by_its_law_and_shrunk(mutant: Mutant) -> None:
    outcome = _refuted(mutant)
    assert outcome.theorem.name == mutant.theorem
    assert outcome.case is not None
    if mutant.name not in NEEDS_SIZE:
        assert outcome.case.elements <= BY_HAND
    assert facts(outcome)[0][0] == "law"


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_is_refuted_whatever_the_seed(mutant: Mutant) -> None:
    for seed in range(100, 103):
        assert _refuted(mutant, seed).status == "fail"


_NOT_REPRODUCED_ALONE = {"result_changes_from_call_to_call", "sums_in_a_random_order"}


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # NaN is what it shows
@pytest.mark.parametrize(
    "mutant",
    [m for m in MUTANTS if m.name not in _NOT_REPRODUCED_ALONE],
    ids=lambda mutant: mutant.name,
)
def test_the_snippet_fails_on_its_own(mutant: Mutant) -> None:
    """The printed lines, run as they are, end in an AssertionError or the target's own error."""
    code = snippet(_target(mutant), _refuted(mutant), "numpy")
    error = NotImplementedError if mutant.name == "raises_on_groups" else AssertionError
    with pytest.raises(error):
        exec(compile(code, "snippet", "exec"), {})


def test_a_sign_error_in_the_triples_is_caught_by_the_oracle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """i = s o + t k + low: the derivation then differs from the oracle, and that is said."""

    def wrong(axis: axes.Axis) -> Triples:
        sizes = (axis.output_size, axis.kernel_size, axis.input_size)
        o, k = np.divmod(np.arange(sizes[0] * sizes[1]), sizes[1])
        i = axis.stride * o + axis.dilation * k + axis.padding[0]
        inside = (i >= 0) & (i < axis.input_size)
        return Triples(o[inside], k[inside], i[inside], sizes=sizes)

    _expect_disagreement(monkeypatch, "triples", wrong)


def test_a_fault_in_the_size_law_is_caught_by_the_oracle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """n' one too small where it is above 1: the oracle counts the windows that fit, and differs."""
    right = axes.Axis.output_size.fget  # type: ignore[attr-defined]
    wrong = property(lambda axis: max(1, right(axis) - 1))
    _expect_disagreement(monkeypatch, "output_size", wrong)


def _expect_disagreement(monkeypatch: pytest.MonkeyPatch, name: str, wrong: object) -> None:
    monkeypatch.setattr(axes.Axis, name, wrong)
    target = find_target("reference")
    plan = Plan(
        functions=(FUNCTIONS["conv1d"],), dtypes=("float32",), examples=PROFILES["quick"], seed=1
    )
    with pytest.raises(DisagreementError, match="fault of convproof, not of the target"):
        run(TargetSubject(target, "numpy"), target.functions, plan, on=lambda _: None)


@pytest.mark.parametrize("name", ["numpy", "reference", "symbolic"])
def test_our_own_implementations_survive(name: str) -> None:
    target = find_target(name)
    plan = Plan(
        functions=Function.all(),
        dtypes=("float32", "int64"),
        examples=10,
        seed=3,
        supports=target.supports,
    )
    outcomes = run(TargetSubject(target, "numpy"), target.functions, plan, on=lambda _: None)
    assert not list(failures(outcomes))
    assert {outcome.status for outcome in outcomes} <= {"pass", "weak"}
