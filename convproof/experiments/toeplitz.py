"""Regularisation towards Toeplitz: what a fully connected layer learns as lambda grows.

The layer's error over data ``x`` is ``E(W) = 1/2 sum_x |W x - t|^2``, and ``P`` the penalty of
``convproof.networks.regularisers``. Its minimiser solves ``A W + lambda Q W = b``, where ``Q`` is
the matrix of the quadratic form ``P``, and tends to the minimiser *among the banded Toeplitz
matrices* at the rate ``1/lambda``; it is not the projection of the minimiser without penalty, the
mean of every diagonal, unless the data are white (``convproof prove regularisation``).
"""

from itertools import pairwise
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import image, line, panels
from convproof.networks.regularisers import Toeplitz, nearest_convolution
from convproof.training.datasets import picture

_TAPS = 3
_OUTPUTS = 8
_INPUTS = _OUTPUTS + _TAPS - 1
_STRENGTHS = tuple(10.0**p for p in range(-3, 7))
_SHOWN = (1e-3, 1.0, 1e3)


def run(settings: Settings) -> Finding:
    """Fit the layer to targets that no convolution gives, for growing lambda."""
    rng = np.random.default_rng(settings.seed)
    x, t = _data(rng, 60 if settings.quick else 300)
    a, b = _normal(x, t)
    q = _form()
    limit = _restricted(x, t)
    free = np.linalg.solve(a, b).reshape(_OUTPUTS, _INPUTS)
    projected = _matrix(nearest_convolution(free, _TAPS))
    fitted = {s: np.linalg.solve(a + s * q, b).reshape(limit.shape) for s in _STRENGTHS}
    size = float(np.linalg.norm(limit))
    to_limit = [float(np.linalg.norm(w - limit)) / size for w in fitted.values()]
    to_projection = [float(np.linalg.norm(w - projected)) / size for w in fitted.values()]
    falls = all(later < earlier for earlier, later in pairwise(to_limit))
    return Finding(
        found=f"From lambda = {_STRENGTHS[0]:g} to {_STRENGTHS[-1]:g} the distance to the best "
        f"convolution falls from {to_limit[0]:.2g} to {to_limit[-1]:.1g} of its norm, at the last "
        f"tenfold lambda by the factor {to_limit[-2] / to_limit[-1]:.1f}. To the projection of "
        f"what is learned freely {to_projection[-1]:.2g} remain"
        + (
            ": the limit is a convolution, but not the nearest one."
            if to_projection[-1] > to_limit[-1]
            else "."
        ),
        agreement="agrees" if falls else "disagrees",
        numbers={
            "taps": _TAPS,
            "strengths": list(_STRENGTHS),
            "to_limit": [_short(v) for v in to_limit],
            "to_projection": [_short(v) for v in to_projection],
            "matrices": {
                f"lambda = {s:g}": [[_short(v) for v in row] for row in fitted[s].tolist()]
                for s in _SHOWN
            },
            "limit": [[_short(v) for v in row] for row in limit.tolist()],
        },
    )


def _short(value: float) -> float:
    return float(f"{value:.6g}")


def _data(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of a photograph, and as targets a convolution whose gain drifts, with noise.

    The gain is 1 in the middle and changes along the outputs: no convolution is exact.
    """
    rows = picture("camera")[0].astype(float) / 255
    starts = np.stack([rng.integers(0, rows.shape[i] - _INPUTS, count) for i in range(2)], axis=1)
    x = np.stack([rows[y, s : s + _INPUTS] for y, s in starts])
    x = x - x.mean() + 0.1 * rng.standard_normal(x.shape)
    kernel = np.array([1.0, -2.0, 1.5])
    gain = np.linspace(0.5, 1.5, _OUTPUTS)
    t = gain * np.stack([x[:, o : o + _TAPS] @ kernel for o in range(_OUTPUTS)], axis=1)
    return x, t + 0.05 * rng.standard_normal(t.shape)


def _normal(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the error's matrix and right-hand side, of the weights row by row."""
    return np.kron(np.eye(_OUTPUTS), x.T @ x), (t.T @ x).ravel()


def _form() -> np.ndarray:
    """Return the matrix of the penalty: its gradient, which is linear, of each unit vector."""
    units = np.eye(_OUTPUTS * _INPUTS).reshape(-1, _OUTPUTS, _INPUTS)
    penalty = Toeplitz(strength=1.0, taps=_TAPS)
    return np.stack([penalty.gradient(unit).ravel() for unit in units], axis=1)


def _matrix(kernel: np.ndarray) -> np.ndarray:
    """Return the banded Toeplitz matrix of a kernel."""
    found = np.zeros((_OUTPUTS, _INPUTS))
    for o in range(_OUTPUTS):
        found[o, o : o + _TAPS] = kernel
    return found


def _restricted(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Return the best banded Toeplitz matrix: least squares in the kernel alone."""
    windows = np.concatenate([x[:, o : o + _TAPS] for o in range(_OUTPUTS)])
    kernel, *_ = np.linalg.lstsq(windows, t.T.ravel(), rcond=None)
    return _matrix(kernel)


def draw(numbers: dict[str, Any]) -> Any:
    """Draw both distances by lambda, and the weights."""
    figure, axes = panels(1, 2 + len(numbers["matrices"]), width=9.0, height=3.0)
    first, *rest = axes[0]
    line(first, 0, numbers["strengths"], numbers["to_limit"], "to the best convolution")
    line(first, 1, numbers["strengths"], numbers["to_projection"], "to the projection")
    first.set(xscale="log", yscale="log", xlabel="lambda", ylabel="distance, relative")
    first.legend(fontsize=7)
    shown = numbers["matrices"] | {"best convolution": numbers["limit"]}
    for place, (title, matrix) in zip(rest, shown.items(), strict=True):
        image(place, matrix, title, signed=True)
    return figure


EXPERIMENT = Experiment(
    title="Convolution as regularisation",
    says="As lambda grows, the weight matrix tends to the constrained Toeplitz form and the layer "
    "becomes convolutional.",
    source='lecture 7, "convolution as regularization"',
    run=run,
    draw=draw,
)
