"""All that is chosen before a training begins; what is not here is the data, the seed, the network.

Names are those of ``torch.optim.SGD`` and of its schedules.
"""

from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any, Literal

from convproof.networks.initial import RULES, Rule
from convproof.training.augmentation import Augmentation
from convproof.training.errors import TrainingError
from convproof.training.schedule import Schedule
from convproof.training.sgd import SGD

Pixels = Literal["unit", "stored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained.

    Attributes:
        epochs: times that every image is seen.
        batch_size: images of a step; the last one of an epoch may have fewer.
        lr: learning rate of the first epoch.
        momentum: share of the velocity that stays.
        weight_decay: ``lambda`` of the penalty ``lambda |p|^2 / 2`` of all parameters.
        nesterov: see ``convproof.training.sgd``.
        schedule: how the learning rate falls.
        initial: rule of the first weights, see ``convproof.networks.initial``.
        std: of the rule ``gaussian``.
        augmentation: how each image is changed.
        averaging: decay ``d`` of the average ``a <- d a + (1 - d) p``, taken after every step, that
            is the result in the place of the last parameters (Polyak and Juditsky 1992; torch's
            ``get_ema_multi_avg_fn``); 0: none.
        pixels: ``unit`` divides them by white, so that they lie in [0, 1]; ``stored`` does not. The
            mean over the training part is subtracted from either.

    Raises:
        TrainingError: if a number has no meaning.
    """

    epochs: int = 10
    batch_size: int = 128
    lr: float = 1e-2
    momentum: float = 0.9
    weight_decay: float = 0.0
    nesterov: bool = False
    schedule: Schedule = field(default_factory=Schedule)
    initial: Rule = "he"
    std: float = 1e-2
    augmentation: Augmentation = field(default_factory=Augmentation)
    averaging: float = 0.0
    pixels: Pixels = "unit"

    def __post_init__(self) -> None:
        for name, low, law in (("epochs", 0, ">= 0"), ("batch_size", 1, ">= 1")):
            if getattr(self, name) < low:
                msg = f"a training needs {name} {law}, got {getattr(self, name)}."
                raise TrainingError(msg)
        if not 0 < self.lr < inf or not 0 < self.std < inf:
            msg = f"a training needs lr > 0 and std > 0, got lr={self.lr} and std={self.std}."
            raise TrainingError(msg)
        for name in ("momentum", "averaging"):
            if not 0 <= getattr(self, name) < 1:
                msg = f"a training needs 0 <= {name} < 1, got {getattr(self, name)}."
                raise TrainingError(msg)
        if not 0 <= self.weight_decay < inf:
            msg = f"a training needs weight_decay >= 0, got {self.weight_decay}."
            raise TrainingError(msg)
        if self.nesterov and not self.momentum:
            msg = "nesterov looks ahead along the velocity: it needs a momentum above 0, as 0.9."
            raise TrainingError(msg)
        if self.initial not in RULES or self.pixels not in ("unit", "stored"):
            msg = f"first weights are {', '.join(RULES)} and pixels unit or stored, got {self}."
            raise TrainingError(msg)

    def rule(self, epoch: int) -> SGD:
        """Return the rule of an epoch's steps."""
        return SGD(
            lr=self.schedule.at(self.lr, epoch, epochs=self.epochs),
            momentum=self.momentum,
            weight_decay=self.weight_decay,
            nesterov=self.nesterov,
        )

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return asdict(self)
