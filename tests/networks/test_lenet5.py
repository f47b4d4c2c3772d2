"""LeNet-5 as published: LeCun, Bottou, Bengio and Haffner 1998, section II.B."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from convproof.layers import Tanh
from convproof.networks import network
from convproof.networks.count import rows, total
from convproof.networks.files import read, write
from convproof.networks.initial import init
from convproof.networks.masked import MaskedConv
from convproof.networks.names import named
from convproof.networks.rbf import Rbf
from convproof.networks.zoo.digits import BITMAPS, CODES
from convproof.networks.zoo.lenet5 import TEXT
from tests.networks.agreement import by_autograd, by_vjp, integers

NET = named("lenet5")
# layer: trainable parameters, connections (the paper's; of F6 and the output from their sizes)
PUBLISHED = {
    "c1": (156, 122_304),
    "s2": (12, 5_880),
    "c3": (1_516, 151_600),
    "s4": (32, 2_000),
    "c5": (48_120, 48_120),
    "f6": (10_164, 10_164),
    "rbf1": (0, 840),
}
# the lecture's file, "connections between convolutional layers": columns of the marks of each row
PRINTED = (
    {0, 3, 4, 5, 8, 9, 10, 11, 13, 14},
    {0, 1, 4, 5, 6, 9, 10, 11, 12, 14},
    {0, 1, 2, 5, 6, 7, 10, 12, 13, 14},
    {1, 2, 3, 5, 6, 7, 8, 11, 13, 14},
    {2, 3, 4, 6, 7, 8, 9, 11, 12, 14},
    {3, 4, 5, 8, 9, 10, 11, 13, 14},
)


def _table() -> tuple[tuple[int, ...], ...]:
    layer = NET["c3"].layer
    assert isinstance(layer, MaskedConv)
    return layer.connections


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_layer_has_the_published_parameters_and_connections(name: str) -> None:
    """A unit of S2 has 4 inputs and a bias: its connections are without the coefficient's."""
    listed = {row.name: row for row in rows(NET)}
    row, pooled = listed[name], listed.get({"s2": "avg1", "s4": "avg2"}.get(name, ""))
    connections = row.operations
    if pooled is not None:
        connections += pooled.operations - row.multiply_adds

    assert (row.parameters, connections) == PUBLISHED[name]


def test_it_has_60000_parameters_and_340908_connections() -> None:
    assert total(NET).parameters == sum(p for p, _ in PUBLISHED.values()) == 60_000
    assert sum(c for _, c in PUBLISHED.values()) == 340_908


def test_c3_is_connected_as_the_paper_says() -> None:
    """Every contiguous subset of 3 maps, of 4, three others of 4, all 6; each map is read by 10."""
    table = _table()
    threes = [{i, (i + 1) % 6, (i + 2) % 6} for i in range(6)]
    fours = [{(i + j) % 6 for j in range(4)} for i in range(6)]

    assert [set(reads) for reads in table[:12]] == threes + fours
    assert all(len(reads) == 4 and set(reads) not in fours for reads in table[12:15])
    assert table[15] == (0, 1, 2, 3, 4, 5)
    assert len(set(table)) == 16
    assert [sum(c in reads for reads in table) for c in range(6)] == [10] * 6


def test_the_discontinuous_subsets_are_two_pairs_of_opposite_maps() -> None:
    """Of 15 subsets of 4 maps in a circle, 9 are not contiguous, and 3 of these are such."""
    fours = [{(i + j) % 6 for j in range(4)} for i in range(6)]
    others = [set(s) for s in combinations(range(6), 4) if set(s) not in fours]
    pairs = [s for s in others if {(c + 3) % 6 for c in s} == s]

    assert (len(others), len(pairs)) == (9, 3)
    assert {frozenset(reads) for reads in _table()[12:15]} == set(map(frozenset, pairs))


