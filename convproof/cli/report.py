"""``convproof report``: derivations, networks and evidence as documents to hand out.

convproof report derivation strided --kernel 5 --format pdf
convproof report derivations -o booklet
convproof report network vgg16
convproof report evidence evidence.json
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convproof import __version__
from convproof.cli.layer_options import OPTIONS, check_options, layer_options
from convproof.cli.output import json_option

if TYPE_CHECKING:
    from convproof.report.model import Document
    from convproof.report.write import Format

VARIANTS = ("standard", "padded", "strided", "dilated", "grouped", "transposed", "pooling")
ZOO = "reports/zoo.json"


@click.group("report")
def command() -> None:
    """Write documents: derivations, networks, evidence; as HTML, LaTeX and PDF.

    A PDF needs pdflatex; without it the other two are written, and one line says what to install.
    A file that is there is replaced when the new one is whole.
    """


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


def writing_options(decorated: Any) -> Any:
    """Give a command ``-o DIR`` and ``--format``: where a report goes, and as what."""
    directory = click.option(
        "-o", "--output", "directory", metavar="DIR", default=".", show_default=True,
        type=click.Path(file_okay=False, path_type=Path), help="Where the files go.",
    )  # fmt: skip
    formats = click.option(
        "--format", "formats", metavar="html,tex,pdf", callback=_formats,
        help="Which are written; default all that can be.",
    )  # fmt: skip
    return directory(formats(decorated))


def _optional_input(decorated: Any) -> Any:
    """Make ``--input`` optional: a variant has usual sizes."""
    for param in decorated.params if isinstance(decorated, click.Command) else ():
        if param.name == "input_size":
            param.required = False
    return decorated


def _tell(line: str) -> None:
    click.echo(line)


def _write(
    document: "Document", directory: Path, name: str, formats: "tuple[Format, ...] | None"
) -> int:
    from convproof.report.write import write

    write(document, directory, name, formats, tell=_tell)
    return 0


def _proved(names: tuple[str, ...], workers: int | None) -> None:
    """Decide proofs, with a bar of how many are done."""
    from convproof.proving.progress import Bar
    from convproof.report.laws import prove

    with Bar(len(names), "proofs") as bar:
        prove(names, workers=workers, ended=bar.ended)


def _proof_options(decorated: Any) -> Any:
    proofs = click.option(
        "--proofs/--no-proofs", default=True, show_default=True,
        help="Whether the laws are decided; else they are stated.",
    )  # fmt: skip
    workers = click.option(
        "--workers", type=click.IntRange(min=1), help="Processes; the processors by default."
    )
    return proofs(workers(decorated))


@_optional_input
@command.command("derivation")
@click.argument("variant", type=click.Choice(VARIANTS), metavar="VARIANT")
@click.option("--dims", type=click.IntRange(1, 2), help="Axes; default those of --input, or 1.")
@layer_options(kernel_required=False)
@_proof_options
@writing_options
def derivation(
    variant: str,
    dims: int | None,
    input_size: tuple[int, ...] | None,
    proofs: bool,
    workers: int | None,
    directory: Path,
    formats: "tuple[Format, ...] | None",
    **options: Any,
) -> int:
    """Derive one variant: its matrices, derivatives, proofs and pictures.

    VARIANT is standard, padded, strided, dilated, grouped, transposed or pooling. Options replace
    its usual sizes. Written is derivation-VARIANT, with two axes derivation-VARIANT-2d.
    """
    from convproof.report.derivation.document import file_name, laws_of, report
    from convproof.report.derivation.variants import VARIANTS as HELD
    from convproof.report.derivation.variants import spec

    chosen = HELD[variant]
    given = {name: value for name, value in options.items() if value is not None}
    axes = len(input_size) if input_size else dims or 1
    if dims not in (None, axes):
        msg = f"--dims {dims}, but --input has {axes} {'axis' if axes == 1 else 'axes'}."
        raise click.UsageError(msg)
    check_options(chosen.family, axes, given, OPTIONS[chosen.family])
    layer, sizes = spec(chosen, axes, input_size, given)
    document = report(chosen, layer, sizes, command=_line(), version=__version__)
    if proofs:
        _proved(laws_of([chosen]), workers)
        document = report(chosen, layer, sizes, command=_line(), version=__version__)
    return _write(document, directory, file_name(chosen, axes), formats)


@command.command("derivations")
@_proof_options
@writing_options
def derivations(
    proofs: bool,
    workers: int | None,
    directory: Path,
    formats: "tuple[Format, ...] | None",
) -> int:
    """Bind the derivations of all variants, along one axis and along two, into one booklet."""
    from convproof.proving.progress import Bar
    from convproof.report.derivation.document import booklet, laws_of
    from convproof.report.derivation.variants import VARIANTS as HELD

    chosen = tuple(HELD.values())
    if proofs:
        _proved(laws_of(chosen), workers)
    with Bar(2 * len(chosen), "derivations") as bar:
        document = booklet(chosen, command=_line(), version=__version__, ended=bar.ended)
    return _write(document, directory, "derivations", formats)


@command.command("lecture")
@_proof_options
@writing_options
@json_option
def lecture(
    proofs: bool,
    workers: int | None,
    directory: Path,
    formats: "tuple[Format, ...] | None",
    json_path: str | None,
) -> int:
    """Audit lecture 7: every claim of it, what is computed or proved, agree or disagree.

    Written is lecture, with lecture.json beside it. Disagreements are the report's content, so the
    exit code is 0; it is 1 if a proof was asked and not found.
    """
    from convproof.cli.output import Output
    from convproof.report.lecture.audit import audit, claims
    from convproof.report.lecture.document import document
    from convproof.report.lecture.judging import proofs_of
    from convproof.report.lecture.record import record, summary
    from convproof.report.lecture.writing import write_audit

    with Output(json_path) as output:
        tell = _silent if output.owns_stdout else _tell
        if proofs:
            _proved(proofs_of(claims()), workers)
        found = audit(None if proofs else {})
        held = record(found)
        for line in summary(found):
            tell(line)
        write_audit(document(found, _line()), held, directory, formats, tell=tell)
        failed = proofs and bool(found.of("undecided"))
        output.write("report-lecture", "failed" if failed else "passed", **held)
    return int(failed)


def _silent(_line: str) -> None:
    """Say nothing: standard output is for JSON alone."""


def _line() -> str:
    """Return the command line as it makes the same again; where files go is no part of it."""
    ctx = click.get_current_context()
    words = [ctx.command_path]
    for param in ctx.command.params:
        value = ctx.params.get(param.name or "")
        if isinstance(param, click.Argument):
            words += [str(part) for part in (value if isinstance(value, tuple) else (value,))]
    words += [_spelled(ctx, param) for param in ctx.command.params if _is_given(ctx, param)]
    return " ".join(word for word in words if word)


def _is_given(ctx: click.Context, param: click.Parameter) -> bool:
    source = ctx.get_parameter_source(param.name or "")
    told = isinstance(param, click.Option) and param.name not in ("directory", "formats", "workers")
    return told and source is click.core.ParameterSource.COMMANDLINE


def _spelled(ctx: click.Context, param: click.Parameter) -> str:
    assert isinstance(param, click.Option)
    value = ctx.params[param.name or ""]
    if isinstance(value, bool):
        return (param.opts if value else param.secondary_opts)[0]
    if isinstance(value, tuple):
        value = ",".join(_entry(part) for part in value)
    return f"{param.opts[0]} {value}"


def _entry(part: Any) -> str:
    return ":".join(map(str, part)) if isinstance(part, tuple) else str(part)


@command.command("network")
@click.argument("name")
@writing_options
def network_command(name: str, directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Count one network: parameters, operations, memory and receptive field, layer by layer.

    NAME is as in `convproof network`: one of its names, or a network of your own in the lecture's
    notation, in quotes.
    """
    from convproof.networks.build import network
    from convproof.networks.names import named
    from convproof.report.network.document import report

    held = network("network", name) if "(" in name else named(name)
    document = report(held, command=_line(), version=__version__)
    return _write(document, directory, f"network-{held.name}", formats)


