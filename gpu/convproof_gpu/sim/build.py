"""From a source to a library, compiled once and kept by its content.

Processes that build the same at once do no harm: each writes under a name of its own, and renames;
the runtime and our parsed header, which every module shares, one builds while the others wait.
"""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from convproof_gpu.cache import alone, folder
from convproof_gpu.sim.compiler import OURS, Compiler, compiler, run
from convproof_gpu.sim.source import Kernel, Rewritten, SourceError, copy_of, rewritten, stub_of

_HERE = Path(__file__).parent
DEVICE, RUNTIME, KERNELS = _HERE / "device", _HERE / "runtime", _HERE.parent / "kernels"
HEADER = "sim.hpp"  # of DEVICE, which every module includes first


@dataclass(frozen=True, slots=True)
class Built:
    """A module that can be loaded.

    Attributes:
        path: of the library.
        runtime: of the library that it needs.
        kernels: those of the source and of what it includes.
        exports: expressions that name kernels; one that stands under a false #if is not there.
    """

    path: Path
    runtime: Path
    kernels: tuple[Kernel, ...]
    exports: tuple[str, ...]


def built(
    source: str,
    *,
    file: str,
    include: Sequence[Path] = (),
    options: Sequence[str] = (),
    macros: Sequence[str] = (),
    expressions: Sequence[str] = (),
) -> Built:
    """Return the library of a source, which is compiled if it is not kept.

    Args:
        source: CUDA C++.
        file: its name, for messages.
        include: folders for what it includes by quotes.
        options: the compiler's.
        macros: of the source and not of our headers, such as ``-DN=3``.
        expressions: of template kernels, such as ``"scale<float>"``.

    Raises:
        SourceError: if the source is not supported, or does not compile.
        CompilerError: if there is no compiler.
    """
    found = compiler()
    main, headers = _rewritten_all(source, file, include)
    held = [kernel for part in (main, *headers.values()) for kernel in part.kernels]
    plain = list(dict.fromkeys(kernel.name for kernel in held if not kernel.template))
    asked = [name for name in dict.fromkeys(expressions) if name not in plain]
    _look_at(asked, held, main.text, file)
    exports = [*plain, *asked]
    stubs = "".join(f"SIM_EXPORT({stub_of(name)}, {name})\n" for name in asked)
    defined = "".join(map(_defined, macros))
    text = f'#include "{HEADER}"\n{defined}#line 1 {_quoted(file)}\n{main.text}\n{stubs}'
    runtime = built_runtime(found)
    parts = [text, *(f"{n}\0{part.text}" for n, part in headers.items()), *options, _tools(found)]
    path = folder("sim") / f"kernel-{_digest(parts)}.so"
    if not path.exists():
        _build(found, text, headers, options, runtime, path, file)
    return Built(path, runtime, tuple(held), tuple(exports))


def _look_at(expressions: Sequence[str], held: Sequence[Kernel], text: str, file: str) -> None:
    """Refuse what names no kernel, not even one that a macro makes, before a compiler does."""
    names = [kernel.name for kernel in held]
    for expression in expressions:
        name, angle, rest = expression.partition("<")
        if angle and (not rest.endswith(">") or rest.count("<") + 1 != rest.count(">")):
            msg = f"{file}: {expression!r} names no kernel: its brackets do not close."
            raise SourceError(msg)
        bare = name.strip().removeprefix("::")
        if bare not in names and not re.search(rf"\b{re.escape(bare)}\b", text):
            there_are = f"there are {', '.join(names)}" if names else "there is none"
            msg = f"{file}: {expression!r} names no kernel; {there_are}."
            raise SourceError(msg)


