"""The convolutional networks of MNIST and CIFAR10: "more fun"."""

from functools import partial

from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.making import (
    lost,
    most_frequent,
    number,
    table,
    unjudged,
)
from convproof.report.lecture.counting import defaults, most, rectified
from convproof.report.lecture.structure import deeper

_AT = Place("convolutional network", 4)  # the three before head a part of another slide
_NETWORKS = ("mnist-convnet", "cifar10-convnet")
_SOFTMAX = Fault(
    of="convention",
    why="A softmax counts one operation for each element of its input in the later tables "
    "(LeNet-5: 10, AlexNet: 1,000), and none here.",
    arithmetic="10",
    origin="0",
)
_LEGEND = "conv(r, k'[, p = 0][, s = 1])"
LEGENDS = (_LEGEND, "conv(r, k', p = 0)[, s = 1])", _LEGEND, "conv(r, k', [p=0][, s=1])")

MNIST = """
input 0 0 28x28x1
conv(5,32) 832 479232 24x24x32
pool(2) 0 18432 12x12x32
conv(5,64) 51264 3280896 8x8x64
pool(2) 0 4096 4x4x64
fc(100) 102500 102500 100
fc(10) 1010 1010 10
softmax 0 0 10
"""
CIFAR10 = """
input 0 0 32x32x3
conv(5,32) 2432 1906688 28x28x32
pool(2) 0 25088 14x14x32
conv(5,64) 51264 5126400 10x10x64
pool(2) 0 6400 5x5x64
fc(100) 160100 160100 100
fc(10) 1010 1010 10
softmax 0 0 10
"""


def _most(what: str, quote: str, layer: str) -> tuple[Claim, ...]:
    return tuple(
        number(f"{name}.most-{what}", _AT, quote, layer, partial(most, name, what),
               f"convproof network {name}", "statement")
        for name in _NETWORKS
    )  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    *table("mnist-convnet", _AT, MNIST, {7: _SOFTMAX}),
    *table("cifar10-convnet", _AT, CIFAR10, {7: _SOFTMAX}),
    *_most("parameters", "most parameters in first fully connected layer", "fc1"),
    *_most("operations", "most operations in second convolutional layer", "conv2"),
    *_most("memory", "most memory in first convolutional layer", "conv1"),
    number("convnet.relu", _AT, "ReLU nonlinearity after each convolutional and FC layer", 4,
           partial(rectified, "mnist-convnet"), "convproof network mnist-convnet: 4 layers",
           "statement",
           fault=Fault(of="claim",
                       why="Of two convolutions and two fully connected layers the last has none: "
                       "its output a_4 goes into the softmax as it is, as its letter says.",
                       arithmetic="4 - 1", origin="2 + 2")),
    number("convnet.defaults", _AT, "[, p = 0][, s = 1]); (max)-pool(r[, s = r][, p = 0])",
           (0, 1, 0), defaults, "the networks' notation: conv(2, 1), pool(2)", "row"),
    *(
        number(f"convnet.legend.frame{frame}", Place("convolutional network", 3 + frame),
               "the legend below the table, to s", LEGENDS[frame - 1],
               partial(most_frequent, *LEGENDS),
               "what most frames print", "statement", fault=fault)
        for frame, fault in (
            (1, None),
            (2, lost("The second frame lacks the bracket that opens before the padding.")),
            (3, None),
            (4, lost("The fourth frame has a bracket after a comma that belongs inside.")),
        )
    ),
    number("deeper.regions", Place("towards deeper networks"),
           "exponentially more linear response regions than their shallow counterparts, despite "
           "using the same number of computational units", "exponentially more", deeper,
           "pieces of compositions of a tent, of two units a layer, in exact fractions",
           "statement", note="able to: 2^n pieces of n layers, of 2n units; one layer of 2n units "
           "of one variable has at most 2n + 1"),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("setting", "MNIST layer 1 filters", "mini-batch m = 128, learning rate ε = 10^{-2}"),
    *unjudged("measurement", "MNIST layer 1 filters", "test error: 1.2%"),
    *unjudged("setting", "CIFAR10 layer 1 filters",
              "mini-batch m = 128, learning rate ε = 10^{-2}"),
    *unjudged("measurement", "CIFAR10 layer 1 filters", "test error: 28%"),
    *unjudged("setting", "towards deeper networks", "(20 hidden units each)",
              "2-layer: solid; 3-layer: dashed"),
    *unjudged("citation", "towards deeper networks", "[Montufar et al. 2014]"),
)  # fmt: skip
