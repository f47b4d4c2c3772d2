"""How many times as long a rival takes as we: above 1 we are ahead.

=========  ======================================================================================
ratio      against
=========  ======================================================================================
``any``    the best rival at any error
``exact``  the best whose error is not above ours; up to twice ours is granted, in its favour
``tf32``   the best in PyTorch's default arithmetic of convolutions, TF32
=========  ======================================================================================
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
_GRANTED = 2.0
NAMES = ("any", "exact", "tf32")


def ratios(ours: Record, rivals: Sequence[Record]) -> dict[str, dict[str, Any] | None]:
    """Return each ratio with the rival that it is against; None where there is no such rival.

    ``tie``: the rounds of both overlap, so that the ratio says nothing.
    """
    most = ours["error"]["rel_l2"] * _GRANTED
    wanted: dict[str, Callable[[Record], bool]] = {
        "any": lambda _: True,
        "exact": lambda rival: bool(rival["error"]["rel_l2"] <= most),
        "tf32": lambda rival: bool(rival["math"] == "tf32"),
    }
    timed = [rival for rival in rivals if "us" in rival]
    found: dict[str, dict[str, Any] | None] = {}
    for name, is_wanted in wanted.items():
        best = min(filter(is_wanted, timed), key=lambda rival: rival["us"], default=None)
        found[name] = None if best is None else _ratio(ours, best)
    return found


def _ratio(ours: Record, rival: Record) -> dict[str, Any]:
    tie = ours["least"] <= rival["most"] and rival["least"] <= ours["most"]
    return {"ratio": round(rival["us"] / ours["us"], 4), "rival": rival["name"], "tie": tie}
