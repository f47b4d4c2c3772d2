"""Figures of the papers that the lecture quotes, with where they stand.

Nothing here is computed: a claim that is compared with it is of the class "outside source" where
it differs.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure.

    Attributes:
        figure: what is said.
        source: by whom, and where in the paper.
    """

    figure: Any
    source: str


_ILSVRC = "Russakovsky et al., Imagenet Large Scale Visual Recognition Challenge"
_ALEXNET = "Krizhevsky, Sutskever and Hinton 2012"
_LENET = "LeCun, Bottou, Bengio and Haffner 1998, section II.B"
_VGG = "Simonyan and Zisserman 2014"
_GOOGLENET = "Szegedy et al. 2015"

FIGURES: dict[str, Published] = {
    "cifar10": Published((10, 50000, 10000, (32, 32)), "Krizhevsky 2009, section 3.1"),
    "cifar10 training": Published(50000, "Krizhevsky 2009, section 3.1"),
    "imagenet": Published(
        (22000, 15000000),
        f"{_ALEXNET}, section 2: over 15 million, roughly 22,000",
    ),
    "ilsvrc": Published(
        (1000, 1200000, 50000, 150000), f"{_ALEXNET}, section 2: roughly 1.2 million, of ILSVRC"
    ),
    "alexnet error": Published(Decimal("16.4"), f"{_ALEXNET}, table 2: five networks, ILSVRC-2012"),
    "alexnet second": Published(Decimal("26.2"), f"{_ALEXNET}, abstract: the second-best entry"),
    "alexnet input": Published((224, 224), f"{_ALEXNET}, section 3.5"),
    "zfnet error": Published(Decimal("13.5"), f"{_ILSVRC}, results of 2013: the entry ZF"),
    "vgg error": Published(Decimal("7.3"), f"{_VGG}, table 7: the submission of 2014"),
    "vgg A": Published(Decimal("10.4"), f"{_VGG}, table 3: A"),
    "vgg A-LRN": Published(Decimal("10.5"), f"{_VGG}, table 3: A-LRN"),
    "googlenet error": Published(Decimal("6.7"), f"{_GOOGLENET}, table 2: 6.67 %"),
    "first back-propagation": Published(
        Decimal(1989),
        "LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition",
    ),
    "lenet error": Published(
        Decimal("0.95"), "LeCun, Bottou, Bengio and Haffner 1998, section III.B: LeNet-5 on MNIST"
    ),
    "lenet tanh": Published(
        "every layer up to F6", f"{_LENET}: units in layers up to F6 pass a squashing function"
    ),
    "lenet subsampling": Published(
        (12, 32), f"{_LENET}: S2 and S4, a coefficient and a bias a map"
    ),
}


def published(name: str) -> Any:
    """Return a published figure."""
    return FIGURES[name].figure


def source(name: str) -> str:
    """Return where it stands."""
    return FIGURES[name].source


def ahead() -> Decimal:
    """Return by how many points AlexNet was ahead, rounded."""
    second: Decimal = published("alexnet second")
    first: Decimal = published("alexnet error")
    return (second - first).quantize(Decimal(1))


def whole_percent(name: str) -> int:
    """Return the least whole percentage that a published error is below, or is."""
    error: Decimal = published(name)
    return math.ceil(error)


def connections() -> dict[int, tuple[int, ...]]:
    """Return which of six maps each of LeNet-5's sixteen reads (LeCun et al. 1998, table I).

    The first six read three contiguous maps, the next six four, the next three four that are not
    contiguous, the last one all.
    """
    three = [tuple((j + i) % 6 for i in range(3)) for j in range(6)]
    four = [tuple((j + i) % 6 for i in range(4)) for j in range(6)]
    apart = [tuple((j + i) % 6 for i in (0, 1, 3, 4)) for j in range(3)]
    return dict(enumerate([*three, *four, *apart, tuple(range(6))]))


def connected(input_map: int) -> str:
    """Return a row of that table: which output maps read one input map."""
    return " ".join("X" if input_map in read else "." for read in connections().values())


def connection_parameters(taps: int) -> int:
    """Return the parameters of a layer with these connections: ``taps`` each, and a bias a map."""
    return sum(taps * len(read) + 1 for read in connections().values())
