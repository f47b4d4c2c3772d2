"""Network reports: every number is counted from the graph."""

from pathlib import Path

import pytest

from convproof.cli import run
from convproof.networks.count import rows, total
from convproof.networks.names import NAMES, named
from convproof.report.model import Diagram, Document, Plot, Table, Text, plain, walk
from convproof.report.network.document import comparison, report
from convproof.report.network.graph import diagram, first_module
from convproof.report.network.printed import QUOTED, printed
from tests.networks.test_lecture import ERRATA, TABLES


def _tables(document: Document) -> list[Table]:
    return [block for block in walk(document.blocks) if isinstance(block, Table)]


@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("torchvision")])
def test_the_table_of_a_network_is_its_rows_and_their_sums(name: str) -> None:
    network = named(name)
    table = _tables(report(network, command="c", version="v"))[0]
    assert [row[:3] for row in table.rows] == [
        (row.name, row.parameters, row.operations) for row in rows(network)
    ]
    amount = total(network)
    assert table.totals[0][1:3] == (amount.parameters, amount.operations)


@pytest.mark.parametrize("name", TABLES)
def test_the_lectures_table_is_quoted_row_by_row_and_its_errata_are_told(name: str) -> None:
    """Rows that differ are those of the lecture's errata, and no others."""
    lines = [line.split() for line in TABLES[name].split("\n") if line.strip()]
    assert [
        [row.layer, str(row.parameters), str(row.operations), "x".join(map(str, row.volume))]
        for row in printed(name)
    ] == lines
    table = _tables(report(named(name), command="c", version="v"))[-1]
    differing = {place for place, row in enumerate(table.rows) if "differs" in plain(row[-1])}  # type: ignore[arg-type]
    assert differing == {place for net, place in ERRATA if net == name}


def test_all_networks_are_compared_and_the_quoted_errors_are_beside_them() -> None:
    document = comparison([named(n) for n in NAMES], command="c", version="v", ended=lambda _: None)
    table = _tables(document)[0]
    assert [row[0] for row in table.rows] == list(NAMES)
    assert {row[0]: row[-1] for row in table.rows if row[-1]} == {
        name: f"{quoted.percent} %" for name, quoted in QUOTED.items()
    }
    plot = next(block for block in walk(document.blocks) if isinstance(block, Plot))
    points = {point for series in plot.series for point in series.points}
    held = total(named("vgg16"))
    assert (float(held.operations), float(held.parameters)) in points


def test_the_field_of_a_network_is_that_of_its_last_map_of_more_than_one_cell() -> None:
    """Not of the last convolution: lenet5's sees the whole image with its only cell."""
    document = comparison([named("lenet5")], command="c", version="v", ended=lambda _: None)
    place = [plain(c.heading) for c in _tables(document)[0].columns].index("field")
    fields = {row.shape: row.receptive_field for row in rows(named("lenet5"))}
    assert _tables(document)[0].rows[0][place] == "16"
    assert (fields[16, 5, 5], fields[120, 1, 1]) == ((16, 16), (32, 32))
    opening = document.blocks[0]
    assert isinstance(opening, Text)
    assert "of the last map of more than one cell " in plain(opening.prose)


@pytest.mark.parametrize("name", NAMES)
def test_the_diagram_has_every_row_once_and_every_arrow_goes_forward(name: str) -> None:
    network = named(name)
    made = diagram(network)
    order = [box.name for box in made.boxes]
    listed = [row.name for row in (*rows(network), *rows(network, auxiliary=True))]
    assert sorted(order) == sorted(listed)
    assert all(order.index(a) < order.index(b) for a, b in made.arrows)
    assert {b for _, b in made.arrows} == set(order[1:])


def test_the_inside_of_an_inception_module_has_its_four_branches() -> None:
    made = first_module(named("inception"))
    assert isinstance(made, Diagram)
    (join,) = [box.name for box in made.boxes if box.name not in {a for a, _ in made.arrows}]
    assert len([a for a, b in made.arrows if b == join]) == 4
    assert first_module(named("vgg16")) is None


@pytest.mark.full
@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_a_page(name: str, tmp_path: Path) -> None:
    assert run(["report", "network", name, "-o", str(tmp_path), "--format", "html"]) == 0
    assert f"<h1>{name}</h1>" in (tmp_path / f"network-{name}.html").read_text()


def test_a_name_of_no_network_is_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["report", "network", "vgg61", "-o", str(tmp_path / "made")]) == 4
    assert "did you mean" in capsys.readouterr().err
    assert not (tmp_path / "made").exists()
