"""Receptive fields of stacks with strides and pooling, measured after every layer.

A layer of ``r`` taps over cells that are ``J`` positions apart adds ``(r - 1) J`` to the field; the
derivative of equal weights is the distribution of the sum of its independent uniform steps::

    R' = R + (r - 1) J,  J' = s J              sigma^2 = sum_l J_l^2 (r_l^2 - 1) / 12

Cell ``o`` begins at ``start + J o``. The mean over a window has one derivative for every position,
a maximum for one of them only: there each position is asked with an image that is bright at it.
"""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from convproof.experiments.base import Settings
from convproof.implementation import load_implementation
from convproof.layers import AvgPool, Conv, MaxPool
from convproof.networks import Network, network
from convproof.networks.evaluate import forward, vjp
from convproof.networks.field import Field, fields

STACKS = {
    "LeNet-5": "conv(5, 1) avg(2) conv(5, 1) avg(2) conv(5, 1)",
    "AlexNet, sums pooled": "conv(11, 1, s4) conv(3, 1, s2) conv(5, 1, p2) conv(3, 1, s2) "
    "conv(3, 1, p1) conv(3, 1, p1) conv(3, 1, p1) conv(3, 1, s2)",
    "VGG A, means pooled": "conv(3, 1, p1) avg(2) conv(3, 1, p1) avg(2) "
    "conv(3, 1, p1) conv(3, 1, p1) avg(2) conv(3, 1, p1) conv(3, 1, p1) avg(2) "
    "conv(3, 1, p1) conv(3, 1, p1) avg(2)",
    "MNIST convnet, maxima": "conv(5, 1, p2) pool(2) conv(5, 1, p2) pool(2)",
}


def measured(name: str, settings: Settings) -> dict[str, Any]:
    """Return what was measured of a stack after each layer, and what the formulas say."""
    whole = network(name, f"input(512, 1) {STACKS[name]}", activation="none")
    layers = list(_layers(whole, settings))
    return {
        "stack": name,
        "text": STACKS[name],
        "layers": layers,
        "agrees": all(row["measured"] == row["formula"] for row in layers),
    }


def _layers(whole: Network, settings: Settings) -> Iterator[dict[str, Any]]:
    seen, variance = fields(whole), Fraction(0)
    averaged = not any(isinstance(node.layer, MaxPool) for node in whole)
    for count, node in enumerate(whole, start=1):
        layer, field = node.layer, seen[node.name][0]
        assert isinstance(layer, Conv | AvgPool | MaxPool)
        taps, before = layer.kernel_size[0], seen[node.reads[0]][0]
        variance += Fraction(before.step**2 * (taps**2 - 1), 12)
        first = -(field.start // field.step)  # the first cell that sees none of the padding
        size = field.start + field.step * (first + 2) + field.size
        stack = replace(
            whole, nodes=whole.nodes[:count], outputs=(node.name,), input_shape=(1, size, size)
        )
        here, after = (_profile(stack, first + i, settings, averaged=averaged) for i in (0, 1))
        yield {
            "layer": node.name,
            "measured": _found(here, after, first, averaged=averaged),
            "formula": _formula(field, variance if averaged else None),
        }


def _formula(field: Field, variance: Fraction | None) -> dict[str, Any]:
    return {
        "support": field.size,
        "step": field.step,
        "start": field.start,
        "variance": str(variance) if variance is not None else None,
    }


def _found(
    profile: list[Fraction], after: list[Fraction], cell: int, *, averaged: bool
) -> dict[str, Any]:
    """Return the same of the profiles of two neighbouring cells."""
    places, later = ([i for i, v in enumerate(p) if v] for p in (profile, after))
    step = later[0] - places[0]
    total = sum(profile)
    mean = sum(i * v for i, v in enumerate(profile)) / total
    variance = sum((v / total) * (i - mean) ** 2 for i, v in enumerate(profile))
    return {
        "support": places[-1] - places[0] + 1,
        "step": step,
        "start": places[0] - step * cell,
        "variance": str(variance) if averaged else None,
    }


def _profile(stack: Network, cell: int, settings: Settings, *, averaged: bool) -> list[Fraction]:
    """Return the derivative of one cell by each column of the image: exact, in powers of two."""
    parameters = {
        name: np.full(shape, float(name.endswith("weight")))
        for name, shape in stack.parameter_shapes.items()
    }
    size = stack.input_shape[-1]
    x = np.zeros((1 if averaged else size, *stack.input_shape))
    if not averaged:
        x[np.arange(size), :, :, np.arange(size)] = 1
    tape = forward(stack, load_implementation(settings.implementation), parameters, x)
    y_bar = np.zeros(tape.answer.shape)
    y_bar[:, 0, cell, cell] = 1
    x_bar = vjp(tape, {stack.outputs[0]: y_bar})[0][:, 0].sum(axis=1)
    along = x_bar[0] if averaged else np.diagonal(x_bar)
    return [Fraction(float(value)) for value in along]
