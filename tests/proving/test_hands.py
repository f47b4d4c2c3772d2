"""Jobs in several processes: every one is told of once, whatever happens to a process."""

import os
import subprocess
import sys
from pathlib import Path
from signal import SIGKILL
from time import monotonic, sleep
from typing import Any

import pytest

from convproof.proving import hands
from convproof.proving.hands import Lost, shared
from tests.proving import jobs


def told(*given: str, workers: int | None = 2) -> list[Any]:
    """Return what is told of jobs, in their order."""
    answers: dict[int, list[Any]] = {}
    shared(
        jobs.work,
        given,
        workers,
        on=lambda number, answer: answers.setdefault(number, []).append(answer),
    )
    assert all(len(each) == 1 for each in answers.values())
    return [answers[number][0] for number in range(len(given))]


def alive(pid: int) -> bool:
    """Return whether a process runs: one that nobody has waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def gone(pids: list[int], within: float = 10.0) -> bool:
    """Return whether processes end soon."""
    until = monotonic() + within
    while monotonic() < until:
        if not any(map(alive, pids)):
            return True
        sleep(0.02)
    return False


def test_a_killed_process_takes_its_own_job_alone_with_it() -> None:
    """The jobs after it are done, by a process that takes its place."""
    one, killed, ended, raised, odd, last = told(
        "return 1", "signal SIGKILL", "exit 3", "raise no", "lambda x", "return 2"
    )
    assert (one[0], last[0]) == ("1", "2")
    assert os.getpid() not in (one[1], last[1])
    assert killed == Lost(why="the process that decided it was ended by SIGKILL", killed=True)
    assert ended == Lost(why="the process that decided it ended with exit code 3", killed=True)
    assert raised == Lost(why="ZeroDivisionError: no", killed=False)
    assert odd.why.startswith("its outcome cannot be told")


def test_a_process_keeps_the_memory_that_it_frees_unless_a_user_says_how(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the environment of this one is as it was."""
    monkeypatch.setenv("MALLOC_TOP_PAD_", "7")
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    before = dict(os.environ)
    settings = ("setting MALLOC_TRIM_THRESHOLD_", "setting MALLOC_TOP_PAD_")
    assert told(*settings) == [str(2**30), "7"]
    assert dict(os.environ) == before


@pytest.mark.parametrize(("given", "workers"), [(("return 1", "return 2"), 1), (("return 1",), 8)])
def test_one_worker_or_one_job_needs_no_process(given: tuple[str, ...], workers: int) -> None:
    assert told(*given, workers=workers)[0] == ("1", os.getpid())


def test_what_no_process_can_be_started_for_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends before it has a job is not started again and again."""
    made: list[hands._Hand] = []

    class Counted(hands._Hand):
        def __init__(self, work: hands.Work) -> None:
            made.append(self)
            assert len(made) <= 2
            super().__init__(work)

    monkeypatch.setattr(hands, "_Hand", Counted)
    monkeypatch.setattr(hands, "_work", os.kill)  # which it cannot do: it ends at once
    assert [answer[1] for answer in told("return 1", "return 2", "return 3")] == [os.getpid()] * 3


def test_no_process_outlives_one_that_is_killed(tmp_path: Path) -> None:
    """Not even one whose owner had no time to end it."""
    owner = subprocess.Popen([sys.executable, "-m", "tests.proving.jobs", str(tmp_path)])
    files = [tmp_path / "one", tmp_path / "two"]
    until = monotonic() + 30
    while not all(file.exists() and file.read_text() for file in files):
        assert monotonic() < until
        sleep(0.02)
    pids = [int(file.read_text()) for file in files]
    assert all(map(alive, pids))
    owner.send_signal(SIGKILL)
    owner.wait()
    assert gone(pids)


def test_no_process_is_left_when_the_teller_raises(tmp_path: Path) -> None:
    file = tmp_path / "one"

    def on(*told: Any) -> None:
        while not (file.exists() and file.read_text()):
            sleep(0.02)
        raise KeyboardInterrupt(told)

    with pytest.raises(KeyboardInterrupt):
        shared(jobs.work, [f"wait {file}", "return 1"], 2, on=on)
    assert gone([int(file.read_text())], within=0.1)
