"""What the engines were asked, as SMT-LIB files that any solver can check again.

::

    DIR/strided/001-z3.smt2         its first line says "; z3: unsat": the step is proved
    DIR/strided/twin-001-z3.smt2    "; z3: sat": the false twin is refuted
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from convproof.proving.outcome import Outcome

_OURS = re.compile(r"(twin-)?\d{3,}-[a-z0-9]+\.smt2")
_LONGEST = 100  # characters of a folder's name


def writable(directory: Path) -> None:
    """Make a directory, and raise ``OSError`` unless files can be written into it."""
    directory.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=directory):
        pass


def write(directory: Path, outcomes: Sequence[Outcome]) -> int:
    """Write the files of outcomes, in place of those of an earlier run of the same proofs.

    Returns:
        How many there are.

    Raises:
        OSError: if one cannot be written.
    """
    written = 0
    for folder, outcome in folders(outcomes):
        place = directory / folder
        place.mkdir(exist_ok=True)
        for old in place.iterdir():
            if _OURS.fullmatch(old.name):
                old.unlink()
        for name, text in texts(outcome):
            (place / name).write_text(text, encoding="utf-8")
            written += 1
    return written


def folders(outcomes: Sequence[Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Yield each outcome with the name of a folder of its own."""
    used: set[str] = set()
    for outcome in outcomes:
        plain = re.sub(r"\W+", "-", outcome.name, flags=re.ASCII).strip("-")[:_LONGEST] or "claim"
        name, number = plain, 1
        while name.casefold() in used:
            number += 1
            name = f"{plain}-{number}"
        used.add(name.casefold())
        yield name, outcome


def texts(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield name and contents of every file: a solver says unsat of steps, and sat of a twin."""
    for kind, findings in (("", outcome.findings), ("twin-", outcome.twin)):
        for number, finding in enumerate(findings, start=1):
            for engine, text in finding.texts.items():
                said = "unsat" if finding.status == "proved" else "sat"
                yield f"{kind}{number:03}-{engine}.smt2", f"; {engine}: {said}\n{text}"
