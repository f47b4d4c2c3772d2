"""Learning rates: those of torch.optim.lr_scheduler, epoch by epoch."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import lr_scheduler

from convproof.training import Schedule, TrainingError
from convproof.training.schedule import schedule

EPOCHS = 7


def _rates(make: Callable[[Any], Any]) -> list[float]:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = make(optimiser)
    rates = []
    for _ in range(EPOCHS):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize(
    ("text", "make"),
    [
        ("constant", lambda o: lr_scheduler.ConstantLR(o, factor=1.0)),
        ("step:2:0.5", lambda o: lr_scheduler.StepLR(o, step_size=2, gamma=0.5)),
        ("exponential:0.25", lambda o: lr_scheduler.ExponentialLR(o, gamma=0.25)),
    ],
)
def test_dyadic_rates_are_equal_to_torch(text: str, make: Callable[[Any], Any]) -> None:
    """lr gamma^floor(t / size): powers of two, so torch's repeated products do not round."""
    ours = [schedule(text).at(0.5, t, epochs=EPOCHS) for t in range(EPOCHS)]
    assert ours == _rates(make)


@pytest.mark.parametrize("low", [0.0, 0.125])
def test_the_cosine_is_equal_to_torchs_closed_form(low: float) -> None:
    """low + (lr - low) (1 + cos(pi t / T)) / 2."""
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    cosine = lr_scheduler.CosineAnnealingLR(optimiser, T_max=EPOCHS, eta_min=low)
    ours = schedule(f"cosine:{low}")
    for t in range(EPOCHS):
        cosine.last_epoch = t
        assert [ours.at(0.5, t, epochs=EPOCHS)] == cosine._get_closed_form_lr()


@pytest.mark.parametrize(
    "text", ["", "linear", "step", "step:3", "step:1.5:0.1", "step:0:0.1", "cosine:a", "cosine:1:2",
             "exponential:2", "exponential:nan", "cosine:-1"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(TrainingError):
        schedule(text)


def test_the_default_is_constant() -> None:
    assert schedule("constant") == Schedule()
