"""An interrupted training goes on to the same bits, and no failure costs the last checkpoint."""

import errno
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.training import Trained, TrainingError, checkpoint, train
from convproof.training.run import Run
from convproof.training.state import State
from tests.training.small import EVERYTHING, net, stripes

STEPS = 3 * 3  # epochs of ceil(20 / 8) steps


def _equal(one: Trained, other: Trained) -> bool:
    return one.curve == other.curve and all(
        np.array_equal(array, other.parameters[name]) for name, array in one.parameters.items()
    )


def _train(path: Path | None = None, **more: Any) -> Trained:
    return train(net(), stripes(), EVERYTHING, validation=stripes(6, 1), checkpoint=path, **more)


@cache
def _whole() -> Trained:
    """Return the training that nothing interrupted."""
    return _train()


class _Interrupt:
    """Presses Ctrl-C after so many steps."""

    def __init__(self, after: int) -> None:
        self._left = after

    def __call__(self, state: State) -> None:
        del state
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt


def _interrupted(path: Path, after: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        _train(path, progress=_Interrupt(after))


@pytest.mark.parametrize("after", range(1, STEPS + 1))
def test_a_training_interrupted_after_any_step_ends_in_the_same_bits(
    after: int, tmp_path: Path
) -> None:
    """Parameters, average, curve and validation are equal, not close."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, after)
    assert _equal(_train(path, resume=True), _whole())


def test_it_may_be_interrupted_again_and_again(tmp_path: Path) -> None:
    path = tmp_path / "held.safetensors"
    _interrupted(path, 2)
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            _train(path, resume=True, progress=_Interrupt(2))
    assert _equal(_train(path, resume=True), _whole())


def test_an_interruption_in_the_middle_of_a_step_costs_that_step_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """States are values: the one before the step is whole whenever the signal comes."""
    path, calls = tmp_path / "held.safetensors", iter(range(STEPS))
    gradients = Run.gradients

    def struck(self: Run, *args: Any) -> Any:
        found = gradients(self, *args)
        if next(calls) == 4:
            raise KeyboardInterrupt
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Run, "gradients", struck)
        with pytest.raises(KeyboardInterrupt):
            _train(path)
    assert _equal(_train(path, resume=True), _whole())


def _skips_a_step(state: State) -> State:
    return replace(state, step=state.step + 1)


def _repeats_a_step(state: State) -> State:
    return replace(state, step=state.step - 1)


def _forgets_the_velocity(state: State) -> State:
    return replace(state, velocity={})


def _forgets_the_average(state: State) -> State:
    return replace(state, average=state.parameters)


def _forgets_the_epoch_so_far(state: State) -> State:
    return replace(state, sums=type(state.sums)())


def _takes_another_epoch(state: State) -> State:
    return replace(state, epoch=state.epoch + 1)


@pytest.mark.parametrize(
    "fault",
    [
        _skips_a_step,
        _repeats_a_step,
        _forgets_the_velocity,
        _forgets_the_average,
        _forgets_the_epoch_so_far,
        _takes_another_epoch,
    ],
)
def test_what_is_read_wrong_is_seen(
    fault: Callable[[State], State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 5 steps the training stands in the second epoch, before its last step but one."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, 5)
    read = checkpoint.read
    monkeypatch.setattr(checkpoint, "read", lambda *args: fault(read(*args)))
    assert not _equal(_train(path, resume=True), _whole())


class _FullDisk:
    """A file that takes no more after some bytes."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> "_FullDisk":
        return self

    def __exit__(self, *args: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        self._file.write(data[: len(data) // 2])
        self._file.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_the_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draft that cannot be finished is removed; what was there before is whole."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, 4)
    before, opened = path.read_bytes(), Path.open
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *args, **more: _FullDisk(opened(*args, **more)))
        with pytest.raises(NetworkError, match="No space left"):
            _train(path, resume=True)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert _equal(_train(path, resume=True), _whole())


_CHILD = """
import sys
from pathlib import Path
from tests.training.small import EVERYTHING, net, stripes
from convproof.training import train
steps = 0
def told(state):
    global steps
    steps += 1
    if steps == {stop}:
        print("here", flush=True)
        sys.stdin.read()
train(net(), stripes(), EVERYTHING, validation=stripes(6, 1), checkpoint=Path(sys.argv[1]),
      progress=told, resume=len(sys.argv) > 2)
"""


def _child(path: Path, stop: int, *arguments: str) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD.format(stop=stop), str(path), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=root, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_that_is_ended_goes_on_in_another(number: signal.Signals, tmp_path: Path) -> None:
    """After SIGINT from the last step, after SIGKILL from the last whole epoch."""
    path = tmp_path / "held.safetensors"
    with _child(path, stop=5) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "here\n"
        child.send_signal(number)
        child.wait()
    assert child.returncode != 0
    assert _equal(_train(path, resume=True), _whole())


@pytest.mark.full
def test_a_limit_of_the_system_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    """RLIMIT_FSIZE: the kernel itself refuses the bytes."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, 4)
    before = path.read_bytes()
    with _child(path, 0, "--resume") as child:  # Python ignores SIGXFSZ
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (len(before) // 2,) * 2)
        _, errors = child.communicate()
    assert "cannot be written: File too large" in errors
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert _equal(_train(path, resume=True), _whole())


def test_only_the_same_training_goes_on(tmp_path: Path) -> None:
    """Network, data, recipe, seed and implementation are compared, and named in the message."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, 4)
    held: dict[str, Any] = {"validation": stripes(6, 1), "checkpoint": path, "resume": True}
    with pytest.raises(TrainingError, match=r"its lr is 0\.1, not 0\.2"):
        train(net(), stripes(), replace(EVERYTHING, lr=0.2), **held)
    with pytest.raises(TrainingError, match="its seed is 0, not 1"):
        train(net(), stripes(), EVERYTHING, seed=1, **held)
    with pytest.raises(TrainingError, match="its data is not the same"):
        train(net(), stripes(21), EVERYTHING, **held)
    with pytest.raises(TrainingError, match="its implementation is numpy, not reference"):
        train(net(), stripes(), EVERYTHING, implementation="reference", **held)


def test_a_checkpoint_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "held.safetensors"
    _interrupted(path, 1)
    before = path.read_bytes()
    with pytest.raises(TrainingError, match="is there already"):
        _train(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("cut", [0, 1, 8, 100, -1])
def test_half_a_checkpoint_is_refused(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "held.safetensors"
    _interrupted(path, 1)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(NetworkError, match="is no safetensors file"):
        _train(path, resume=True)


def test_parameters_alone_are_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "held.safetensors"
    from convproof.networks import files

    files.write(path, {"a": np.zeros(3)})
    with pytest.raises(TrainingError, match="is no checkpoint"):
        _train(path, resume=True)
    with pytest.raises(NetworkError, match="there is no file"):
        _train(tmp_path / "none.safetensors", resume=True)


def test_a_head_that_was_changed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is missing or of another kind in it."""
    path = tmp_path / "held.safetensors"
    _interrupted(path, 1)
    head = checkpoint._head
    for name, wrong in (("sums", [1]), ("step", "here"), ("curve", 3), ("epoch", None)):
        changed = partial(_changed, head, name, wrong)
        monkeypatch.setattr(checkpoint, "_head", changed)
        with pytest.raises(TrainingError, match="does not say"):
            _train(path, resume=True)


def _changed(head: Callable[[Path], dict[str, Any]], name: str, wrong: Any, path: Path) -> Any:
    return {**head(path), name: wrong}


def test_a_training_that_is_over_goes_on_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "held.safetensors"
    first = _train(path)
    assert _equal(_train(path, resume=True), first)
