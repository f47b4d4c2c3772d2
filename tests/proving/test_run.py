"""Proofs in several processes are what they are in one."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convproof.proving.find import Asked, asked
from convproof.proving.outcome import Outcome
from convproof.proving.run import processes, run
from tests.proving import claims
from tests.processes import started

FILE = str(Path(claims.__file__))
SOME = ("right", "wrong", "vacuous", "sums", "proof", "raising")


def some(*names: str) -> tuple[Asked, ...]:
    return asked([f"{FILE}:{name}" for name in names])


def timeless(outcomes: tuple[Outcome, ...]) -> list[Any]:
    return [
        replace(
            o,
            seconds=0.0,
            findings=tuple(replace(f, seconds=0.0) for f in o.findings),
            twin=tuple(replace(f, seconds=0.0) for f in o.twin),
        )
        for o in outcomes
    ]


def test_two_processes_find_what_one_finds_in_the_order_given() -> None:
    things, one, two = some(*SOME), list[Outcome](), list[Outcome]()
    alone = run(things, 1, on=one.append)
    parallel = run(things, 2, on=two.append)
    assert timeless(alone) == timeless(parallel)
    assert [o.name for o in alone] == [o.name for o in one] == [each.name for each in things]
    assert sorted(o.name for o in two) == sorted(o.name for o in one)


def test_a_process_that_is_killed_leaves_its_proof_unknown_and_loses_no_other() -> None:
    """What was waiting in the pool is unknown too, and says that it may be asked by itself."""
    outcomes = run(some("dying", "right"), 2, on=lambda _: None)
    assert [o.name for o in outcomes] == ["dying", "ceiling"]
    assert outcomes[0].verdict == "unknown"
    assert "was killed" in outcomes[0].error
    assert outcomes[1].verdict in ("proved", "unknown")


def test_a_file_that_changes_while_it_is_asked_is_unsound(tmp_path: Path) -> None:
    path = tmp_path / "changing.py"
    path.write_text("from tests.proving.claims import right\n")
    things = asked([str(path)])
    path.write_text("1/0\n")
    (only,) = run(things, 1, on=lambda _: None)
    assert only.verdict == "unsound"
    assert "ZeroDivisionError" in only.error


def test_no_more_processes_than_proofs() -> None:
    assert processes(8, some("right", "sums")) == 2
    assert 1 <= processes(None, some("right", "sums")) <= 2


def _children(pid: int) -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(path.parent.name))
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc of processes")
def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    """The exit code is 2, and no child lives."""
    path = tmp_path / "slow.py"
    path.write_text(
        "import time\nfrom convproof.symbolic.solver import Instances\n"
        "def wait(): print('waits', flush=True) or time.sleep(100)\n"
        "one = Instances(name='one', sizes='few', check=wait)\n"
        "two = Instances(name='two', sizes='few', check=wait)\n"
    )
    with started("prove", str(path), "--workers", "2") as told:
        assert told.stdout is not None
        assert [told.stdout.readline().strip() for _ in range(2)] == ["waits"] * 2
        children = _children(told.pid)
        assert len(children) >= 2
        os.kill(told.pid, signal.SIGINT)
        _, errors = told.communicate(timeout=30)
    assert told.returncode == 2
    assert errors.strip() == "interrupted"
    assert not [pid for pid in children if _lives(pid)]
