"""Finding a target: an installed implementation, a module, an object in one, or a file.

======================  =================================================================
``numpy``               an installed implementation (``convproof list``)
``package.module``      a module that holds functions such as ``conv2d``
``package.module:obj``  an object of it: a function, or a namespace of functions
``path/file.py:obj``    the same in a file
``path/file.py``        a file in KernelBench's form: ``Model`` and ``ModelNew``
``autograd:spec``       torch functions, whose derivatives are asked through autograd
======================  =================================================================

A subclass of ``torch.autograd.Function`` or ``torch.nn.Module`` is always asked through autograd.
"""

import ast
import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import wraps
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any

from convproof.calls import given_names
from convproof.errors import MissingExtraError, TargetError, UnsupportedError
from convproof.functions import Function
from convproof.implementation import implementation_names, load_implementation
from convproof.names import get_implementation
from convproof.names.arguments import argument_names
from convproof.objects import AbsentError, attribute, from_file, from_module
from convproof.verify.targets.absent import (
    held_instead,
    is_module_name,
    no_module,
    torch_bases,
)
from convproof.verify.targets.alike import alike_only
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.omitted import omitted, without
from convproof.verify.targets.words import LACKS, SUPPORTS

_NAMES = {function.name: function for function in Function.all()}
_CONV2D = _NAMES["conv2d"]
_AUTOGRAD = "autograd:"
_PAIR = ("Model", "ModelNew")  # what a file in KernelBench's form holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that was found and can be asked.

    Attributes:
        spec: as the user wrote it.
        functions: what it offers; what it lacks is unsupported.
        supports: what it declares to offer beyond torch's own geometries, of ``SUPPORTS``.
        lacks: what it has not, as it or the user declares, of ``LACKS``.
        versions: of the packages that it is made of.
        prelude: the Python lines that a snippet begins with.
        expression: how a snippet then writes each function.
        omits: the keywords that each is called without.
    """

    spec: str
    functions: Mapping[Function, Callable[..., Any]]
    supports: frozenset[str]
    lacks: frozenset[str]
    versions: Mapping[str, str]
    prelude: str
    expression: Mapping[Function, str]
    omits: Mapping[Function, frozenset[str]] = field(default_factory=dict)


def find_target(spec: str, *, bare: Function = _CONV2D, lacks: Collection[str] = ()) -> Target:
    """Return the target that a command line names.

    Args:
        spec: see the module.
        bare: what a function is that has no name of ours.
        lacks: what it has not, besides what it declares.

    Raises:
        TargetError: if nothing is found, or nothing in it can be asked.
        MissingExtraError: if it is an implementation whose package is not installed.
    """
    if spec in implementation_names():
        found: Any = get_implementation(spec)
        prelude, root = "from convproof import get_implementation", f"get_implementation({spec!r})"
        target = target_of(found, spec, bare=bare, prelude=prelude, root=root, lacks=lacks)
        own = getattr(load_implementation(spec), "versions", {})  # of a device, say
        named = target.supports | {"named", "tensorflow_same"}  # the functional names read both
        return replace(target, supports=named, versions={**target.versions, **own})
    place, _, path = spec.removeprefix(_AUTOGRAD).partition(":")
    if place.endswith(".py"):
        module = from_file(Path(place), spec)
        prelude, root = _file_prelude(Path(place)), "module"
    else:
        module = _from_module(place, spec)
        prelude, root = f"import {place}", place
    found = attribute(module, path, spec.removeprefix(_AUTOGRAD).partition(":")[0])
    root = f"{root}.{path}" if path else root
    return target_of(found, spec, bare=bare, module=module, prelude=prelude, root=root, lacks=lacks)


def usual_arrays(spec: str) -> Kind:
    """Return the arrays that a target takes if nothing else is said, without importing it.

    They are torch's of what is asked through autograd by its name, and of a file in KernelBench's
    form.

    Args:
        spec: see the module.
    """
    if spec.startswith(_AUTOGRAD):
        return "torch"
    if not spec.endswith(".py"):
        return "numpy"
    try:
        body = ast.parse(Path(spec).read_bytes()).body
    except (OSError, ValueError, SyntaxError):
        return "numpy"
    classes = {each.name for each in body if isinstance(each, ast.ClassDef)}
    return "torch" if classes.issuperset(_PAIR) else "numpy"


def check_device(kind: Kind, device: str) -> None:
    """Refuse a device on which torch has no tensors here: no target could answer there.

    Raises:
        TargetError: if there is none.
    """
    if kind != "torch" or device == "cpu":
        return
    try:
        import torch
    except ImportError:
        return  # told when the target is opened
    try:
        torch.empty(0, device=device)
    except Exception as error:  # each device has errors of its own
        first = next(iter(str(error).splitlines()), "")
        msg = f"torch has no device {device!r}: {type(error).__name__}: {first}"
        raise TargetError(msg) from None


def target_of(
    found: Any,
    spec: str,
    *,
    bare: Function = _CONV2D,
    module: Any = None,
    prelude: str = "",
    root: str = "module",
    lacks: Collection[str] = (),
) -> Target:
    """Return the target that an object is.

    Args:
        found: a function, or what holds functions.
        spec: what it is called.
        bare: what a function is that has no name of ours.
        module: where it is declared what it supports and lacks, unless it says so itself.
        prelude: the lines that a snippet begins with.
        root: how a snippet then writes the object.
        lacks: what it has not, besides what it declares.

    Raises:
        TargetError: if nothing in it can be asked.
        MissingExtraError: if it is torch's and torch is not installed.
    """
    _check_instance(found, bare, spec)
    lacking = _declared("lacks", LACKS, found, module, spec) | frozenset(lacks)
    asked, more, root = _adapted(found, spec, bare, root, lacking)
    functions = _functions(asked)
    if functions:
        held = "{root}[{name!r}]" if isinstance(asked, Mapping) else "{root}.{name}"
        expression = {f: held.format(root=root, name=f.name) for f in functions}
    elif callable(asked) and not inspect.isclass(asked):
        name = _NAMES.get(getattr(asked, "__name__", ""), bare)
        functions, expression = {name: asked}, {name: root}
    else:
        msg = (
            f"nothing in {spec!r} can be verified: it is no function, and holds none called "
            f"conv1d, conv2d or another name of `convproof list`{held_instead(asked, spec)}."
        )
        raise TargetError(msg)
    omits = dict[Function, frozenset[str]]()
    if asked is found:
        omits = {function: omitted(function, call, lacking) for function, call in functions.items()}
        for function, call in functions.items():
            _check_signature(function, call, spec, omits[function])
        functions = {f: without(call, omits[f], f.name) for f, call in functions.items()}
    else:
        lacking |= asked.missing
        functions = {function: _of_tensors(call, spec) for function, call in functions.items()}
    return Target(
        spec=spec,
        functions={f: alike_only(call, f, lacking) for f, call in functions.items()},
        supports=_declared("supports", SUPPORTS, found, module, spec),
        lacks=lacking,
        versions=_versions(spec.removeprefix(_AUTOGRAD), found) or _source(module),
        prelude="\n".join(filter(None, [prelude, more])),
        expression=expression,
        omits=omits,
    )


def _adapted(
    found: Any, spec: str, bare: Function, root: str, lacks: frozenset[str]
) -> tuple[Any, str, str]:
    """Return what is asked in the place of what was found, and how a snippet writes it."""
    pair = all(inspect.isclass(getattr(found, name, None)) for name in _PAIR)
    bases = found.__mro__ if inspect.isclass(found) else ()
    torchs = torch_bases(found) if inspect.isclass(found) else set()
    if not pair and not torchs and not spec.startswith(_AUTOGRAD):
        return found, "", root
    try:
        from convproof.verify.targets import autograd, kernelbench
    except ImportError:
        raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message
    if pair:
        more = "from convproof.verify.targets.kernelbench import ModelPair"
        return kernelbench.ModelPair(found, spec), f"{more}\npair = ModelPair({root})", "pair"
    several = {f: call for f, call in _functions(found).items() if f.role == "forward"}
    names = [kernelbench.LAYERS.get(base.__name__, "") for base in bases]
    names += [getattr(found, "__name__", "")]
    layer = next((_NAMES[name] for name in names if name in _NAMES), bare).layer
    given, told = found, f"{root}, {layer!r}"
    if several and not torchs:
        given = {f.name: call for f, call in several.items()}
        told = "{" + ", ".join(f"{f.name!r}: {root}.{f.name}" for f in several) + "}"
    told += f", lacks={sorted(lacks)}" if lacks else ""
    more = f"from convproof.verify.targets.autograd import Autograd\nasked = Autograd({told})"
    return autograd.Autograd(given, layer, lacks), more, "asked"


def _functions(found: Any) -> dict[Function, Callable[..., Any]]:
    functions = {}
    for name, function in _NAMES.items():
        call = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
        if callable(call):
            functions[function] = call
    return functions


def _from_module(name: str, spec: str) -> Any:
    if name and not is_module_name(name):
        raise TargetError(no_module(name, spec))
    try:
        return from_module(name, spec)
    except AbsentError:
        raise TargetError(no_module(name, spec)) from None


def _check_instance(found: Any, function: Function, spec: str) -> None:
    """Refuse a constructed module of torch, which cannot be told a geometry."""
    if inspect.isclass(found) or not torch_bases(type(found)):
        return
    try:
        _check_signature(function, found.forward, spec, frozenset())
    except TargetError:
        kind = type(found)
        msg = (
            f"{spec!r} is an instance of {kind.__name__}, whose geometry is fixed; give the class, "
            f"which is constructed anew for each case: {kind.__module__}:{kind.__qualname__}."
        )
        raise TargetError(msg) from None


def _of_tensors(call: Callable[..., Any], spec: str) -> Callable[..., Any]:
    """Return a function that refuses what is no tensor, for autograd knows nothing else."""
    import torch

    @wraps(call)
    def asked(*given: Any, **options: Any) -> Any:
        if any(hasattr(a, "dtype") and not isinstance(a, torch.Tensor) for a in given):
            msg = f"{spec!r} is asked through torch's autograd: give --arrays torch."
            raise UnsupportedError(msg)
        return call(*given, **options)

    return asked


def _file_prelude(path: Path) -> str:
    lines = ["from runpy import run_path", "from types import SimpleNamespace", ""]
    if path.parent != Path():
        lines = ["import sys", *lines, f"sys.path.insert(0, {str(path.parent)!r})"]
    return "\n".join([*lines, f"module = SimpleNamespace(**run_path({str(path)!r}))"])


def _declared(
    what: str, known: frozenset[str], found: Any, module: Any, spec: str
) -> frozenset[str]:
    """Return what the object declares, or else the module that it is in."""
    declared: Any = getattr(found, what, getattr(module, what, ()))
    if isinstance(found, Mapping):
        declared = found.get(what, declared)
    words = frozenset((declared,) if isinstance(declared, str) else declared)
    unknown = sorted(map(str, words - known))
    if unknown:
        msg = (
            f"{spec!r} declares {what} = {{{', '.join(unknown)}}}; known are "
            f"{', '.join(sorted(known))}."
        )
        raise TargetError(msg)
    return words


def _versions(spec: str, found: Any) -> dict[str, str]:
    """Return the versions of the packages that a target is made of, as far as they tell."""
    packages = {spec.partition(":")[0].partition(".")[0]}
    packages.add(str(getattr(found, "__module__", "")).partition(".")[0])
    packages.update(getattr(found, "packages", ()))
    versions = {}
    for package in sorted(packages - {""}):
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _source(module: Any) -> dict[str, str]:
    """Return a digest of the file that code of no package stands in, in place of its version."""
    file = Path(str(getattr(module, "__file__", "")))
    try:
        return {file.name: f"sha256:{sha256(file.read_bytes()).hexdigest()[:12]}"}
    except OSError:
        return {}


def _check_signature(
    function: Function, call: Callable[..., Any], spec: str, omits: frozenset[str]
) -> None:
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return  # a builtin does not tell
    positional = given_names(function)
    keywords = () if function.role == "bias" else argument_names(function.layer)
    keywords = tuple(word for word in keywords if word not in omits)
    try:
        signature.bind(*positional, **dict.fromkeys(keywords))
    except TypeError as error:
        asked = ", ".join([*positional, *(f"{word}=…" for word in keywords)])
        msg = f"{function.name} of {spec!r} is called f({asked}), but takes {signature}: {error}."
        raise TargetError(msg + _lacking(function, call, keywords, signature)) from None


def _lacking(
    function: Function,
    call: Callable[..., Any],
    keywords: tuple[str, ...],
    signature: inspect.Signature,
) -> str:
    """Return how to say that a function has no such keywords, if that can be said."""
    if any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values()):
        return ""
    words = [
        word
        for word in sorted(LACKS)
        if omitted(function, call, {word}) & ({*keywords} - signature.parameters.keys())
    ]
    if not words:
        return ""
    declared = ", ".join(f'"{word}"' for word in words)
    return (
        f" What it does not offer is not passed: --lacks {','.join(words)}, or in its module "
        f"lacks = {{{declared}}}."
    )
