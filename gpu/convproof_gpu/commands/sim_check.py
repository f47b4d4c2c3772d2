"""``convproof sim-check``: a kernel of a ``.cu`` file, run on the CPU with every access checked.

convproof sim-check sum.cu --kernel sum --grid 4 --block 256 --arg 'float32[1000]' \
    --arg 'out:float32[4]' --arg 1000
"""

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from convproof.cli.layer_options import integers
from convproof.cli.output import Output, json_option
from convproof_gpu.sim.trial import Trial

_MOST_AXES = 3  # of a grid, and of a block


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[int, ...]:
    del ctx, parameter
    with suppress(ValueError):
        sizes = integers(value)
        if len(sizes) <= _MOST_AXES:
            return sizes
    msg = f"must be one to three numbers like 4, 4,2 or 4x2x1, got {value!r}."
    raise click.BadParameter(msg)


@click.command("sim-check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kernel", metavar="NAME", help='Which: "sum", or "scale<float, 4>" of a template.')
@click.option(
    "--grid", callback=_sizes, default="1", show_default=True, metavar="SIZES",
    help="Blocks: 4, or 4x2x1 along x, y and z.",
)  # fmt: skip
@click.option(
    "--block",
    callback=_sizes,
    default="32",
    show_default=True,
    metavar="SIZES",
    help="Threads of a block: 256, or 16x16.",
)
@click.option(
    "--arg",
    "arguments",
    multiple=True,
    metavar="VALUE",
    help="An argument, in order: float32[1000], int32[8]=0, out:float32[3x4], 1000, true, null.",
)
@click.option("--shared-mem", type=click.IntRange(min=0), default=0, help="Dynamic, in bytes.")
@click.option(
    "--seeds",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many adversaries choose the order of threads, warps and blocks, after one run.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    default=10**8,
    show_default=True,
    help="Accesses and branches of a launch, at most: a kernel that makes more may not end.",
)
@click.option("--exits", is_flag=True, help="Let a thread end before a barrier that others reach.")
@click.option(
    "--any-order",
    is_flag=True,
    help="Let results depend on the order of threads, as sums by atomics of floats do.",
)
@click.option(
    "--option", "options", multiple=True, help="For the compiler: -DNAME=VALUE, -Ifolder, -arch=…"
)
@json_option
def command(
    file: Path,
    kernel: str | None,
    grid: tuple[int, ...],
    block: tuple[int, ...],
    arguments: tuple[str, ...],
    shared_mem: int,
    seeds: int,
    steps: int,
    exits: bool,
    any_order: bool,
    options: tuple[str, ...],
    json_path: str | None,
) -> int:
    """Run a kernel of FILE on the CPU and check every load and store of it.

    Found are accesses out of bounds, races, uninitialised reads, divergent barriers, misused
    asynchronous copies and more (the kinds of SimFault). No GPU is needed; a C++ compiler is.
    """
    from convproof_gpu.sim import LaunchError, SimModule
    from convproof_gpu.sim.trial import argument, tried

    with Output(json_path) as output:
        module = SimModule(file, options, [kernel] if kernel else [])
        name = kernel or (module.kernels[0] if len(module.kernels) == 1 else None)
        if name is None:
            there_are = ", ".join([*module.kernels, *(f"{t}<…>" for t in module.templates)])
            msg = f"{file} has the kernels {there_are}: name one by --kernel."
            if not there_are:
                msg = f"{file} has no kernel: no function that is __global__."
            raise LaunchError(msg)
        held = module.get_function(name)
        held.max_dynamic_shared_size_bytes = 2**20  # what the architecture allows
        given = [argument(text) for text in arguments]
        if len(given) != len(held.parameters):
            wanted = ", ".join(map(str, held.parameters))
            msg = f"{name} takes {len(held.parameters)} arguments ({wanted}), got {len(given)}."
            raise LaunchError(msg)
        trial = tried(
            held, grid, block, given, shared_mem=shared_mem, seeds=seeds, steps=steps, exits=exits,
            any_order=any_order,
        )  # fmt: skip
        failed = trial.fault is not None or bool(trial.differs)
        output.write("sim-check", "failed" if failed else "passed", **_document(name, trial))
        if not output.owns_stdout:
            click.echo(_text(name, trial))
    return int(failed)


def _document(name: str, trial: Trial) -> dict[str, Any]:
    fault = None
    if trial.fault is not None:
        fault = {k: v for k, v in vars(trial.fault).items() if not k.startswith("_")}
    return {
        "kernel": name,
        "launches": trial.launches,
        "seed": trial.seed,
        "fault": fault,
        "differs": trial.differs or None,
        "report": None if trial.report is None else asdict(trial.report),
    }


def _text(name: str, trial: Trial) -> str:
    under = "" if trial.seed is None else f" (under the adversary of seed {trial.seed})"
    if trial.fault is not None:
        return f"{trial.fault}{under}"
    if trial.differs:
        return f"{name}: the result depends on the order of threads: {trial.differs}"
    told = trial.report
    lines = [f"{name}: no fault in {trial.launches} launches"]
    if told is not None and told.sectors is not None and told.requests:
        lines.append(
            f"  global memory: {told.sectors} sectors for {told.requests} requests of warps, "
            f"{told.least_sectors} would do"
        )
        if told.bytes_per_output is not None:
            lines.append(f"  {told.bytes_per_output:.3g} bytes are moved for an output")
    if told is not None and told.shared_requests:
        lines.append(f"  shared memory: {told.conflicts} bank conflicts")
    return "\n".join(lines)
