"""Proofs in several processes are what they are in one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from convproof.proving.find import Asked, asked
from convproof.proving.outcome import Outcome
from convproof.proving.run import run
from tests.proving import claims

FILE = str(Path(claims.__file__))
SOME = ("TRUE", "FALSE", "VACUOUS", "SUMS", "PROVED", "RAISING")


def some(*names: str) -> tuple[Asked, ...]:
    return asked([f"{FILE}:{name}" for name in names])


def timeless(outcomes: tuple[Outcome, ...]) -> list[Any]:
    return [
        replace(
            each,
            seconds=0.0,
            findings=tuple(replace(f, seconds=0.0) for f in each.findings),
            twin=tuple(replace(f, seconds=0.0) for f in each.twin),
        )
        for each in outcomes
    ]


def ignored(told: object) -> None:
    del told


def test_one_process_gives_the_same_records() -> None:
    """Limits count work: two processes at a time change no verdict, text or counterexample."""
    things = some(*SOME)
    assert timeless(run(things, 1, on=ignored)) == timeless(run(things, 2, on=ignored))


def test_the_table_is_in_the_order_that_was_asked_for() -> None:
    things = some("PROVED", "TRUE", "VACUOUS")
    told: list[str] = []
    ended: list[str] = []
    outcomes = run(things, 2, on=lambda o: told.append(o.name), ended=ended.append)
    assert told == [o.name for o in outcomes] == ["proved", "ceiling", "vacuous"]
    assert sorted(ended) == sorted(told)


def test_what_kills_its_process_is_unknown_and_the_others_go_on() -> None:
    killed, true, sums = run(some("KILLED", "TRUE", "SUMS"), 2, on=ignored)
    assert (killed.verdict, true.verdict, sums.verdict) == ("unknown", "proved", "proved")
    assert "SIGKILL" in killed.error
    assert "ask it by itself" in killed.error


def test_a_name_that_only_this_process_can_find_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    path.write_text("from tests.proving.claims import TRUE\n")
    things = asked([str(path)])
    path.write_text("1/0  # since then\n")
    for workers in (1, 2):
        found = run((*things, *some("SUMS")), workers, on=ignored)
        assert [each.verdict for each in found] == ["unsound", "proved"]
        assert "ZeroDivisionError" in found[0].error
