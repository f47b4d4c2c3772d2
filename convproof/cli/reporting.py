"""What the commands of ``convproof report`` share: where a report goes, as what, and its proofs."""

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from convproof.report.model import Document
    from convproof.report.write import Format

_NO_PART = ("directory", "formats", "workers", "fresh", "json_path")  # of what a document says


def _formats(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> "tuple[Format, ...] | None":
    from convproof.report.write import FORMATS

    if value is None:
        return None
    asked = tuple(part.strip() for part in value.split(",") if part.strip())
    unknown = [part for part in asked if part not in FORMATS]
    if unknown or not asked:
        told = f"{unknown[0]!r} is" if unknown else "there are"
        msg = f"{told} none of {', '.join(FORMATS)}; several are joined by commas: html,pdf."
        raise click.BadParameter(msg)
    return tuple(each for each in FORMATS if each in asked)


def _directory(_ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    """Refuse a folder that cannot be made or written, before the work starts."""
    there = next(each for each in (value, *value.absolute().parents) if each.exists())
    if not there.is_dir():
        msg = f"{str(value)!r} cannot be made: {str(there)!r} is a file."
        raise click.BadParameter(msg)
    if not os.access(there, os.W_OK | os.X_OK):
        msg = f"{str(value)!r} cannot be written: no permission to write in {str(there)!r}."
        raise click.BadParameter(msg)
    return value


def writing_options(decorated: Any) -> Any:
    """Give a command ``-o DIR`` and ``--format``: where a report goes, and as what."""
    directory = click.option(
        "-o", "--output", "directory", metavar="DIR", default=".", show_default=True,
        type=click.Path(file_okay=False, path_type=Path), callback=_directory,
        help="Where the files go.",
    )  # fmt: skip
    formats = click.option(
        "--format", "formats", metavar="html,tex,pdf", callback=_formats,
        help="Which are written; default all that can be.",
    )  # fmt: skip
    return directory(formats(decorated))


def proof_options(decorated: Any) -> Any:
    """Give a command ``--proofs``, ``--fresh`` and ``--workers``: what is decided, and by whom."""
    proofs = click.option(
        "--proofs/--no-proofs", default=True, show_default=True,
        help="Whether the laws are decided; else they are stated.",
    )  # fmt: skip
    fresh = click.option(
        "--fresh", is_flag=True,
        help="Decide again what an earlier report of the same sources and engines proved.",
    )  # fmt: skip
    workers = click.option(
        "--workers", type=click.IntRange(min=1), help="Processes; the processors by default."
    )
    return proofs(fresh(workers(decorated)))


def tell(line: str) -> None:
    """Print a line."""
    click.echo(line)


def write_document(
    document: "Document", directory: Path, name: str, formats: "tuple[Format, ...] | None"
) -> int:
    """Write a document and tell where it is."""
    from convproof.report.write import write

    write(document, directory, name, formats, tell=tell)
    return 0


def proved(names: tuple[str, ...], workers: int | None, *, fresh: bool) -> None:
    """Decide proofs, with a bar of how many are done."""
    from convproof.progress import Bar
    from convproof.report.laws import prove

    with Bar(len(names), "proofs") as bar:
        prove(names, workers=workers, ended=bar.ended, fresh=fresh)


def command_line() -> str:
    """Return the line that makes the same again in a shell; where files go is no part of it."""
    ctx = click.get_current_context()
    words = ctx.command_path.split()
    for param in ctx.command.params:
        if isinstance(param, click.Argument):
            words.append(str(ctx.params[param.name or ""]))
    for param in ctx.command.params:
        if _is_given(ctx, param):
            words += _spelled(ctx, param)
    return shlex.join(words)


def _is_given(ctx: click.Context, param: click.Parameter) -> bool:
    source = ctx.get_parameter_source(param.name or "")
    told = isinstance(param, click.Option) and param.name not in _NO_PART
    return told and source is click.core.ParameterSource.COMMANDLINE


def _spelled(ctx: click.Context, param: click.Parameter) -> list[str]:
    assert isinstance(param, click.Option)
    value = ctx.params[param.name or ""]
    if isinstance(value, bool):
        return [(param.opts if value else param.secondary_opts)[0]]
    if isinstance(value, tuple):
        value = ",".join(_entry(part) for part in value)
    return [param.opts[0], str(value)]


def _entry(part: Any) -> str:
    return ":".join(map(str, part)) if isinstance(part, tuple) else str(part)
