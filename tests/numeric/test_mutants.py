"""Each planted fault is refuted by the law that should refute it: the tests can fail."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, find, settings

from convproof import layers
from convproof.axes import Axis
from convproof.layers import Layer
from convproof.numeric.fast import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    convolve,
    local_response_norm,
    max_pool,
    max_unpool,
    maxout,
    relu,
)
from convproof.numeric.fast import implementation as fast
from convproof.numeric.fast.windows import adaptive_taps, first_maxima, window_maxima
from convproof.numeric.reference import implementation as reference
from tests.numeric.cases import CASES, SMOOTH, Case, answers, differences
from tests.numeric.precision import Precision
from tests.numeric.test_local_response_norm import bounds

SEARCH = settings(max_examples=400, derandomize=True, phases=[Phase.generate], database=None)


class Mutant(NamedTuple):
    """A function of a module and the wrong one to put in its place."""

    kind: type[Layer]
    module: Any
    name: str
    wrong: Callable[..., Any]


def last_maxima(x: Any, taps: Any, sizes: Any) -> Any:
    return first_maxima(x, [axis_taps[::-1] for axis_taps in taps], sizes)


def maxima_with_zero_padding(x: Any, taps: Any, sizes: Any) -> Any:
    return np.maximum(window_maxima(x, taps, sizes), 0)


def taps_with_the_overhang(axis: Axis) -> Any:
    return np.full(axis.output_size, axis.kernel_size)


def windows_that_do_not_overlap(input_size: int, output_size: int) -> Any:
    return adaptive_taps(input_size, output_size)[: max(1, input_size // output_size)]


def interleaved_units(layer: Any, x: Any) -> Any:
    units = x.shape[1] // layer.pool_size
    return x.reshape(len(x), layer.pool_size, units, *x.shape[2:]).swapaxes(1, 2)


def gather(layer: Any, x: Any, y_bar: Any, indices: Any) -> Any:
    targets = max_unpool._targets(layer.output_shape(x.shape), indices)
    return y_bar.ravel()[targets].reshape(x.shape)


def derivative_one_at_zero(layer: Any, x: Any, y_bar: Any) -> Any:
    del layer
    return np.where(x < 0, 0, y_bar)


def correlation(layer: Any, x: Any, h: Any, forward: Any = convolve.forward) -> Any:
    return forward(layer, x, h[(slice(None, None, -1),) * h.ndim])


MUTANTS = [
    Mutant(layers.MaxPool, max_pool, "first_maxima", last_maxima),
    Mutant(layers.AdaptiveMaxPool, adaptive_max_pool, "first_maxima", last_maxima),
    Mutant(layers.MaxPool, max_pool, "window_maxima", maxima_with_zero_padding),
    Mutant(layers.AvgPool, avg_pool, "_taps_inside", avg_pool._taps_in_padded),
    Mutant(layers.AvgPool, avg_pool, "_taps_in_padded", avg_pool._taps_inside),
    Mutant(layers.AvgPool, avg_pool, "_taps_in_padded", taps_with_the_overhang),
    Mutant(layers.AdaptiveAvgPool, adaptive_avg_pool, "adaptive_taps", windows_that_do_not_overlap),
    Mutant(layers.Maxout, maxout, "_units", interleaved_units),
    Mutant(layers.MaxUnpool, max_unpool, "input_vjp", gather),
    Mutant(layers.ReLU, relu, "input_vjp", derivative_one_at_zero),
    Mutant(layers.Convolve, convolve, "forward", correlation),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: f"{m.kind.__name__}-{m.wrong.__name__}")
def test_equality_with_the_oracle_refutes(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some small case tells the mutant from the oracle, and none tells the original."""
    monkeypatch.setattr(mutant.module, mutant.name, mutant.wrong)

    refuted = find(CASES[mutant.kind], _differs, settings=SEARCH)
    monkeypatch.undo()
    assert not _differs(refuted)


@pytest.mark.parametrize(
    "reach", [lambda s: (s - 1 - s // 2, s // 2), lambda s: (s // 2, s // 2)], ids=["high", "odd"]
)
def test_the_bound_of_the_norm_refutes_a_shifted_window(
    reach: Callable[[int], tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An even window with its extra channel on the high side, or with one too many."""
    monkeypatch.setattr(local_response_norm, "_reach", lambda layer: reach(layer.size))
    precision = Precision(fast, np.dtype(np.float64), np.dtype(np.longdouble))

    def exceeds(case: Case) -> bool:
        exact, error = precision.errors(case)
        allowed = bounds(case, exact["forward"], precision.u)
        return any((error[verb] > bound).any() for verb, bound in allowed.items())

    assert find(SMOOTH[layers.LocalResponseNorm], exceeds, settings=SEARCH)


def _differs(case: Case) -> bool:
    case = case.astype(np.float64)
    return differences(answers(fast, case), answers(reference, case)) != []
