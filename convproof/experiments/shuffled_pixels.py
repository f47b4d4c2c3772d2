"""One permutation of the pixels of all images: a fully connected net does not care.

With ``P`` the permutation, a first layer ``W`` on images ``x`` and ``W P^T`` on images ``P x`` give
the same: ``(W P^T) (P x) = W x``. Drawn weights are as likely in any order, so that what is learned
is as good, up to the draw. A convolution's neighbours are no longer neighbours. The finding agrees
with the lecture if what the convolutional network loses is more than what the other gains or loses,
by more than the standard error of all four shares together.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import COLOURS, image, panels
from convproof.experiments.learning import learned, parts_of, plain, seen, short, standard_error
from convproof.implementation import load_implementation
from convproof.layers import Linear
from convproof.training import Dataset, Split

_NETWORKS = ("two-layer", "convnet")
_SHOWN = 6


def run(settings: Settings) -> Finding:
    """Train both networks on the images as they are, and shuffled."""
    runs = 1 if settings.quick else 3
    accuracies = _accuracies(settings, runs)
    means = {n: {w: sum(f) / runs for w, f in found.items()} for n, found in accuracies.items()}
    loss = {name: found["as they are"] - found["shuffled"] for name, found in means.items()}
    parts = parts_of(settings)
    same = _same_in_integers(parts, settings)
    pictures = {
        word: short(seen(these.test.images[:_SHOWN]))
        for word, these in (("as they are", parts), ("shuffled", shuffled(parts, settings.seed)))
    }
    shares = [share for found in means.values() for share in found.values()]
    error = standard_error(shares, runs * len(parts.test))
    hurts = loss["convnet"] - abs(loss["two-layer"]) > error
    return Finding(
        found=f"Shuffled, the convolutional net loses {100 * loss['convnet']:.1f} points of test "
        f"accuracy and the two-layer net {100 * loss['two-layer']:.1f}, of {len(parts.test)} images"
        + (f" (means of {runs} seeds" if runs > 1 else " (one seed")
        + f", standard error of their difference {100 * error:.1f})."
        + (
            " With its columns shuffled too, a first layer gives the same integers." if same else ""
        ),
        agreement="agrees" if hurts and same else "in part" if same else "disagrees",
        numbers={
            "accuracies": {
                n: {w: short(f) for w, f in found.items()} for n, found in accuracies.items()
            },
            "same_in_integers": same,
            "error": short(error),
            "pictures": pictures,
        },
    )


def _accuracies(settings: Settings, runs: int) -> dict[str, dict[str, list[float]]]:
    """Return the test accuracies of both networks, both ways, by seed."""
    found: dict[str, dict[str, list[float]]] = {
        n: {"as they are": [], "shuffled": []} for n in _NETWORKS
    }
    for seed in range(settings.seed, settings.seed + runs):
        parts = parts_of(replace(settings, seed=seed))
        for word, these in (("as they are", parts), ("shuffled", shuffled(parts, seed))):
            for name in _NETWORKS:
                trained = learned(name, these.train, plain(settings), settings, seed=seed)
                found[name][word].append(trained.score(these.test).accuracy)
    return found


def shuffled(parts: Split, seed: int) -> Split:
    """Return the parts with one permutation of the positions of all images, in every channel."""
    channels, height, width = parts.train.image_shape
    order = np.random.default_rng([seed, 1]).permutation(height * width)

    def moved(part: Dataset) -> Dataset:
        flat = part.images.reshape(len(part), channels, -1)[..., order]
        return replace(part, images=flat.reshape(part.images.shape))

    return Split(train=moved(parts.train), test=moved(parts.test))


def _same_in_integers(parts: Split, settings: Settings) -> bool:
    """Return whether ``(W P^T) (P x) = W x`` for integers, on the implementation."""
    images = parts.test.images[:32].astype(np.int64).reshape(min(32, len(parts.test)), -1)
    rng = np.random.default_rng(settings.seed)
    order = rng.permutation(images.shape[1])
    w = rng.integers(-3, 4, (10, images.shape[1]))
    layer = Linear(in_features=images.shape[1], out_features=10, bias=False)
    verbs = load_implementation(settings.implementation)
    plain_answer = verbs.forward(layer, images, w)
    moved = verbs.forward(
        layer, np.ascontiguousarray(images[:, order]), np.ascontiguousarray(w[:, order])
    )
    return bool((np.asarray(plain_answer) == np.asarray(moved)).all())


def draw(numbers: dict[str, Any]) -> Any:
    """Draw some images both ways, and the accuracies."""
    figure, axes = panels(1, 2, height=3.2)
    left, right = axes[0]
    rows = [
        np.concatenate([np.array(one) for one in found], axis=1)
        for found in numbers["pictures"].values()
    ]
    image(left, np.concatenate(rows, axis=0).tolist(), "the same images, as they are and shuffled")
    for place, found in enumerate(numbers["accuracies"].values()):
        for side, (word, values) in enumerate(found.items()):
            mean = sum(values) / len(values)
            at = 3 * place + side
            right.bar(at, mean, color=COLOURS[side], alpha=0.6, label=word if place == 0 else None)
            right.annotate(f"{mean:.1%}", (at, mean), ha="center", va="bottom", fontsize=8)
    low = min(min(v) for found in numbers["accuracies"].values() for v in found.values())
    right.set_ylim(max(0.0, 2 * low - 1.02), 1.02)
    right.set_xticks([0.5, 3.5], list(numbers["accuracies"]))
    right.set_ylabel("test accuracy")
    right.legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


EXPERIMENT = Experiment(
    title="Shuffled pixels",
    says="The order of the pixels plays no role for a fully connected network; a convolutional one "
    "performs better, but not on shuffled input.",
    source='lecture 7, "input image representation", "shuffling the dimensions" and '
    '"convolutional network"',
    run=run,
    draw=draw,
    trains=True,
)
