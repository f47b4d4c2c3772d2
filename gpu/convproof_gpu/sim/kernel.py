"""One kernel, launched: its arguments judged, its memory laid out, its fault told."""

import ctypes
import os
import re
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from convproof_gpu.sim.conditions import LANDINGS, ROUNDINGS, Conditions, current
from convproof_gpu.sim.fault import KINDS, SimFault
from convproof_gpu.sim.loaded import Loaded
from convproof_gpu.sim.regions import Regions
from convproof_gpu.sim.report import SimReport
from convproof_gpu.sim.runtime import Launch, Report
from convproof_gpu.sim.signature import LaunchError, Parameter, parameters
from convproof_gpu.sim.source import stub_of

_MOST_SHARED = {  # KiB of a block that opts in, by compute capability
    "70": 96, "75": 64, "80": 163, "86": 99, "87": 163, "89": 99, "90": 227, "100": 227, "120": 99,
}  # fmt: skip
_DEFAULT_SHARED = 48
_MOST_ARGUMENTS, _MOST_PARAMETERS = 4096, 1024
_ONE_AT_A_TIME = threading.RLock()  # the runtime's state is one
os.register_at_fork(  # a fork may be made by a thread while another launches
    before=_ONE_AT_A_TIME.acquire,
    after_in_parent=_ONE_AT_A_TIME.release,
    after_in_child=_ONE_AT_A_TIME.release,
)


