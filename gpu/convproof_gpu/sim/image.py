"""A library as it lies in memory: its variables, and which line an address of its code is of."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from convproof_gpu.sim.compiler import OURS


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
        """Return the file and line of code before an address, or ("", 0).

        What the simulator's own headers do is done where they are called.
        """
        at = bisect_right(self._lines[0], address - 1) - 1
        place = self._lines[1][at] if at >= 0 else _NOWHERE
        if place.ours:
            around = [c for c in self._calls if c.begin < address <= c.end and not c.place.ours]
            place = min(around, key=lambda c: c.end - c.begin).place if around else place
        return place.file, place.line

    @cached_property
    def _lines(self) -> tuple[list[int], list["_Place"]]:
        found: dict[int, _Place] = {}
        with self._path.open("rb") as file:
            dwarf = ELFFile(file).get_dwarf_info()
            for unit in dwarf.iter_CUs():
                files = _files(dwarf, unit)
                program = dwarf.line_program_for_CU(unit)
                for entry in program.get_entries() if program else ():
                    state = entry.state
                    if state is not None:
                        number = -1 if state.end_sequence else state.file
                        found[state.address] = _place(files, number, state.line)
        addresses = sorted(found)
        return addresses, [found[address] for address in addresses]

    @cached_property
    def _calls(self) -> list["_Call"]:
        found = []
        with self._path.open("rb") as file:
            dwarf = ELFFile(file).get_dwarf_info()
            for unit in dwarf.iter_CUs():
                files = _files(dwarf, unit)
                for die in unit.iter_DIEs():
                    held = die.attributes
                    if die.tag == "DW_TAG_inlined_subroutine" and "DW_AT_call_line" in held:
                        number, line = held["DW_AT_call_file"].value, held["DW_AT_call_line"].value
                        place = _place(files, number, line)
                        found += [_Call(*ends, place) for ends in _ranges(dwarf, unit, die)]
        return found


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    line: int
    ours: bool = False  # in a header of the simulator's


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that was inlined: what it became, and where it stands."""

    begin: int
    end: int
    place: _Place


_NOWHERE = _Place("", 0)


def _files(dwarf: Any, unit: Any) -> dict[int, tuple[str, bool]]:
    """Return the names of a unit's files by their numbers, and whether they are the simulator's."""
    program = dwarf.line_program_for_CU(unit)
    if program is None:
        return {}
    header = program.header
    first = 0 if header["version"] >= 5 else 1
    top = unit.get_top_DIE().attributes
    home = Path(top["DW_AT_comp_dir"].value.decode()) if "DW_AT_comp_dir" in top else Path()
    folders = [home / name.decode() for name in header["include_directory"]]
    ours = {number for number, folder in enumerate(folders, first) if folder.name == OURS}
    entries = enumerate(header["file_entry"], first)
    return {number: (e.name.decode(), e.dir_index in ours) for number, e in entries}


def _place(files: Mapping[int, tuple[str, bool]], number: int, line: int) -> _Place:
    name, ours = files.get(number, ("", False))
    return _Place(name, line, ours) if name else _NOWHERE


def _ranges(dwarf: Any, unit: Any, die: Any) -> list[tuple[int, int]]:
    """Return the addresses of an inlined call's code."""
    held = die.attributes
    if "DW_AT_low_pc" in held:
        low, high = held["DW_AT_low_pc"].value, held["DW_AT_high_pc"]
        return [(low, high.value + (0 if high.form == "DW_FORM_addr" else low))]
    if "DW_AT_ranges" not in held:
        return []
    top = unit.get_top_DIE().attributes
    base = top["DW_AT_low_pc"].value if "DW_AT_low_pc" in top else 0
    found = []
    offset = held["DW_AT_ranges"].value
    for entry in dwarf.range_lists().get_range_list_at_offset(offset, cu=unit):
        if hasattr(entry, "base_address"):
            base = entry.base_address
        else:
            by = 0 if entry.is_absolute else base
            found.append((entry.begin_offset + by, entry.end_offset + by))
    return found


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
