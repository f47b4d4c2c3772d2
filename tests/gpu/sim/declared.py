"""The functions that the simulator's headers declare, and those that the test kernels call."""

import re
import subprocess
from pathlib import Path

from convproof_gpu.sim.build import DEVICE, KERNELS
from convproof_gpu.sim.compiler import compiler
from tests.gpu.sim.launches import place_of
from tests.gpu.sim.rows import PRIMITIVES

HEADERS = ("sim.hpp", "half.hpp", "math_constants.h", "prims.cuh", "warpgroup.cuh")
NOT_COMPARED = {
    "__activemask": "which lanes are there cannot be known of fibers: the asking one alone",
    "__nanosleep": "time does not pass",
    "clock": "time does not pass",
    "clock64": "time does not pass",
    "printf": "a kernel's text goes nowhere",
    "assert": "ends a launch: its faults are tests of their own",
    "__trap": "ends a launch: its faults are tests of their own",
    "__builtin_assume": "a hint to a compiler",
    "__launch_bounds__": "a hint to a compiler, whose limit a launch checks",
    "__maxnreg__": "a hint to a compiler",
    "__cluster_dims__": "clusters are refused",
}
OF_KERNELS = {  # what warpgroup.cuh has besides, for the kernels that include it
    "multiplied": "warpgroup_multiply's own, where there is no wgmma",
    "warpgroup_add": "conv_halo's slab of a tap: compared with the kernel, by test_halo_on_gpu.py",
}


def functions_of(text: str) -> set[str]:
    """Return the names of the functions that preprocessed C++ defines, outside of namespaces."""
    text = re.sub(r"#[^\n]*|\[\[.*?\]\]", "", text)
    text = re.sub(r'"(\\.|[^"\\])*"', "s", text)
    text = re.sub(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", "", text)
    text = _without(_without(text, "{}"), "()")
    names = re.findall(r"(\w+|operator\s*[^\w\s(]+)\s*\(\)\s*(?:const\s*)?\{\}", text)
    return {re.sub(r"\s", "", name) for name in names} - {"switch", "if", "for", "while"}


def _without(text: str, brackets: str) -> str:
    """Return a text with nothing between brackets."""
    depth, out = 0, []
    for letter in text:
        if letter == brackets[1]:
            depth -= 1
        if depth == 0:
            out.append(letter)
        if letter == brackets[0]:
            depth += 1
    return "".join(out)


def macros_of(text: str) -> set[str]:
    """Return the names of the macros with arguments that stay defined, but for the headers' own."""
    made = re.findall(r"^\s*#\s*define (\w+)\(", text, re.MULTILINE)
    plain = re.findall(r"^\s*#\s*define (\w+) (?:sim_|__int_as|__longlong_as)", text, re.MULTILINE)
    gone = re.findall(r"^\s*#\s*undef (\w+)", text, re.MULTILINE)
    own = re.compile(r"(?i)sim_|PRIMS|WORDS|OPERANDS")
    return {name for name in (*made, *plain) if name not in gone and not own.match(name)}


def declared() -> set[str]:
    """Return every function and macro of the headers that a kernel may call."""
    names = set()
    for header in HEADERS:
        place = next(held / header for held in (DEVICE, KERNELS) if (held / header).exists())
        names |= functions_of(_preprocessed(place))
    for path in (*DEVICE.glob("*.h*"),):
        names |= macros_of(path.read_text(encoding="utf-8"))
    return {name for name in names if not re.match(r"(?i)sim_", name)}


def _preprocessed(header: Path) -> str:
    """Return a header as the compiler reads it: what stands in our files."""
    command = [*compiler().command, "-std=c++20", "-E", f"-I{DEVICE}", f"-I{KERNELS}"]
    command += ["-include", str(DEVICE / "sim.hpp"), "-x", "c++", str(header)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ours, out = False, []
    for line in text.splitlines():
        mark = re.match(r'# \d+ "(.*?)"', line)
        if mark:
            ours = Path(mark[1]).parent in (DEVICE, KERNELS)
        elif ours:
            out.append(line)
    return "\n".join(out)


def called() -> set[str]:
    """Return every name and operator that the test kernels use."""
    paths = [*sorted(PRIMITIVES.glob("*.cu*")), place_of("fragments")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    text = re.sub(r"//[^\n]*", "", text)
    names = set(re.findall(r"\w+", text))
    for scope in ("_block", "_system"):
        names |= {f"{name}{scope}" for name in re.findall(r"IN_TURN_OF_ALL\((\w+)\)", text)}
    kinds = re.findall(r"KIND\((\w+), ", text)
    names |= {f"make_{kind}{count}" for kind in kinds for count in "1234"}
    operators = {f"operator{held}" for held in re.findall(r"(?<= )[-+*/<>=!]=?(?= )", text)}
    return names | operators