def test_the_lectures_copy_of_the_table_is_damaged() -> None:
    """Marks after each row's first run stand one column to the left; of the last row, one is lost.

    So its last map reads nothing, and there are 59 connections.
    """
    right = [{m for m, reads in enumerate(_table()) if c in reads} for c in range(6)]
    for c in range(5):
        assert PRINTED[c] == {m if m <= c else m - 1 for m in right[c]}
    assert PRINTED[5] == right[5] - {15}
    assert not any(15 in row for row in PRINTED)
    assert (sum(map(len, PRINTED)), sum(map(len, right))) == (59, 60)


def test_every_unit_up_to_f6_is_squashed_by_the_scaled_tanh() -> None:
    """f(a) = A tanh(S a), A = 1.7159, S = 2/3: f(1) is 1 and f(-1) is -1 to four digits."""
    squashed = [node for node in NET if isinstance(node.layer, Tanh)]
    assert {node.layer for node in squashed} == {Tanh(amplitude=1.7159, slope=2 / 3)}
    assert [node.reads[0] for node in squashed] == ["c1", "s2", "c3", "s4", "c5", "f6"]
    assert round(1.7159 * float(np.tanh(2 / 3)), 4) == 1.0


def test_the_codes_are_ten_bitmaps_of_7x12_and_constants() -> None:
    """84 numbers of +-1 each; no two digits have fewer than 12 cells of different ink."""
    layer = NET["rbf1"].layer
    assert isinstance(layer, Rbf)
    assert layer.codes == CODES
    assert [(len(b), {len(row) for row in b}) for b in BITMAPS] == [(12, {7})] * 10
    assert {cell for code in CODES for cell in code} == {1, -1}
    differ = [sum(a != b for a, b in zip(*pair, strict=True)) for pair in combinations(CODES, 2)]
    assert min(differ) == 12
    assert not any(name.startswith("rbf") for name in NET.parameter_shapes)


def test_the_nearest_code_is_the_most_probable() -> None:
    """The output units of a code itself: 0 for its own, 4 for each cell that another differs in."""
    codes = network("codes", "input(84) rbf(digits) negate softmax")
    y, *_ = by_vjp(codes, "numpy", {}, np.array(CODES, float))
    assert y.argmax(axis=1).tolist() == list(range(10))
    distances, *_ = by_vjp(
        network("d", "input(84) rbf(digits)"), "numpy", {}, np.array(CODES, float)
    )
    for i, j in combinations(range(10), 2):
        cells = sum(a != b for a, b in zip(CODES[i], CODES[j], strict=True))
        assert distances[i, j] == distances[j, i] == 4 * cells


def test_the_whole_with_relu_for_tanh_is_exact_in_integers() -> None:
    """Every answer and derivative equals autograd's: all are multiples of 1/256, so exact."""
    exact = network("exact", TEXT.replace("stanh", "relu").replace("negate softmax", ""))
    parameters, x = integers(exact, 0)
    expected = by_autograd(exact, parameters, x)
    for one, other in zip(by_vjp(exact, "numpy", parameters, x), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_lecuns_first_values_fill_his_interval() -> None:
    """Uniform in +-2.4 / fan_in; of S2 for an average, 4 times that for its sum of 4 inputs."""
    drawn = init(NET, np.random.default_rng(0), rule="lecun")
    bounds = {"c1": 2.4 / 25, "s2": 2.4, "c5": 2.4 / 400, "f6": 2.4 / 120}
    for name, bound in bounds.items():
        largest = float(abs(drawn[f"{name}.weight"]).max())
        assert bound / 2 < largest <= bound


def test_its_file_holds_60000_numbers(tmp_path: Path) -> None:
    """What is no connection, and the codes, are in no file: c3.weight is 60 kernels of 5x5."""
    path = tmp_path / "lenet5.safetensors"
    drawn = init(NET, np.random.default_rng(0))
    write(path, drawn)
    held = read(path)
    assert held["c3.weight"].shape == (60, 5, 5)
    assert sum(array.size for array in held.values()) == 60_000
    assert {n: a.tobytes() for n, a in held.items()} == {n: a.tobytes() for n, a in drawn.items()}
