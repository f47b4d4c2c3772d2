"""Proofs that were found, kept between reports: a law is proved once, not for every document.

What becomes of a proof depends on the sources that write its steps and on the engines that decide
them, in their own units of work. ``digest`` is of all of these: of every module that ``proving``
could import, and of the versions. A proof is taken from the file only under the same digest; only
proofs that were found are kept, so whatever else became of one is asked anew. ``convproof prove``
keeps nothing and takes nothing from here.

The file is ``$CONVPROOF_CACHE/proofs.json``, or in ``convproof`` of the user's cache
(``$XDG_CACHE_HOME`` or ``~/.cache``); where it cannot be written, nothing is kept.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import convproof
from convproof import whole
from convproof.proving.outcome import Outcome, Verdict

ENGINES = ("z3-solver", "cvc5", "sympy")
_ALSO = ("numpy",)  # writes steps
_ABOVE = ("report", "cli", "experiments", "testing", "pytest_plugin")  # proving: not imported
_BESIDE = ("verify", "benchmarks", "training")
_SCHEMA = "convproof/report-proofs/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Became:
    """What became of a proof, as far as a report shows it.

    Attributes:
        verdict: the outcome's.
        steps: how many were proved, and of how many.
        engines: by which engines, and how many steps each.
        changed: what the false twin changes, or "".
        counterexample: what refutes the twin, or "".
    """

    verdict: Verdict
    steps: tuple[int, int]
    engines: tuple[tuple[str, int], ...]
    changed: str
    counterexample: str


def of(outcome: Outcome) -> Became:
    """Return what a report shows of an outcome."""
    count = len(outcome.findings)
    return Became(
        verdict=outcome.verdict,
        steps=(count - len(outcome.failing), count),
        engines=tuple(outcome.engines.items()),
        changed=outcome.changed,
        counterexample=outcome.counterexample,
    )


def place() -> Path:
    """Return the file, whether or not it is there."""
    home = os.environ.get("XDG_CACHE_HOME")
    named = os.environ.get("CONVPROOF_CACHE")
    return Path(named or Path(home or Path.home() / ".cache") / "convproof") / "proofs.json"


@cache
def digest() -> str:
    """Return the digest of what outcomes depend on: our sources, and the versions of others."""
    versions = [f"python {sys.version_info[:3]}"]
    versions += [f"{name} {version(name)}" for name in (*ENGINES, *_ALSO)]
    return digest_of(Path(convproof.__file__).parent, versions)


def digest_of(root: Path, versions: Sequence[str]) -> str:
    """Return the digest of versions and of the modules of a package that proofs may come from."""
    found = sha256("\n".join(versions).encode())
    for file in sorted(root.rglob("*.py")):
        path = file.relative_to(root)
        if path.parts[0].removesuffix(".py") not in (*_ABOVE, *_BESIDE):
            content = file.read_bytes()
            found.update(f"\n{path.as_posix()} {len(content)}\n".encode())
            found.update(content)
    return found.hexdigest()


def read(file: Path, sources: str | None = None) -> dict[str, Became]:
    """Return the proofs that a file keeps, by name.

    Args:
        file: if it is not there, or is not such a file, it keeps none.
        sources: the digest that they must be of; None: of whatever sources.
    """
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        held = json.loads(file.read_text(encoding="utf-8"))
        if held["schema"] == _SCHEMA and sources in (None, held["sources"]):
            return {name: _became(each) for name, each in held["proofs"].items()}
    return {}


def installed() -> dict[str, str]:
    """Return the versions of the engines that decide proofs here."""
    return {name: version(name) for name in ENGINES}


def versions(file: Path) -> dict[str, str]:
    """Return the versions of the engines that decided the proofs of a file; none if it is none."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        held = json.loads(file.read_text(encoding="utf-8"))["engines"]
        return {str(name): str(each) for name, each in held.items()}
    return {}


def keep(file: Path, found: Mapping[str, Became]) -> None:
    """Add the proofs that were found to those of these sources; others are forgotten."""
    held = read(file, digest()) | {n: each for n, each in found.items() if each.verdict == "proved"}
    document = {
        "schema": _SCHEMA,
        "sources": digest(),
        "engines": installed(),
        "proofs": {name: asdict(held[name]) for name in sorted(held)},
    }
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        whole.write([(file, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())])


def _became(held: Any) -> Became:
    """Return what a record says.

    Raises:
        ValueError: if it is not one of a proof that was found.
    """
    match held:
        case {
            "verdict": "proved",
            "steps": [int(proved), int(count)],
            "engines": [*engines],
            "changed": str(changed),
            "counterexample": str(counterexample),
        }:
            return Became(
                verdict="proved",
                steps=(proved, count),
                engines=tuple((str(name), int(number)) for name, number in engines),
                changed=changed,
                counterexample=counterexample,
            )
    msg = "no record of a proof"
    raise ValueError(msg)
