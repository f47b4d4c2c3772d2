"""Cross entropy as a layer of the wing: its kernels' own losses, transposed, and reduced."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import functional
from convproof.layers import CrossEntropy
from convproof.layers.loss import Reduction
from convproof.numeric.rounding import FORMATS as ROUNDING
from convproof_gpu import machine
from convproof_gpu.layers import cross_entropy, loss
from convproof_gpu.pooling import avg_forward
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing, sim
from tests.gpu.test_prepared import Repeating
from tests.numeric.cases import Case
from tests.numeric.test_cross_entropy import bounds

SIM = Simulated()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
in_every_format = pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
few = settings(max_examples=max(4, settings().max_examples // 8))
reductions: st.SearchStrategy[Reduction] = st.sampled_from(["none", "mean", "sum"])
Drawn = tuple[np.ndarray, np.ndarray, int]


@st.composite
def scored(draw: st.DrawFn) -> Drawn:
    """Draw scores ``(N, C, *I)``, targets, and a seed."""
    seed, classes = draw(st.integers(0, 2**16)), draw(st.sampled_from([1, 2, 8, 33]))
    shape = draw(st.sampled_from([(1,), (5,), (64,), (301,), (2, 3), (3, 40), (2, 3, 5), (0, 2)]))
    rng = np.random.default_rng(seed)
    x = 3 * rng.standard_normal((shape[0], classes, *shape[1:]))
    target = np.where(rng.integers(0, 5, shape) == 0, -100, rng.integers(0, classes, shape))
    target[(0,) * target.ndim if target.size else ()] = 0  # one counts
    return x, target, seed


def lines_of(x: np.ndarray) -> np.ndarray:
    """Return ``(N, *I, C)``."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1))


@in_every_format
def test_losses_of_images_are_those_of_their_lines(dtype: Any) -> None:
    """``loss(x)[n, i] == loss(x[n, :, i])``, and its derivative, bit by bit."""

    @few
    @given(scored())
    def holds(drawn: Drawn) -> None:
        x, target, seed = drawn[0].astype(dtype), *drawn[1:]
        loss_bar = np.random.default_rng(seed).standard_normal(target.shape).astype(dtype)
        layer, lines = CrossEntropy(reduction="none"), lines_of(x)
        found = sim.forward(layer, x, target)
        assert found.tobytes() == cross_entropy.forward(SIM, lines, target).tobytes()
        found = lines_of(sim.input_vjp(layer, x, loss_bar, target))
        assert found.tobytes() == cross_entropy.input_vjp(SIM, lines, target, loss_bar).tobytes()

    holds()


def errors(layer: CrossEntropy, x: np.ndarray, target: np.ndarray) -> tuple[float, float]:
    """Return by how much a reduction is off the losses', and by how much it may be.

    No loss is negative. A sum of n terms errs by ``n u`` of it, and is rounded once; the means of
    ``r`` terms each by ``(r + 1) u``, and theirs by as much; both are rounded. A mean is over the
    targets that count.
    """
    each = sim.forward(CrossEntropy(reduction="none"), x, target).astype(np.float64)
    stored, unit = ROUNDING[x.dtype.name], ROUNDING["float32"].unit
    total, n = abs(each).sum(), each.size
    kept = np.count_nonzero(target != layer.ignore_index)
    found = float(sim.forward(layer, x, target))
    if layer.reduction == "sum":
        return abs(found - each.sum()), (n * unit + stored.unit) * total + stored.tiny
    terms = 2 * (2 * np.sqrt(n) + 1)
    allowed = ((terms * unit + 2.01 * stored.unit) * total + 2 * n * stored.tiny) / kept
    return abs(found - each.sum() / kept), allowed


@in_every_format
def test_a_mean_and_a_sum_lie_within_their_bounds(dtype: Any) -> None:
    """``|y - sum| <= (n u + u') sum``, ``|y - mean| <= (2 (2 sqrt n + 1) u + 2 u') mean``."""

    @few
    @given(scored(), st.sampled_from(["mean", "sum"]))
    def holds(drawn: Drawn, reduction: Reduction) -> None:
        x, target = drawn[0].astype(dtype), drawn[1]
        if target.size or reduction == "sum":
            error, allowed = errors(CrossEntropy(reduction=reduction), x, target)
            assert error <= allowed

    holds()


