"""What the lecture prints of networks: their tables, row by row, and the errors that it quotes.

A quotation: nothing here is computed, and nothing is taken from it but to be shown beside what is.
The tables are those of the audit's claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from convproof.report.lecture.claims.convnets import CIFAR10, MNIST
from convproof.report.lecture.claims.googlenet import GOOGLENET
from convproof.report.lecture.claims.imagenet import CAFFENET, ZFNET
from convproof.report.lecture.claims.lenet import LENET5
from convproof.report.lecture.claims.vgg import VGG16

TABLES: Mapping[str, str] = {
    "mnist-convnet": MNIST,
    "cifar10-convnet": CIFAR10,
    "lenet5-simplified": LENET5,
    "caffenet": CAFFENET,
    "zfnet": ZFNET,
    "vgg16": VGG16,
    "googlenet": GOOGLENET,
}


@dataclass(frozen=True, slots=True)
class Printed:
    """A row of a table of the lecture.

    Attributes:
        layer: in its notation.
        parameters: as printed.
        operations: as printed.
        volume: width, height and channels, or features.
    """

    layer: str
    parameters: int
    operations: int
    volume: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A top-5 error of ImageNet that the lecture quotes.

    Attributes:
        percent: of the test images.
        contest: in which it was measured.
    """

    percent: str
    contest: str


QUOTED: Mapping[str, Quoted] = {  # lecture 7: "AlexNet", "ZFNet", "VGG", "GoogLeNet"
    "alexnet": Quoted("16.4", "ILSVRC'12"),
    "zfnet": Quoted("11.7", "ILSVRC'13"),
    "vgg16": Quoted("7.3", "ILSVRC'14"),
    "googlenet": Quoted("6.7", "ILSVRC'14"),
}


def printed(name: str) -> tuple[Printed, ...]:
    """Return the rows that the lecture prints of a network; none where it has no table."""
    found = []
    for line in TABLES.get(name, "").split("\n"):
        if line.strip():
            layer, parameters, operations, volume = line.split()
            sizes = tuple(int(size) for size in volume.split("x"))
            found.append(Printed(layer, int(parameters), int(operations), sizes))
    return tuple(found)
