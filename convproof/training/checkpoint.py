"""A training in a file, from which it goes on to the same bits.

The file is a safetensors file: arrays by name, ``parameter:conv1.weight`` and the like, and in its
head one JSON text with the place, the sums, the curve and what the training is of. It is written
beside its place, flushed to the disk and moved there: a full disk or a lost process leaves the
checkpoint before.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from convproof.networks import files
from convproof.training.errors import TrainingError
from convproof.training.score import on_host
from convproof.training.state import State, Sums

SCHEMA = "convproof/checkpoint/1"
_KINDS = ("parameter", "velocity", "average")
Identity = Mapping[str, Any]


def write(path: Path, state: State, identity: Identity) -> None:
    """Write a state, whole or not at all.

    Raises:
        NetworkError: if it cannot be written; what was there before stays.
    """
    groups = zip(_KINDS, (state.parameters, state.velocity, state.average), strict=True)
    arrays = {f"{k}:{name}": on_host(a) for k, group in groups for name, a in group.items()}
    sums = state.sums
    head = {
        "schema": SCHEMA,
        "of": identity,
        "epoch": state.epoch,
        "step": state.step,
        "sums": [sums.loss, sums.correct, sums.seen],
        "curve": state.curve,
    }
    files.write(path, arrays, convproof=json.dumps(head))


def read(path: Path, identity: Identity) -> State:
    """Return the state of a file.

    Args:
        path: of the file.
        identity: of the training that is to go on.

    Raises:
        NetworkError: if there is no such file, or it is no safetensors file.
        TrainingError: if it is no checkpoint, or of another training: the message says in what.
    """
    arrays = files.read(path)
    head = _head(path)
    for what, ours in _plain(identity).items():
        theirs = head["of"].get(what)
        if theirs != ours:
            msg = f"{str(path)!r} is of another training: {_difference(what, theirs, ours)}."
            raise TrainingError(msg)
    groups: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    for name, array in arrays.items():
        kind, _, of = name.partition(":")
        groups.setdefault(kind, {})[of] = array
    try:
        loss, correct, seen = head["sums"]
        return State(
            parameters=groups["parameter"],
            velocity=groups["velocity"],
            average=groups["average"],
            epoch=int(head["epoch"]),
            step=int(head["step"]),
            sums=Sums(loss=float(loss), correct=int(correct), seen=int(seen)),
            curve=tuple(dict(point) for point in head["curve"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{str(path)!r} does not say where its training stands: {error!r}."
        raise TrainingError(msg) from None


def begin(path: Path, state: State, identity: Identity, *, resume: bool) -> State:
    """Return the state to go on from: that of the file, or the first one, which is written to it.

    Raises:
        TrainingError: if there is a file that the training is not to go on from.
    """
    if resume:
        return read(path, identity)
    if path.exists():
        msg = (
            f"{str(path)!r} is there already. Go on from it (--resume, resume=True), or take "
            "another name."
        )
        raise TrainingError(msg)
    write(path, state, identity)
    return state


def _head(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, "numpy") as file:
            head: Any = json.loads((file.metadata() or {})["convproof"])
        if head["schema"] == SCHEMA and isinstance(head["of"], dict):
            return dict(head)
    except (SafetensorError, KeyError, TypeError, ValueError):
        pass
    msg = f"{str(path)!r} is no checkpoint of a training: its head does not say {SCHEMA}."
    raise TrainingError(msg)


def _plain(identity: Identity) -> dict[str, Any]:
    """Return it as it comes back from a file."""
    plain: dict[str, Any] = json.loads(json.dumps(identity))
    return plain


def _difference(what: str, theirs: Any, ours: Any) -> str:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name, value in ours.items():
            if theirs.get(name) != value:
                return f"its {name} is {theirs.get(name)}, not {value}"
    if what in ("network", "data", "validation"):
        return f"its {what} is not the same"
    return f"its {what} is {theirs}, not {ours}"
