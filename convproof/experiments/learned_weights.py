"""What the first layers learn: a linear classifier's templates, hidden weights, filters.

A linear classifier's row of weights is the direction in which its class's score grows. How much it
is a template of the class is measured by its correlation with the mean image of every class, less
the mean of all.
"""

from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import image, panels
from convproof.experiments.learning import learned, lectures, parts_of, seen_signed, short, tiled

_HIDDEN = 40  # of the two-layer network's units that are shown


def run(settings: Settings) -> Finding:
    """Train the three networks and take their first weights."""
    parts = parts_of(settings)
    weights = {}
    for name in ("linear", "two-layer", "convnet"):
        trained = learned(name, parts.train, lectures(name, settings), settings)
        first = next(n for n in trained.parameters if n.endswith(".weight"))
        weights[name] = np.asarray(trained.parameters[first], np.float64)
    shape = parts.train.image_shape
    templates = weights["linear"].reshape(-1, *shape)
    own = _own_class(templates, parts.train.images, parts.train.labels)
    filters = weights["convnet"]
    shown = {
        "linear: a template of each class": templates,
        "two-layer: hidden units": weights["two-layer"].reshape(-1, *shape)[:_HIDDEN],
        "convolutional: first filters": filters,
    }
    all_own = own == len(templates)
    return Finding(
        found=f"{own} of {len(templates)} templates of the linear classifier correlate most with "
        f"the mean image of their own class; the convolutional network shares {len(filters)} "
        f"filters of {filters.shape[2]} x {filters.shape[3]} over all positions.",
        # at random one template of them would be expected to
        agreement="agrees" if all_own else "in part" if own > 1 else "disagrees",
        numbers={
            "own_class": own,
            "weights": {title: short(seen_signed(w)) for title, w in shown.items()},
        },
    )


def _own_class(templates: np.ndarray, images: np.ndarray, labels: np.ndarray) -> int:
    """Return how many templates correlate most with their own class's mean image."""
    overall = images.mean(axis=0)
    means = [images[labels == c].mean(axis=0) - overall for c in range(len(templates))]
    return sum(
        int(np.argmax([np.vdot(t, m) / np.linalg.norm(m) for m in means])) == c
        for c, t in enumerate(templates)
    )


def draw(numbers: dict[str, Any]) -> Any:
    """Show the weights, zero white."""
    figure, axes = panels(1, len(numbers["weights"]), width=9.0, height=3.4)
    for place, (title, found) in zip(axes[0], numbers["weights"].items(), strict=True):
        stack = np.array(found)
        columns = 5 if len(stack) <= 10 else 8
        image(place, tiled(stack, columns).tolist(), title, signed=True)
    return figure


EXPERIMENT = Experiment(
    title="Learned first weights",
    says="Pictures of the linear classifier's weights, of the two-layer classifier's, and of the "
    "first filters of a convolutional network.",
    source='lecture 7, "linear classifier weights", "two-layer classifier weights", '
    '"MNIST layer 1 filters"',
    run=run,
    draw=draw,
    trains=True,
)
