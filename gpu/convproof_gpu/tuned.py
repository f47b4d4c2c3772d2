"""The choices that were measured, on disk: one JSON file for each GPU, beside what is compiled.

::

    $CONVPROOF_CACHE/tuned/nvidia-h200.json  =  {schema, facts, entries: [{question, choice, us}]}

A file is whole or what it was before. Its choices are taken only where all its facts are those of
today: the device, its driver, NVRTC, convproof's version and the hash of every kernel's source. A
file of other facts is passed over, and ``convproof tune`` writes it anew; a damaged one too, with
one warning. Processes that tune at once add to one file in turn. With ``CONVPROOF_TUNED=0`` none is
read.
"""

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from convproof.index_maps import Sizes
from convproof.whole import write
from convproof_gpu.cache import alone, folder, wanted
from convproof_gpu.candidates import takes, tile_called
from convproof_gpu.choices import Choice, Product, Question
from convproof_gpu.cubin import digest
from convproof_gpu.elements import BYTES
from convproof_gpu.operands import MOST
from convproof_gpu.specialisations import files
from convproof_gpu.tiles import PRECISIONS

SCHEMA = "convproof/tuned/1"
SWITCH = "CONVPROOF_TUNED"
_MOST_STEPS = 2**20  # taps times the stride, or their distance
_FACTS = ("device", "CUDA driver", "NVRTC")
_DAMAGES = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class TuningWarning(UserWarning):
    """A file of measured choices is damaged, and not used."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A choice that was measured.

    Attributes:
        choice: the fastest.
        us: microseconds of a call with it.
        table_us: with the table's, in the same rounds.
    """

    choice: Choice
    us: float
    table_us: float


Entries = Mapping[Question, Entry]


def is_ignored() -> bool:
    """Return whether the user wants the table alone."""
    return os.environ.get(SWITCH) == "0"


def facts_of(versions: Mapping[str, str]) -> dict[str, str]:
    """Return what a measurement holds for, of what a machine's ``versions`` tell."""
    sources = "".join(digest(file) for file in files())
    of_machine = {name: versions.get(name, "unknown") for name in _FACTS}
    kernels = hashlib.sha256(sources.encode()).hexdigest()
    return {**of_machine, "convproof": metadata.version("convproof"), "kernels": kernels}


def path_of(facts: Mapping[str, str]) -> Path:
    """Return the file of a device."""
    name = re.sub(r"[^a-z0-9]+", "-", facts["device"].lower()).strip("-")
    return folder("tuned") / f"{name}.json"


@dataclass(frozen=True, slots=True)
class TunedFile:
    """A file of choices.

    Attributes:
        path: where it is.
        digest: the hash of its content, in hexadecimal digits.
        facts: for which its choices hold.
        entries: the choices.
    """

    path: Path
    digest: str
    facts: Mapping[str, str]
    entries: Entries


def read(facts: Mapping[str, str]) -> dict[Question, Entry]:
    """Return what was measured on a device under just these facts."""
    path = path_of(facts)
    try:
        return _of_just(facts, path)
    except _DAMAGES as error:
        _warn(path, error)
        return {}


def of_any_device() -> list[TunedFile]:
    """Return the files that are of today's kernels, whatever their device: no GPU is asked.

    Read is what calls read: not a folder that cannot be written, and of a device its own file.
    """
    if is_ignored() or not _is_there():
        return []
    facts = {name: value for name, value in facts_of({}).items() if name not in _FACTS}
    found = []
    for path in sorted(folder("tuned").glob("*.json")):
        try:
            held = _held(path, facts)
        except _DAMAGES as error:
            _warn(path, error)
        else:
            found += [held] if held and path_of(held.facts) == path else []
    return found


def _is_there() -> bool:
    with suppress(OSError):  # what may not be looked into is not read
        return (wanted() / "tuned").is_dir()
    return False


def _of_just(facts: Mapping[str, str], path: Path) -> dict[Question, Entry]:
    """Return a file's choices, if its facts are just these."""
    held = _held(path, facts)
    return {} if held is None or held.facts != dict(facts) else dict(held.entries)


def _held(path: Path, facts: Mapping[str, str]) -> TunedFile | None:
    """Return what a file holds, if these are among its facts.

    Raises:
        Exception: one of ``_DAMAGES``, if it is damaged.
    """
    if not path.exists():
        return None
    content = path.read_bytes()
    document = json.loads(content.decode())
    of = document["facts"]
    if document["schema"] != SCHEMA or not facts.items() <= of.items():
        return None
    if not all(type(value) is str for value in (*of.values(), *(of[name] for name in _FACTS))):
        msg = f"facts are words, got {of}"
        raise ValueError(msg)
    questions = [_question(held) for held in document["entries"]]
    pairs = zip(questions, document["entries"], strict=True)
    entries = {question: _entry(held, question) for question, held in pairs}
    return TunedFile(path, hashlib.sha256(content).hexdigest(), of, entries)


