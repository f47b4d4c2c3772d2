"""``convproof report``: derivations, networks and evidence as documents to hand out.

convproof report derivation strided --kernel 5 --format pdf
convproof report derivations -o booklet
convproof report lecture
convproof report network vgg16
convproof report evidence evidence.json
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convproof import __version__
from convproof.cli.choice import Choice
from convproof.cli.layer_options import OPTIONS, check_options, layer_options
from convproof.cli.report_lecture import lecture
from convproof.cli.reporting import (
    command_line,
    proof_options,
    proved,
    write_document,
    writing_options,
)

if TYPE_CHECKING:
    from convproof.report.write import Format

VARIANTS = ("standard", "padded", "strided", "dilated", "grouped", "transposed", "pooling")
ZOO = "reports/zoo.json"


@click.group("report")
def command() -> None:
    """Write documents: derivations, networks, evidence; as HTML, LaTeX and PDF.

    A PDF needs pdflatex; without it the other two are written, and one line says what to install.
    A file that is there is replaced when the new one is whole.
    """


command.add_command(lecture)


@command.command("derivation")
@click.argument("variant", type=Choice(VARIANTS), metavar="VARIANT")
@click.option("--dims", type=click.IntRange(1, 2), help="Axes; default those of --input, or 1.")
@layer_options(of_variant=True)
@proof_options
@writing_options
def derivation(
    variant: str,
    dims: int | None,
    input_size: tuple[int, ...] | None,
    proofs: bool,
    fresh: bool,
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
    document = report(chosen, layer, sizes, command=command_line(), version=__version__)
    if proofs:
        proved(laws_of([chosen]), workers, fresh=fresh)
        document = report(chosen, layer, sizes, command=command_line(), version=__version__)
    return write_document(document, directory, file_name(chosen, axes), formats)


@command.command("derivations")
@proof_options
@writing_options
def derivations(
    proofs: bool,
    fresh: bool,
    workers: int | None,
    directory: Path,
    formats: "tuple[Format, ...] | None",
) -> int:
    """Bind the derivations of all variants, along one axis and along two, into one booklet."""
    from convproof.progress import Bar
    from convproof.report.derivation.document import booklet, laws_of
    from convproof.report.derivation.variants import VARIANTS as HELD

    chosen = tuple(HELD.values())
    if proofs:
        proved(laws_of(chosen), workers, fresh=fresh)
    with Bar(2 * len(chosen), "derivations") as bar:
        document = booklet(chosen, command=command_line(), version=__version__, ended=bar.ended)
    return write_document(document, directory, "derivations", formats)


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
    document = report(held, command=command_line(), version=__version__)
    return write_document(document, directory, f"network-{held.name}", formats)


@command.command("networks")
@writing_options
def networks_command(directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Compare all networks in one table and one plot."""
    from convproof.networks.names import NAMES, named
    from convproof.progress import Bar
    from convproof.report.network.document import comparison

    with Bar(len(NAMES), "networks") as bar:
        document = comparison(
            [named(name) for name in NAMES],
            command=command_line(),
            version=__version__,
            ended=bar.ended,
        )
    return write_document(document, directory, "networks", formats)


@command.command("evidence")
@click.argument("file", type=click.Path(path_type=Path))
@writing_options
def evidence_command(file: Path, directory: Path, formats: "tuple[Format, ...] | None") -> int:
    """Write the certificate of a run, from the FILE that `convproof verify --json` wrote.

    Written is FILE's name with -certificate.
    """
    from convproof.evidence import read
    from convproof.report.evidence.certificate import certificate

    document = certificate(read(file), command=command_line(), version=__version__)
    return write_document(document, directory, f"{file.stem}-certificate", formats)


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
    document = kill_table(zoo, command=command_line(), version=__version__)
    return write_document(document, directory, "kill-table", formats)
