"""The command line: ``convproof verify``, ``derive``, ``list`` and ``bench``.

Exit codes of every command: 0 all passed, 1 something failed, was refuted or is unknown,
2 interrupted, 4 usage. A command's module is imported when it is called, and what the command
needs when it runs, so that ``--help`` stays fast.
"""

import sys
from importlib import import_module
from typing import Any

import click

from convproof import __version__
from convproof.errors import ConvProofError

_COMMANDS = {  # name: (module, line of help); the module holds the command under its own name
    "verify": ("convproof.cli.verify", "Check convolutions against the derivation and the oracle."),
    "replay": ("convproof.cli.replay", "Ask the failures of an evidence file again."),
    "sweep": ("convproof.cli.sweep", "Ask the exact law of many geometries, on many processes."),
    "merge": ("convproof.cli.merge", "Make one result of the shards of a sweep."),
    "zoo": ("convproof.cli.zoo", "Run the seeded faults and print which law refutes each."),
    "extract": ("convproof.cli.extract", "Show the matrix that a target really computes."),
    "derive": ("convproof.cli.derive", "Print the matrices and derivatives of a variant."),
    "list": ("convproof.cli.listing", "Name the implementations, functions and theorems."),
    "bench": ("convproof.cli.bench", "Time against named rivals in the same process."),
}
PASSED, FAILED, INTERRUPTED, USAGE = 0, 1, 2, 4


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="convproof")
@click.pass_context
def group(ctx: click.Context) -> None:
    """Convolution layers you can check: derived symbolically, tested exactly.

    Exit codes: 0 all passed, 1 something failed, 2 interrupted, 4 usage.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; a user's mistake is one clear line."""
    try:
        code: Any = group.main(arguments, prog_name="convproof", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except (click.ClickException, ConvProofError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"Error: {message}", err=True)
        return USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, and nobody is told twice
        return PASSED
    except OSError as error:
        click.echo(f"Error: {error.strerror or error}", err=True)
        return FAILED
    return code if isinstance(code, int) else PASSED
