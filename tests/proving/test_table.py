"""What a terminal shows of proofs: nothing wider than it is."""

import sys
from dataclasses import replace

import pytest

from convproof.progress import Bar
from convproof.proving.outcome import Outcome, outcome
from convproof.proving.table import explained, fitted, line, summary
from tests.proving import claims

PROVED, FALSE, VACUOUS, UNTWINNED = (
    outcome(thing.name, thing)
    for thing in (claims.PROVED, claims.FALSE, claims.VACUOUS, claims.UNTWINNED)
)


def test_a_row_has_verdict_steps_seconds_and_engines() -> None:
    assert line(replace(PROVED, seconds=1.5), 8).split()[:5] == [
        *["proved", "proved", f"{len(PROVED.findings)}/{len(PROVED.findings)}", "1.50", "s"]
    ]
    assert line(FALSE, 8).split()[-4:-2] == ["REFUTED", "0/1"]
    assert "\n" not in line(FALSE, 30)


@pytest.mark.parametrize("width", [20, 40, 79])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for found in (PROVED, FALSE, VACUOUS, UNTWINNED):
        told = [
            line(found, 30, width),
            *(fitted(each, width) for each in (*explained(found), *summary([found]))),
        ]
        assert max(len(each) for text in told for each in text.splitlines()) <= width


def test_what_is_not_proved_is_explained() -> None:
    assert explained(PROVED) == []
    says, at = explained(FALSE)
    assert says == "    refuted: floor((n - 1)/s) + 1 = floor(n/s)"
    assert at.startswith("      it fails at n = 1, s = 2: ")
    assert "hold of nothing" in explained(VACUOUS)[0]
    assert explained(UNTWINNED) == ["    its twin, without 1 <= n, is not refuted"]


def test_the_summary_counts_kinds_single_engines_and_twins() -> None:
    alone = replace(PROVED, findings=(replace(PROVED.findings[0], engines=("z3",)),))
    assert summary([alone, FALSE]) == [
        "1 of 2 proved, in 1 steps",
        "    1 all sizes, by machine",
        "  1 steps by one engine only: 1 by z3",
        "  1 of 1 false twins refuted",
        "NOT PROVED: half padding keeps floor(n/s) (REFUTED)",
    ]


def _with_a_bar(found: Outcome) -> None:
    with Bar(2, "proofs") as bar:
        bar.ended(found.name)
        with bar.aside():
            print(line(found, 8))  # noqa: T201


def test_elsewhere_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    _with_a_bar(PROVED)
    out, err = capsys.readouterr()
    assert (out, err) == (f"{line(PROVED, 8)}\n", "")


def test_in_a_terminal_a_bar_counts_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    _with_a_bar(PROVED)
    out, err = capsys.readouterr()
    assert out == f"{line(PROVED, 8)}\n"
    assert "1/2" in err
