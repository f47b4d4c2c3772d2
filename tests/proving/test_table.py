"""What a terminal shows of proofs: nothing wider than it is."""

from dataclasses import replace

import pytest

from convproof.proving.outcome import Outcome, outcome
from convproof.proving.table import explained, line, summary, texts, wrapped
from tests.proving import claims

PROOF, WRONG = outcome("shift", claims.proof), outcome("floor", claims.wrong)
VACUOUS = outcome("vacuous", claims.vacuous)
UNTWINNED = outcome("untwinned", claims.untwinned)


def test_a_proof_is_one_line() -> None:
    assert line(PROOF, 80, 8).startswith("shift     proved   ")
    assert line(WRONG, 80, 8).startswith("floor     REFUTED      0/1 ")
    assert "\n" not in line(PROOF, 80, 8)


@pytest.mark.parametrize("width", [20, 30, 40, 79])
@pytest.mark.parametrize("found", [PROOF, WRONG, VACUOUS, UNTWINNED])
def test_no_line_is_wider_than_the_terminal(width: int, found: Outcome) -> None:
    told = [
        line(replace(found, name="a name of several words"), width, 30),
        *(wrapped(each, width, 4) for each in explained(found)),
        *(wrapped(each, width) for each in summary([found])),
    ]
    assert max(len(each) for text in told for each in text.splitlines()) <= width


def test_what_is_not_proved_says_why() -> None:
    assert explained(PROOF) == []
    assert explained(WRONG)[0].startswith("floor: refuted: ")
    assert explained(WRONG)[1].startswith("  at n = ")
    assert "hold of nothing" in explained(VACUOUS)[0]
    assert explained(UNTWINNED) == ["its twin, without 1 <= n, is not refuted"]


def test_the_summary_counts_kinds_engines_and_twins() -> None:
    assert summary([PROOF, WRONG])[0] == f"1 of 2 proved, in {len(PROOF.findings)} steps"
    assert summary([PROOF, WRONG])[-1] == "  1 of 1 false twins refuted"
    assert summary([UNTWINNED])[-1] == "  0 of 1 false twins refuted"


def test_files_of_proofs_of_one_name_are_apart() -> None:
    """A claim called "a b" and one called "a-b" do not overwrite each other."""
    named = [replace(PROOF, name=name) for name in ("a b", "a-b", "A b", "..", "/")]
    folders = {name.rpartition("/")[0] for name, _ in texts(named)}
    assert folders == {"a-b", "a-b-2", "A-b-3", "claim", "claim-2"}


def test_the_head_of_a_file_says_which_engine_answered_what() -> None:
    held = dict(texts([PROOF]))
    assert {name.partition("/")[2][:4] for name in held} >= {"001-", "twin"}
    for name, text in held.items():
        engine = name.rpartition("-")[2].removesuffix(".smt2")
        assert text.startswith(f"; {engine}: {'sat' if 'twin' in name else 'unsat'}\n")
