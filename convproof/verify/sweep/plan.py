"""Which units a sweep has: the same list for the same target, seed and number of geometries.

Layers with windows and weights get ``_SHARE`` times the geometries of the others: they have more
options, and more functions. A shard takes every ``n``-th unit, so that shards take alike long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from convproof.errors import TargetError
from convproof.functions import FIRST, Function, roles_of
from convproof.strategies import TORCH
from convproof.theorems.base import EXACT
from convproof.verify.sweep.unit import RECYCLE, Unit
from convproof.verify.targets.kind import Kind

PER_UNIT = 50  # geometries: some tenths of a second, lost at most when a sweep is interrupted
_SHARE = 3
_MANY = ("conv", "conv_transpose")
LAYERS = tuple(f.layer for f in Function.all() if f.role == "forward" and f.family in EXACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a sweep asks, whatever the target.

    Attributes:
        geometries: how many, over all layers.
        per_unit: how many of them a unit has at most.
        seed: of the sweep.
        only: functional names of layers, or one; empty: all.
        arrays: the arrays that the target takes.
        device: where torch's tensors lie.
        recycle: calls after which a target's process is started anew.
    """

    geometries: int = 1000
    per_unit: int = PER_UNIT
    seed: int = 0
    only: tuple[str, ...] | str = ()
    arrays: Kind = "numpy"
    device: str = "cpu"
    recycle: int = RECYCLE

    def __post_init__(self) -> None:
        if isinstance(self.only, str):
            object.__setattr__(self, "only", (self.only,))

    @property
    def bare(self) -> Function:
        """What a function is that has no name of ours."""
        two = Function("conv2d")
        return two if not self.only or two.layer in self.only else Function(self.only[0])

    def record(self) -> dict[str, Any]:
        """Return what tells this sweep from others, as plain values."""
        return {
            "geometries": self.geometries,
            "per_unit": self.per_unit,
            "seed": self.seed,
            "only": sorted(self.only),
            "arrays": self.arrays,
            "device": self.device,
        }


def planned(spec: str, target: Any, wanted: Wanted) -> list[Unit]:
    """Return all units of a sweep, numbered from 0.

    Args:
        spec: the target as the user wrote it.
        target: what was found, a ``Target`` or ``Found``.
        wanted: what is asked of it.

    Raises:
        TargetError: if the target has no layer that is asked.
    """
    asked = {layer: functions_of(layer, target) for layer in wanted.only or LAYERS}
    layers = [layer for layer in LAYERS if asked.get(layer)]
    if not layers:
        msg = f"{spec!r} has none of {', '.join(asked)}: it offers "
        raise TargetError(msg + f"{', '.join(f.name for f in target.functions)}.")
    offers = (TORCH | (target.supports & {"asymmetric", "circular"})) - target.lacks
    parts = [
        (layer, size)
        for layer, share in zip(layers, shares(layers, wanted.geometries), strict=True)
        for size in _cut(share, wanted.per_unit)
    ]
    return [
        Unit(
            number=number,
            spec=spec,
            layer=layer,
            functions=asked[layer],
            offers=tuple(sorted(offers)),
            geometries=size,
            seed=wanted.seed,
            bare=wanted.bare.name,
            arrays=wanted.arrays,
            device=wanted.device,
            recycle=wanted.recycle,
        )
        for number, (layer, size) in enumerate(parts)
    ]


def functions_of(layer: str, target: Any) -> tuple[str, ...]:
    """Return the names of a layer's functions that a target offers, its VJPs included."""
    roles = (role for role in roles_of(layer) if role in FIRST)
    return tuple(f.name for f in (Function(layer, r) for r in roles) if f in target.functions)


def shares(layers: Sequence[str], geometries: int) -> list[int]:
    """Return how many geometries each layer gets.

    Example:
        >>> shares(["conv2d", "relu", "linear"], 1000)
        [600, 200, 200]
    """
    weights = [_SHARE if Function(layer).stem in _MANY else 1 for layer in layers]
    ends = [sum(weights[:number]) for number in range(len(weights) + 1)]
    marks = [geometries * end // ends[-1] for end in ends]
    return [high - low for low, high in pairwise(marks)]


def of_shard(units: Sequence[Unit], shard: tuple[int, int]) -> list[Unit]:
    """Return the units of shard ``i`` of ``n``, ``1 <= i <= n``."""
    i, n = shard
    return [unit for unit in units if unit.number % n == i - 1]


def _cut(geometries: int, per_unit: int) -> list[int]:
    full, rest = divmod(geometries, per_unit)
    return [per_unit] * full + [rest] * bool(rest)
