"""A target cannot end, stop or deceive the run: whatever it does is a failure that is told."""

import gc
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof.calls import Call
from convproof.cases import Arrays
from convproof.cli import run
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems.base import Subject
from convproof.verify.isolation import process
from convproof.verify.isolation.isolated import _LOOK_EVERY, IsolatedSubject
from convproof.verify.targets.find import find_target
from convproof.verify.targets.open import opened
from convproof.verify.targets.subject import TargetSubject
from convproof.violations import Unanswered
from tests.verify.isolation.targets import MEBIBYTE, WIDTHS

TARGET = str(Path(__file__).with_name("targets.py"))
OPTIONS = {"stride": (1,), "padding": (1,), "dilation": (1,), "groups": 1}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc, pidfd and prctl are Linux's")


def call(width: int = 4, dtype: Any = np.float32, layout: str = "plain") -> Call:
    x = np.arange(width).reshape(1, 1, width).astype(dtype)
    w = np.array([[[1, 2, 3]]]).astype(dtype)
    return Call(Function("conv1d"), (("x", x), ("w", w), ("b", None)), OPTIONS, layout)


def faulty(fault: str) -> Call:
    return call(WIDTHS[fault])


@pytest.fixture
def subject() -> Iterator[IsolatedSubject]:
    with IsolatedSubject(TARGET, limit=0.5, first_limit=5.0, memory=200 * MEBIBYTE) as isolated:
        isolated.ask(call())
        yield isolated


@pytest.fixture(scope="module")
def lasting() -> Iterator[IsolatedSubject]:
    """One that no test kills."""
    with IsolatedSubject(TARGET) as isolated:
        yield isolated


@pytest.fixture(scope="module")
def inside() -> TargetSubject:
    return TargetSubject(find_target(TARGET).functions, "numpy")


def silent(subject: IsolatedSubject, question: Call) -> Unanswered:
    """Return the silence that a call is met with; the next legal call is answered."""
    with pytest.raises(Unanswered) as caught:
        subject.ask(question)
    assert caught.value.call is question
    assert subject.ask(call()).y.shape == (1, 1, 4)
    return caught.value


@contextmanager
def watched(*pids: int) -> Iterator[None]:
    """The processes end, at the latest soon after the block."""
    fds = [os.pidfd_open(pid) for pid in pids]
    try:
        yield
        for fd in fds:
            ended, _, _ = select.select([fd], [], [], 20)
            assert ended == [fd]
    finally:
        for fd in fds:
            os.close(fd)


def workers(subject: IsolatedSubject) -> list[int]:
    crew = subject._crew
    return [w.process.pid for w in (crew._current, crew._spare) if w is not None]


