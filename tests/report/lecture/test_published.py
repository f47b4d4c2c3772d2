"""Published figures: LeNet-5's connections from their rule, differences from their terms."""

from convproof.report.lecture.published import (
    FIGURES,
    ahead,
    connected,
    connection_parameters,
    connections,
)


def test_lenet5s_connections_are_sixty() -> None:
    """6*3 + 6*4 + 3*4 + 6 = 60 of 96; ten maps read each input map; no two read the same."""
    read = connections().values()
    assert sum(map(len, read)) == 60
    assert {connected(i).count("X") for i in range(6)} == {10}
    assert len({frozenset(maps) for maps in read}) == 16


def test_lenet5s_third_layer_has_the_papers_1516_parameters() -> None:
    """25*60 + 16."""
    assert connection_parameters(25) == 1516


def test_alexnet_was_ten_points_ahead() -> None:
    """26.2 - 16.4 = 9.8."""
    assert ahead() == 10


def test_every_figure_has_a_source() -> None:
    assert all(published.source for published in FIGURES.values())
