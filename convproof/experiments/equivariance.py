"""Translation: a convolution's maps move with the image; what is pooled changes less and less.

With ``S`` the shift of the image by one position, ``a`` a convolution of stride 1 and ``y_r`` its
maximum over windows of ``r x r``, on the positions that neither border reaches::

    |a(S x) - S a(x)|  =  0                                      equivariance, exactly
    c_r = |y_r(S^d x) - y_r(x)| / |y_r(x)|            falls as r > d grows: invariance

Pooled cells stand still while the image moves by ``d``: the change ``c_r`` says how much of a move
below the window's size the next layer sees.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from convproof.experiments.base import Experiment, Finding, Settings
from convproof.experiments.figures import line, panels
from convproof.implementation import Implementation, load_implementation
from convproof.layers import Conv, MaxPool
from convproof.networks.structured import gaussian_basis
from convproof.training.datasets import picture

_WINDOWS = (1, 2, 4, 8, 16)
_SHIFTS = (1, 2, 4, 8)
_BORDER = 16  # more than any shift, and a multiple of every window
_SIDE = 128  # of the part of the maps that is compared
_TAPS = 5


def run(settings: Settings) -> Finding:
    """Measure both on a photograph, with Gaussian derivatives as filters."""
    whole = picture("camera")[0].astype(np.int64)
    names = 3 if settings.quick else 8
    rng = np.random.default_rng(settings.seed)
    room = whole.shape[0] - _SIDE - 2 * _BORDER - _TAPS
    corners = rng.integers(0, room, (names, 2))
    verbs = load_implementation(settings.implementation)
    moved = {d: _maps(whole, corners, d, verbs) for d in (0, *_SHIFTS)}
    still = moved[0]
    differing = sum(
        int((moved[d][..., :, d : _SIDE + d] != still[..., :, :_SIDE]).sum()) for d in _SHIFTS
    )
    changes = {
        r: [_change(_pooled(still, r, verbs), _pooled(moved[d], r, verbs)) for d in _SHIFTS]
        for r in _WINDOWS
    }
    falls = all(_falls(changes, place, d) for place, d in enumerate(_SHIFTS))
    first, last = changes[1][0], changes[_WINDOWS[-1]][0]
    return Finding(
        found=f"{differing} of {still[..., :_SIDE].size * len(_SHIFTS)} numbers of the feature "
        f"maps differ from the moved ones. A move by one position changes the maps at a fixed "
        f"place by {first:.0%}, and their maximum over 16 x 16 by {last:.0%}.",
        agreement="agrees" if differing == 0 and falls else "in part",
        numbers={
            "differing": differing,
            "windows": list(_WINDOWS),
            "shifts": list(_SHIFTS),
            "changes": {str(r): [round(c, 6) for c in row] for r, row in changes.items()},
        },
    )


def _filters() -> np.ndarray:
    """Return the first and second Gaussian derivatives, in integers, so that sums are exact."""
    table = np.array(gaussian_basis((_TAPS, _TAPS), 2)[0]).reshape(-1, 1, _TAPS, _TAPS)[1:]
    found: np.ndarray = np.rint(64 * table / np.abs(table).max()).astype(np.int64)
    return found


def _maps(whole: np.ndarray, corners: np.ndarray, d: int, verbs: Implementation) -> np.ndarray:
    """Return the feature maps of the parts at ``corners``, moved right by ``d`` positions."""
    side = _SIDE + _BORDER + _TAPS - 1
    parts = np.stack(
        [whole[y : y + side, x + _BORDER - d : x + _BORDER - d + side] for y, x in corners]
    )
    filters = _filters()
    layer = Conv(
        in_channels=1,
        out_channels=len(filters),
        kernel_size=(_TAPS, _TAPS),
        stride=(1, 1),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
        bias=False,
    )
    found: np.ndarray = np.asarray(verbs.forward(layer, parts[:, None], filters))
    return found


def _pooled(maps: np.ndarray, window: int, verbs: Implementation) -> np.ndarray:
    layer = MaxPool(
        kernel_size=(window, window),
        stride=(window, window),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
    )
    found: np.ndarray = np.asarray(verbs.forward(layer, maps[..., :_SIDE, :_SIDE]))
    return found


def _falls(changes: dict[int, list[float]], place: int, shift: int) -> bool:
    """Return whether a move's change falls with the windows, from those that are larger than it."""
    found = [changes[1][place], *(row[place] for r, row in changes.items() if r > shift)]
    return all(later < earlier for earlier, later in pairwise(found))


def _change(before: np.ndarray, after: np.ndarray) -> float:
    a, b = before.astype(float), after.astype(float)
    return float(np.linalg.norm(b - a) / np.linalg.norm(a))


def draw(numbers: dict[str, Any]) -> Any:
    """Draw the change by window, a line for every shift."""
    figure, [[axes]] = panels(1, 1, height=3.4)
    for place, shift in enumerate(numbers["shifts"]):
        changes = [numbers["changes"][str(r)][place] for r in numbers["windows"]]
        line(axes, place, numbers["windows"], changes, f"moved by {shift}")
    axes.set_xscale("log", base=2)
    axes.set_xticks(numbers["windows"], [str(r) for r in numbers["windows"]])
    axes.set_xlabel("window of the max pooling")
    axes.set_ylabel("change of the pooled maps, relative")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8)
    return figure


EXPERIMENT = Experiment(
    title="Translation: equivariance before pooling, invariance after it",
    says="A convolution is equivariant to translation; spatial pooling gradually introduces "
    "translation and deformation invariance.",
    source='lecture 7, "invariance vs. equivariance" and "spatial pooling"',
    run=run,
    draw=draw,
)
