"""From the data to the convolutional layer: "fun" and "convolution"."""

from functools import partial

from convproof.networks.names import named
from convproof.report.lecture.claim import Claim, Fault, Formula, Place, Rule, Unjudged
from convproof.report.lecture.claims.making import law, number, quoted, unjudged
from convproof.report.lecture.published import published, source, whole_percent
from convproof.report.lecture.structure import (
    connections,
    fewer_weights,
    order_matters,
    reads,
    rows_and_columns,
    shifted,
    tried,
)

_NETS = Place("convolutional networks")


def _pixels() -> int:
    """Return how long the vectors of the linear classifier's images are."""
    channels, height, width = named("linear").input_shape
    return channels * height * width


def _hidden() -> int:
    """Return the width of the two-layer classifier's hidden layer."""
    graph = named("two-layer")
    return graph.shapes["fc1"][0]


def _classes(name: str) -> int:
    """Return the outputs of a classifier."""
    graph = named(name)
    return graph.shapes[graph.outputs[0]][0]


def _sizes(network: str, slide: str) -> tuple[Claim, ...]:
    """Return the claims of a classifier's slide: its classes, and how the images are split."""
    at, quote = Place(slide), "classes k = 10, samples n_{train} = 45000, n_{val} = 5000"
    return (
        number(f"{network}.classes", at, quote, 10, partial(_classes, network),
               f"convproof network {network}"),
        number(f"{network}.split", at, quote,
               Formula("45000 + 5000", left="training images"), _training,
               source("cifar10 training"), "formula"),
    )  # fmt: skip


def _training() -> Rule:
    images = published("cifar10 training")
    return Rule(letters=(), points=((),), at=lambda: images, right=Formula("50000"))


CLAIMS: tuple[Claim, ...] = (
    quoted(
        "cifar10.sizes",
        Place("CIFAR10 dataset"),
        "10 classes, 50k training images, 10k test images, 32 × 32",
        (10, 50000, 10000, (32, 32)),
        "cifar10",
    ),
    number(
        "cifar10.vector",
        Place("pipeline"),
        "vectorize 32 × 32 × 3 images into 3072 × 1",
        3072,
        _pixels,
        "convproof network linear: 32·32·3",
    ),
    number(
        "cifar10.split",
        Place("pipeline"),
        "45000 training samples … 5000 samples",
        Formula("45000 + 5000", left="training images"),
        _training,
        source("cifar10 training"),
        "formula",
    ),
    *_sizes("linear", "linear classifier validation accuracy"),
    *_sizes("two-layer", "2-layer classifier validation accuracy"),
    number(
        "two-layer.width",
        Place("two-layer classifier weights", 4),
        "layer 1 weights 150-199",
        200,
        _hidden,
        "convproof network two-layer: “hidden layer width: 100”, the slide before these four",
        fault=Fault(
            of="claim",
            why="Four slides show the weights 0 to 199 of layer 1; the network of the slide "
            "before them has a hidden layer of width 100. One of the two is of another network; "
            "the file does not tell which.",
            arithmetic="100",
            origin="4*50",
        ),
    ),
    number(
        "search.random",
        Place("setting hyperparameters"),
        "random search allows to explore more values of an important parameter",
        "more values",
        tried,
        "values of one parameter in 9 trials: 3 of a grid, 9 that are drawn",
        "statement",
        note="drawn from a continuous distribution, with probability 1",
    ),
    number(
        "order.full",
        Place("input image representation"),
        "plays no role in learning",
        "plays no role",
        partial(order_matters, "fully connected"),
        "patterns of the matrix under every permutation of 3 inputs",
        "statement",
    ),
    number(
        "matrix.sides",
        Place("matrix multiplication"),
        "columns/rows of W^⊤ correspond to input/activation elements",
        ("inputs", "activations"),
        rows_and_columns,
        "convproof derive, n = 7, r = 3: a matrix of 5 rows and 7 columns",
        "row",
    ),
    number(
        "dense.connected",
        Place("matrix multiplication → fully connected"),
        "each cell is fully connected to all input elements",
        "all inputs",
        partial(reads, "fully connected"),
        "the taps of a convolution with as many as there are inputs",
        "statement",
    ),
    number(
        "sparse.matrix",
        Place("sparse connections"),
        "matrix W becomes sparse as well",
        "sparse",
        connections,
        "convproof derive, n = 7, r = 3: 15 of 35 entries",
        "statement",
    ),
    number(
        "toeplitz.shifted",
        Place("Toeplitz matrix → convolution"),
        "shifting the same weight triplet (kernel)",
        (3, "shifting the same"),
        shifted,
        "convproof derive, n = 7, r = 3",
        "row",
    ),
    law("layer.linear", _NETS, "still linear, still matrix multiplication", "linearity"),
    number(
        "layer.sparse",
        _NETS,
        "local receptive fields → sparse connections",
        "sparse",
        connections,
        "convproof derive, n = 7, r = 3: 15 of 35 entries",
        "statement",
    ),
    law(
        "layer.shared",
        _NETS,
        "translation equivariant → shared weights",
        "lti",
        note="of signals of finite support",
    ),
    number(
        "layer.fewer",
        _NETS,
        "regularized: less parameters to learn",
        "less parameters",
        fewer_weights,
        "convproof derive, n = 7, r = 3: 35 weights, 15 sparse, 3 shared",
        "statement",
    ),
    number(
        "mnist.error",
        _NETS,
        "less than 1% error on MNIST",
        1,
        partial(whole_percent, "lenet error"),
        source("lenet error"),
        note="0.95%; the lecture's own network has 1.2% (MNIST layer 1 filters)",
    ),
    number(
        "order.convolution",
        _NETS,
        "but not on shuffled input",
        "matters",
        partial(order_matters, "convolutional"),
        "patterns of the matrix under every permutation of 3 inputs",
        "statement",
    ),
)

