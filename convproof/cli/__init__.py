"""The command line: ``convproof verify``, ``derive``, ``list`` and ``bench``.

Exit codes of every command: 0 all passed, 1 something failed, was refuted or is unknown,
2 interrupted, 4 usage; and as a shell tells of programs that die of a signal, 141 nobody reads
the output any more, 143 ended by SIGTERM. A command's module is imported when it is called, and
what the command needs when it runs, so that ``--help`` stays fast.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from convproof import __version__
from convproof.cli.added import added
from convproof.errors import ConvProofError

_COMMANDS = {  # name: (module, line of help); the module holds the command under its own name
    "verify": ("convproof.cli.verify", "Check convolutions against the derivation and the oracle."),
    "replay": ("convproof.cli.replay", "Ask the failures of an evidence file again."),
    "sweep": ("convproof.cli.sweep", "Ask the exact law of many geometries, on many processes."),
    "merge": ("convproof.cli.merge", "Make one result of the shards of a sweep."),
    "zoo": ("convproof.cli.zoo", "Run the seeded faults and print which law refutes each."),
    "extract": ("convproof.cli.extract", "Show the matrix that a target really computes."),
    "derive": ("convproof.cli.derive", "Print the matrices and derivatives of a variant."),
    "prove": ("convproof.cli.prove", "Prove the laws for all sizes, or a claim of your own."),
    "network": ("convproof.cli.network", "Print the table of a network, layer by layer."),
    "train": ("convproof.cli.train", "Train a network on images, and score it on its test part."),
    "experiment": ("convproof.cli.experiment", "Do an experiment of the lecture and draw it."),
    "report": ("convproof.cli.report", "Write derivations, networks and evidence as documents."),
    "list": ("convproof.cli.listing", "Name the implementations, functions and theorems."),
    "bench": ("convproof.cli.bench", "Time against named rivals in the same process."),
}
PASSED, FAILED, INTERRUPTED, USAGE = 0, 1, 2, 4
_OF_SIGNAL = 128  # added to its number
UNREAD = _OF_SIGNAL + 13  # SIGPIPE


class _UnreadError(Exception):
    """Whoever read the output has gone."""


@contextmanager
def _unread() -> Iterator[None]:
    """Raise an error of ours for a broken pipe: click and rich exit with 1, a broken law's code."""
    try:
        yield
    except BrokenPipeError:
        raise _UnreadError from None
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            raise _UnreadError from None
        raise


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _unread():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _unread():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [*_COMMANDS, *added()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        command: click.Command
        if cmd_name in _COMMANDS:
            command = import_module(_COMMANDS[cmd_name][0]).command
            return command
        entry = added().get(cmd_name)
        if entry is None:
            return None
        command = entry.load()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            held = [(name, line) for name, (_, line) in _COMMANDS.items()]
            more = [(n, each.load().get_short_help_str(80)) for n, each in added().items()]
            formatter.write_dl([*held, *more])


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


class _EndedError(KeyboardInterrupt):
    """A signal asks the process to end, which goes the way that Ctrl-C goes.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with its code; SIGTERM and SIGHUP end it as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # not that of nohup
            signal.signal(number, _end)
    code = run(arguments)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = UNREAD if isinstance(error, BrokenPipeError) else code or FAILED
            with suppress(OSError):  # what is left must not be told again when Python ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(code)


def _end(number: int, frame: object) -> NoReturn:
    del frame
    for each in (signal.SIGTERM, signal.SIGHUP):  # once: what cleans up is not disturbed
        signal.signal(each, signal.SIG_IGN)
    raise _EndedError(number)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; a user's mistake is one clear line."""
    try:
        with _unread():
            return _run(arguments)
    except _UnreadError:
        return UNREAD


def _run(arguments: list[str] | None) -> int:
    try:
        code: Any = group.main(arguments, prog_name="convproof", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except (click.ClickException, ConvProofError) as error:
        message = error.format_message() if isinstance(error, click.ClickException) else str(error)
        click.echo(f"Error: {message}", err=True)
        return USAGE
    except (KeyboardInterrupt, click.Abort) as error:
        cause = error if isinstance(error, KeyboardInterrupt) else error.__cause__
        if isinstance(cause, _EndedError):
            click.echo(f"ended by {signal.Signals(cause.number).name}", err=True)
            return _OF_SIGNAL + cause.number
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        click.echo(f"Error: {error.strerror or error}", err=True)
        return FAILED
    return code if isinstance(code, int) else PASSED
