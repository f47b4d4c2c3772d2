"""Occlusion: the correct class's probability as a grey square moves over the image (ZFNet).

At each position of the square the probability of the right class is asked; how far it falls says
what the network looks at.
"""

from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import image, panels
from convproof.experiments.learning import learned, lectures, parts_of, seen, short
from convproof.experiments.names import ExperimentError
from convproof.networks.evaluate import forward
from convproof.training import Trained

_SHOWN = 4
_IMAGES = 60
_SHARE = 3  # the square's side is this part of the image's, rounded


def run(settings: Settings) -> Finding:
    """Train the convolutional network, then occlude images that it classifies right."""
    parts = parts_of(settings)
    trained = learned("convnet", parts.train, lectures("convnet", settings), settings)
    images, labels = parts.test.images[:_IMAGES], parts.test.labels[:_IMAGES]
    whole = _probabilities(trained, images)
    right = whole.argmax(axis=1) == labels
    if not right.any():
        msg = f"none of the first {len(labels)} test images is classified right: nothing to occlude"
        raise ExperimentError(msg)
    images, labels = images[right], labels[right]
    side = max(1, round(images.shape[-1] / _SHARE))
    maps = occluded(trained, images, labels, side)
    before = whole[right][np.arange(len(labels)), labels]
    inside = _middle(maps)
    return Finding(
        found=f"Of {len(labels)} test images that are classified right with probability "
        f"{before.mean():.2f}, a grey square of {side} x {side} leaves {inside:.2f} in the middle "
        f"and {_corners(maps):.2f} in the corners; at its worst place "
        f"{maps.min(axis=(1, 2)).mean():.2f}.",
        agreement="agrees" if inside < _corners(maps) else "disagrees",
        numbers={
            "side": side,
            "images": short(seen(images[:_SHOWN])),
            "maps": short(maps[:_SHOWN]),
            "mean": short(maps.mean(axis=0)),
        },
    )


def occluded(trained: Trained, images: np.ndarray, labels: np.ndarray, side: int) -> np.ndarray:
    """Return the right class's probability, ``(images, rows, columns)`` of the square's corner.

    The square lies within the image, and is grey as the mean of all pixels.
    """
    height, width = images.shape[2:]
    grey = images.dtype.type(images.mean())
    found = np.zeros((len(images), height - side + 1, width - side + 1))
    for y, x in np.ndindex(*found.shape[1:]):
        covered = images.copy()
        covered[:, :, y : y + side, x : x + side] = grey
        found[:, y, x] = _probabilities(trained, covered)[np.arange(len(images)), labels]
    return found


def _probabilities(trained: Trained, images: np.ndarray) -> np.ndarray:
    tape = forward(
        trained.network, trained.implementation, trained.parameters, trained.preparation(images)
    )
    found: np.ndarray = np.asarray(tape.answer, np.float64)
    return found


def _middle(maps: np.ndarray) -> float:
    rows, columns = maps.shape[1:]
    return float(
        maps[:, rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4].mean()
    )


def _corners(maps: np.ndarray) -> float:
    return float(maps[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean())


def draw(numbers: dict[str, Any]) -> Any:
    """Show images above their maps, and the mean map."""
    count = len(numbers["images"])
    figure, axes = panels(2, count + 1, width=8.0, height=3.6)
    for place in range(count):
        image(axes[0][place], numbers["images"][place])
        _probability(axes[1][place], numbers["maps"][place])
    shown = _probability(axes[1][count], numbers["mean"])
    axes[1][count].set_title("mean of all", fontsize=8)
    axes[0][count].axis("off")
    figure.colorbar(shown, ax=axes[0][count], location="left", fraction=0.9, label="probability")
    return figure


def _probability(axes: Any, values: Any) -> Any:
    axes.set_xticks([])
    axes.set_yticks([])
    return axes.imshow(values, cmap="viridis", vmin=0, vmax=1, interpolation="nearest")


EXPERIMENT = Experiment(
    title="Occlusion sensitivity",
    says="The image is occluded by a grey square; the correct class's probability is a function of "
    "the square's position.",
    source='lecture 7, "ZFNet: occlusion sensitivity"; Zeiler and Fergus 2014, figure 7',
    run=run,
    draw=draw,
    trains=True,
)