def _build(
    found: Compiler,
    text: str,
    headers: dict[str, Rewritten],
    options: Sequence[str],
    runtime: Path,
    path: Path,
    file: str,
) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as own_folder:
        work = Path(own_folder)
        source, compiled, library = work / "module.cpp", work / "module.o", work / "module.so"
        source.write_text(text, encoding="utf-8")
        for name, part in headers.items():
            place = work / copy_of(name)
            place.write_text(f"#line 1 {_quoted(name)}\n{part.text}", encoding="utf-8")
        own = [*options, *(f"-fdebug-prefix-map={at}=/{OURS}" for at in (DEVICE, KERNELS))]
        parsed = _parsed(found, own)
        own = [f"-I{work}", f"-I{DEVICE}", f"-I{KERNELS}", *own]
        told = run(found.kernel(source, compiled, [*parsed, *own]))
        if told and parsed:  # some compilers stop at a parsed header that they cannot load
            told = run(found.kernel(source, compiled, own))
        told = told or run(found.link(compiled, runtime, library))
        if told:
            msg = f"{file} does not compile:\n{told.rstrip()[:6000]}"
            raise SourceError(msg)
        library.replace(path)


def _rewritten_all(
    source: str, file: str, include: Sequence[Path]
) -> tuple[Rewritten, dict[str, Rewritten]]:
    """Return the source and all that it includes by quotes, each once."""
    main = rewritten(source, file)
    headers: dict[str, Rewritten] = {}
    wanted = list(main.included)
    while wanted:
        name = wanted.pop()
        if name in headers:
            continue
        place = next((held / name for held in include if (held / name).is_file()), None)
        if place is None:  # it may stand under an #if that is false
            folders = ", ".join(map(str, include)) or "no folder was given"
            missing = f'#error "{name}: there is no such file ({folders})"\n'
            headers[name] = Rewritten(missing, (), ())
            continue
        headers[name] = rewritten(place.read_text(encoding="utf-8", errors="replace"), name)
        wanted += headers[name].included
    return main, headers


def built_runtime(found: Compiler) -> Path:
    """Return the library that every module of a compiler's needs."""
    path = folder("sim") / f"runtime-{_digest([_tools(found)])}.so"
    if path.exists():
        return path
    with alone(path), tempfile.TemporaryDirectory(dir=path.parent) as work:
        if not path.exists():
            library = Path(work) / path.name  # the name that a module asks for
            told = run(found.runtime(RUNTIME / "runtime.cpp", library))
            if told:
                msg = f"the simulator's runtime does not compile with {found.command[0]}:\n{told}"
                raise SourceError(msg)
            library.replace(path)
    return path


def _parsed(found: Compiler, options: Sequence[str]) -> list[str]:
    """Return the option that finds our header as the compiler has parsed it once, if it can."""
    if found.family != "gcc":
        return []
    command = found.header(DEVICE / HEADER, Path("header"), options)
    name = _digest([_content(DEVICE, "*"), found.identity, *command])
    path = folder("sim") / f"header-{name}" / f"{HEADER}.gch"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        with alone(path), tempfile.TemporaryDirectory(dir=path.parent) as work:
            made = Path(work) / path.name
            if not path.exists() and not run(found.header(DEVICE / HEADER, made, options)):
                made.replace(path)
    return [f"-I{path.parent}"]


@cache
def _tools(found: Compiler) -> str:
    """Return what decides a library besides the source: our headers and the compiler."""
    own = [_content(DEVICE, "*"), _content(RUNTIME, "*"), _content(KERNELS, "*.cuh")]
    return "\0".join([*own, found.identity, *found.kernel(Path("a"), Path("b"), ())])


@cache
def _content(place: Path, pattern: str) -> str:
    """Return the files of a folder, one after another."""
    paths = sorted(filter(Path.is_file, place.glob(pattern)))
    return "\0".join(path.read_text(encoding="utf-8") for path in paths)


def _defined(option: str) -> str:
    """Return the line that does what an option says: -DNAME, -DNAME=VALUE or -UNAME."""
    name, equals, value = option[2:].partition("=")
    return (
        f"#undef {name}\n"
        if option.startswith("-U")
        else f"#define {name} {value if equals else 1}\n"
    )


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
