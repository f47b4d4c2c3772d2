"""What to tell of a name that leads to no target: what was perhaps meant."""

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from convproof.functions import Function
from convproof.implementation import implementation_names

_NAMES = [function.name for function in Function.all()]
_TORCHS = {("torch.autograd.function", "Function"), ("torch.nn.modules.module", "Module")}


def torch_bases(kind: type) -> set[tuple[str, str]]:
    """Return which of torch's classes that autograd knows a class is made of."""
    return {(base.__module__, base.__name__) for base in kind.__mro__} & _TORCHS


def no_module(name: str, spec: str) -> str:
    """Return what is told of a name that no module has.

    Args:
        name: what was taken for a module.
        spec: what the user wrote.
    """
    if spec.endswith((".cu", ".cuh")):
        return f"{spec!r} is a CUDA source: `convproof sim-check {spec}` runs its kernels."
    head, _, tail = name.rpartition(".")
    near = get_close_matches(name, implementation_names(), 1)
    meant = near[0] if near else f"{head}:{tail}" if _is_module(head) else ""
    return (
        f"no target is called {spec!r}: it is no implementation "
        f"({', '.join(implementation_names())}) and no module that can be imported from here; "
        + (f"did you mean {meant}?" if meant else
           "write package.module:object or path/file.py:object.")
    )  # fmt: skip


def is_module_name(name: str) -> bool:
    """Return whether a name is one that a module can have."""
    return all(part.isidentifier() for part in name.split("."))


def held_instead(found: Any, spec: str) -> str:
    """Return what an object holds that could be meant, as the end of a sentence, or "".

    Args:
        found: what holds none of our names.
        spec: what the user wrote.
    """
    held = found if isinstance(found, Mapping) else vars(found) if inspect.ismodule(found) else {}
    for name in map(str, held or dir(found)):
        near = get_close_matches(name, _NAMES, 1, 0.8)
        if near and name[:1] != "_":
            return f", though {name} is near to {near[0]}"
    classes = [
        f"{spec}{'.' if ':' in spec else ':'}{name}"
        for name, each in held.items()
        if inspect.isclass(each)
        and each.__module__ == getattr(found, "__name__", "")
        and torch_bases(each)
    ]
    return f"; a class is verified by its name: {' or '.join(classes)}" if classes else ""


def _is_module(name: str) -> bool:
    if not name or not is_module_name(name):
        return False
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
