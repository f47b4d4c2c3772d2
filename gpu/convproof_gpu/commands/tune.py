"""``convproof tune``: measure which tile is fastest for each product, and keep it for later calls.

convproof tune vgg16 --batch 32
convproof tune 32x256x56x56 'conv(3, 256, p1)' --precision tf32
"""

from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output, json_option
from convproof_gpu.commands.prepare import compile_and_tell, prepare_option
from convproof_gpu.commands.targets import asked, rows_of

if TYPE_CHECKING:
    from convproof_gpu.measuring.rows import Row
    from convproof_gpu.tuned import Entry
    from convproof_gpu.tuning import Outcome

_HEADING = ("layer", "operation", "table's", "best", "tried", "table us", "best us", "ratio")
_WORDS, _NAMES = 4, 2  # columns
_NO_CHOICE = "no product of these has a choice of tiles: there is nothing to tune."


@click.command("tune")
@asked
@click.option("--again", is_flag=True, help="Measure also what is kept already.")
@prepare_option
@json_option
def command(
    target: str,
    layers: str | None,
    operation: str | None,
    batch: int | None,
    precision: str,
    again: bool,
    prepare: str | None,
    json_path: str | None,
) -> int:
    """Measure the tiles of each product beside the table's, and keep the fastest.

    TARGET and LAYERS are those of `convproof plan`. Later calls of the same sizes take what is kept
    for this GPU, its driver and these kernels, in $CONVPROOF_CACHE/tuned or
    ~/.cache/convproof/tuned; with CONVPROOF_TUNED=0 they do not. Every tile is as exact as the
    precision promises, and its answer is checked before it is timed.

    Exit code 1: a tile was wrong, or did not run.
    """
    if prepare is not None and again:
        msg = "--prepare compiles and measures nothing, and takes no --again: leave out one."
        raise click.UsageError(msg)
    from convproof_gpu.cache import is_writable
    from convproof_gpu.tuning import TuningError

    rows = rows_of(target, layers, operation, batch)
    if prepare is not None:
        return _prepared(rows, precision, prepare, json_path)
    with Output(json_path) as output:
        wing, tuner = _begun()
        kept = _Kept(wing, again=again)
        outcomes: list[tuple[Row, Outcome]] = []
        errors: list[str] = []
        for row in rows:
            try:
                for outcome in tuner.tuned(row, precision, kept.choices):
                    kept.add(outcome)
                    outcomes.append((row, outcome))
                    click.echo(f"... {_line(row, outcome)}", err=True)
            except TuningError as error:  # of one row: the others are tuned all the same
                errors.append(str(error))
                click.echo(f"... {error}", err=True)
        records = [_record(row, outcome) for row, outcome in outcomes]
        is_wrong = bool(errors) or any(outcome.failed for _, outcome in outcomes)
        verdict = "failed" if is_wrong else "passed"
        told = {"facts": kept.facts, "file": str(kept.path), "outcomes": records, "errors": errors}
        output.write("tune", verdict, **told)
        if not output.owns_stdout:
            for line in _text(outcomes, kept):
                click.echo(line)
    if not is_writable("tuned"):
        click.echo("the cache cannot be written: what was measured is lost now.", err=True)
    return int(is_wrong)


class _Kept:
    """What is on disk for a GPU, with what is measured now.

    Args:
        wing: the verbs on the GPU.
        again: whether what is there is measured once more.
    """

    def __init__(self, wing: Any, *, again: bool) -> None:
        from convproof_gpu.tuned import facts_of, path_of, read

        self.facts = facts_of(wing.versions)
        self.path = path_of(self.facts)
        self._wing = wing
        self._found: dict[Any, Entry] = {} if again else read(self.facts)

    @property
    def choices(self) -> dict[Any, Any]:
        """The choices, by question."""
        return {question: entry.choice for question, entry in self._found.items()}

    def add(self, outcome: "Outcome") -> None:
        """Keep an outcome, on disk at once; what was prepared before is not repeated."""
        from convproof_gpu.tuned import added

        self._found[outcome.question] = outcome.entry
        added(self.facts, {outcome.question: outcome.entry})
        self._wing.retuned()


def _begun() -> tuple[Any, Any]:
    """Return the verbs on the GPU, and what tunes them.

    Raises:
        GpuUnavailableError: if there is no GPU for both libraries.
    """
    from convproof_gpu.commands.on_gpu import there
    from convproof_gpu.tuning import Tuner

    wing, device = there()
    return wing, Tuner(device=device, wing=wing)


def _prepared(rows: list["Row"], precision: str, arch: str, json_path: str | None) -> int:
    from convproof_gpu.tuning import kernels

    return compile_and_tell(json_path, "tune", kernels(rows, precision), arch, _NO_CHOICE)


def _record(row: "Row", outcome: "Outcome") -> dict[str, Any]:
    return {
        "name": row.name,
        "operation": row.operation,
        "geometry": row.geometry,
        "product": outcome.question.product,
        "precision": outcome.question.precision,
        "element": outcome.question.element,
        "table": {"tile": outcome.table.choice.tile.argument, "parts": outcome.table.parts},
        "best": {"tile": outcome.best.choice.tile.argument, "parts": outcome.best.parts},
        "bound": outcome.best.plan.coefficient,
        "table_us": outcome.entry.table_us,
        "us": outcome.entry.us,
        "ratio": outcome.ratio,
        "tried": outcome.tried,
        "failed": dict(outcome.failed),
    }


def _text(outcomes: list[tuple["Row", "Outcome"]], kept: _Kept) -> list[str]:
    from convproof.cli.terminal import folded, table, width

    columns = width()
    if not outcomes:
        told = "nothing was measured: no product of these has a choice of tiles that is not kept in"
        return folded(f"{told} {kept.path}", columns, 2)
    cells = [_cells(row, outcome) for row, outcome in outcomes]
    lines = [table(_HEADING, cells, _WORDS, columns, head=_NAMES)]
    for row, outcome in outcomes:
        for tile, why in outcome.failed.items():
            lines += folded(f"{row}: {tile}: {why}", columns, 2)
    faster = sum(outcome.ratio > 1 for _, outcome in outcomes)
    told = f"{faster} of {len(outcomes)} faster than the table's choice; kept in {kept.path}"
    return [*lines, *folded(told, columns, 2)]


def _cells(row: "Row", outcome: "Outcome") -> tuple[str, ...]:
    return (
        row.name,
        row.operation,
        outcome.table.told,
        outcome.best.told if outcome.best is not outcome.table else "the same",
        str(outcome.tried),
        f"{outcome.entry.table_us:.1f}",
        f"{outcome.entry.us:.1f}",
        f"{outcome.ratio:.2f}",
    )


def _line(row: "Row", outcome: "Outcome") -> str:
    """Return an outcome in a few words, for who waits."""
    best = f"{outcome.best.told}, {outcome.entry.us:.1f} us"
    return f"{row}: {best}, {outcome.ratio:.2f} against the table's {outcome.table.told}"
