"""The loss by epoch, for learning rates over orders of magnitude.

A network that gives every one of ``k`` classes the same probability has the loss ``ln k``: a rate
at which the last loss is no lower has taught nothing.
"""

from dataclasses import replace
from math import log
from typing import Any

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import line, panels
from convproof.experiments.learning import learned, parts_of, plain, short
from convproof.training import DivergedError
from convproof.training.schedule import Schedule

_RATES = (1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2)  # so wide that either end is wrong


def run(settings: Settings) -> Finding:
    """Train the two-layer network at every rate, constant, without momentum."""
    parts = parts_of(settings)
    base = replace(plain(settings), schedule=Schedule(), momentum=0.0)
    losses: dict[str, list[float]] = {}
    for rate in _RATES:
        try:
            trained = learned("two-layer", parts.train, replace(base, lr=rate), settings)
            losses[f"{rate:g}"] = [short(point["loss"]) for point in trained.curve]
        except DivergedError:
            losses[f"{rate:g}"] = []
    last = {rate: found[-1] for rate, found in losses.items() if found}
    best = min(last, key=lambda rate: last[rate])
    diverged = [rate for rate, found in losses.items() if not found]
    too_low, too_high = f"{_RATES[0]:g}", f"{_RATES[-1]:g}"
    guess = log(parts.train.classes)
    nothing = too_high in diverged or last[too_high] >= guess
    slowly = last[best] < last[too_low] < losses[too_low][0]
    outcome = "diverges" if too_high in diverged else f"ends at {last[too_high]:.3g}"
    return Finding(
        found=f"Of the rates {too_low} to {too_high} the loss is lowest at {best}: "
        f"{last[best]:.3g} after {base.epochs} epochs. At {too_low} it is still "
        f"{last[too_low]:.3g}; at {too_high} the training {outcome}. The same probability for "
        f"every class would have {guess:.3g}.",
        agreement="agrees" if slowly and nothing else "in part",
        numbers={
            "losses": losses,
            "diverged": diverged,
            "epochs": base.epochs,
            "guess": short(guess),
        },
    )


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the loss by epoch."""
    figure, [[axes]] = panels(1, 1, height=3.4)
    for place, (rate, found) in enumerate(numbers["losses"].items()):
        label = f"{rate}" if found else f"{rate}: diverges"
        line(axes, place, range(1, len(found) + 1), found, label)
    axes.axhline(numbers["guess"], color="k", linewidth=0.8, linestyle=":")
    axes.set(xlabel="epoch", ylabel="training loss", yscale="log")
    axes.locator_params(axis="x", integer=True)
    axes.set_ylim(top=min(axes.get_ylim()[1], 100 * numbers["guess"]))
    axes.legend(fontsize=8, title="learning rate", loc="center left", bbox_to_anchor=(1, 0.5))
    return figure


EXPERIMENT = Experiment(
    title="Learning rates",
    says="Pictures without words, read here as: too low a rate learns slowly, too high a one not "
    "at all.",
    source='lecture 7, "learning rate"',
    run=run,
    draw=draw,
    trains=True,
)
