"""What a feature sees: its nine strongest cells, taken back to the image (ZFNet).

From one cell down to the image, every layer is undone: pooling by its switches, which is its
adjoint; a convolution by its transpose with the same filters; a ReLU by a ReLU::

    s_u = relu(s_v)  (ReLU),    s_u = W^T s_v  (convolution),    s_u = (switches)^T s_v  (pooling)

All that comes back lies in the cell's receptive field, exactly: that is measured. Shown are these
fields, cut from what came back and from the images.
"""

from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import image, panels
from convproof.experiments.learning import (
    learned,
    lectures,
    parts_of,
    seen,
    seen_signed,
    short,
    tiled,
)
from convproof.layers import Conv, MaxPool, ReLU
from convproof.networks.evaluate import Tape, forward
from convproof.networks.field import Field, fields
from convproof.networks.graph import INPUT
from convproof.networks.wiring import Dropout
from convproof.training import Trained

_TOP = 9
_FEATURES = 4
_IMAGES = 1000  # of the test part, at most: what all their cells take stays in memory


def run(settings: Settings) -> Finding:
    """Train the convolutional network and take its last feature maps back."""
    parts = parts_of(settings)
    trained = learned("convnet", parts.train, lectures("convnet", settings), settings)
    layer = [
        node.name
        for node in trained.network
        if isinstance(node.layer, ReLU) and len(trained.network.shapes[node.name]) == 3
    ][-1]
    images = parts.test.images[:_IMAGES]
    tape = _tape(trained, images)
    maps = np.asarray(tape.values[layer])
    chosen = np.argsort(-maps.max(axis=(0, 2, 3)), kind="stable")[:_FEATURES]
    field = fields(trained.network)[layer]
    outside, classes, pictures = 0, [], []
    for feature in chosen:
        cells = _strongest(maps[:, feature])
        back = reconstructed(trained, images, layer, int(feature), cells)
        outside += _outside(back, cells, field)
        of = [n for n, *_ in cells]
        classes.append(int(np.bincount(parts.test.labels[of]).max()))
        pictures.append(
            {
                "feature": int(feature),
                "patterns": short(seen_signed(_patches(back, cells, field))),
                "images": short(seen(_patches(images[of], cells, field))),
            }
        )
    return Finding(
        found=f"Of {_FEATURES} features of {layer}, {_TOP} cells each were taken back: "
        f"{outside} of the numbers outside the cells' receptive fields ({field[0].size} x "
        f"{field[1].size}) differ from zero; of a feature's {_TOP} images "
        f"{sum(classes) / len(classes):.1f} are of one class, in the mean.",
        agreement="agrees" if outside == 0 else "disagrees",
        numbers={"layer": layer, "outside": outside, "of_one_class": classes, "features": pictures},
    )


def _tape(trained: Trained, images: np.ndarray) -> Tape:
    return forward(
        trained.network, trained.implementation, trained.parameters, trained.preparation(images)
    )


def _strongest(maps: np.ndarray) -> list[tuple[int, int, int]]:
    """Return the strongest cell of each of the ``_TOP`` images where it is strongest."""
    best = [int(n) for n in np.argsort(-maps.max(axis=(1, 2)), kind="stable")[:_TOP]]
    places = [divmod(int(maps[n].argmax()), maps.shape[2]) for n in best]
    return [(n, *place) for n, place in zip(best, places, strict=True)]


def reconstructed(
    trained: Trained,
    images: np.ndarray,
    layer: str,
    feature: int,
    cells: list[tuple[int, int, int]],
) -> np.ndarray:
    """Return what comes back to the image from one cell of each image, ``(cells, C, H, W)``."""
    tape = _tape(trained, images[[n for n, *_ in cells]])
    maps = np.asarray(tape.values[layer])
    signal = np.zeros_like(maps)
    for place, (_, y, x) in enumerate(cells):
        signal[place, feature, y, x] = maps[place, feature, y, x]
    nodes = {node.name: node for node in trained.network}
    name = layer
    while name != INPUT:
        node = nodes[name]
        [before] = node.reads
        x = tape.values[before]
        if isinstance(node.layer, ReLU):
            signal = np.maximum(signal, 0)
        elif isinstance(node.layer, Conv):
            weight = trained.parameters[f"{name}.weight"]
            signal = trained.implementation.input_vjp(node.layer, x, signal, weight)
        elif isinstance(node.layer, MaxPool):
            signal = trained.implementation.input_vjp(node.layer, x, signal)
        else:
            assert isinstance(node.layer, Dropout)
        name = before
    return np.asarray(signal, np.float64)


def _outside(back: np.ndarray, cells: list[tuple[int, int, int]], field: tuple[Field, ...]) -> int:
    """Return how many numbers outside the cells' receptive fields are not zero."""
    found = 0
    for one, (_, *cell) in zip(back, cells, strict=True):
        inside = np.zeros(one.shape[1:], bool)
        inside[_within(cell, field)] = True
        found += int(np.count_nonzero(one[:, ~inside]))
    return found


def _within(cell: list[int], field: tuple[Field, ...]) -> tuple[slice, ...]:
    """Return what of the image a cell sees."""
    starts = [f.start + f.step * o for f, o in zip(field, cell, strict=True)]
    return tuple(slice(max(0, s), s + f.size) for s, f in zip(starts, field, strict=True))


def _patches(
    images: np.ndarray, cells: list[tuple[int, int, int]], field: tuple[Field, ...]
) -> np.ndarray:
    """Return of each image what its cell sees, with zeros where that is beyond the image."""
    found = np.zeros((*images.shape[:2], *(f.size for f in field)), images.dtype)
    for into, one, (_, *cell) in zip(found, images, cells, strict=True):
        y, x = _within(cell, field)
        top, left = (max(0, -f.start - f.step * o) for f, o in zip(field, cell, strict=True))
        seen_here = one[:, y, x]
        into[:, top : top + seen_here.shape[1], left : left + seen_here.shape[2]] = seen_here
    return found


def draw(numbers: dict[str, Any]) -> Any:
    """Show the patterns of every feature above the images that they come from."""
    features = numbers["features"]
    figure, axes = panels(2, len(features), width=9.0, height=5.0)
    for place, found in enumerate(features):
        patterns = tiled(np.array(found["patterns"]), 3)
        image(axes[0][place], patterns.tolist(), f"feature {found['feature']}", signed=True)
        image(axes[1][place], tiled(np.array(found["images"]), 3).tolist())
    axes[0][0].set_ylabel("patterns", fontsize=8)
    axes[1][0].set_ylabel("images", fontsize=8)
    return figure


EXPERIMENT = Experiment(
    title="A feature's nine strongest cells, taken back to the image",
    says="Reconstructed patterns from the top 9 activations of selected features, and the "
    "corresponding image patches.",
    source='lecture 7, "ZFNet: visualizing intermediate layers"; Zeiler and Fergus 2014, 2.1',
    run=run,
    draw=draw,
    trains=True,
)
