"""Softmax, cross entropy and local response normalisation: within what their sums may err."""

from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.errors import DTypeError, ShapeError
from convproof.functions import Function, Role
from convproof.layers import LocalResponseNorm, Softmax
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import FORMATS as ROUNDING
from convproof.strategies import cases
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import Request
from convproof_gpu import machine
from convproof_gpu.layers import cross_entropy
from convproof_gpu.lines import EACH, lanes_of, lines_along
from convproof_gpu.machine import Kernel, launch, packed
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing, sim

SIM = Simulated()
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
in_every_format = pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))
few = settings(max_examples=max(4, settings().max_examples // 5))
seeds = st.integers(0, 2**16)
ROLES: tuple[Role, ...] = ("forward", "input")


def check(name: str, case: Case, dtype: Any) -> None:
    """Assert that a layer and its derivative lie within the bound of ``numeric.smooth``."""
    held = case.reals(np.dtype(dtype))
    wide = held.astype(np.float64)
    request = Request(dtype=np.dtype(dtype), precision="float32")
    exact = {
        "forward": oracle.forward(case.layer, wide["x"]),
        "input": oracle.input_vjp(case.layer, wide["x"], wide["y_bar"]),
    }
    found = {
        "forward": sim.forward(case.layer, held["x"]),
        "input": sim.input_vjp(case.layer, held["x"], held["y_bar"]),
    }
    for role in ROLES:
        allowed = allowed_error(Function(name, role), case, wide, exact[role], request)
        assert (np.abs(found[role].astype(np.float64) - exact[role]) <= allowed).all(), role


@st.composite
def softmaxes(draw: st.DrawFn) -> Case:
    """Draw a softmax whose lines are shared by 1 to 256 threads, near and far apart.

    They are held in registers, 8 or 32 elements to a thread, in vectors or one by one, or are so
    long that they are read again.
    """
    outer = draw(st.integers(1, 5))
    inner = draw(st.sampled_from([1, 1, 2, 5, 40]))
    size = draw(st.sampled_from([1, 2, 5, 8, 31, 33, 100, 256, 300]))
    if inner == 1 and outer == 1:
        size = draw(st.sampled_from([999, 1000, 2000, 8192, 8193]))
    return Case(layer=Softmax(dim=-2), input_shape=(outer, size, inner), seed=draw(seeds))


@st.composite
def norms(draw: st.DrawFn) -> Case:
    """Draw a normalisation whose windows reach beyond a block's channels."""
    layer = LocalResponseNorm(
        size=draw(st.sampled_from([1, 2, 5, 31, 32, 70])),
        alpha=draw(st.sampled_from([1.0, 0.5])),
        beta=draw(st.sampled_from([0.75, 0.5])),
    )
    channels, inner = draw(st.sampled_from([1, 31, 32, 33, 70])), draw(st.sampled_from([1, 3, 40]))
    return Case(
        layer=layer, input_shape=(draw(st.integers(1, 2)), channels, inner), seed=draw(seeds)
    )


@in_every_format
def test_softmax_lies_within_its_bound(dtype: Any) -> None:
    """``|y - exact| <= (d + 1) u y``, with ``d = n + 16 + 2 max|x - max x|``; so its derivative."""

    @few
    @given(cases("softmax") | softmaxes())
    def holds(case: Case) -> None:
        check("softmax", case, dtype)

    holds()


@in_every_format
def test_local_response_normalisation_lies_within_its_bound(dtype: Any) -> None:
    """``|y - exact| <= (beta e + 12) u |y|``, with ``e = size + 5``; so its derivative."""

    @few
    @given(cases("local_response_norm") | norms())
    def holds(case: Case) -> None:
        check("local_response_norm", case, dtype)

    holds()


@few
@given(softmaxes())
def test_a_line_is_answered_alike_in_every_batch(case: Case) -> None:
    """``softmax(x)[n] == softmax(x[n])``, bit by bit."""
    x = case.reals(np.dtype(np.float32))["x"]
    alone = [sim.forward(case.layer, image[None]) for image in x]
    assert np.array_equal(sim.forward(case.layer, x), np.concatenate(alone))


@given(st.integers(0, 2**20), st.booleans(), st.sampled_from([1, 4, 8]))
def test_lanes_are_a_power_of_two_that_a_block_holds(size: int, adjacent: bool, width: int) -> None:
    """``256 % lanes == 0``, and no lane is idle that a smaller power of two would not leave so."""
    lanes = lanes_of(size, width, adjacent=adjacent)
    assert 256 % lanes == 0
    assert lanes == 1 or lanes < 2 * size


@given(st.integers(1, 20_000), st.sampled_from([1, 3]), st.sampled_from([2, 4]))
def test_lanes_hold_their_line_or_read_it_again(size: int, inner: int, itemsize: int) -> None:
    """``lanes EACH >= size`` up to 8192 neighbours or 256 elements far apart, in whole vectors."""
    lines, width = lines_along((2, size, inner), 1, itemsize)
    each = lines.held(width)
    assert size % width == 0
    assert width == 1 or (inner == 1 and width * itemsize == 16)
    assert each in EACH
    assert (each == 0) == (size > (8192 if inner == 1 else 256))
    assert each == 0 or (each % width == 0 and -(-size // (width * lines.lanes)) * width <= each)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=4), st.data())
def test_the_lines_of_an_axis_hold_every_element_once(
    shape: list[int], data: st.DataObject
) -> None:
    """``first + inner e`` of all lines and ``e`` are ``0, ..., n - 1``."""
    lines, _ = lines_along(tuple(shape), data.draw(st.integers(-len(shape), len(shape) - 1)))
    line, e = np.ix_(range(lines.count), range(lines.size))
    first = line // lines.inner * lines.size * lines.inner + line % lines.inner
    assert sorted((first + lines.inner * e).ravel()) == list(range(int(np.prod(shape))))


@st.composite
def classified(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw scores, one in four times far from 0, targets, and cotangents of the loss."""
    rng = np.random.default_rng(draw(seeds))
    shape = tuple(draw(st.lists(st.integers(0, 6), min_size=0, max_size=2)))
    classes = draw(st.sampled_from([1, 2, 10, 33, 64, 300]))
    x = 3 * rng.standard_normal((*shape, classes)) + draw(st.sampled_from([0, 0, 0, 200]))
    target = np.where(rng.integers(0, 5, shape) == 0, -100, rng.integers(0, classes, shape))
    return x, target, np.asarray(rng.standard_normal(shape))


@in_every_format
def test_cross_entropy_and_its_derivative_lie_within_their_bounds(dtype: Any) -> None:
    """``loss = log sum exp(x) - x[target]`` and ``x_bar = (softmax(x) - onehot) loss_bar``.

    With ``d`` of softmax, the loss errs by ``(d + 2) u``, of the sum's logarithm, by ``8 u`` of
    that logarithm and by ``3 u`` of both terms; the derivative by ``(d + 4) u (y + |y - onehot|)``.
    """

    @few
    @given(classified())
    @example((np.array([[1e4, -1e4]]), np.array([1]), np.array([1.0])))
    def holds(drawn: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
        given_, target, cotangent = drawn
        x, loss_bar = given_.astype(dtype), cotangent.astype(dtype)
        wide, wide_bar = x.astype(np.float64), loss_bar.astype(np.float64)
        unit, stored = ROUNDING["float32"].unit, ROUNDING[np.dtype(dtype).name]
        rows = wide - wide.max(-1, keepdims=True)
        powers = np.exp(rows)
        total = powers.sum(-1, keepdims=True)
        one_hot = np.arange(x.shape[-1]) == target[..., None]
        below, counts = (rows * one_hot).sum(-1), target != -100
        exact = (np.log(total)[..., 0] - below) * counts
        d = x.shape[-1] + 16 + 2 * np.abs(rows).max(-1)
        allowed = (d + 2 + 11 * np.log(total)[..., 0] - 3 * below) * unit
        allowed = allowed + (stored.unit * np.abs(exact) + stored.tiny) * (dtype != np.float32)
        found = cross_entropy.forward(SIM, x, target).astype(np.float64)
        assert (np.abs(found - exact) <= allowed).all()

        y = powers / total
        exact = (y - one_hot) * (wide_bar * counts)[..., None]
        errs = (d[..., None] + 4) * unit * (y + np.abs(y - one_hot)) * np.abs(wide_bar)[..., None]
        allowed = errs * (1 + stored.unit) + stored.tiny + stored.unit * np.abs(exact)
        found = cross_entropy.input_vjp(SIM, x, target, loss_bar).astype(np.float64)
        assert (np.abs(found - exact) <= allowed).all()

    holds()


@pytest.mark.parametrize("wrong", [-1, 3, 2**40])
def test_a_target_that_is_no_class_is_refused(wrong: int) -> None:
    """``0 <= target < classes``; what the host does not see, the kernel answers with NaN."""
    x, target = np.zeros((2, 3), np.float32), np.array([1, wrong])
    loss, x_bar = np.ones(2, np.float32), np.empty_like(x)
    words = f"targets are classes 0 to 2, or -100 where they are ignored, got {wrong}"
    with pytest.raises(ShapeError, match=words):
        cross_entropy.forward(SIM, x, target)
    with pytest.raises(ShapeError, match=words):
        cross_entropy.input_vjp(SIM, x, target, loss)

    lines, width = lines_along(x.shape, -1)
    sizes = packed(lines, "int")
    arguments = ("float", "int", str(width), str(lines.held(width)))
    backward = {"x": x, "target": target, "loss_bar": loss.copy(), "x_bar": x_bar, "lines": sizes}
    forward = {"x": x, "target": target, "loss": loss, "lines": sizes}
    forward["ignored"] = backward["ignored"] = np.int64(-100)
    launch(SIM, Kernel("cross_entropy_forward", arguments), 1, 256, forward, ("loss",))
    launch(SIM, Kernel("cross_entropy_input_vjp", arguments), 1, 256, backward, ("x_bar",))
    assert np.isnan(loss).tolist() == [False, True]
    assert np.isnan(x_bar).all(1).tolist() == [False, True]
    assert not np.isnan(x_bar[0]).any()


def test_scores_targets_and_cotangents_must_fit() -> None:
    """``x (*, classes)``, ``target (*)`` of int64 and ``loss_bar (*)``."""
    x, target = np.zeros((2, 3), np.float32), np.zeros(2, np.int64)
    with pytest.raises(ShapeError, match="must fit"):
        cross_entropy.forward(SIM, x, target[:1])
    with pytest.raises(ShapeError, match="shape of the targets"):
        cross_entropy.input_vjp(SIM, x, target, np.zeros(3, np.float32))
    with pytest.raises(DTypeError, match="int64"):
        cross_entropy.forward(SIM, x, target.astype(np.int32))


@in_every_format
@pytest.mark.parametrize("shape", [(3, 8), (2, 300), (1, 8193), (2, 21, 3), (1, 300, 2)])
def test_a_line_with_nan_or_infinity_is_nan_and_no_other_line_is(
    shape: tuple[int, ...], dtype: Any
) -> None:
    """``exp(inf - inf)`` is NaN; minus infinity has the power 0, unless there is nothing else."""
    lines = np.zeros(shape).swapaxes(1, -1).reshape(-1, shape[1])
    lines[0, -1], lines[-1, 0] = np.nan, -np.inf
    if len(lines) > 2:
        lines[1, 0] = np.inf
    x = lines.reshape(shape[0], *shape[2:], shape[1]).swapaxes(1, -1).astype(dtype)
    layer, x = Softmax(dim=1), np.ascontiguousarray(x)
    with np.errstate(invalid="ignore"):
        right = oracle.forward(layer, x.astype(np.float64)).astype(dtype).astype(np.float64)
    found = sim.forward(layer, x).astype(np.float64)
    np.testing.assert_allclose(found, right, rtol=float(ROUNDING[np.dtype(dtype).name].unit) * 4)
    x_bar = sim.input_vjp(layer, x, np.ones_like(x)).astype(np.float64)
    assert np.array_equal(np.isnan(x_bar), np.isnan(right))


@in_every_format
def test_where_lines_begin_changes_no_bit(dtype: Any) -> None:
    """An array that no load of 16 bytes may begin at is copied."""
    rng = np.random.default_rng(0)
    for layer, shape in ((Softmax(dim=1), (3, 48)), (Softmax(dim=1), (2, 8, 4))):
        memory = rng.standard_normal(2 * np.prod(shape) + 1).astype(dtype)
        x, y_bar = (memory[k : k + np.prod(shape)].reshape(shape) for k in (1, np.prod(shape)))
        assert np.array_equal(sim.forward(layer, x), sim.forward(layer, x.copy()))
        expected = sim.input_vjp(layer, x.copy(), y_bar.copy())
        assert np.array_equal(sim.input_vjp(layer, x, y_bar), expected)


@pytest.mark.parametrize("beta", [0.75, 0.5])
@pytest.mark.parametrize("k", [0.0, 1.0])
def test_a_window_with_nan_or_infinity_or_of_zeros_is_as_the_quotient_is(
    beta: float, k: float
) -> None:
    """``x / inf == 0``, ``inf / inf`` and ``0 / 0`` are NaN, ``x / 0 == inf``."""
    x = np.zeros((1, 70, 2), np.float32)
    x[0, :, 1] = 1e-30  # its square is 0
    for c, value in ((10, np.nan), (20, np.inf), (30, 1e30), (40, -1.0), (50, 1e-21)):
        x[0, c, 0] = value
    layer = LocalResponseNorm(size=5, alpha=1.0, beta=beta, k=k)
    gap = np.abs(np.arange(70)[:, None] - np.arange(70)) <= 2
    with np.errstate(all="ignore"):
        squares = (x * x)[:, None] * gap[None, :, :, None]
        squares[np.isnan(squares) & ~gap[None, :, :, None]] = 0
        scale = k + squares.sum(2, dtype=np.float32) / np.float32(5)
        right = (x / scale.astype(np.float64) ** beta).astype(np.float32)
    np.testing.assert_allclose(sim.forward(layer, x), right, rtol=2e-6)
    x_bar = sim.input_vjp(layer, x, np.ones_like(x))
    far = ~((np.abs(np.arange(70)[:, None] - [10, 20, 30]) <= 4).any(1))
    if k:
        assert np.isfinite(x_bar[0, far]).all()
    assert np.isnan(x_bar[0, 6:15, 0]).any()


@given(st.floats(2.0**-100, 2.0**100), st.floats(-8, 8), st.floats(-8, 8))
def test_a_step_of_newtons_method_makes_the_power_err_by_less_than_3_units(
    s: float, first: float, second: float
) -> None:
    """``|inverse - s^(-3/4)| <= 3 u s^(-3/4)``, if the roots err by ``8 u`` each."""
    one, u = np.float32, 2.0**-24

    def fused(a: np.float32, b: np.float32, c: np.float32) -> np.float32:
        return one(np.longdouble(a) * np.longdouble(b) + np.longdouble(c))

    held = one(s)
    root = one(float(held) ** -0.5 * (1 + first * u))
    guess = root * (root * one(float(root) ** -0.5 * (1 + second * u)))
    fourth = held * guess
    left = fused(-(fourth * fourth), fourth * guess, one(1))
    inverse = fused(one(0.25) * guess, left, guess)
    assert abs(float(inverse) * float(held) ** 0.75 - 1) <= 3 * u


def test_offsets_of_64_bits_give_the_same_bits() -> None:
    """As where an array has more than 2^31 elements."""
    rng = np.random.default_rng(0)
    x, y_bar = rng.standard_normal((2, 3, 40, 5)).astype(np.float32)
    target, loss_bar = rng.integers(0, 5, (3, 40)), np.ascontiguousarray(y_bar[..., 0])

    def answers() -> list[bytes]:
        both = (Softmax(dim=1), Softmax(dim=-1), LocalResponseNorm(size=5))
        found = [sim.forward(layer, x) for layer in both]
        found += [sim.input_vjp(layer, x, y_bar) for layer in both]
        found.append(cross_entropy.forward(SIM, x, target))
        found.append(cross_entropy.input_vjp(SIM, x, target, loss_bar))
        return [array.tobytes() for array in found]

    narrow = answers()
    with patch.object(machine, "_INT", -1):
        assert answers() == narrow


def test_nothing_is_answered_with_nothing() -> None:
    """Arrays with an axis of no size, whichever it is."""
    for layer in (Softmax(dim=1), LocalResponseNorm(size=3)):
        for shape in ((0, 3, 2), (2, 0, 2), (2, 3, 0)):
            x = np.empty(shape, np.float32)
            assert sim.forward(layer, x).shape == sim.input_vjp(layer, x, x).shape == shape


@pytest.mark.parametrize(("inner", "integer"), [(31122000, "int"), (33553408, "long long")])
def test_what_a_walk_computes_of_channels_that_are_not_there_fits(inner: int, integer: str) -> None:
    """``int`` if ``(N C + 5) I <= 2**31 - 2**16``; by ``N C I`` alone, ``origin + a I`` overflows.

    Of 64 channels, ``a = C - 1 + 4`` is the last that a walk loads from, of the last position.
    """
    layer, x = LocalResponseNorm(size=5), blank((1, 64, inner), np.float32)
    recorder = Recorder()
    wing = Wing(recorder)
    wing.forward(layer, x)
    wing.input_vjp(layer, x, x)
    assert {(kernel.name[-5:], kernel.arguments[1]) for kernel in recorder.kernels} == {
        ("_walk", integer)
    }
    assert machine.integer_type(x.size) == "int"
    assert (inner - 1 + 67 * inner < 2**31) is (integer == "int")
