"""CUDA C++ to machine code by NVRTC, which needs no GPU and no driver, only the extra ``nvrtc``."""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from convproof.errors import ConvProofError
from convproof_gpu.cache import folder

KERNELS = Path(__file__).parent / "kernels"
ARCHITECTURES = ("sm_80", "sm_90", "sm_90a")


_EXACT: dict[str, Any] = {"std": "c++17", "ftz": False, "prec_div": True, "prec_sqrt": True}


class NvrtcError(ConvProofError):
    """NVRTC is not there, or does not take what it is given."""


@dataclass(frozen=True, slots=True)
class Cubin:
    """Machine code of one architecture.

    Attributes:
        code: the ELF image.
        symbols: of each kernel that was asked for by an expression.
        log: what the assembler says of registers, spills and shared memory.
    """

    code: bytes
    symbols: Mapping[str, str]
    log: str


def is_there() -> bool:
    """Return whether NVRTC can be asked."""
    if find_spec("cuda") is None or find_spec("nvidia") is None:
        return False
    return all(find_spec(f"cuda.{name}") is not None for name in ("core", "bindings", "pathfinder"))


def compiled(
    code: str | Path,
    arch: str,
    *,
    options: Sequence[str] = (),
    name_expressions: Sequence[str] = (),
    syntax_only: bool = False,
) -> Cubin:
    """Return the machine code of a source.

    Denormal numbers are kept, and quotients and roots rounded to nearest: what a kernel is verified
    to compute on the simulator is what it is compiled to.

    Args:
        code: CUDA C++, or a path to a ``.cu`` file.
        arch: such as ``"sm_90a"``.
        options: of the preprocessor, ``-DNAME=VALUE``, and folders, ``-Ifolder``.
        name_expressions: kernels of templates, such as ``"scale<float, 4>"``.
        syntax_only: make no code, which takes most of the time: is it right CUDA C++?

    Raises:
        NvrtcError: if NVRTC is not installed, or the source does not compile.
    """
    if not is_there():
        msg = "NVRTC is not installed: pip install 'convproof[nvrtc]'."
        raise NvrtcError(msg)
    from cuda.core import Program, ProgramOptions
    from cuda.pathfinder import find_nvidia_header_directory

    source, file, folders = code, "kernel.cu", [str(KERNELS)]
    if isinstance(code, Path):
        source, file = code.read_text(encoding="utf-8-sig"), code.name
        folders.append(str(code.parent))
    folders += [option[2:] for option in options if option.startswith("-I")]
    headers = find_nvidia_header_directory("cudart")  # cuda_fp16.h
    defined = [option[2:].partition("=") for option in options if option.startswith("-D")]
    try:
        made = Program(
            source,
            "c++",
            ProgramOptions(
                name=file,
                arch=arch,
                **_EXACT,
                device_as_default_execution_space=True,
                ptxas_options=["-v"],
                fdevice_syntax_only=syntax_only or None,
                include_path=[*folders, *([headers] if headers else [])],
                define_macro=[(name, value or "1") for name, _, value in defined] or None,
            ),
        )
        log = _Log()
        held = made.compile("cubin", name_expressions=tuple(name_expressions), logs=log)
    except Exception as error:
        msg = f"{file} does not compile for {arch}:\n{str(error).strip()[:6000]}"
        raise NvrtcError(msg) from error
    symbols = {name: _text(symbol) for name, symbol in held.symbol_mapping.items()}
    return Cubin(bytes(held.code), symbols, log.text)


def kept(file: str, arch: str, expression: str) -> tuple[Path, str]:
    """Return a cubin on the disk that holds one of the wing's kernels, and the kernel's symbol.

    It is compiled if it is not kept, by its content: the source and its headers, the architecture,
    the version of NVRTC, and what it is asked.

    Args:
        file: the kernel's, without ``.cu``.
        arch: such as ``"sm_90"``.
        expression: the kernel's, with its template arguments.

    Raises:
        NvrtcError: if it has to be compiled and cannot be.
    """
    key = "\0".join([digest(file), arch, expression, nvrtc_version(), repr(_EXACT)])
    name = hashlib.sha256(key.encode()).hexdigest()[:24]
    path, told = folder("cubin") / f"{file}-{name}.cubin", folder("cubin") / f"{file}-{name}.symbol"
    if not (path.exists() and told.exists()):
        made = compiled(KERNELS / f"{file}.cu", arch, name_expressions=[expression])
        for place, content in ((path, made.code), (told, made.symbols[expression].encode())):
            draft = place.with_suffix(f".{os.getpid()}")
            draft.write_bytes(content)
            draft.replace(place)
    return path, told.read_text(encoding="utf-8")


@cache
def digest(file: str) -> str:
    """Return the hash of one of the wing's sources with everything of ours that it includes."""
    seen: dict[str, str] = {}
    waiting = [f"{file}.cu"]
    while waiting:
        name = waiting.pop()
        if name not in seen and (KERNELS / name).exists():  # the simulator's own stand elsewhere
            seen[name] = (KERNELS / name).read_text(encoding="utf-8")
            waiting += re.findall(r'^#include "([^"]+)"', seen[name], re.MULTILINE)
    whole = "\0".join(f"{name}\0{seen[name]}" for name in sorted(seen))
    return hashlib.sha256(whole.encode()).hexdigest()


def nvrtc_version() -> str:
    """Return the distribution that brings NVRTC, with its version, or ""."""
    for name in ("nvidia-cuda-nvrtc", "nvidia-cuda-nvrtc-cu12"):
        with suppress(metadata.PackageNotFoundError):
            return f"{name} {metadata.version(name)}"
    return ""


class _Log:
    """What NVRTC writes to."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text


def _text(symbol: str | bytes) -> str:
    return symbol.decode() if isinstance(symbol, bytes) else symbol