class SimKernel:
    """A kernel, to be launched as CuPy's are.

    Attributes:
        name: as it was asked for.
        parameters: what it takes.
        max_dynamic_shared_size_bytes: more than 48 KiB are refused unless this allows it.
        traced: whether its module is for ``provenance``.
        runtime: what runs it.
    """

    def __init__(self, module: Loaded, name: str) -> None:
        self.name = name
        self.max_dynamic_shared_size_bytes = _DEFAULT_SHARED << 10
        self._module = module
        self.traced, self.runtime = module.traced, module.runtime
        library, stub = module.library, stub_of(name)
        self._function = ctypes.cast(library[f"sim_kernel_{stub}"], ctypes.c_void_p)
        text = ctypes.create_string_buffer(4096)
        with _ONE_AT_A_TIME:
            library[f"sim_signature_{stub}"](text)
        bare = re.sub(r"<.*", "", name)
        names = [k.parameters for k in module.built.kernels if k.name == bare]
        self.parameters = parameters(text.value.decode(), names[0] if names else ())
        self._offsets = _offsets(self.parameters)
        if self._offsets[-1] > _MOST_ARGUMENTS or len(self.parameters) > _MOST_PARAMETERS:
            msg = (
                f"{name} takes {self._offsets[-1]} bytes in {len(self.parameters)} arguments, more "
                f"than {_MOST_ARGUMENTS} bytes in {_MOST_PARAMETERS}."
            )
            raise LaunchError(msg)
        self._launches: dict[Any, tuple[Conditions, Launch]] = {}  # the last of legal sizes

    @cached_property
    def static_shared(self) -> int:
        """Bytes of the kernel's own ``__shared__`` variables, without those of what it calls."""
        return self._module.image.shared_of(re.sub(r"<.*", "", self.name).rpartition("::")[2])

    def __call__(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[Any],
        shared_mem: int = 0,
        *,
        outputs: Sequence[str] = (),
    ) -> SimReport:
        """Launch the kernel; arrays are changed in place.

        Args:
            grid: blocks along x, y and z.
            block: threads along x, y and z.
            args: arrays for pointers, None for a null pointer, numbers, and bytes of a struct.
            shared_mem: bytes of dynamic shared memory.
            outputs: parameters whose arrays count as unwritten before the launch, and must be
                written whole by it.

        Raises:
            SimFault: if the kernel does what it must not; the arrays are then as they were.
            LaunchError: if no GPU would take the launch, or the kernel not the arguments.
        """
        if self.traced:
            msg = f"{self.name} is traced: its arrays hold no numbers; ask provenance()."
            raise LaunchError(msg)
        return self._judged(grid, block, args, shared_mem, frozenset(outputs))

    def launch_traced(
        self, grid: Sequence[int], block: Sequence[int], args: Sequence[Any], shared_mem: int
    ) -> SimReport:
        """Launch a traced kernel, whose numbers are those of nodes."""
        return self._judged(grid, block, args, shared_mem, frozenset())

    def _judged(
        self,
        grid: Sequence[int],
        block: Sequence[int],
        args: Sequence[Any],
        shared_mem: int,
        outputs: frozenset[str],
    ) -> SimReport:
        if len(args) != len(self.parameters):
            msg = f"{self.name} takes {len(self.parameters)} arguments, got {len(args)}."
            raise LaunchError(msg)
        for parameter, value in zip(self.parameters, args, strict=True):
            why = parameter.refusal(value)
            if why:
                raise LaunchError(f"{self.name}: {parameter.wrong(why)}")  # noqa: EM102
        unknown = outputs and outputs - {p.name for p in self.parameters if p.pointer}
        if unknown:
            msg = f"{self.name} has no pointers {', '.join(sorted(unknown))}."
            raise LaunchError(msg)
        held = current()
        with _ONE_AT_A_TIME:
            key = (*grid, "", *block, shared_mem, self.max_dynamic_shared_size_bytes)
            known, launch = self._launches.get(key, (None, None))
            if known is not held or launch is None:
                grid3, block3 = self._sizes(grid, block, shared_mem)
                launch = _launch(held, grid3, block3, shared_mem)
                self._launches[key] = held, launch
            return self._launched(launch, held, args, shared_mem, outputs)

    def _sizes(
        self, grid: Sequence[int], block: Sequence[int], shared_mem: int
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        both = []
        for what, given, most in (
            ("grid", grid, (2**31 - 1, 65535, 65535)),
            ("block", block, (1024, 1024, 64)),
        ):
            sizes = (*given, *(1,) * (3 - len(given)))
            if len(sizes) > 3 or any(not 1 <= n <= m for n, m in zip(sizes, most, strict=True)):
                msg = f"{what}={tuple(given)} must be from 1 to {most} along x, y and z."
                raise LaunchError(msg)
            both.append(tuple(map(int, sizes)))
        x, y, z = both[1]
        if x * y * z > 1024:
            msg = f"block={tuple(block)} has {x * y * z} threads; a block has at most 1024."
            raise LaunchError(msg)
        allowed = max(self.max_dynamic_shared_size_bytes, _DEFAULT_SHARED << 10)
        arch = self._module.arch
        there_are = min(_MOST_SHARED.get(arch, 227) << 10, allowed)
        if shared_mem < 0 or self.static_shared + shared_mem > there_are:
            msg = (
                f"{self.static_shared} bytes of static and shared_mem={shared_mem} of dynamic "
                f"shared memory are more than {there_are} (sm_{arch}); "
                "max_dynamic_shared_size_bytes allows what the architecture does."
            )
            raise LaunchError(msg)
        return both[0], both[1]

    def _launched(
        self,
        launch: Launch,
        held: Conditions,
        args: Sequence[Any],
        shared_mem: int,
        outputs: frozenset[str],
    ) -> SimReport:
        regions = Regions(self._module)
        try:
            return self._ended(regions, launch, held, args, shared_mem, outputs)
        finally:
            regions.release()

    def _ended(
        self,
        regions: Regions,
        launch: Launch,
        held: Conditions,
        args: Sequence[Any],
        shared_mem: int,
        outputs: frozenset[str],
    ) -> SimReport:
        module = self._module
        packed = bytearray(self._offsets[-1])
        for parameter, value, offset in zip(self.parameters, args, self._offsets, strict=False):
            if not parameter.pointer:
                packed[offset : offset + parameter.size] = parameter.packed(value)
            elif value is not None:
                place = regions.add(value, parameter, unwritten=parameter.name in outputs)
                packed[offset : offset + 8] = place.to_bytes(8, "little")
        regions.declare(shared_mem)
        variables = module.variables()
        code = module.runtime.launch(
            self._function, bytes(packed), self._offsets, len(self.parameters),
            ctypes.byref(launch), module.base, module.base + module.image.size,
        )  # fmt: skip
        if code:
            module.restore(variables)
        if code == 4:
            raise KeyboardInterrupt
        if code > 1:
            msg = "the simulator is launching already" if code == 2 else "there is no memory"
            raise LaunchError(f"{self.name}: {msg}.")  # noqa: EM102
        if code == 1:
            raise self._fault(launch.report, regions.names)
        if outputs and held.check == "full":
            self._look_at_outputs(regions, outputs)
        regions.copy_back()
        return self._report(launch, counted=held.count)

    def _fault(self, told: Report, names: Mapping[int, str]) -> SimFault:
        file, line = (told.file or b"").decode(), int(told.line)
        if not line and told.pc:
            file, line = self._module.image.line_of(told.pc - self._module.base)
        (x, y, z), (u, v, w) = told.block, told.thread
        return SimFault(
            kind=KINDS[told.kind - 1],
            kernel=self.name,
            file=Path(file).name if file else "",
            line=line,
            block=(x, y, z),
            thread=(u, v, w) if told.has_thread else None,
            array=names.get(told.array, ""),
            offset=int(told.offset),
            message=told.message.decode(errors="replace"),
        )

    def _look_at_outputs(self, regions: Regions, outputs: frozenset[str]) -> None:
        first, native = ctypes.c_size_t(), self._module.runtime
        asked = {p.name: (max(p.size, 1), int(p.code == "s")) for p in self.parameters}
        for number, name in regions.names.items():
            wanted = name in outputs and regions.sizes[number]
            if wanted and not native.is_written(number, *asked[name], ctypes.byref(first)):
                raise SimFault(
                        kind="uninitialised", kernel=self.name, file="", line=0, block=(0, 0, 0),
                        thread=None, array=name, offset=first.value,
                        message="the launch has ended, and this was never written",
                    )  # fmt: skip

    def _report(self, launch: Launch, *, counted: bool) -> SimReport:
        totals, more = launch.totals, {}
        if counted:
            traffic = self._module.runtime.traffic().contents
            more = {name: getattr(traffic, name) for name, _ in traffic._fields_}
        return SimReport(
            kernel=self.name, switches=totals.switches, accesses=totals.accesses,
            steps=totals.steps, **more,
        )  # fmt: skip


def _offsets(held: Sequence[Parameter]) -> Any:
    """Return where each argument lies, and how many bytes there are."""
    offsets = [0]
    for parameter in held:
        offsets[-1] += -offsets[-1] % parameter.alignment
        offsets.append(offsets[-1] + (8 if parameter.pointer else parameter.size))
    return (ctypes.c_size_t * len(offsets))(*offsets)


def _launch(
    held: Conditions, grid: tuple[int, ...], block: tuple[int, ...], shared_mem: int
) -> Launch:
    seed = 0 if held.seed is None else held.seed
    landing = held.landing or ("lazy" if held.seed is None else LANDINGS[seed % 3])
    return Launch(
        grid=grid, block=block, dynamic_shared=shared_mem, races=held.check == "full",
        adversary=held.seed is not None, exits=held.exits, landing=LANDINGS.index(landing),
        rounding=ROUNDINGS.index(held.rounding), counted=held.count, seed=seed, steps=held.steps,
    )  # fmt: skip
