"""A run: the parts that were asked for, measured one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from convproof.benchmarks import convolutions, imports, symbolic
from convproof.benchmarks.protocol import QUICK, Protocol
from convproof.errors import MissingExtraError

Record = dict[str, Any]
On = Callable[[str], None]

_TITLES = {
    "convolutions": "convolutions: the NumPy path against PyTorch",
    "symbolic": "symbolic: triples against SymPy",
    "imports": "imports",
}
_TEXTS = {
    "convolutions": convolutions.text,
    "symbolic": symbolic.text,
    "imports": imports.text,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asks to be measured.

    Attributes:
        parts: names of the parts.
        insists: whether they were named, so that a part that cannot run is an error.
        networks: whose convolutions.
        batches: how many images at a time.
        quick: once and small.
    """

    parts: tuple[str, ...]
    insists: bool
    networks: tuple[str, ...]
    batches: tuple[int, ...]
    quick: bool


def measure(asked: Asked, on: On) -> Record:
    """Return the record of every part, by its name.

    Raises:
        MissingExtraError: if a part that was named needs a package that is not installed.
    """
    record: Record = {}
    for part in asked.parts:
        try:
            record[part] = _measure(part, asked, on)
        except MissingExtraError as error:
            if asked.insists:
                raise
            record[part] = {"skipped": str(error)}
    return record


def text(record: Record) -> str:
    """Return all the tables."""
    paragraphs = []
    for part, found in record.items():
        body = f"skipped: {found['skipped']}" if "skipped" in found else _TEXTS[part](found)
        paragraphs.append(f"\n{_TITLES[part]}\n\n{body}")
    return "\n".join(paragraphs)


def _measure(part: str, asked: Asked, on: On) -> Record:
    if part == "convolutions":
        protocol = QUICK if asked.quick else Protocol()
        return convolutions.measure(asked.networks, asked.batches, protocol, on)
    if part == "symbolic":
        return symbolic.measure(1 if asked.quick else 3, on, quick=asked.quick)
    return imports.measure(1 if asked.quick else 5, on)
