"""A maxout unit over turned copies of one filter answers to its pattern at any angle.

With the first derivative ``g_phi`` of a Gaussian in direction ``phi``, an edge in direction
``theta`` gives ``cos(theta - phi)`` times the largest answer (steerability, Freeman and Adelson
1991). Of ``k`` filters at equal steps around the circle the largest answer is then at least::

    min_theta max_j cos(theta - 2 pi j / k) = cos(pi / k)
"""

from math import cos, pi
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import line, panels
from convproof.implementation import load_implementation
from convproof.layers import Conv, Maxout

_SIDE = 25  # odd: the filter and the edge have one centre
_SIGMA = 3.0
_UNITS = (1, 2, 4, 8)


def run(settings: Settings) -> Finding:
    """Measure the answers of a filter and of maxout units to an edge at every angle."""
    angles = np.arange(0, 360, 7.5 if settings.quick else 2.5) * (pi / 180)
    edges = np.stack([_ramp(a) for a in angles])[:, None].astype(np.float32)
    best = float((_filter(0.0) * _ramp(0.0)).sum())
    verbs = load_implementation(settings.implementation)
    answers = {}
    for count in _UNITS:
        filters = np.stack([_filter(2 * pi * j / count) for j in range(count)])[:, None]
        maps = verbs.forward(_layer(count), edges, (filters / best).astype(np.float32))
        unit = verbs.forward(Maxout(pool_size=count), maps)
        answers[count] = [round(float(v), 6) for v in np.asarray(unit)[:, 0, 0, 0]]
    least = {count: min(found) for count, found in answers.items()}
    bound = {count: cos(pi / count) for count in _UNITS}
    largest = _UNITS[-1]
    kept = all(least[c] >= bound[c] - _rounding() for c in _UNITS)
    return Finding(
        found=f"One filter's answer falls to {least[1]:.2f} of its largest at the opposite pose; "
        f"a maxout of {largest} turned copies never falls below {least[largest]:.3f}, and "
        f"cos(pi/{largest}) = {bound[largest]:.3f} is the law.",
        agreement="agrees" if kept and least[largest] > 0 else "disagrees",
        numbers={
            "degrees": [round(float(a * 180 / pi), 6) for a in angles],
            "answers": {str(c): v for c, v in answers.items()},
            "least": {str(c): v for c, v in least.items()},
            "law": {str(c): round(v, 6) for c, v in bound.items()},
        },
    )


def _layer(count: int) -> Conv:
    return Conv(
        in_channels=1,
        out_channels=count,
        kernel_size=(_SIDE, _SIDE),
        stride=(1, 1),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
        bias=False,
    )


def _rounding() -> float:
    """Return a bound on the rounding of a sum of ``_SIDE^2`` products, relative to sum |w x|.

    ``gamma_n = n u / (1 - n u)`` (Higham 2002, 3.1), with one rounding more for each factor's cast;
    sum |w x| is at most twice the largest answer, as the edge is a ramp and the filter odd; half a
    unit of the sixth decimal is added for what is written down.
    """
    n, u = _SIDE**2 + 2, 2.0**-24
    return 2 * n * u / (1 - n * u) + 0.5e-6


def _grid() -> tuple[np.ndarray, np.ndarray]:
    along = np.arange(_SIDE) - _SIDE // 2
    return along[:, None], along[None, :]


def _filter(angle: float) -> np.ndarray:
    """Return ``-d/dn exp(-|p|^2 / 2 sigma^2)`` in direction ``angle``, at the grid's points."""
    y, x = _grid()
    found: np.ndarray = (cos(angle) * x + np.sin(angle) * y) * np.exp(
        -(x**2 + y**2) / (2 * _SIGMA**2)
    )
    return found


def _ramp(angle: float) -> np.ndarray:
    """Return a picture that grows in direction ``angle``: the edge seen through the filter."""
    y, x = _grid()
    found: np.ndarray = cos(angle) * x + np.sin(angle) * y
    return found


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the answers by angle."""
    figure, [[axes]] = panels(1, 1, height=3.4)
    for place, (count, found) in enumerate(numbers["answers"].items()):
        what = "one filter" if count == "1" else f"maxout of {count}"
        every = max(1, len(found) // 24)
        line(axes, place, numbers["degrees"][::every], found[::every], what)
    axes.set_xlabel("direction of the edge, degrees")
    axes.set_ylabel("answer / largest answer")
    axes.set_xticks(range(0, 361, 45))
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    title="Pose invariance by maxout",
    says="If each activation responds to a different pose or view, maxout will respond to any.",
    source='lecture 7, "feature pooling: pose invariance"; Goodfellow et al. 2013',
    run=run,
    draw=draw,
)