@command.command("networks")
@writing_options
def networks_command(directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Compare all networks in one table and one plot."""
    from convproof.networks.names import NAMES, named
    from convproof.proving.progress import Bar
    from convproof.report.network.document import comparison

    with Bar(len(NAMES), "networks") as bar:
        document = comparison(
            [named(name) for name in NAMES], command=_line(), version=__version__, ended=bar.ended
        )
    return _write(document, directory, "networks", formats)


@command.command("evidence")
@click.argument("file", type=click.Path(path_type=Path))
@writing_options
def evidence_command(file: Path, directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Write the certificate of a run, from the FILE that `convproof verify --json` wrote.

    Written is FILE's name with -certificate.
    """
    from convproof.evidence import read
    from convproof.report.evidence.certificate import certificate

    document = certificate(read(file), command=_line(), version=__version__)
    return _write(document, directory, f"{file.stem}-certificate", formats)


@command.command("kill-table")
@click.argument("file", type=click.Path(path_type=Path), default=Path(ZOO))
@writing_options
def kill_table_command(file: Path, directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Write the table of seeded faults, from the FILE that `convproof zoo --json` wrote.

    Default is reports/zoo.json.
    """
    from convproof.evidence import read_document
    from convproof.report.evidence.kills import kill_table
    from convproof.report.evidence.schema import ZOO_SCHEMA

    zoo = read_document(file, ZOO_SCHEMA, "zoo's file")
    document = kill_table(zoo, command=_line(), version=__version__)
    return _write(document, directory, "kill-table", formats)
