"""The host's C++ compiler: which there is, and how it is asked to call our checker."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from convproof.errors import ConvProofError

OURS = "convproof-sim"  # what our folders are called in a library, wherever they lie
Family = Literal["gcc", "clang", "zig"]

_ALL = (
    "-std=c++20", "-O2", "-fPIC", "-fvisibility=hidden", "-ffp-contract=off", "-U_FORTIFY_SOURCE",
    "-fno-strict-aliasing", "-fno-exceptions", "-fno-rtti",
    "-fno-threadsafe-statics", "-fno-delete-null-pointer-checks", "-w",
)  # fmt: skip
_KERNEL = (
    "-g1",
    "-fsanitize=thread",
    "-fsanitize-coverage=trace-pc",
    "-fno-stack-protector",
    "-fno-plt",
)
_UNDEFINED = "-fsanitize=bounds,alignment,shift,integer-divide-by-zero,signed-integer-overflow"
_CLANG = (
    "-ferror-limit=5", "-fno-finite-loops", "-ftrivial-auto-var-init=pattern",
    *(
        part
        for option in (
            "tsan-instrument-func-entry-exit=0", "tsan-distinguish-volatile=1",
            "tsan-instrument-read-before-write=1",
            # no two lines of the source share code, whose line could be neither
            "sink-common-insts=false", "enable-tail-merge=false",
        )
        for part in ("-mllvm", f"-{option}")
    ),
)  # fmt: skip
_BY_FAMILY: dict[Family, tuple[str, ...]] = {
    "gcc": (
        "-fmax-errors=5", "-ftrack-macro-expansion=0", "-fno-gnu-unique", "-fno-crossjumping",
        "-fno-tree-tail-merge", "-ftrivial-auto-var-init=pattern", "--param",
        "tsan-instrument-func-entry-exit=0", "--param", "tsan-distinguish-volatile=1", _UNDEFINED,
    ),
    "clang": (*_CLANG, _UNDEFINED),
    "zig": (*_CLANG, "-fno-sanitize=undefined", "-nostdlib++", _UNDEFINED),
}  # fmt: skip
_HELP = (
    "the simulator needs a C++20 compiler: install g++ or clang++ (Debian: apt install g++), or "
    "pip install 'convproof[sim-zig]', or name one in the environment variable CXX."
)


class CompilerError(ConvProofError):
    """There is no compiler, or it does not take what it is given."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler.

    Attributes:
        command: what runs it.
        family: whose options it knows.
        identity: changes when it does.
    """

    command: tuple[str, ...]
    family: Family
    identity: str

    def runtime(self, source: Path, to: Path) -> list[str]:
        """Return the command that builds the runtime."""
        more = ["-nostdlib++"] if self.family == "zig" else []
        return [*self.command, *_ALL, *more, "-shared", str(source), "-o", str(to)]

    def kernel(self, source: Path, to: Path, options: Sequence[str]) -> list[str]:
        """Return the command that compiles a module, checked."""
        own = [*_ALL, *_KERNEL, *_BY_FAMILY[self.family]]
        return [*self.command, *own, *options, "-c", str(source), "-o", str(to)]

    def header(self, source: Path, to: Path, options: Sequence[str]) -> list[str]:
        """Return the command that parses a header as ``kernel`` would, for modules to come."""
        own = [*_ALL, *_KERNEL, *_BY_FAMILY[self.family]]
        return [*self.command, *own, *options, "-x", "c++-header", str(source), "-o", str(to)]

    def link(self, compiled: Path, runtime: Path, to: Path) -> list[str]:
        """Return the command that links a module to the runtime, and to no sanitizer's library."""
        wrapped = [f"-Wl,--wrap={name}" for name in ("memcpy", "memmove", "memset")]
        more = ["-nostdlib++", "-fno-sanitize=undefined"]  # nor to a library of zig's
        if self.family != "zig":
            more = ["-nostartfiles"]
        return [
            *self.command, "-shared", *more, str(compiled), str(runtime), "-o", str(to), *wrapped,
            "-Wl,-rpath,$ORIGIN",
        ]  # fmt: skip


def run(command: Sequence[str]) -> str:
    """Run a command; return "" or, if it fails, what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr or f"exit code {done.returncode}"


def compiler() -> Compiler:
    """Return the compiler: ``CXX``, or else g++, clang++ or the package ``ziglang``.

    Raises:
        CompilerError: if there is none.
    """
    return _found(os.environ.get("CXX", ""))


@cache
def _found(wanted: str) -> Compiler:
    if wanted:
        command = shlex.split(wanted)
        path = shutil.which(command[0])
        if path is None:
            msg = f"CXX names {wanted!r}, which is not there; {_HELP}"
            raise CompilerError(msg)
        return _identified((path, *command[1:]))
    for name in ("g++", "clang++"):
        path = shutil.which(name)
        if path is not None:
            return _identified((path,))
    if find_spec("ziglang") is not None:
        return _identified((sys.executable, "-m", "ziglang", "c++"))
    raise CompilerError(_HELP)


def _identified(command: tuple[str, ...]) -> Compiler:
    if "ziglang" in command:
        spec = find_spec("ziglang")
        held, family = Path(str(spec.origin if spec else command[0])), "zig"
    else:
        held, family = Path(command[0]).resolve(), "gcc"
        if "clang" in held.name or "clang" in _version(command):
            family = "clang"
    stat = held.stat()
    identity = f"{' '.join(command)} {held} {stat.st_size} {stat.st_mtime_ns}"
    return Compiler(command, family, identity)  # type: ignore[arg-type]


def _version(command: tuple[str, ...]) -> str:
    if Path(command[0]).name in ("g++", "gcc"):
        return ""
    return subprocess.run(
        [*command, "--version"], capture_output=True, text=True, check=False
    ).stdout
