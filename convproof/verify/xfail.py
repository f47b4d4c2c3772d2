"""Failures that are known: a file names them, and a run says when one no longer fails.

A TOML file; ``versions`` are those that the failures were seen with, and entries of other versions
do not apply::

    target = "torch"
    versions = { torch = "2.13.0" }

    [[expected]]
    function = "avg_pool3d*"          # a name, or a pattern of names
    theorem = "shape"                 # likewise
    law = "*ceil_mode*"               # "*" if not given: a pattern of what is told as the law
    dtype = "*"                       # the default
    reason = "refuses an input below the kernel, padding not counted"
    strict = true                     # the default: that it holds is a failure, as in pytest
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from convproof.errors import EvidenceError
from convproof.functions import Function
from convproof.theorems import THEOREMS
from convproof.verify.runner import DTYPES, Outcome

_WORDS = {"function", "theorem", "law", "dtype", "reason", "strict"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One known failure.

    Attributes:
        target: the target it was seen in.
        versions: of the packages it was seen with; empty: any.
        function: a pattern of functional names.
        theorem: a pattern of the theorems that are refuted.
        law: a pattern of what is told as the law.
        dtype: a pattern of dtypes.
        reason: why it is known.
        strict: whether it is a failure that the law holds.
    """

    target: str
    versions: tuple[tuple[str, str], ...]
    function: str
    theorem: str
    law: str = "*"
    dtype: str = "*"
    reason: str
    strict: bool = True

    def fault(self) -> str:
        """Return what the entry names that there is not, or ""."""
        functions = [function.name for function in Function.all()]
        for what, pattern, names in (
            ("function", self.function, functions),
            ("dtype", self.dtype, list(DTYPES)),
        ):
            if not any(fnmatchcase(name, pattern) for name in names):
                near = get_close_matches(pattern, names, 3) or sorted(names)[:8]
                return f"no {what} is called {pattern!r}; there are {', '.join(near)}"
        names = sorted({theorem.name for theorem in THEOREMS})
        if not any(fnmatchcase(name, self.theorem) for name in names):
            return f"{self.theorem!r} is no theorem; there are {', '.join(names)}"
        return ""

    def speaks_of(self, spec: str, versions: Any) -> bool:
        """Return whether the entry is about this target in these versions."""
        installed = {name: version.partition("+")[0] for name, version in versions.items()}
        return spec == self.target and all(installed.get(k) == v for k, v in self.versions)

    def is_about(self, outcome: Outcome) -> bool:
        """Return whether the entry is about the outcome's function and dtype."""
        return fnmatchcase(outcome.function.name, self.function) and fnmatchcase(
            outcome.dtype, self.dtype
        )

    def is_of(self, outcome: Outcome) -> bool:
        """Return whether the entry is about this outcome."""
        told = outcome.violation is None or fnmatchcase(outcome.violation.law, self.law)
        return self.is_about(outcome) and told and fnmatchcase(outcome.theorem.name, self.theorem)


def known() -> list[Expected]:
    """Return the failures of released libraries that convproof itself knows: ``known/*.toml``."""
    folder = files("convproof").joinpath("known")
    paths = sorted(str(place) for place in folder.iterdir() if place.name.endswith(".toml"))
    return [entry for path in paths for entry in read(path)]


def read(path: str | Path) -> list[Expected]:
    """Return the known failures that a file names.

    Raises:
        EvidenceError: if the file cannot be read, or is not as the module says.
    """
    try:
        document = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{str(path)!r} is no list of known failures: {error}."
        raise EvidenceError(msg) from None
    target, versions = document.get("target"), document.get("versions", {})
    entries = document.get("expected")
    if not isinstance(target, str) or not _are_texts(versions):
        msg = f'{str(path)!r} must say target = "..." and versions = {{...}} at its head.'
        raise EvidenceError(msg)
    if not isinstance(entries, list):
        msg = f"{str(path)!r} has no [[expected]] entry."
        raise EvidenceError(msg)
    return [
        _entry(entry, path, number, target, tuple(sorted(versions.items())))
        for number, entry in enumerate(entries, 1)
    ]


def _entry(
    entry: Any, path: str | Path, number: int, target: str, versions: tuple[tuple[str, str], ...]
) -> Expected:
    where = f"entry {number} of {str(path)!r}"
    if not isinstance(entry, dict):
        msg = f"{where} is no table."
        raise EvidenceError(msg)
    unknown = sorted(set(entry) - _WORDS)
    lacking = sorted({"function", "theorem", "reason"} - set(entry))
    if unknown or lacking:
        msg = f"{where} must have function, theorem and reason, and may have law, dtype and strict"
        found = [f"lacks {', '.join(lacking)}"] * bool(lacking)
        found += [f"has {', '.join(unknown)}"] * bool(unknown)
        raise EvidenceError(f"{msg}; it {' and '.join(found)}.")  # noqa: EM102
    texts = {name: entry[name] for name in _WORDS - {"strict"} if name in entry}
    if not _are_texts(texts) or not isinstance(entry.get("strict", True), bool):
        msg = f"{where}: all are texts, and strict is true or false."
        raise EvidenceError(msg)
    expected = Expected(target=target, versions=versions, **entry)
    if fault := expected.fault():
        raise EvidenceError(f"{where}: {fault}.")  # noqa: EM102
    return expected


def _are_texts(table: Any) -> bool:
    return isinstance(table, dict) and all(isinstance(value, str) for value in table.values())


def applied(outcomes: Sequence[Outcome], expected: Sequence[Expected]) -> list[Outcome]:
    """Return the outcomes, with known failures marked, and those that hold marked as failures.

    A function that breaks a law is not asked the later ones, so those may be expected to fail and
    not be asked.
    """
    marked = []
    for outcome in outcomes:
        entry = next((e for e in expected if e.is_of(outcome)), None)
        if entry is None:
            marked.append(outcome)
        elif outcome.status == "fail":
            marked.append(replace(outcome, status="xfail", reason=entry.reason))
        elif outcome.status in ("pass", "weak") and entry.strict:
            reason = f"expected to fail ({entry.reason}), but it holds"
            marked.append(replace(outcome, status="xpass", reason=reason))
        else:
            marked.append(outcome)
    return marked


def idle(expected: Sequence[Expected], asked: Sequence[tuple[str, Any, Any]]) -> list[str]:
    """Return what a user should hear of known failures that were given and changed nothing.

    Args:
        expected: the known failures.
        asked: of every target its spec, its versions and its outcomes.
    """
    if not expected or not asked:
        return []
    about = [
        (entry, outcomes)
        for spec, versions, outcomes in asked
        for entry in expected
        if entry.speaks_of(spec, versions)
    ]
    if not about:
        told = sorted(
            {" ".join((e.target, *(f"{k} {v}" for k, v in e.versions))) for e in expected}
        )
        found = [" ".join((s, *(f"{k} {v}" for k, v in vs.items()))) for s, vs, _ in asked]
        return [
            f"the known failures are about {', '.join(told)}: none is about {', '.join(found)}."
        ]
    return [
        f"{entry.function}: {entry.theorem} is expected to fail, but is not asked there."
        for entry, outcomes in about
        if any(entry.is_about(o) for o in outcomes) and not any(map(entry.is_of, outcomes))
    ]
