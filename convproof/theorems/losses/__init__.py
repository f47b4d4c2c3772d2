"""Losses of a classifier: what they do not depend on."""

from convproof.theorems.base import Theorem
from convproof.theorems.losses import balanced, ignored, shift, special, targets

THEOREMS: tuple[Theorem, ...] = (
    shift.THEOREM,
    balanced.THEOREM,
    ignored.THEOREM,
    special.THEOREM,
    targets.THEOREM,
)
