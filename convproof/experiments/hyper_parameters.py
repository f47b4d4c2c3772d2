"""Grid against random search in log space, then finer around the best: what each finds.

With the same number of trials ``k^2``, a grid looks at ``k`` values of each parameter and a random
search at ``k^2``: if one of the two hardly matters, the others are as good as repeated. That the
finer search gains is not the longer training alone: the best point of the coarse one is trained as
long, and is what it is compared with.
"""

from dataclasses import dataclass, replace
from math import log10
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import COLOURS, MARKS, panels
from convproof.experiments.learning import learned, parts_of, plain, short
from convproof.training import DivergedError, Split, split

_SIDE = 4  # a grid of 4 x 4, and 16 at random
_RATES = (-4.0, 1.0)  # powers of ten
_DECAYS = (-6.0, -2.0)
_FINER = 0.5  # powers of ten either side of the best
Point = tuple[float, float]  # powers of ten: learning rate, weight decay


@dataclass(frozen=True, slots=True)
class _Searcher:
    """Scores points on a validation part that is cut from the training part."""

    parts: Split
    settings: Settings

    def __call__(self, points: list[Point], epochs: int) -> list[float]:
        return [self._score(rate, decay, epochs) for rate, decay in points]

    def _score(self, rate: float, decay: float, epochs: int) -> float:
        recipe = replace(
            plain(self.settings), epochs=epochs, lr=10.0**rate, weight_decay=10.0**decay
        )
        try:
            trained = learned("two-layer", self.parts.train, recipe, self.settings)
        except DivergedError:
            return 0.0
        return trained.score(self.parts.test).accuracy


def grid() -> list[Point]:
    """Return the middles of the cells of the grid."""
    rates, decays = (
        [low + (high - low) * (i + 0.5) / _SIDE for i in range(_SIDE)]
        for low, high in (_RATES, _DECAYS)
    )
    return [(rate, decay) for rate in rates for decay in decays]


def at_random(
    rng: np.random.Generator, rates: Point = _RATES, decays: Point = _DECAYS
) -> list[Point]:
    """Return as many points, uniform in log space."""
    return [(float(rng.uniform(*rates)), float(rng.uniform(*decays))) for _ in range(_SIDE * _SIDE)]


def run(settings: Settings) -> Finding:
    """Search both ways with few epochs, then finely with more."""
    repeats, epochs = (1, 1) if settings.quick else (5, 2)
    searcher = _Searcher(split(parts_of(settings).train, test=0.25, seed=settings.seed), settings)
    on_grid = searcher(grid(), epochs)
    draws = [at_random(np.random.default_rng([settings.seed, repeat])) for repeat in range(repeats)]
    scores = [searcher(points, epochs) for points in draws]
    tops = [max(found) for found in scores]
    better, worse = (sum(sign * top > sign * max(on_grid) for top in tops) for sign in (1, -1))
    place = int(np.argmax(scores[0]))
    rate, decay = draws[0][place]
    rng = np.random.default_rng([settings.seed, repeats])
    fine = at_random(rng, (rate - _FINER, rate + _FINER), (decay - _FINER, decay + _FINER))
    fine_scores = searcher(fine, 3 * epochs)
    [again] = searcher([draws[0][place]], 3 * epochs)
    gains = max(fine_scores) >= again
    return Finding(
        found=f"With {_SIDE**2} trials the grid saw {_SIDE} learning rates and random search "
        f"{_SIDE**2}: best validation accuracy {max(on_grid):.1%} against {np.mean(tops):.1%} "
        f"(mean of {repeats}; better in {better}, worse in {worse}). Trained three times as long, "
        f"the best point of the first has {again:.1%}, and the best of {_SIDE**2} around it "
        f"{max(fine_scores):.1%}.",
        agreement="agrees" if better > worse and gains else "in part",
        numbers={
            "grid": _recorded(grid(), on_grid),
            "random": [_recorded(p, s) for p, s in zip(draws, scores, strict=True)],
            "fine": _recorded(fine, fine_scores),
            "better": better,
            "worse": worse,
            "again": short(again),
        },
    )


def _recorded(points: list[Point], scores: list[float]) -> list[list[float]]:
    return [short([10**r, 10**d, s]) for (r, d), s in zip(points, scores, strict=True)]


def draw(numbers: dict[str, Any]) -> Any:
    """Draw where was looked, and what was found by learning rate."""
    figure, axes = panels(1, 2, height=3.4)
    left, right = axes[0]
    searches = {"grid": numbers["grid"], "random": numbers["random"][0], "finer": numbers["fine"]}
    for place, (name, found) in enumerate(searches.items()):
        rates, decays, scores = ([row[i] for row in found] for i in range(3))
        style = {
            "color": COLOURS[place],
            "marker": MARKS[place],
            "linestyle": "none",
            "markersize": 4,
        }
        left.plot([log10(r) for r in rates], [log10(d) for d in decays], label=name, **style)
        right.plot([log10(r) for r in rates], scores, label=name, **style)
    left.set(xlabel="learning rate, power of ten", ylabel="weight decay, power of ten")
    right.set(xlabel="learning rate, power of ten", ylabel="validation accuracy")
    right.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    title="Hyper-parameters: grid against random search, coarse to fine",
    says="Compared to grid search, random search explores more values of an important parameter "
    "regardless of unimportant ones; draw in log space; go from coarse to fine.",
    source='lecture 7, "setting hyperparameters"; Bergstra and Bengio 2012',
    run=run,
    draw=draw,
    trains=True,
)
