"""Networks by the names of a lesson, built for the images and the classes of a data set.

``convnet`` is the lecture's (lecture 7, "convolutional network") where it fits. Images of fewer
than 16 positions are too small for its 5x5 kernels and two poolings: there the same network has 3x3
kernels that keep the size (lecture 7, "VGG"), and a dropout before its last layer.
"""

from difflib import get_close_matches

from convproof.errors import NetworkError
from convproof.layers import Shape
from convproof.networks import Network, network
from convproof.networks.names import NAMES, named
from convproof.training.data import Dataset

_LECTURE = "conv(5, 32) pool(2) conv(5, 64) pool(2) fc(100) "
_SMALL = "conv(3, 32, p1) pool(2) conv(3, 64, p1) pool(2) fc(100) dropout"
SMALLEST = 16  # rows and columns for the lecture's: (16 - 4) / 2 = 6, (6 - 4) / 2 = 1
TEXTS = {"linear": "", "two-layer": "fc(100) ", "convnet": _LECTURE}


def suited(name: str, dataset: Dataset) -> Network:
    """Return a network for a data set.

    Args:
        name: ``linear``, ``two-layer`` or ``convnet``, a name of ``convproof.networks.names``, or
            a text in the lecture's notation.
        dataset: whose images it reads and whose classes it tells apart.

    Raises:
        NetworkError: if there is no such network.
    """
    if "(" in name:
        return network("network", name)
    _, height, width = dataset.image_shape
    if name == "convnet" and min(height, width) < SMALLEST:
        return small_convnet(dataset.image_shape, dataset.classes)
    if name in TEXTS:
        return _built(name, TEXTS[name], dataset.image_shape, dataset.classes)
    try:
        return named(name)
    except NetworkError:
        known = list(dict.fromkeys([*TEXTS, *NAMES]))
        near = get_close_matches(name, known, 3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"there are {', '.join(known)}, and your own in quotes."
        )
        msg = f"no network is called {name!r}: {hint}"
        raise NetworkError(msg) from None


def small_convnet(image_shape: Shape, classes: int) -> Network:
    """Return the ``convnet`` of small images."""
    return _built("convnet", _SMALL, image_shape, classes)


def _built(name: str, body: str, image_shape: Shape, classes: int) -> Network:
    channels, height, width = image_shape
    return network(name, f"input({height}, {width}, {channels}) {body} fc({classes}) softmax")
