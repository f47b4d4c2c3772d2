"""``convproof bench gpu``: our kernels beside cuDNN and PyTorch, on one GPU, with every error."""

import re
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any

import click
from click.core import ParameterSource

from convproof.cli.output import STDOUT, Output, json_option
from convproof_gpu.commands.prepare import compile_and_tell, prepare_option

_PRECISIONS = "float32,tf32"
_OPERATIONS = "forward,input_vjp,weight_vjp"
_CHOSEN = ("pattern", "operations", "precisions")
_MEASURED = ("unsearched", "without", "rounds", "compiled")
_LASTING = ("seconds", "resume")
_IDLE = {  # by an option's name: what it does, and what it does not hear
    "merge": (
        "makes one result of FILES",
        (*_CHOSEN, *_MEASURED, *_LASTING, "networks", "batch", "part", "whole", "prepare"),
    ),
    "prepare": ("compiles and measures nothing", (*_MEASURED, *_LASTING)),
    "whole": ("measures networks, forward and in float32", (*_CHOSEN, *_MEASURED)),
}


def _words(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    """Return the words of a list, each once and each known."""
    del ctx
    from convproof_gpu.measuring.ours import PRECISIONS, SHORT
    from convproof_gpu.measuring.rows import NETWORKS, OPERATIONS

    known = {
        "networks": tuple(NETWORKS),
        "operations": OPERATIONS,
        "precisions": tuple(PRECISIONS),
    }[str(parameter.name)]
    words = tuple(dict.fromkeys(SHORT.get(w.strip(), w.strip()) for w in value.split(",")))
    if value == "all":
        return known
    for word in words:
        if word not in known:
            msg = f"{word!r} is none of {', '.join(known)}."
            raise click.BadParameter(msg)
    return words


def _part(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[int, int]:
    """Return number and count of ``2/5``."""
    del ctx, parameter
    found = re.fullmatch(r"(\d+)/(\d+)", value)
    number, parts = (int(found[1]), int(found[2])) if found else (0, 0)
    if not 1 <= number <= parts:
        msg = f"{value!r} is no part I/N with 1 <= I <= N, like 2/5."
        raise click.BadParameter(msg)
    return number, parts


@click.command("gpu")
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False))
@click.option("--layers", "pattern", default="*", metavar="PATTERNS", help="As vgg16/*,conv1.")
@click.option("--networks", default="all", callback=_words, help="Names, in order, or all.")
@click.option(
    "--operations", default=_OPERATIONS, callback=_words, show_default=True, help="Also: fused."
)
@click.option(
    "--precision", "precisions", default=_PRECISIONS, callback=_words, show_default=True,
    help="Also: bfloat16, float16.",
)  # fmt: skip
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True)
@click.option("--part", default="1/1", callback=_part, metavar="I/N", help="One of N parts.")
@click.option("--seconds", type=click.FloatRange(min=0), help="Begin no row after so long.")
@click.option("--unsearched", is_flag=True, help="Leave cuDNN to its guess: cudnn.benchmark off.")
@click.option("--without", default="", metavar="PATTERNS", help="As 'cuDNN tf32 NCHW': rivals.")
@click.option("--rounds", type=click.IntRange(min=1), help="Of the sides in turn; 7.")
@click.option("--compile", "compiled", is_flag=True, help="torch.compile is a rival too: slow.")
@click.option(
    "--resume", is_flag=True, help="Keep what the file of --json holds, measure the rest."
)
@click.option("--whole", is_flag=True, help="Whole networks forward, in place of their layers.")
@prepare_option
@click.option("--merge", is_flag=True, help="Measure nothing: make one result of FILES.")
@json_option
def command(
    files: tuple[str, ...],
    pattern: str,
    networks: tuple[str, ...],
    operations: tuple[str, ...],
    precisions: tuple[str, ...],
    batch: int,
    part: tuple[int, int],
    seconds: float | None,
    unsearched: bool,
    without: str,
    rounds: int | None,
    compiled: bool,
    resume: bool,
    whole: bool,
    prepare: str | None,
    merge: bool,
    json_path: str | None,
) -> int:
    """Time our kernels beside cuDNN's and PyTorch's: every layer of the networks, once.

    A ratio is a rival's time over ours: above 1 we are ahead. Beside each time is its error against
    float64, and an answer that is wrong is told and not timed. The file of --json is whole after
    every row, so what was measured stays if the run is cut off. With --whole it is the networks
    that are measured, forward, with bias and ReLU in the convolutions' kernels.
    """
    if bool(files) != merge:
        msg = "--merge takes the FILES that --json wrote, and nothing else takes any."
        raise click.UsageError(msg)
    _refuse_what_is_unheard()
    if resume and json_path in (None, STDOUT):
        msg = "--resume goes on with the file of --json: name one, as in --json FILE --resume."
        raise click.UsageError(msg)
    from convproof_gpu.measuring import report, wholes
    from convproof_gpu.measuring.rows import part_of, rows

    if merge:
        with Output(json_path) as output:
            _tell(output, report.merged([report.read(file) for file in files]))
        return 0
    wanted = () if whole else part_of(rows(networks, operations, batch, pattern), *part)
    of_part = _wholes(networks, part) if whole else ()
    if prepare is not None:
        return _prepared(wanted, precisions, of_part, batch, prepare, json_path)
    before = report.begun(json_path if resume else None)
    wanted = tuple(r for r in wanted if not report.is_in(before["rows"], r, precisions))
    with Output(json_path) as output:
        document, bench = _begun(
            precisions=precisions,
            compiled=compiled,
            searched=not unsearched,
            without=[pattern.strip() for pattern in without.split(",")],
            stopwatch=_stopwatch(rounds),
        )
        document = before | {"runs": [*before["runs"], *document["runs"]]}
        for record in _measured(of_part, batch, seconds, bench, document["networks"]):
            document["networks"].append(record)
            if output.is_wanted and not output.owns_stdout:
                _write(output, document)
            click.echo(f"... {wholes.line(record)}", err=True)
        for records in bench.run(wanted, seconds):
            document["rows"] += records
            if output.is_wanted and not output.owns_stdout:
                _write(output, document)
            for record in records:
                click.echo(f"... {_line(record)}", err=True)
        _tell(output, document)
    is_wrong = any(record["status"] in ("wrong", "failed") for record in document["rows"])
    return int(is_wrong or any(map(wholes.failed, document["networks"])))


