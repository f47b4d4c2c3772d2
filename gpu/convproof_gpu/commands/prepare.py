"""``--prepare ARCH`` of the commands that measure: their kernels compiled, and told, on no GPU."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output

if TYPE_CHECKING:
    from convproof_gpu.machine import Kernel


def _architecture(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Return an architecture as NVRTC spells it, or None."""
    if value is not None and not re.fullmatch(r"sm_\d{2,3}[af]?", value):
        msg = f"{value!r} is no architecture as NVRTC spells it, like sm_90a."
        raise click.BadParameter(msg, ctx, parameter)
    return value


prepare_option = click.option(
    "--prepare", metavar="ARCH", callback=_architecture,
    help="Measure nothing: compile, for sm_90a; no GPU.",
)  # fmt: skip


def compile_and_tell(
    json_path: str | None,
    command: str,
    kernels: "Sequence[Kernel]",
    arch: str,
    otherwise: str,
    **contents: Any,
) -> int:
    """Compile kernels and tell each; return the exit code.

    Args:
        json_path: where the document goes, see ``json_option``.
        command: its name in the document.
        kernels: which.
        arch: for which.
        otherwise: what is told where there are none.
        contents: more of the document.
    """
    from convproof_gpu.measuring.prepare import compiled

    records = []
    with Output(json_path) as output:
        for kernel in compiled(kernels, arch):
            records.append({"file": kernel.file, "expression": kernel.expression})
            if not output.owns_stdout:
                click.echo(f"{kernel.file}: {kernel.expression}")
        output.write(command, "prepared", **contents, arch=arch, kernels=records)
        if not records and not output.owns_stdout:
            click.echo(otherwise)
    return 0
