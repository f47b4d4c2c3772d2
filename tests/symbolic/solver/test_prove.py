"""Claims are proved, refuted by small numbers, or unknown; what holds of nothing is refused."""

from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
import sympy as sp

from convproof.errors import ClaimError, SolverError
from convproof.symbolic.solver import engines
from convproof.symbolic.solver.claim import Claim
from convproof.symbolic.solver.engines import ENGINES, Answer, ask_cvc5, ask_z3, versions
from convproof.symbolic.solver.prove import model, prove
from convproof.symbolic.solver.terms import both, eq, iff, le, lt, ne, quotient

a, b, c = sp.symbols("a b c", integer=True)
n, s = sp.symbols("n s", integer=True, positive=True)
x, y = sp.symbols("x y", real=True)
proving: Any = import_module("convproof.symbolic.solver.prove")
THIRD = Claim(name="cubes", goal=ne(a**3 + b**3 + c**3, 33))  # 8866128975287528^3 + ..., not small
HALF = eq(quotient(n - 1, s) + 1, sp.ceiling(n / s))


def test_a_law_for_all_sizes_is_proved_by_both_engines() -> None:
    """n - s < s floor(n/s) <= n."""
    (verdict,) = prove(Claim(name="quotient", goal=lt(n - s, s * quotient(n, s))))
    assert (verdict.status, verdict.engines) == ("proved", ("z3", "cvc5"))
    assert verdict.counterexample is None
    assert set(verdict.texts or {}) == set(verdict.engines)


def test_a_counterexample_is_small_and_fails_in_pythons_arithmetic() -> None:
    claim = Claim(name="n/s", goal=lt(quotient(a, s), a), hypotheses=(le(10, a),))
    (verdict,) = prove(claim)
    assert verdict.status == "refuted"
    assert claim.fails_at(verdict.counterexample or {})
    assert all(0 < int(number) <= 16 for number in (verdict.counterexample or {}).values())


@pytest.mark.parametrize(
    "hypotheses", [(lt(n, 1),), (lt(a, b), lt(b, a)), (eq(2 * a, 1),), (sp.false,)]
)
def test_hypotheses_that_contradict_each_other_are_refused(hypotheses: Any) -> None:
    """Of nothing all holds."""
    with pytest.raises(ClaimError, match="hold of nothing"):
        prove(Claim(name="vacuous", goal=eq(a, b), hypotheses=hypotheses))


def test_one_side_that_never_holds_is_refused_too() -> None:
    with pytest.raises(ClaimError, match="hold of nothing"):
        prove(Claim(name="vacuous", goal=iff(lt(n, 0), lt(n, -1))))


def test_a_goal_that_sympy_evaluated_is_not_proved() -> None:
    """s >= 1 is true to SymPy for a positive s: no engine would be asked."""
    with pytest.raises(ClaimError, match="evaluated the goal"):
        prove(Claim(name="evaluated", goal=s >= 1))


@pytest.mark.parametrize("goal", [THIRD.goal, ne(a**3 + b**3, c**3) | eq(a * b * c, 0)])
def test_what_no_engine_finds_out_is_unknown(goal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """a^3 + b^3 + c^3 = 33 has large solutions only, a^3 + b^3 = c^3 has none."""
    monkeypatch.setattr(proving, "_EFFORTS", (0.02, 0.05))
    (verdict,) = prove(Claim(name="hard", goal=goal))
    assert (verdict.status, verdict.engines, verdict.counterexample) == ("unknown", (), None)


def test_verdicts_and_counterexamples_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits count an engine's work, not seconds."""
    monkeypatch.setattr(proving, "_EFFORTS", (0.02, 0.05))
    for claim in (THIRD, Claim(name="half", goal=HALF), Claim(name="no", goal=lt(a * b, a + b))):
        first, second = (
            [replace(verdict, seconds=0.0) for verdict in prove(claim)] for _ in range(2)
        )
        assert first == second


def _saying(said: Any) -> Any:
    return lambda _, __: Answer(engine="cvc5", said=said, seconds=0.0)


def test_engines_that_contradict_each_other_are_no_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    for goal, said in ((HALF, "sat"), (eq(n, s), "unsat")):
        monkeypatch.setitem(engines.ENGINES, "cvc5", _saying(said))
        with pytest.raises(SolverError, match="contradict each other"):
            prove(Claim(name="contradicted", goal=goal))


def test_a_model_that_refutes_nothing_is_no_refutation(monkeypatch: pytest.MonkeyPatch) -> None:
    lie = Answer(engine="z3", said="sat", seconds=0.0, model={"n": 1, "s": 1})
    monkeypatch.setattr(proving, "ask_z3", lambda _, __: lie)
    with pytest.raises(SolverError, match="and does not"):
        model(Claim(name="lie", goal=HALF))


def test_a_sat_without_numbers_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of x^2 != 2 only irrational numbers are counterexamples, which are not printed exactly."""
    (verdict,) = prove(Claim(name="root", goal=ne(x**2, 2)))
    assert (verdict.status, verdict.counterexample) == ("unknown", None)
    silent = Answer(engine="z3", said="unknown", seconds=0.0)
    monkeypatch.setattr(proving, "ask_z3", lambda _, __: silent)
    (verdict,) = prove(Claim(name="sizes", goal=eq(n, s)))
    assert verdict.status == "unknown"


def test_claims_about_reals_are_decided() -> None:
    """2 x y <= x^2 + y^2; not x y <= x + y."""
    (verdict,) = prove(Claim(name="square", goal=le(2 * x * y, x**2 + y**2)))
    assert verdict.status == "proved"
    (verdict,) = prove(Claim(name="product", goal=le(x / 2 * y, x + y)))
    assert verdict.status == "refuted"
    with pytest.raises(ClaimError, match="which reals are not"):
        prove(Claim(name="rounded", goal=le(sp.floor(x), x)))


def test_a_disjunction_of_cases_is_one_claim_and_a_conjunction_is_several() -> None:
    verdicts = prove(Claim(name="three", goal=both(le(1, n), HALF, eq(n, s))))
    assert sorted(v.status for v in verdicts) == ["proved", "proved", "refuted"]


@pytest.mark.parametrize("ask", [ask_z3, ask_cvc5])
def test_a_text_that_an_engine_cannot_read_is_an_error_of_ours(ask: Any) -> None:
    with pytest.raises(SolverError):
        ask("(set-logic QF_NIA)(assert (nonsense 1))(check-sat)")


def test_engines_say_which_they_are() -> None:
    assert set(versions()) == set(ENGINES)
    assert all(version[0].isdigit() for version in versions().values())
