"""Runs that leave evidence, and evidence that is changed."""

from copy import deepcopy
from typing import Any

from convproof.cli import run
from convproof.evidence import read

FLIPPED = """
from convproof import get_implementation


def conv2d(x, w, bias=None, **options):
    return get_implementation("numpy").conv2d(x, w[..., ::-1], bias, **options)


def conv1d(x, w, bias=None, **options):
    return get_implementation("numpy").conv1d(x, w, bias, **options)
"""
# where exhaustion is quick: one dimension
FLIPPED_LINE = """
from convproof import get_implementation


def conv1d(x, w, bias=None, **options):
    return get_implementation("numpy").conv1d(x, w[..., ::-1], bias, **options)
"""
NAN = """
import numpy as np

from convproof import get_implementation


def relu_input(x, y_bar):
    x_bar = get_implementation("numpy").relu_input(x, y_bar)
    return x_bar if (x == x.round()).all() else np.full_like(x_bar, np.nan)
"""
QUICK = ["--seed", "1", "--examples", "6", "--in-process"]


def document_of(*arguments: str) -> dict[str, Any]:
    run(["verify", *arguments, *QUICK, "--json", "out.json"])
    return read("out.json")


def changed(document: dict[str, Any], path: list[Any], value: Any) -> dict[str, Any]:
    """Return the document with one value replaced, or added."""
    other = deepcopy(document)
    held: Any = other
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = value
    return other