def _warn(path: Path, error: Exception) -> None:
    told = f"{type(error).__name__}: {error}"
    msg = f"it is damaged ({told}): the table's tiles are taken until `convproof tune`."
    warnings.warn_explicit(msg, TuningWarning, str(path), 0)  # one line, of the file's name


def added(facts: Mapping[str, str], entries: Entries) -> Path:
    """Add to a device's file, whole or not at all, and return where it is.

    Processes take turns: what others added under these facts stays, but for the same questions.

    Raises:
        OSError: if it cannot be written.
    """
    path = path_of(facts)
    with alone(path):
        try:
            held = _of_just(facts, path)
        except _DAMAGES:  # it is what this one replaces
            held = {}
        document = {
            "schema": SCHEMA,
            "facts": dict(facts),
            "entries": [_record(*pair) for pair in (held | dict(entries)).items()],
        }
        write([(path, (json.dumps(document, indent=1) + "\n").encode())])
    return path


class Kept(Mapping[Question, Choice]):
    """The choices for the device that is current, read when one is first asked for.

    Args:
        device: the number of the current device.
        versions: what a machine tells of it.
    """

    def __init__(
        self, device: Callable[[], int], versions: Callable[[], Mapping[str, str]]
    ) -> None:
        self._device, self._versions = device, versions
        self._held: dict[int, Entries] = {}

    @property
    def entries(self) -> Entries:
        """The choices with their times."""
        if is_ignored():
            return {}
        device = self._device()
        if device not in self._held:
            self._held[device] = read(facts_of(self._versions()))
        return self._held[device]

    def forget(self) -> None:
        """Read the files again, when one is asked for."""
        self._held.clear()

    def __getitem__(self, question: Question) -> Choice:
        return self.entries[question].choice

    def __iter__(self) -> Iterator[Question]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def _record(question: Question, entry: Entry) -> dict[str, Any]:
    return {
        **asdict(question),
        "tile": entry.choice.tile.argument,
        "parts": entry.choice.parts,
        "us": entry.us,
        "table_us": entry.table_us,
    }


def _question(held: dict[str, Any]) -> Question:
    """Return a record's question.

    Raises:
        ValueError: if it is none.
    """
    read = {name: tuple(v) if isinstance(v, list) else v for name, v in held["sizes"].items()}
    sizes = Sizes(**read)
    names = held["product"], held["element"], held["precision"]
    if not _is_legal(sizes) or not (
        names[0] in get_args(Product) and names[1] in BYTES and names[2] in PRECISIONS
    ):
        msg = f"no question: {names}, {sizes}"
        raise ValueError(msg)
    return Question(names[0], sizes, names[1], names[2])


def _is_legal(sizes: Sizes) -> bool:
    """Return whether sizes are integers that a convolution of one to three axes may have.

    They are small enough for it to be told at once which tiles take them.
    """
    s = sizes
    counts = s.batch, s.groups, s.in_channels, s.out_channels
    axes = s.input, s.kernel, s.output, s.stride, s.dilation, s.low
    if any(type(axis) is not tuple for axis in axes):
        return False
    numbers = [*counts, *(n for axis in axes for n in axis)]
    is_one = (
        {*map(len, axes)} in ({1}, {2}, {3})
        and all(type(n) is int for n in numbers)
        and min(*counts, *s.input, *s.output) >= 0
        and min(*s.kernel, *s.stride, *map(abs, s.dilation)) >= 1
    )
    if not is_one or max(map(abs, numbers)) > MOST:
        return False
    steps = zip(s.kernel, s.stride, s.dilation, strict=True)
    return all(k * max(r, abs(t)) <= _MOST_STEPS for k, r, t in steps)


def _entry(held: dict[str, Any], question: Question) -> Entry:
    """Return a record's choice.

    Raises:
        ValueError: if it is none that may be taken: in another precision, say, or less exact.
    """
    tile, parts = tile_called(held["tile"]), held["parts"]
    times = float(held["us"]), float(held["table_us"])
    is_choice = tile is not None and type(parts) is int and all(map(isfinite, times))
    if not is_choice or not takes(question, Choice(tile, parts)):
        msg = f"no choice for {question.precision}: {held['tile']!r} in {parts!r} parts"
        raise ValueError(msg)
    return Entry(Choice(tile, parts), *times)
