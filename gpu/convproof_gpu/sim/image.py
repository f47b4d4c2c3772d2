"""A library as it lies in memory: its variables, and which line an address of its code is of."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a module: where it begins, from the library's base, and its bytes."""

    name: str
    begin: int
    size: int
    symbol: str


class Image:
    """What the file of a library says.

    Args:
        path: of the file.

    Attributes:
        size: bytes that it takes in memory.
        shared: its ``__shared__`` variables.
        device: its ``__device__`` variables.
        constant: its ``__constant__`` variables.
        guards: what says whether a ``static`` is initialised, which shared memory never is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            elf = ELFFile(file)
            self.size = max(
                s["p_vaddr"] + s["p_memsz"] for s in elf.iter_segments() if s["p_type"] == "PT_LOAD"
            )
            variables = _variables(elf)
        self.shared = variables.get(".bss", [])
        self.guards = variables.get("guards", [])
        self.device = variables.get("sim_device", [])
        self.constant = variables.get("sim_constant", [])

    def shared_of(self, function: str) -> int:
        """Return the bytes of a function's ``__shared__`` variables; of a template, the most."""
        instances: dict[str, int] = {}
        for variable in self.shared:
            owner = variable.symbol.rpartition(f"{len(variable.name)}{variable.name}")[0]
            if re.search(rf"(?<!\d){len(function)}{function}", owner):
                instances[owner] = instances.get(owner, 0) + variable.size
        return max(instances.values(), default=0)

    def line_of(self, address: int) -> tuple[str, int]:
        """Return the file and line of code before an address, or ("", 0)."""
        at = bisect_right(self._lines[0], address - 1) - 1
        return self._lines[1][at] if at >= 0 else ("", 0)

    @cached_property
    def _lines(self) -> tuple[list[int], list[tuple[str, int]]]:
        found: dict[int, tuple[str, int]] = {}
        with self._path.open("rb") as file:
            elf = ELFFile(file)
            dwarf = elf.get_dwarf_info()
            for unit in dwarf.iter_CUs():
                program = dwarf.line_program_for_CU(unit)
                if program is None:
                    continue
                names = program.header["file_entry"]
                first = 0 if program.header["version"] >= 5 else 1
                for entry in program.get_entries():
                    state = entry.state
                    if state is None:
                        continue
                    index = state.file - first
                    name = names[index].name.decode() if 0 <= index < len(names) else ""
                    found[state.address] = ("", 0) if state.end_sequence else (name, state.line)
        addresses = sorted(found)
        return addresses, [found[address] for address in addresses]


def _variables(elf: ELFFile) -> dict[str, list[Variable]]:
    found: dict[str, list[Variable]] = {}
    for section in elf.iter_sections():
        if not isinstance(section, SymbolTableSection):
            continue
        for symbol in section.iter_symbols():
            number = symbol["st_shndx"]
            if symbol["st_info"]["type"] != "STT_OBJECT" or not isinstance(number, int):
                continue
            within = elf.get_section(number).name
            if within == "sim_device" or within == "sim_constant" or within.startswith(".bss"):
                variable = Variable(
                    _plain(symbol.name), symbol["st_value"], symbol["st_size"], symbol.name
                )
                kind = ".bss" if within.startswith(".bss") else within
                held = found.setdefault("guards" if symbol.name.startswith("_ZGV") else kind, [])
                if variable not in held:
                    held.append(variable)
    return found


def _plain(symbol: str) -> str:
    """Return a variable's own name from its symbol: ``_ZZ4tilePfE5cache_0`` is ``cache``."""
    if not symbol.startswith("_Z"):
        return symbol.partition(".")[0]
    names = [
        symbol[match.end() : match.end() + int(match.group())]
        for match in re.finditer(r"\d+", symbol)
        if int(match.group()) and match.end() + int(match.group()) <= len(symbol)
    ]
    held = [name for name in names if re.fullmatch(r"[A-Za-z_]\w*", name)]
    return held[-1] if held else symbol