def test_the_bound_of_a_mean_refutes_other_divisors(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean of 5 losses is no mean of 3 windows of 2, of which the last has 1."""
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((5, 3)).astype(np.float32), np.arange(5) % 3
    error, allowed = errors(CrossEntropy(), x, target)
    assert error <= allowed

    def of_windows(*given: Any, fixed: float) -> Any:
        del fixed
        return avg_forward(*given)

    monkeypatch.setattr(loss, "avg_forward", of_windows)
    error, allowed = errors(CrossEntropy(), x, target)
    assert error > allowed


@in_every_format
def test_every_loss_of_a_mean_has_its_share_of_the_cotangent(dtype: Any) -> None:
    """``loss_bar = y_bar / n``, of ``n`` that count, rounded once, of a sum ``y_bar``: by bits."""

    @few
    @given(scored(), st.sampled_from([("mean", 1), ("sum", 0)]))
    def holds(drawn: Drawn, kind: tuple[Reduction, int]) -> None:
        reduction, divided = kind
        x, target, seed = drawn[0].astype(dtype), *drawn[1:]
        if not target.size and divided:
            return
        y_bar = np.asarray(np.random.default_rng(seed).standard_normal()).astype(dtype)
        count = np.float32(np.count_nonzero(target != -100) if divided else 1)
        share = np.full(target.shape, (y_bar.astype(np.float32) / count).astype(dtype))
        found = sim.input_vjp(CrossEntropy(reduction=reduction), x, y_bar, target)
        expected = cross_entropy.input_vjp(SIM, lines_of(x), target, share)
        assert lines_of(found).tobytes() == expected.tobytes()

    holds()


@pytest.mark.parametrize("integer", ["int", "long long"])
@pytest.mark.parametrize("n", [1, 31, 256, 257, 4095, 4096, 4097, 9001])
def test_targets_that_count_are_counted_whatever_their_share(n: int, integer: str) -> None:
    """``y = 2 sum x / #{target != ignored}``, in integers; a block has 32 targets or more."""
    rng = np.random.default_rng(n)
    target, x = rng.integers(0, 3, n), rng.integers(-9, 9, 1 + n // 8).astype(np.float32)
    ignored = int(target[0]) - 1
    with patch.object(machine, "_INT", -1 if integer == "long long" else machine._INT):
        y = cross_entropy.mean(SIM, x, target, ignored, 2)
    kept = np.float32(np.count_nonzero(target != ignored))
    assert (y.shape, y[()]) == ((), 2 * x.sum() / kept)


def test_the_mean_of_nothing_is_not_a_number() -> None:
    """0 / 0; of a derivative nothing is left of the quotient."""
    x, target = np.zeros((3, 2), np.float32), np.full(3, 1)
    layer = CrossEntropy(ignore_index=1)
    assert np.isnan(sim.forward(layer, x, target))
    assert not sim.input_vjp(layer, x, np.ones((), np.float32), target).any()


@few
@given(scored(), reductions)
def test_prepared_launches_answer_as_the_layer_does(drawn: Drawn, reduction: Reduction) -> None:
    """Bit for bit; none is refused."""
    x, target, _ = drawn[0].astype(np.float32), *drawn[1:]
    if not target.size:
        return
    layer, notes = CrossEntropy(reduction=reduction), Repeating()
    y = Wing(notes).forward(layer, x, target)
    x_bar = Wing(notes).input_vjp(layer, x, y, target)
    assert None not in notes.prepared
    assert y.tobytes() == sim.forward(layer, x, target).tobytes()
    assert x_bar.tobytes() == sim.input_vjp(layer, x, y, target).tobytes()


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_arrays_of_a_gpu_are_answered_by_the_kernels(cupy: Any, reduction: Reduction) -> None:
    """As NumPy's are by the simulator; a target that is no class, which nobody looks at, by NaN."""
    rng = np.random.default_rng(0)
    x, target = rng.standard_normal((4, 3, 5)).astype(np.float32), rng.integers(0, 3, (4, 5))
    layer = CrossEntropy(reduction=reduction)
    for _ in range(2):
        y = functional.cross_entropy(cupy.asarray(x), cupy.asarray(target), reduction=reduction)
        assert np.array_equal(cupy.asnumpy(y), sim.forward(layer, x, target))
        x_bar = functional.cross_entropy_input(
            cupy.asarray(x), y, cupy.asarray(target), reduction=reduction
        )
        expected = sim.input_vjp(layer, x, cupy.asnumpy(y), target)
        assert np.array_equal(cupy.asnumpy(x_bar), expected)
    target[1, 2] = -101
    y = cupy.asnumpy(
        functional.cross_entropy(cupy.asarray(x), cupy.asarray(target), reduction=reduction)
    )
    assert np.isnan(y[1, 2] if reduction == "none" else y)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("shape", [(3,), (4, 3), (4, 3, 2)])
def test_a_tensors_loss_and_gradient_are_torchs(
    shape: tuple[int, ...], reduction: Reduction
) -> None:
    """Within both bounds in float64, through the operators; shapes and dtypes as torch's."""
    rng = np.random.default_rng(0)
    layer, held = CrossEntropy(reduction=reduction), rng.integers(-4, 5, shape)
    (size,) = layer.index_shapes(shape).values()
    classes = np.asarray(rng.integers(0, 3, size))
    x, target = torch.tensor(held.astype(np.float64), requires_grad=True), torch.tensor(classes)
    functions: tuple[Callable[..., Any], ...] = (
        functional.cross_entropy,
        torch.nn.functional.cross_entropy,
    )
    ours, theirs = (function(x, target, reduction=reduction) for function in functions)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    bar = torch.ones_like(ours)
    (one,), (other,) = (torch.autograd.grad(y, x, bar) for y in (ours, theirs))
    allowed = bounds(Case(layer, held, (classes,), bar.numpy()), 2.0**-53)
    assert (abs(ours - theirs).detach().numpy() <= 2 * allowed["forward"]).all()
    assert (abs(one - other).numpy() <= 2 * allowed["input_vjp"]).all()
    with torch.no_grad():
        direct = functional.cross_entropy_input(x, bar, target, reduction=reduction)
    assert torch.equal(direct, one)
