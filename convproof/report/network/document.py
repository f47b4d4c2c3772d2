"""The document of one network, and the comparison of several."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from convproof.networks.count import Row, Total, rows, total
from convproof.networks.graph import Network
from convproof.report.model import (
    Badge,
    Block,
    Column,
    Document,
    Math,
    Plot,
    Prose,
    Scale,
    Section,
    Series,
    Table,
    Text,
)
from convproof.report.network.graph import diagram, first_module, volume
from convproof.report.network.printed import QUOTED, Printed, printed

FLOAT = 4  # bytes of a number in float32
_RIGHT = "right"


def report(network: Network, *, command: str, version: str) -> Document:
    """Return the document of a network."""
    listed = rows(network)
    beside = rows(network, auxiliary=True)
    blocks: list[Block] = [
        Text(*_opening(network, listed)),
        Section(
            title="Layers", blocks=(_table(listed, total(network)), *_auxiliary(network, beside))
        ),
        Section(title="Where the numbers are", blocks=tuple(_plots(listed))),
        Section(title="Graph", blocks=tuple(_graphs(network))),
    ]
    lecture = printed(network.name)
    if lecture:
        blocks.append(Section(title="Beside the lecture's table", blocks=_beside(listed, lecture)))
    return Document(
        title=network.name,
        subtitle=f"input {volume(network.input_shape)}",
        command=command,
        version=version,
        blocks=tuple(blocks),
    )


def comparison(
    networks: Sequence[Network], *, command: str, version: str, ended: Callable[[str], None]
) -> Document:
    """Return the document that compares networks."""
    found = []
    for network in networks:
        found.append((network, rows(network), total(network)))
        ended(network.name)
    return Document(
        title="Networks compared",
        subtitle=f"{len(networks)} networks, one image each",
        command=command,
        version=version,
        blocks=(
            Text(
                "Parameters and operations are counted from the graph as in the lecture: a "
                "convolution takes ",
                Math("r^2 k + 1"),
                " operations for each output; pooling, norm and softmax "
                "one for each number that they read. Memory is that of all volumes in float32, for "
                "one image. The receptive field counts positions of the image that one cell of the "
                "last map of more than one cell depends on, those of the padding too. Errors are "
                "quoted from the lecture, not measured here; those of a contest are of several "
                "networks together.",
            ),
            _all(found),
            _map(found),
        ),
    )


def _opening(network: Network, listed: Sequence[Row]) -> Iterator[str]:
    amount = total(network)
    most = max(listed, key=lambda row: row.parameters)
    busiest = max(listed, key=lambda row: row.operations)
    largest = max(listed, key=lambda row: row.activations)
    yield (
        f"{amount.parameters:,} parameters and {amount.operations:,} operations for one image, of "
        f"which {amount.multiply_adds:,} are multiply-adds. "
    )
    if amount.parameters:
        yield f"{_share(most.parameters, amount.parameters)} of the parameters are in {most.name}, "
    yield (
        f"{_share(busiest.operations, amount.operations)} of the operations in {busiest.name}; the "
        f"largest volume is that of {largest.name}."
    )
    if network.name in QUOTED:
        quoted = QUOTED[network.name]
        percent = f"{quoted.percent}\N{NO-BREAK SPACE}%"
        yield f" The lecture quotes a top-5 error of {percent} on {quoted.contest}."


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}\N{NO-BREAK SPACE}%" if whole else "none"


def _number(heading: Prose) -> Column:
    return Column(heading=heading, align="right")


def _table(listed: Sequence[Row], amount: Total) -> Table:
    return Table(
        caption="One image; memory is the volume in float32",
        columns=(
            Column(heading="layer"), _number("parameters"), _number("operations"),
            _number("volume"), _number("memory"), _number("field"), _number("stride"),
        ),
        rows=tuple(
            (
                row.name, row.parameters, row.operations, volume(row.shape),
                _bytes(FLOAT * row.activations), _square(row.receptive_field), _square(row.stride),
            )
            for row in listed
        ),
        totals=(
            ("total", amount.parameters, amount.operations, "", _bytes(FLOAT * amount.activations),
             "", ""),
        ),
    )  # fmt: skip


def _auxiliary(network: Network, beside: Sequence[Row]) -> Iterator[Block]:
    if beside:
        amount = total(network, auxiliary=True)
        yield Text("Auxiliary classifiers, which are used in training only:")
        yield _table(beside, amount)


def _bytes(count: int) -> str:
    """Return a size in B, kB or MB, of 1000.

    Example:
        >>> _bytes(40), _bytes(4096), _bytes(3_211_264)
        ('40 B', '4.1 kB', '3.21 MB')
    """
    if count < 1000:
        return f"{count} B"
    return f"{count / 1e6:,.2f} MB" if count >= 100_000 else f"{count / 1e3:,.1f} kB"


def _square(sizes: tuple[int, ...]) -> str:
    shown = sizes[:1] if len(set(sizes)) == 1 else sizes
    return "×".join(map(str, reversed(shown))) if sizes else ""


def _plots(listed: Sequence[Row]) -> Iterator[Block]:
    names = tuple(row.name for row in listed if row.kind != "input")
    shown = [row for row in listed if row.kind != "input"]
    numbers = (
        ("Parameters", "parameters", [row.parameters for row in shown]),
        ("Operations", "operations", [row.operations for row in shown]),
        ("Memory", "bytes of the volume", [FLOAT * row.activations for row in shown]),
        ("Receptive field", "positions", [max(row.receptive_field, default=0) for row in shown]),
    )
    for what, unit, values in numbers:
        if not any(values):
            continue
        points = tuple((float(place), float(value)) for place, value in enumerate(values))
        yield Plot(
            caption=f"{what} of every layer",
            description=f"Bars, one a layer; the longest is {names[values.index(max(values))]}.",
            x=Scale(label="layer", categories=names),
            y=Scale(label=unit),
            series=(Series(name=unit, points=points),),
            style="bars",
        )


def _graphs(network: Network) -> Iterator[Block]:
    yield diagram(network)
    inside = first_module(network)
    if inside is not None:
        yield inside


def _beside(listed: Sequence[Row], lecture: Sequence[Printed]) -> tuple[Block, ...]:
    table_rows = []
    for row, theirs in zip(listed, lecture, strict=False):
        same = (row.parameters, row.operations) == (theirs.parameters, theirs.operations)
        same = same and row.volume[-len(theirs.volume) :] == theirs.volume
        badge = Badge("equal", "good") if same else Badge("differs", "bad")
        cells: tuple[Prose | int, ...] = (
            theirs.layer.replace(",", ", "), row.parameters, theirs.parameters, row.operations,
            theirs.operations, volume(theirs.volume[::-1]), (badge,),
        )  # fmt: skip
        table_rows.append(cells)
    differing = sum(1 for cells in table_rows if cells[-1] != (Badge("equal", "good"),))
    more = "" if len(listed) == len(lecture) else f" It has {len(lecture)} rows, we {len(listed)}."
    return (
        Text(f"{len(table_rows) - differing} of {len(table_rows)} rows are equal.{more}"),
        Table(
            caption="What we count, and what the lecture prints",
            columns=(
                Column(heading="layer, as printed"), _number("parameters"), _number("lecture"),
                _number("operations"), _number("lecture"), _number("volume"), Column(heading=""),
            ),
            rows=tuple(table_rows),
        ),
    )  # fmt: skip


Counted = tuple[Network, tuple[Row, ...], Total]


def _all(found: Iterable[Counted]) -> Table:
    return Table(
        caption="All networks; fc layers see the whole image",
        columns=(
            Column(heading="network"), _number("input"), _number("parameters"),
            _number("operations"), _number("memory"), _number("field"), _number("top-5 error"),
        ),
        rows=tuple(
            (
                network.name, volume(network.input_shape), amount.parameters, amount.operations,
                _bytes(FLOAT * amount.activations), _field(listed), _error(network.name),
            )
            for network, listed, amount in found
        ),
    )  # fmt: skip


def _field(listed: Sequence[Row]) -> str:
    """Return the field of the last map of more than one cell."""
    maps = [row for row in listed if len(row.shape) > 1 and max(row.shape[1:]) > 1]
    return _square(maps[-1].receptive_field) if maps else ""


def _error(name: str) -> str:
    return f"{QUOTED[name].percent} %" if name in QUOTED else ""


def _map(found: Iterable[Counted]) -> Plot:
    held = [(n, a) for n, _, a in found if a.parameters and a.operations]
    with_error = [(n, a) for n, a in held if n.name in QUOTED]
    without = [(n, a) for n, a in held if n.name not in QUOTED]
    series = tuple(
        Series(
            name=name,
            points=tuple((float(a.operations), float(a.parameters)) for _, a in part),
            labels=tuple(f"{n.name} {_error(n.name)}".strip() for n, a in part),
        )
        for name, part in (("others", without), ("with the lecture's top-5 error", with_error))
        if part
    )
    return Plot(
        caption="Operations for one image, and parameters; both scales are logarithmic",
        description=f"{len(held)} points, one a network.",
        x=Scale(label="operations", logarithmic=True),
        y=Scale(label="parameters", logarithmic=True),
        series=series,
        style="points",
    )
