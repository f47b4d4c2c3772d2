"""How many times as long a rival takes as we: above 1 we are ahead. ``LEGEND`` says which rival.

What was asked for float32 is compared with float32, Winograd's and FFTs included, not with TF32.
With the settings for TF32 cuDNN sometimes computes in float32 all the same, as its error shows.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Record = Mapping[str, Any]
_GRANTED = 2.0
LEGEND = {
    "any": "the best in the arithmetic that was asked of us, at any error, or of 'exact'",
    "exact": "the best whose error is not above twice ours",
    "strict": "the best whose error is not above ours",
    "tf32": "the best with the settings for TF32, PyTorch's default for convolutions",
}
NAMES = tuple(LEGEND)
_ASKED = {"float32": ("ieee", "float32"), "tf32": ("tf32", "ieee")}  # others: their own alone


def ratios(
    ours: Record, rivals: Sequence[Record], precision: str
) -> dict[str, dict[str, Any] | None]:
    """Return each ratio with the rival that it is against; None where there is no such rival.

    ``tie``: the rounds of both overlap, so that the ratio says nothing.

    Args:
        ours: our time and error.
        rivals: theirs, each in some ``math``, see ``Rival``.
        precision: that was asked of us.
    """
    asked = _ASKED.get(precision, (precision,))

    def no_worse(rival: Record, factor: float) -> bool:
        return bool(rival["error"]["rel_l2"] <= factor * ours["error"]["rel_l2"])

    wanted: dict[str, Callable[[Record], bool]] = {
        "any": lambda rival: rival["math"] in asked or no_worse(rival, _GRANTED),
        "exact": lambda rival: no_worse(rival, _GRANTED),
        "strict": lambda rival: no_worse(rival, 1.0),
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
