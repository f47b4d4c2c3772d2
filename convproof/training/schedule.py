"""Learning rates by the epoch ``t = 0, 1, ...``: the closed forms of ``torch.optim.lr_scheduler``.

===========================  ==================================================  =================
schedule                     learning rate                                       torch
===========================  ==================================================  =================
``constant``                 ``lr``
``step:size:gamma``          ``lr gamma^floor(t / size)``                        StepLR
``exponential:gamma``        ``lr gamma^t``                                      ExponentialLR
``cosine``, ``cosine:low``   ``low + (lr - low) (1 + cos(pi t / epochs)) / 2``   CosineAnnealingLR
===========================  ==================================================  =================
"""

from dataclasses import dataclass
from math import cos, inf, pi
from typing import Literal

from convproof.training.errors import TrainingError

Kind = Literal["constant", "step", "exponential", "cosine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How the learning rate falls.

    Attributes:
        kind: a name of the table.
        size: epochs of a step.
        gamma: factor of a step, or of an epoch.
        eta_min: the cosine's lowest rate.

    Raises:
        TrainingError: if a number has no meaning.

    Example:
        >>> [Schedule(kind="step", size=2, gamma=0.5).at(1.0, t, epochs=6) for t in range(6)]
        [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """

    kind: Kind = "constant"
    size: int = 1
    gamma: float = 0.1
    eta_min: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("constant", "step", "exponential", "cosine"):
            msg = f"a schedule is constant, step, exponential or cosine, got {self.kind!r}."
            raise TrainingError(msg)
        if self.size < 1 or not 0 < self.gamma <= 1 or not 0 <= self.eta_min < inf:
            msg = (
                "a schedule needs size >= 1, 0 < gamma <= 1 and eta_min >= 0, got "
                f"size={self.size}, gamma={self.gamma}, eta_min={self.eta_min}."
            )
            raise TrainingError(msg)

    def at(self, lr: float, epoch: int, *, epochs: int) -> float:
        """Return the learning rate of an epoch of so many, from the first one's."""
        if self.kind == "step":
            return lr * self.gamma ** (epoch // self.size)
        if self.kind == "exponential":
            return lr * self.gamma**epoch
        if self.kind == "cosine":
            return self.eta_min + (lr - self.eta_min) * (1 + cos(pi * epoch / epochs)) / 2
        return lr


def schedule(text: str) -> Schedule:
    """Return the schedule that a text of the table says.

    Raises:
        TrainingError: if it says none.

    Example:
        >>> schedule("step:30:0.1").size
        30
    """
    kind, *numbers = text.split(":")
    try:
        match kind, [float(number) for number in numbers]:
            case "constant", []:
                return Schedule()
            case "step", [size, gamma] if size.is_integer():
                return Schedule(kind="step", size=int(size), gamma=gamma)
            case "exponential", [gamma]:
                return Schedule(kind="exponential", gamma=gamma)
            case "cosine", [] | [_] as low:
                return Schedule(kind="cosine", eta_min=low[0] if low else 0.0)
    except ValueError as error:
        if isinstance(error, TrainingError):
            raise
    msg = f"{text!r} is no schedule: write constant, step:30:0.1, exponential:0.95 or cosine."
    raise TrainingError(msg)