@pytest.mark.parametrize("layout", ["plain", "negative", "read_only"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", BFLOAT16], ids=str)
def test_an_answer_is_the_one_given_in_process(
    lasting: IsolatedSubject, inside: TargetSubject, dtype: Any, layout: str
) -> None:
    """y, left and shared are equal, to the bit and the dtype."""
    question = call(dtype=dtype, layout=layout)
    far, near = lasting.ask(question), inside.ask(question)

    assert far.y.dtype == near.y.dtype
    assert far.y.tobytes() == near.y.tobytes()
    assert (far.left, far.shared) == (near.left, near.shared)


def test_arrays_that_the_target_changed_come_back(lasting: IsolatedSubject) -> None:
    """left == {"w": what the target wrote}."""
    ones = np.ones((1, 1, 3), np.float32)
    given = (("input_size", (1, 1, 3)), ("w", ones), ("y_bar", ones))
    answer = lasting.ask(Call(Function("conv1d_input"), given, OPTIONS))

    assert list(answer.left) == ["w"]
    assert np.array_equal(answer.left["w"], 7 * ones)
    assert np.array_equal(ones, np.ones_like(ones))


def test_two_answers_are_those_given_in_process(
    lasting: IsolatedSubject, inside: TargetSubject
) -> None:
    """ask_twice == ask_twice, over the pipe."""
    second = Arrays({name: 2 * array for name, array in call().arrays.items()})
    far, near = lasting.ask_twice(call(), second), inside.ask_twice(call(), second)

    assert all(np.array_equal(f, n) for f, n in zip(far, near, strict=True))


def test_what_was_found_is_told(lasting: IsolatedSubject) -> None:
    """The functions, and how a snippet writes them, as ``find_target`` has them."""
    near = find_target(TARGET)

    assert isinstance(lasting, Subject)
    assert lasting.target.functions == tuple(near.functions)
    for name in ("supports", "lacks", "versions", "prelude", "expression"):
        assert getattr(lasting.target, name) == getattr(near, name)


@pytest.mark.parametrize(
    ("fault", "how"),
    [
        ("segfault", "the process died of SIGSEGV"),
        ("abort", "the process died of SIGABRT"),
        ("leave", "the process left with exit code 3"),
        ("close_all", "the process left with exit code 1"),
        ("leave_a_child", "the process left with exit code 4"),
        ("babble", "the process wrote what is no answer"),
    ],
)
def test_a_death_is_told_with_its_cause(subject: IsolatedSubject, fault: str, how: str) -> None:
    """The law says how the process ended."""
    unanswered = silent(subject, faulty(fault))

    assert unanswered.silence == "crashed"
    assert unanswered.law == f"a legal call is answered, but {how}"


def test_last_words_are_the_hint(subject: IsolatedSubject) -> None:
    """The last line on standard error, which nobody sees otherwise."""
    assert silent(subject, faulty("leave")).hint.endswith(": index 7 is beyond 5")


@pytest.mark.parametrize("fault", ["loop", "loop_in_c"])
def test_a_call_without_end_is_ended(subject: IsolatedSubject, fault: str) -> None:
    """Even where the target holds the interpreter and heeds no signal."""
    unanswered = silent(subject, faulty(fault))

    assert unanswered.silence == "hung"
    assert unanswered.law == "a legal call is answered, but it did not end within 0.5 s"


def test_time_without_a_processor_is_not_counted_up_to_five_times_the_limit(
    subject: IsolatedSubject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine so busy that the worker waits a second each time it is looked at."""
    seconds = count()
    monkeypatch.setattr(process, "_queued", lambda _: float(next(seconds)))
    worker = subject._crew.worker()

    assert silent(subject, faulty("loop")).silence == "hung"
    assert worker._granted == 5 * 0.5


@LINUX
def test_the_system_tells_how_long_a_process_waited_for_a_processor() -> None:
    assert process._queued(os.getpid()) > 0
    assert process._queued(0) == 0


@LINUX
def test_runaway_memory_is_stopped(subject: IsolatedSubject) -> None:
    """A worker that grows beyond its allowance is killed before its time is over."""
    subject._limit = 20.0

    assert silent(subject, faulty("grow")).silence == "memory"


@LINUX
def test_a_worker_that_grew_over_many_calls_is_renewed_and_no_call_is_blamed(
    subject: IsolatedSubject,
) -> None:
    """128 MiB are kept of 200 that it may grow by: two such calls would be a runaway."""
    before = workers(subject)
    for _ in range(2):
        subject.ask(faulty("hoard"))
        for _ in range(_LOOK_EVERY):
            subject.ask(call())

    assert not set(before) & set(workers(subject))
    assert subject.restarts == 0


@pytest.mark.parametrize(
    ("fault", "law"),
    [
        ("exit_politely", "a legal call is answered, but it raised SystemExit: goodbye"),
        ("raise_", "a legal call is answered, but it raised ValueError: torch tensors only"),
        ("tell_text", "conv1d returns a numpy array of numbers, got a builtins.str"),
    ],
)
def test_what_is_raised_or_returned_instead_costs_no_process(
    subject: IsolatedSubject, inside: TargetSubject, fault: str, law: str
) -> None:
    """law, hint, assertion and silence are those given in process."""
    far = silent(subject, faulty(fault))
    with pytest.raises(Unanswered) as near:
        inside.ask(faulty(fault))

    assert far.law == near.value.law == law
    assert (far.hint, far.assertion) == (near.value.hint, near.value.assertion)
    assert far.silence == near.value.silence
    assert subject.restarts == 0


def test_an_interrupt_of_the_targets_own_is_none_of_ours(subject: IsolatedSubject) -> None:
    """KeyboardInterrupt, raised by a target, is what it raised."""
    assert "KeyboardInterrupt" in silent(subject, faulty("interrupt")).law


def test_unsupported_stays_unsupported(subject: IsolatedSubject) -> None:
    """UnsupportedError, with its message."""
    with pytest.raises(UnsupportedError, match="no such width"):
        subject.ask(faulty("lack"))


def test_printing_disturbs_nothing(
    subject: IsolatedSubject, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither the answers nor standard output nor standard error."""
    assert subject.ask(faulty("say")).y == 1
    silent(subject, faulty("leave"))

    assert capfd.readouterr() == ("", "")


def test_calls_are_short_while_a_failure_shrinks(subject: IsolatedSubject) -> None:
    """0.5 s, after a worker has answered once; else all the time there is."""
    subject._limit, subject.shrinking = 1.5, True

    assert silent(subject, faulty("loop")).law.endswith("did not end within 0.5 s")
    subject.shrinking = False
    assert silent(subject, faulty("loop")).law.endswith("did not end within 1.5 s")


def test_a_call_may_take_the_time_that_a_user_grants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--timeout SECONDS``, a worker's first call and each after it."""
    endless = tmp_path / "endless.py"
    endless.write_text("def relu(x):\n    while True:\n        pass\n", encoding="utf-8")
    quick = ["--only", "relu", "--examples", "3", "--seed", "0"]
    assert run(["verify", str(endless), *quick, "--timeout", "0.3"]) == 1
    assert "did not end within 0.3 s" in " ".join(capsys.readouterr().out.split())
    with opened(TARGET, timeout=0.3) as (subject, _):
        subject.ask(call())
        assert silent(subject, faulty("loop")).law.endswith("did not end within 0.3 s")


@LINUX
def test_no_process_is_left() -> None:
    """Neither worker nor spare, after ``close``, which may be called twice."""
    subject = IsolatedSubject(TARGET)
    with pytest.raises(Unanswered):
        subject.ask(faulty("segfault"))
    subject.ask(call())
    pids = workers(subject)
    subject.close()
    subject.close()

    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@LINUX
def test_a_forgotten_subject_leaves_no_process() -> None:
    """The worker ends with the last reference."""
    subject = IsolatedSubject(TARGET)
    with watched(*workers(subject)):
        del subject


_PARENT = f"""
import sys
from tests.verify.isolation.test_isolated import *
subject = IsolatedSubject({TARGET!r}, first_limit=60.0)
print(*workers(subject), flush=True)
if sys.argv[1:]:
    subject.ask(faulty(sys.argv[1]))
sys.stdin.read()
"""


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Waits until a target's endless loop begins."""
    fifo = tmp_path / "begun"
    os.mkfifo(fifo)
    monkeypatch.setenv("CONVPROOF_TEST_BEGUN", str(fifo))
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)

    def wait() -> None:
        ready, _, _ = select.select([reader], [], [], 20)
        assert ready == [reader]

    yield wait
    os.close(reader)


@LINUX
@pytest.mark.parametrize("hang", ["", "loop_in_c"], ids=["idle", "hanging"])
def test_a_killed_parent_leaves_no_process(hang: str, begun: Callable[[], None]) -> None:
    """SIGKILL of the parent is the worker's end, even while the target hangs in C."""
    command = [sys.executable, "-c", _PARENT, *([hang] if hang else [])]
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        with watched(pid):
            if hang:
                begun()
            parent.kill()


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage is collected: what a signal raises in a collector's callback, Python drops."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_ctrl_c_ends_the_call_and_the_worker(begun: Callable[[], None]) -> None:
    """KeyboardInterrupt passes through, and the next call gets a worker of its own."""
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        begun()
        signal.pthread_kill(main, signal.SIGINT)

    with IsolatedSubject(TARGET, first_limit=60.0) as subject:
        (before,) = workers(subject)
        hand = threading.Thread(target=interrupt)
        hand.start()
        with pytest.raises(KeyboardInterrupt):
            subject.ask(faulty("loop"))
        hand.join()

        assert subject.ask(call()).y.shape == (1, 1, 4)
        assert before not in workers(subject)
        assert subject.restarts == 0


def test_a_module_of_the_current_folder_is_found_after_a_restart_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers start where the subject was made."""
    (tmp_path / "my_target.py").write_text(Path(TARGET).read_text("utf-8"), encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with IsolatedSubject("my_target:conv1d", bare=Function("conv1d")) as subject:
        monkeypatch.chdir(tmp_path / "elsewhere")
        silent(subject, faulty("segfault"))
        silent(subject, faulty("segfault"))

        assert subject.restarts == 2


def test_a_worker_imports_no_more_than_it_needs() -> None:
    """Neither SymPy nor Hypothesis nor a foreign array library: they would be paid per death."""
    heavy = ("sympy", "hypothesis", "torch", "jax", "rich", "click")
    source = (
        "import sys, convproof.verify.isolation.worker\n"
        f"assert not [name for name in {heavy} if name in sys.modules]"
    )
    subprocess.run([sys.executable, "-c", source], check=True, cwd=Path(__file__).parents[3])
