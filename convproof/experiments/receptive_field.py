"""The receptive field measured by gradients, against its formula.

What a cell sees is where its derivative is not zero; with weights above 0 nothing cancels, and in
integers the support is exact. Of ``L`` layers of ``r`` taps and stride 1 it has the size
``R = 1 + L (r - 1)``. The derivative of equal weights has as its profile the distribution of a sum
of ``L`` independent uniform steps: its variance is exactly the sum of theirs, ``L (r^2 - 1) / 12``,
so that the part that counts grows only as the root of the depth (Luo et al. 2016)::

    R = 1 + L (r - 1)                 sigma = sqrt(L (r^2 - 1) / 12)

With strides and pooling a layer adds more, see ``convproof.experiments.strided_fields``.
"""

from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import line, panels
from convproof.experiments.strided_fields import STACKS, measured
from convproof.implementation import load_implementation
from convproof.networks import Network, network
from convproof.networks.evaluate import forward, vjp
from convproof.networks.field import fields

_TAPS = 3
_SHARE = Fraction(19, 20)  # of the derivative's sum that the inner part holds


def run(settings: Settings) -> Finding:
    """Measure the support and the spread of a cell's derivative, by depth."""
    depths = (1, 2, 3, 5, 8) if settings.quick else (1, 2, 3, 5, 8, 13, 19)  # 9^19 < 2^63
    rows = [_measured(depth, settings) for depth in depths]
    exact = all(row["support"] == row["formula"] for row in rows)
    spread = all(row["variance"] == row["variance_formula"] for row in rows)
    last = rows[-1]
    stacks = [measured(name, settings) for name in STACKS]
    strided = all(stack["agrees"] for stack in stacks)
    grown = "as" if strided else "not always as"
    ends = [f"{stack['layers'][-1]['measured']['support']} ({stack['stack']})" for stack in stacks]
    linear = "1 + 2L at every depth, linear as said" if exact else "not 1 + 2L at every depth"
    root = "the root of" if spread else "not as the law of"
    return Finding(
        found=f"The support of the derivative is {linear}: {last['support']} at "
        f"L = {last['depth']}. Its spread grows as {root} the depth, sigma = "
        f"{last['sigma']:.2f} there: 95 % of the derivative lie in the inner {last['inner']} "
        f"positions. Where layers are strided or pooled it grows {grown} R + (r - 1) J, with "
        f"J the product of the strides before: to {', '.join(ends)}.",
        agreement="agrees" if exact and spread and strided else "disagrees",
        numbers={"taps": _TAPS, "rows": rows, "strided": stacks},
    )


def _stack(depth: int) -> Network:
    size = 1 + depth * (_TAPS - 1) + 4  # so that the support does not fill it
    convs = f"conv({_TAPS}, 1) " * depth
    return network("stack", f"input({size}, 1) {convs}", activation="none")


def _measured(depth: int, settings: Settings) -> dict[str, Any]:
    """Return one depth's row: all weights are 1, and the cell is in the middle."""
    stack = _stack(depth)
    parameters = {
        name: np.full(shape, int(name.endswith("weight")), np.int64)
        for name, shape in stack.parameter_shapes.items()
    }
    x = np.ones((1, *stack.input_shape), np.int64)
    tape = forward(stack, load_implementation(settings.implementation), parameters, x)
    y_bar = np.zeros(tape.answer.shape, np.int64)
    y_bar[0, 0, 2, 2] = 1
    x_bar, _ = vjp(tape, {stack.outputs[0]: y_bar})
    profile = [int(v) for v in x_bar[0, 0].sum(axis=0)]
    places = [i for i, v in enumerate(profile) if v]
    total = sum(profile)
    mean = Fraction(sum(i * v for i, v in enumerate(profile)), total)
    variance = sum(Fraction(v, total) * (i - mean) ** 2 for i, v in enumerate(profile))
    return {
        "depth": depth,
        "support": places[-1] - places[0] + 1,
        "formula": fields(stack)[stack.outputs[0]][0].size,
        "variance": str(variance),
        "variance_formula": str(Fraction(depth * (_TAPS**2 - 1), 12)),
        "sigma": round(sqrt(variance), 6),
        "inner": _inner(profile, total),
        "profile": [round(v / max(profile), 6) for v in profile],
    }


def _inner(profile: list[int], total: int) -> int:
    """Return the smallest centred odd number of positions that hold ``_SHARE`` of the sum."""
    centre = len(profile) // 2
    for half in range(centre + 1):
        if Fraction(sum(profile[centre - half : centre + half + 1]), total) >= _SHARE:
            return 2 * half + 1
    return len(profile)


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the profiles, and both sizes by depth; and the sizes of the strided stacks."""
    figure, [[left, right, strided]] = panels(1, 3, width=10.0, height=3.2)
    rows = numbers["rows"]
    for place, row in enumerate(rows[-3:]):
        centre = len(row["profile"]) // 2
        along = [i - centre for i in range(len(row["profile"]))]
        line(left, place, along, row["profile"], f"{row['depth']} layers")
    left.set_xlabel("position in the input, from the centre")
    left.set_ylabel("derivative / largest")
    depths = [row["depth"] for row in rows]
    line(right, 0, depths, [row["support"] for row in rows], "support, 1 + 2L")
    line(right, 1, depths, [row["inner"] for row in rows], "95 % of the derivative")
    right.set_xlabel("layers L")
    right.set_ylabel("positions")
    for place, stack in enumerate(numbers["strided"]):
        sizes = [row["measured"]["support"] for row in stack["layers"]]
        line(strided, place, list(range(1, len(sizes) + 1)), sizes, stack["stack"])
    strided.set_yscale("log", base=2)
    strided.set_ylim(top=2**11)  # the legend is above the lines
    strided.xaxis.get_major_locator().set_params(integer=True)
    strided.set_xlabel("layers, pooling counted")
    strided.set_ylabel("support")
    for axes in (left, right, strided):
        axes.legend(fontsize=8, loc="upper left" if axes is strided else "best")
    return figure


EXPERIMENT = Experiment(
    title="The receptive field, measured by gradients",
    says="The effective receptive field is the part of the visual input that affects a given cell; "
    "it grows linearly with depth.",
    source='lecture 7, "effective receptive field"; Luo et al. 2016',
    run=run,
    draw=draw,
)
