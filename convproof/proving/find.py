"""Finding what to prove: a proof of ours by its name, or a claim in a user's file or module.

======================  ==================================================================
``dilated``             a proof of ours (``convproof prove --list``)
``path/file.py:CLAIM``  an object of a file: a ``Claim``, ``SameSum``, ``Identity`` or ``Proof``
``package.module:obj``  an object of a module
``path/file.py``        all of these that the file has
``package.module``      all of these that the module has
======================  ==================================================================
"""

import sys
from collections.abc import Iterable
from contextlib import redirect_stdout
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from convproof.errors import TargetError
from convproof.objects import attribute, from_file, from_module
from convproof.symbolic.solver import Claim, Identity, Instances, SameSum, Step
from convproof.theorems.proof import Proof
from convproof.theorems.proofs import proofs

_PROVABLE = (Claim, SameSum, Identity, Instances, Proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is to be proved.

    Attributes:
        name: what it is called in tables.
        spec: where another process finds it.
    """

    name: str
    spec: str


def asked(names: Iterable[str]) -> tuple[Asked, ...]:
    """Return what names stand for, each once; every proof of ours for none.

    Raises:
        TargetError: if one stands for nothing.
    """
    found: dict[str, Asked] = {}
    for name in tuple(names) or tuple(proofs()):
        for each in _of_user(name) if is_of_user(name) else (_of_ours(name),):
            found.setdefault(each.spec, each)
    return tuple(found.values())


def found(spec: str) -> Proof | Step:
    """Return the object that a spec of ``asked`` stands for."""
    if not is_of_user(spec):
        return proofs()[spec]
    place, _, path = spec.partition(":")
    thing: Proof | Step = attribute(_module(place, spec), path, place)
    return thing


def is_of_user(name: str) -> bool:
    """Return whether a name is of a file or a module; none of ours has a point or a colon."""
    return ":" in name or "." in name


def _of_ours(name: str) -> Asked:
    if name in proofs():
        return Asked(name=name, spec=name)
    near = get_close_matches(name, proofs(), 3)
    if Path(f"{name}.py").is_file():
        near = [f"{name}.py"]
    hint = f"did you mean {' or '.join(near)}?" if near else "see `convproof prove --list`,"
    msg = f"no proof is called {name!r}: {hint} or name a claim as path/file.py:CLAIM."
    raise TargetError(msg)


def _of_user(name: str) -> tuple[Asked, ...]:
    place, _, path = name.partition(":")
    module = _module(place, name)
    if path:
        thing = attribute(module, path, place)
        if not isinstance(thing, _PROVABLE):
            msg = (
                f"{name!r} is a {type(thing).__name__}: only a Claim, SameSum, Identity or Proof "
                "can be proved."
            )
            raise TargetError(msg)
        return (Asked(name=_called(thing, path), spec=name),)
    held: dict[int, tuple[str, Any]] = {}
    for key, thing in vars(module).items():
        if isinstance(thing, _PROVABLE):
            held.setdefault(id(thing), (key, thing))
    if not held:
        msg = f"{place!r} holds no Claim, SameSum, Identity or Proof."
        raise TargetError(msg)
    return tuple(Asked(name=_called(t, key), spec=f"{place}:{key}") for key, t in held.values())


def _called(thing: Any, otherwise: str) -> str:
    return " ".join(str(thing.name).split()) or otherwise


def _module(place: str, spec: str) -> Any:
    """Return a module; what it prints is no part of a table, or of a document."""
    with redirect_stdout(sys.stderr):
        if place.endswith(".py"):
            path = Path(place)
            changed = path.stat().st_mtime_ns if path.is_file() else 0
            return _loaded(place, str(path.resolve()), changed)
        if not all(part.isidentifier() for part in place.split(".")):
            msg = f"{place!r} is neither a .py file nor a module (in {spec!r})."
            raise TargetError(msg)
        return from_module(place, spec)


@lru_cache(maxsize=64)
def _loaded(place: str, resolved: str, changed: int) -> Any:
    """Return the module of a file, run once for all of its claims."""
    del resolved, changed
    return from_file(Path(place), place)