def _refuse_what_is_unheard() -> None:
    """Raise ``UsageError`` for an option that another one makes idle."""
    context = click.get_current_context()
    given = {
        str(each.name): each.opts[-1]
        for each in context.command.params
        if context.get_parameter_source(str(each.name)) is ParameterSource.COMMANDLINE
    }
    for option, (does, idle) in _IDLE.items():
        lost = [name for each, name in given.items() if each in idle]
        if option in given and lost:
            msg = f"{given[option]} {does}, and takes no {', '.join(lost)}: leave out one of them."
            raise click.UsageError(msg)


def _wholes(networks: tuple[str, ...], part: tuple[int, int]) -> tuple[str, ...]:
    """Return the names of the networks of a part."""
    from convproof_gpu.measuring.rows import NETWORKS

    number, parts = part
    names = [NETWORKS[name] for name in networks if NETWORKS[name]]
    if not names:
        msg = f"--whole measures networks, and {', '.join(networks)} is layers alone: name another."
        raise click.UsageError(msg)
    return tuple(names[number - 1 :: parts])


def _measured(
    names: Sequence[str],
    batch: int,
    seconds: float | None,
    bench: Any,
    held: Sequence[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Yield the records of networks that are not held; none is begun after the time limit."""
    from convproof_gpu.measuring import wholes
    from convproof_gpu.measuring.whole import measured

    begin = perf_counter()
    for name in names:
        is_over = seconds is not None and perf_counter() - begin >= seconds
        if not is_over and not wholes.is_in(held, name, batch):
            yield measured(name, batch, bench.implementation, bench.device)


def _prepared(
    wanted: tuple[Any, ...],
    precisions: tuple[str, ...],
    networks: tuple[str, ...],
    batch: int,
    arch: str,
    json_path: str | None,
) -> int:
    from convproof_gpu.measuring.prepare import kernels, of_networks

    found = tuple(dict.fromkeys((*kernels(wanted, precisions), *of_networks(networks, batch))))
    return compile_and_tell(
        json_path, "bench", found, arch, "no kernel is launched by these.", on="gpu"
    )


def _stopwatch(rounds: int | None) -> Any:
    from convproof_gpu.measuring.clock import Stopwatch

    return Stopwatch() if rounds is None else Stopwatch(rounds=rounds, fewest=min(3, rounds))


def _begun(**how: Any) -> tuple[dict[str, Any], Any]:
    """Return a document without rows, and what measures them, a ``Bench``.

    Raises:
        GpuUnavailableError: if there is no GPU for both libraries.
    """
    from convproof_gpu.commands.on_gpu import there
    from convproof_gpu.measuring import ceilings
    from convproof_gpu.measuring.facts import facts
    from convproof_gpu.measuring.run import Bench

    implementation, device = there()
    with device.stream():
        rates = ceilings.measured(device)
    told = facts(implementation.versions)
    told["tiles"] = f"{len(implementation.choices)} measured by `convproof tune`, the table's else"
    document = {"runs": [{"facts": told, "rates": rates}], "rows": []}
    return document, Bench(device=device, implementation=implementation, rates=rates, **how)


def _write(output: Output, document: dict[str, Any]) -> None:
    output.write("bench", "measured", on="gpu", **document)


def _tell(output: Output, document: dict[str, Any]) -> None:
    from convproof.cli.terminal import width
    from convproof_gpu.measuring import report

    _write(output, document)
    if not output.owns_stdout:
        click.echo(report.text(document, width()))


def _line(record: dict[str, Any]) -> str:
    """Return a row in a few words, for who waits."""
    what = f"{record['name']} {record['operation']} {record['precision']}: "
    if record["status"] != "measured":
        return f"{what}{record['status']} {record['why']}".rstrip()
    against = record["ratios"]["any"]
    rival = f", {against['ratio']:.2f} against {against['rival']}" if against else ""
    return f"{what}{record['ours']['us']:.1f} us{rival} ({record['seconds']:.1f} s)"
