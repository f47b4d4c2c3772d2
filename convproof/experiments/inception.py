"""Why inception modules: features are sparse, and a 1x1 bottleneck is a low-rank factor.

``Y = h(W X)`` with sparse ``X``; with ``W = U V^T`` of rank ``m`` the factor ``V`` is a 1x1
convolution into ``m`` channels, and ``V^T X`` is no longer sparse. Measured are the share of zeros
by depth, before and after the best factor of rank ``m`` (by singular values), and the share of the
weights' squares that the factor keeps, beside that of weights drawn alike: only above it are the
learned ones nearer to low rank. Operations are those of the lecture's modules.
"""

from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import COLOURS, line, panels
from convproof.experiments.learning import learned, lectures, parts_of, short
from convproof.layers import Conv, ReLU
from convproof.networks import Network
from convproof.networks.count import total
from convproof.networks.evaluate import forward
from convproof.networks.names import named


def run(settings: Settings) -> Finding:
    """Train the convolutional network; measure zeros, spectra and what a factor does to zeros."""
    parts = parts_of(settings)
    trained = learned("convnet", parts.train, lectures("convnet", settings), settings)
    x = trained.preparation(parts.test.images[:256])
    tape = forward(trained.network, trained.implementation, trained.parameters, x)
    relus = [node.name for node in trained.network if isinstance(node.layer, ReLU)]
    zeros = {name: _zeros(np.asarray(tape.values[name])) for name in relus}
    conv = _last(trained.network)
    read = np.asarray(tape.values[trained.network[conv].reads[0]], np.float64)
    weight = np.asarray(trained.parameters[f"{conv}.weight"], np.float64)
    spectrum, factor = _factors(weight)
    rank = weight.shape[1] // 2
    kept = sum(spectrum[:rank]) / sum(spectrum)
    alike, _ = _factors(np.random.default_rng(settings.seed).standard_normal(weight.shape))
    at_random = sum(alike[:rank]) / sum(alike)
    before = _zeros(read)
    after = _zeros(np.einsum("mc,nchw->nmhw", factor[:rank], read))
    operations = {name: total(named(name)).operations for name in ("inception-naive", "inception")}
    saving = operations["inception-naive"] / operations["inception"]
    return Finding(
        found=f"The features that {conv} reads are zero in {before:.0%} of all places, behind a "
        f"1x1 factor of half the channels in {after:.0%}; that factor keeps "
        f"{kept:.0%} of the squares of the weights, of drawn ones {at_random:.0%}. The lecture's "
        f"module with its reductions takes {operations['inception']:,} operations, {saving:.1f} "
        "times fewer than the naive one.",
        agreement=("agrees" if kept > at_random else "in part")
        if after < before and saving > 1
        else "disagrees",
        numbers={
            "zeros": short_dict(zeros),
            "before": short(before),
            "after": short(after),
            "rank": rank,
            "spectrum": short(spectrum),
            "drawn": short(alike),
            "operations": operations,
        },
    )


def short_dict(values: dict[str, float]) -> dict[str, float]:
    """Return a table's numbers with six digits."""
    return {name: short(value) for name, value in values.items()}


def _zeros(values: np.ndarray) -> float:
    return float((values == 0).mean())


def _last(network: Network) -> str:
    """Return the last convolution."""
    return [node.name for node in network if isinstance(node.layer, Conv)][-1]


def _factors(weight: np.ndarray) -> tuple[list[float], np.ndarray]:
    """Return the squared singular values by input channel, and ``V^T``, the best first.

    ``W`` has a row for each output and tap and a column for each input channel: ``V`` has one tap.
    """
    table = weight.transpose(0, 2, 3, 1).reshape(-1, weight.shape[1])
    _, values, factor = np.linalg.svd(table, full_matrices=False)
    return [float(v) for v in values**2], factor


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the zeros by layer, and the weights' spectrum."""
    figure, axes = panels(1, 2, height=3.2)
    left, right = axes[0]
    bars = numbers["zeros"] | {"read": numbers["before"], "V^T X": numbers["after"]}
    shades = [COLOURS[0]] * len(numbers["zeros"]) + [COLOURS[1], COLOURS[2]]
    left.bar(range(len(bars)), list(bars.values()), color=shades, alpha=0.6)
    left.set_xticks(range(len(bars)), list(bars), rotation=30, fontsize=7)
    left.set_ylabel("share of zeros")
    for place, (key, what) in enumerate((("spectrum", "learned"), ("drawn", "drawn"))):
        kept = np.cumsum(numbers[key]) / sum(numbers[key])
        every = max(1, len(kept) // 16)
        line(right, place, range(1, len(kept) + 1, every), kept[::every], what)
    right.legend(fontsize=8)
    right.axvline(numbers["rank"], color="k", linewidth=0.8, linestyle=":")
    right.set(xlabel="rank m of the 1x1 factor", ylabel="share kept", ylim=(0, 1.02))
    return figure


EXPERIMENT = Experiment(
    title="Inception: sparse features and low-rank factors",
    says="Convolutional features are sparse; naive modules are expensive, dimension reduction "
    "controls cost; W ~ U V^T with V 1x1: X was sparse, V^T X is not.",
    source='lecture 7, "convolutional features are sparse", "inception module", "alternatively: '
    'low-rank decomposition"; Szegedy et al. 2015',
    run=run,
    draw=draw,
    trains=True,
)
