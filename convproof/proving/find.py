"""Finding what to prove: a proof of ours by its name, or a claim in a user's file or module.

======================  ==================================================================
``dilated``             a proof of ours (``convproof prove --list``)
``path/file.py:CLAIM``  an object of a file: a ``Claim``, ``SameSum``, ``Identity`` or ``Proof``
``package.module:obj``  an object of a module
``path/file.py``        all of these that the file has
======================  ==================================================================
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from convproof.errors import TargetError
from convproof.objects import attribute, from_file, from_module
from convproof.symbolic.solver import Claim, Identity, Instances, SameSum, Step
from convproof.theorems.proof import Proof
from convproof.theorems.proofs import proofs

_STEPS = (Claim, SameSum, Identity, Instances)


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
        for each in _meant(name):
            found.setdefault(each.spec, each)
    return tuple(found.values())


def found(spec: str) -> Proof | Step:
    """Return the object that a spec of ``asked`` stands for."""
    if spec in proofs():
        return proofs()[spec]
    place, _, path = spec.partition(":")
    thing: Proof | Step = attribute(_module(place, spec), path, place)
    return thing


def _meant(name: str) -> tuple[Asked, ...]:
    if name in proofs():
        return (Asked(name=name, spec=name),)
    place, colon, path = name.partition(":")
    if not colon and not place.endswith(".py"):
        near = get_close_matches(name, proofs(), 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see `convproof prove --list`,"
        msg = f"no proof is called {name!r}: {hint} or name a claim as path/file.py:CLAIM."
        raise TargetError(msg)
    module = _module(place, name)
    if path:
        thing = attribute(module, path, place)
        if not isinstance(thing, (*_STEPS, Proof)):
            msg = (
                f"{name!r} is a {type(thing).__name__}: only a Claim, SameSum, Identity or Proof "
                "can be proved."
            )
            raise TargetError(msg)
        return (Asked(name=_called(thing, path), spec=name),)
    held = {
        key: thing for key, thing in vars(module).items() if isinstance(thing, (*_STEPS, Proof))
    }
    if not held:
        msg = f"{name!r} holds no Claim, SameSum, Identity or Proof."
        raise TargetError(msg)
    return tuple(Asked(name=_called(t, key), spec=f"{name}:{key}") for key, t in held.items())


def _called(thing: Any, otherwise: str) -> str:
    return str(getattr(thing, "name", "")) or otherwise


def _module(place: str, spec: str) -> Any:
    return from_file(Path(place), spec) if place.endswith(".py") else from_module(place, spec)
