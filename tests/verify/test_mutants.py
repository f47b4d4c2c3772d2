"""Every seeded fault is refuted within the profile quick, by its law, at sizes one can check."""

import numpy as np
import pytest

from convproof import axes
from convproof.functions import Function
from convproof.mutants import MUTANTS, Mutant
from convproof.theorems import DisagreementError
from convproof.theorems.right import _right
from convproof.triples import Triples
from convproof.verify.failure import facts, snippet
from convproof.verify.runner import BY_HAND, PROFILES, Plan, failures, run
from convproof.verify.targets.find import Target, find_target
from convproof.verify.targets.subject import TargetSubject
from convproof.verify.zoo import refute
from tests.mutants import HAVE_STATE


def by_name(mutant: Mutant) -> str:
    return mutant.name


# one of each law and role; the others' smallest cases are the zoo's and the full run's
SAMPLE = {(m.theorem, Function.named(m.function).role): m for m in reversed(MUTANTS)}.values()
ALL = [pytest.param(m, marks=() if m in SAMPLE else pytest.mark.full) for m in MUTANTS]


@pytest.mark.usefixtures("untyped")  # test_laws.py has every law's checks typed
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NaN is what some show
@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m not in SAMPLE], ids=by_name)
def test_a_fault_is_refuted(mutant: Mutant) -> None:
    """By whichever law sees it first."""
    assert refute(mutant, seed=0, first=True) is not None, f"{mutant.name} survived"


@pytest.mark.usefixtures("untyped")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("mutant", ALL, ids=by_name)
def test_a_fault_is_refuted_by_its_law_in_lines_that_fail_on_their_own(mutant: Mutant) -> None:
    """The printed lines, run as they are, end in an AssertionError or the target's own error."""
    outcome = refute(mutant, seed=0)
    assert outcome is not None, f"{mutant.name} survived"
    assert outcome.case is not None
    assert facts(outcome)[0][0] == "law"
    if mutant.name in HAVE_STATE:
        return
    assert outcome.theorem.name == mutant.theorem
    if mutant.theorem == "exact" and mutant.function.startswith("conv1d"):
        assert outcome.case.elements <= BY_HAND
    raises = "but it raised" in (outcome.violation.law if outcome.violation else "")
    code = snippet(_target(mutant), outcome, "numpy")
    with pytest.raises(Exception if raises else AssertionError):  # its own error
        exec(compile(code, "snippet", "exec"), {})


@pytest.mark.full
@pytest.mark.parametrize("mutant", MUTANTS, ids=by_name)
def test_a_fault_is_refuted_whatever_the_seed(mutant: Mutant) -> None:
    for seed in range(100, 103):
        outcome = refute(mutant, seed=seed, profile="ci", first=True)
        assert outcome is not None, f"{mutant.name} survived seed {seed}"
        assert outcome.status == "fail"


def _target(mutant: Mutant) -> Target:
    function = Function.named(mutant.function)
    return Target(
        spec=mutant.name,
        functions={function: mutant.code},
        supports=frozenset(),
        lacks=frozenset(),
        versions={},
        prelude="from convproof.mutants import *",
        expression={function: mutant.name},
    )


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
    _right.cache_clear()
    target = find_target("reference")
    plan = Plan(
        functions=(Function("conv1d"),), dtypes=("float32",), examples=PROFILES["quick"], seed=1
    )
    with pytest.raises(DisagreementError, match="fault of convproof, not of the target"):
        run(TargetSubject(target.functions, "numpy"), target.functions, plan, on=lambda _: None)


# numpy is asked of 40 cases each by the README's first command
@pytest.mark.parametrize(
    "name", [pytest.param("numpy", marks=pytest.mark.full), "reference", "symbolic"]
)
def test_our_own_implementations_survive(name: str) -> None:
    target = find_target(name)
    plan = Plan(
        functions=tuple(f for f in Function.all() if f in target.functions),
        dtypes=("float32", "int64"),
        examples=(5, 5),
        seed=3,
        supports=target.supports,
    )
    subject = TargetSubject(target.functions, "numpy")
    outcomes = run(subject, target.functions, plan, on=lambda _: None)
    assert not list(failures(outcomes))
