"""One kernel, launched: its arguments judged, its memory laid out, its fault told."""

import ctypes
import os
import re
import threading
from collections.abc import Sequence
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any

from convproof_gpu.sim.arguments import Arguments
from convproof_gpu.sim.conditions import LANDINGS, ROUNDINGS, Conditions, current
from convproof_gpu.sim.fault import KINDS, SimFault
from convproof_gpu.sim.loaded import Loaded
from convproof_gpu.sim.report import SimReport
from convproof_gpu.sim.runtime import MOST_ARRAYS, MOST_REGIONS, Called, Launch, Report
from convproof_gpu.sim.signature import LaunchError, parameters
from convproof_gpu.sim.source import stub_of

_MOST_SHARED = {  # KiB of a block that opts in, by compute capability
    "70": 96, "75": 64, "80": 163, "86": 99, "87": 163, "89": 99, "90": 227, "100": 227, "120": 99,
}  # fmt: skip
_DEFAULT_SHARED = 48
_MOST_KEPT = 256
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
        text = ctypes.create_string_buffer(4096)
        bounds = getattr(library, f"sim_bounds_{stub}", None)
        with _ONE_AT_A_TIME:
            library[f"sim_signature_{stub}"](text)
            self._bounds = bounds() if bounds is not None else 0
        bare = re.sub(r"<.*", "", name)
        names = [k.parameters for k in module.built.kernels if k.name == bare]
        self.parameters = parameters(text.value.decode(), names[0] if names else ())
        self._arguments = arguments = Arguments(name, self.parameters)
        self._called = Called(
            function=ctypes.cast(library[f"sim_kernel_{stub}"], ctypes.c_void_p),
            arguments=arguments.address, offsets=arguments.offsets, givens=arguments.givens,
            fixed=module.fixed, image_begin=module.base,
            image_end=module.base + module.image.size, count=len(self.parameters),
            given_count=len(arguments.pointers), fixed_count=len(module.fixed),
        )  # fmt: skip
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
            SimFault: if the kernel does what it must not; the arrays are then as they were, but for
                sparse ones, which are changed where they lie.
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
        unknown = outputs and outputs - {p.name for p in self.parameters if p.pointer}
        if unknown:
            msg = f"{self.name} has no pointers {', '.join(sorted(unknown))}."
            raise LaunchError(msg)
        held = current()
        with _ONE_AT_A_TIME:
            try:
                key = (*grid, "", *block, shared_mem, self.max_dynamic_shared_size_bytes)
                known, launch = self._launches.get(key, (None, None))
            except TypeError:
                msg = (
                    f"grid={grid!r} and block={block!r} are one to three integers each, in a tuple."
                )
                raise LaunchError(msg) from None
            if known is not held or launch is None:
                grid3, block3 = self._sizes(grid, block, shared_mem)
                launch = _launch(held, grid3, block3, shared_mem)
                if len(self._launches) == _MOST_KEPT:
                    self._launches.clear()
                self._launches[key] = held, launch
            report = self._launched(launch, args, outputs, counted=held.count)
            if outputs:
                named = zip(self.parameters, args, strict=True)
                report.outputs = sum(array.size for p, array in named if p.name in outputs)
            return report

    def _sizes(
        self, grid: Sequence[int], block: Sequence[int], shared_mem: int
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        both = []
        for what, given, most in (
            ("grid", grid, (2**31 - 1, 65535, 65535)),
            ("block", block, (1024, 1024, 64)),
        ):
            sizes = (*given, *(1,) * (3 - len(given)))
            whole = all(isinstance(n, Integral) for n in sizes)
            if (
                len(sizes) > 3
                or not whole
                or any(not 1 <= n <= m for n, m in zip(sizes, most, strict=True))
            ):
                msg = (
                    f"{what}={tuple(given)} must be from 1 to {most} along x, y and z, in integers."
                )
                raise LaunchError(msg)
            both.append(tuple(map(int, sizes)))
        x, y, z = both[1]
        if x * y * z > 1024:
            msg = f"block={tuple(block)} has {x * y * z} threads; a block has at most 1024."
            raise LaunchError(msg)
        if self._bounds and x * y * z > self._bounds:
            msg = (
                f"block={tuple(block)} has {x * y * z} threads, more than the kernel's "
                f"__launch_bounds__({self._bounds})."
            )
            raise LaunchError(msg)
        opted = self.max_dynamic_shared_size_bytes + self.static_shared  # it counts the dynamic
        allowed = max(opted, _DEFAULT_SHARED << 10)
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
        self, launch: Launch, args: Sequence[Any], outputs: frozenset[str], *, counted: bool
    ) -> SimReport:
        module, arguments = self._module, self._arguments
        arguments.fill(args, outputs)
        before = module.variables()
        code = module.runtime.launch(self._called, launch)
        if code:
            module.restore(before)
            raise self._ended(code, launch.report)
        return self._report(launch, counted=counted)

    def _ended(self, code: int, told: Report) -> BaseException:
        """Return what is raised of a launch that did not go well."""
        if code == 1:
            return self._fault(told)
        if code == 4:
            return KeyboardInterrupt()
        pointers = self._arguments.pointers
        if code == 7:
            return SimFault(
                kind="uninitialised", kernel=self.name, file="", line=0, block=(0, 0, 0),
                thread=None, array=pointers[told.wrong].name, offset=int(told.offset),
                message="the launch has ended, and this was never written",
            )  # fmt: skip
        if code == 6:
            other = pointers[told.array].name
            words = f"{pointers[told.wrong]} overlaps {other} without being the same array"
        else:
            words = {
                2: "the simulator is launching already",
                3: "there is no memory for its arrays",
                5: f"a launch has at most {MOST_ARRAYS} arrays and {MOST_REGIONS} variables",
            }[code]
        return LaunchError(f"{self.name}: {words}.")

    def _fault(self, told: Report) -> SimFault:
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
            array=self._name_of(told.array),
            offset=int(told.offset),
            message=told.message.decode(errors="replace"),
        )

    def _name_of(self, region: int) -> str:
        named, variables = self._arguments.name_of(region), self._module.variable_names
        beyond = region - self._arguments.arrays
        if named or region < 0:
            return named
        return variables[beyond] if beyond < len(variables) else "dynamic shared memory"

    def _report(self, launch: Launch, *, counted: bool) -> SimReport:
        totals, more = launch.totals, {}
        if counted:
            traffic = self._module.runtime.traffic().contents
            held = {name: getattr(traffic, name) for name, _ in traffic._fields_}
            more = {} if held.pop("lost") else held
        return SimReport(
            kernel=self.name, switches=totals.switches, accesses=totals.accesses,
            steps=totals.steps, **more,
        )  # fmt: skip


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