_INPUT = "input image representation"
UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged(
        "setting",
        "pipeline",
        "center vectors by subtracting mean",
        "Gaussian with standard deviation 10^{-4}",
        "train for a few iterations",
        "train for 10 epochs",
        "evaluate accuracy on the test set",
    ),
    *unjudged(
        "setting",
        "linear classifier validation accuracy",
        "mini-batch m = 200, learning rate ε = 10^{-6}",
    ),
    *unjudged("measurement", "linear classifier validation accuracy", "test accuracy: 38%"),
    *unjudged(
        "setting",
        "2-layer classifier validation accuracy",
        "mini-batch m = 200, learning rate ε = 2 × 10^{-3}",
        "hidden layer width: 100",
    ),
    *unjudged("measurement", "2-layer classifier validation accuracy", "test accuracy: 51%"),
    *unjudged(
        "history or advice",
        "setting hyperparameters",
        "draw samples uniformly at random in log space",
        "start with coarse range and few iterations",
    ),
    *unjudged("measurement", _INPUT, "with less than 3% error"),
    *unjudged("recalled", _INPUT, "we flattened images (1-channel or 3-channel) into vectors"),
    *unjudged("definition", _INPUT, "so what if we permute the elements"),
    *unjudged(
        "picture",
        "shuffling the dimensions",
        "this is what the computer sees",
        "it must make more sense",
        occurrence=3,
    ),
    *unjudged(
        "recalled",
        "remember receptive fields?",
        "'on'-center LGN",
        "each cell only has a localized response",
        "inhibitory ('off') responses",
        "topographic mapping",
    ),
    *unjudged(
        "definition",
        "matrix multiplication",
        "inputs x are mapped to activations",
    ),
    *unjudged(
        "definition",
        "matrix multiplication → fully connected",
        "each row of W^⊤ yields one activation element",
    ),
    *unjudged(
        "definition",
        "sparse connections",
        "we only keep a sparse set of connections",
    ),
    *unjudged(
        "definition",
        "Toeplitz matrix",
        "we only refer to one input column",
        "are made equal (shared)",
    ),
    *unjudged(
        "definition",
        "Toeplitz matrix → convolution",
        "the set of inputs seen by each cell",
    ),
    *unjudged(
        "definition",
        "Toeplitz matrix → convolution",
        "this is an 1d convolution and generalizes to 2d",
        "this new mapping is a convolutional layer",
        occurrence=6,
    ),
    *unjudged("definition", "convolutional networks", "a network of convolutional layers"),
)
