"""LeNet-5 and its connections."""

from decimal import Decimal
from functools import partial

from convproof.report.lecture.claim import Claim, Fault, Place, Table, Unjudged
from convproof.report.lecture.claims.making import (
    law,
    lost,
    matrix,
    number,
    quoted,
    table,
    unjudged,
)
from convproof.report.lecture.counting import row
from convproof.report.lecture.published import connected, connection_parameters, connections

_AT, _PAPER = Place("LeNet-5", 2), Place("LeNet-5")
_CONNECTIONS = Place("LeNet-5 connections between convolutional layers")
_TABLE_I = "LeCun et al. 1998, table I"

LENET5 = """
input(32,1) 0 0 32x32x1
conv(5,6) 156 122304 28x28x6
avg(2) 0 4704 14x14x6
conv(5,16) 2416 241600 10x10x16
avg(2) 0 1600 5x5x16
conv(5,120) 48120 48120 1x1x120
fc(84) 10164 10164 84
RBF(10) 850 850 10
softmax 0 10 10
"""
# as the file prints it: in rows 0 to 4 a blank is lost, in row 5 a sign; each ends with a blank
_PRINTED = (
    "X . . X X X . . X X X X . X X .",
    "X X . . X X X . . X X X X . X .",
    "X X X . . X X X . . X . X X X .",
    ". X X X . X X X X . . X . X X .",
    ". . X X X . X X X X . X X . X .",
    ". . . X X X . . X X X X . X X .",
)


def _codes() -> int:
    """Return how long the codes are: the volume of the layer before the RBF units."""
    volume: int = row("lenet5-simplified", 6)[2]
    return volume


def _distances() -> int:
    """Return the numbers that ten distances to codes have: as many as they are long."""
    units: int = row("lenet5-simplified", 7)[2]
    return units * _codes()


def _row(input_map: int) -> Table:
    return Table(connected(input_map))


CLAIMS: tuple[Claim, ...] = (
    quoted("lenet5.first", _PAPER, "first convolutional neural network to use back-propagation",
           Decimal(1998), "first back-propagation", kind="statement",
           fault=Fault(of="outside source",
                       why="LeNet-5 is of 1998; LeCun et al. trained a convolutional network by "
                       "back-propagation nine years before.")),
    *table("lenet5-simplified", _AT, LENET5),
    quoted("lenet5.subsampling", _AT,
           "subsampling by average pooling with learnable global weight and bias", (0, 0),
           "lenet subsampling", note="stated: the parameters of the two avg(2) of the table",
           fault=Fault(of="convention",
                       why="With a weight and a bias a map the two layers have 2·6 = 12 and "
                       "2·16 = 32 parameters; the table counts plain averages.")),
    quoted("lenet5.tanh", _AT, "scaled tanh nonlinearity after first pooling layer and FC layer",
           "the first pooling layer and the FC layer", "lenet tanh", kind="statement",
           fault=Fault(of="outside source",
                       why="In the paper every layer up to F6 has it, the convolutions and the "
                       "second pooling too.")),
    law("lenet5.variable", _AT, "last convolutional layer allows variable-sized input",
        "fully_connected_size"),
    number("lenet5.codes", _AT, "Euclidean distance to 7 × 12 distributed codes", 84, _codes,
           "convproof network lenet5-simplified: fc(84), and 84 = 7·12"),
    number("lenet5.rbf", _AT, "output RBF units: Euclidean distance", 850, _distances,
           "10 distances to codes of 84 numbers", "number",
           fault=Fault(of="convention",
                       why="The table counts RBF(10) as a fully connected layer, with a bias a "
                       "unit; a distance to a code has none.",
                       arithmetic="10*7*12", origin="10*(84 + 1)")),
    number("lenet5.bitmaps", Place("LeNet-5 distributed codes"), "7 × 12 character bitmaps", 84,
           _codes, "convproof network lenet5-simplified: fc(84), and 84 = 7·12"),
    number("lenet5.limited", _CONNECTIONS, "number of connections limited", 2416,
           partial(connection_parameters, 25), _TABLE_I,
           note="stated: the parameters of conv(5, 16) in the table",
           fault=Fault(of="convention",
                       why="The table counts conv(5, 16) with all 6·16 = 96 pairs of maps "
                       "connected; 60 are.",
                       arithmetic="25*60 + 16", origin="25*6*16 + 16")),
    number("lenet5.symmetry", _CONNECTIONS, "forces break of symmetry", 16,
           lambda: len(set(connections().values())), f"{_TABLE_I}: 16 maps, none read the same"),
    *(
        matrix(f"lenet5.connections.{place}", _CONNECTIONS, f"row {place}", printed,
               partial(_row, place), _TABLE_I,
               fault=lost("The last sign of the row is lost." if place == 5 else
                          "A blank is lost: what stands behind it has moved to the left."))
        for place, printed in enumerate(_PRINTED)
    ),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("history or advice", "LeNet-5", "applied to character recognition"),
    *unjudged("definition", "LeNet-5", "softmax-like loss function", occurrence=2),
    *unjudged("history or advice", "LeNet-5 distributed codes",
              "chosen by hand to initialize the FC-RBF connections", "structured output"),
    *unjudged("citation", "LeNet-5", "[LeCun et al. 1998]"),
)  # fmt: skip
