"""The networks by their names."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from convproof.errors import NetworkError
from convproof.networks.build import network
from convproof.networks.graph import Network

_HOMES: Mapping[str, tuple[str, str]] = {  # name: module of ``zoo``, text or function
    "linear": ("linear", "TEXT"),
    "two-layer": ("two_layer", "TEXT"),
    "mnist-convnet": ("mnist_convnet", "TEXT"),
    "cifar10-convnet": ("cifar10_convnet", "TEXT"),
    "lenet5": ("lenet5", "TEXT"),
    "lenet5-simplified": ("lenet5_simplified", "TEXT"),
    "alexnet": ("alexnet", "TEXT"),
    "caffenet": ("caffenet", "TEXT"),
    "zfnet": ("zfnet", "TEXT"),
    "vgg11": ("vgg", "TEXTS"),
    "vgg11-lrn": ("vgg", "TEXTS"),
    "vgg13": ("vgg", "TEXTS"),
    "vgg16-c": ("vgg", "TEXTS"),
    "vgg16": ("vgg", "TEXTS"),
    "vgg19": ("vgg", "TEXTS"),
    "nin": ("nin", "TEXT"),
    "inception-naive": ("inception", "NAIVE"),
    "inception": ("inception", "TEXT"),
    "googlenet": ("googlenet", "TEXT"),
    "googlenet-published": ("googlenet", "PUBLISHED"),
    "torchvision-alexnet": ("torchvision", "alexnet"),
    "torchvision-vgg11": ("torchvision", "vgg"),
    "torchvision-vgg13": ("torchvision", "vgg"),
    "torchvision-vgg16": ("torchvision", "vgg"),
    "torchvision-vgg19": ("torchvision", "vgg"),
    "torchvision-googlenet": ("torchvision_googlenet", "googlenet"),
}
NAMES = tuple(_HOMES)


@cache
def named(name: str) -> Network:
    """Return a network by its name, ``lenet5-simplified`` to ``googlenet``.

    Raises:
        NetworkError: if there is none.

    Example:
        >>> from convproof.networks.count import total
        >>> total(named("vgg16")).parameters
        138357544
    """
    if name not in _HOMES:
        near = get_close_matches(name, NAMES, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(NAMES)}."
        msg = f"no network is called {name!r}: {hint}"
        raise NetworkError(msg)
    module, attribute = _HOMES[name]
    text = getattr(import_module(f"convproof.networks.zoo.{module}"), attribute)
    if callable(text):
        built: Network = text(name)
        return built
    return network(name, text[name] if isinstance(text, dict) else text)
