"""Circular padding: the kernels' addresses are the map's, and their numbers the oracle's."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof.cases import Case
from convproof.errors import DTypeError, UnsupportedError
from convproof.index_maps import Wrapping
from convproof.layers import Conv, LocallyConnected
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.reference.border import pad, unpad
from convproof.strategies import cases
from convproof_gpu import machine
from convproof_gpu.cubin import KERNELS
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimModule
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import sim
from convproof_gpu.wrapping import wrap_forward, wrap_input_vjp

SIM = Simulated()
INTEGERS = {"int": np.int32, "long long": np.int64}
FORMATS = (np.float32, np.float16, ml_dtypes.bfloat16)
few = settings(max_examples=max(4, settings().max_examples // 5))
of_dims = pytest.mark.parametrize("dims", [1, 2, 3])
of_formats = pytest.mark.parametrize("dtype", FORMATS, ids=("float32", "float16", "bfloat16"))


def circular(dims: int, *, tiny: bool = False) -> st.SearchStrategy[tuple[Conv, Case]]:
    """Return the circular convolutions: what is legal of zeros is legal of them."""
    return cases(f"conv{dims}d", tiny=tiny).map(_circular)


def _circular(case: Case) -> tuple[Conv, Case]:
    assert isinstance(case.layer, Conv)
    layer = replace(case.layer, padding_mode="circular")
    return layer, replace(case, layer=layer)


def wrapping(layer: Conv, shape: tuple[int, ...]) -> tuple[Wrapping, tuple[tuple[int, int], ...]]:
    """Return the border of an input, also where there is none, and its two ends."""
    axes = layer.axes(shape[2:])
    told = Wrapping(
        planes=shape[0] * shape[1],
        input=shape[2:],
        bordered=tuple(axis.padded_size for axis in axes),
        low=tuple(axis.padding[0] for axis in axes),
    )
    return told, tuple(axis.padding for axis in axes)


def origins(told: Wrapping) -> np.ndarray:
    """Return of which input each position is a copy."""
    places = np.indices(told.bordered)
    inputs = tuple(told.origin(axis, p) for axis, p in enumerate(places))
    return np.asarray(np.ravel_multi_index(inputs, told.input)).ravel()


def copies(told: Wrapping) -> np.ndarray:
    """Return which positions are copies of each input."""
    found = np.ones((1, 1), bool)
    for axis, (inputs, positions) in enumerate(zip(told.input, told.bordered, strict=True)):
        i, p = np.ix_(range(inputs), range(positions))
        held = told.copies(axis, i)
        there = (held.begin <= p) & (p < held.end) & ((p - held.begin) % held.step == 0)
        found = np.kron(found, there)
    return found


@cache
def kernels(integer: str) -> SimModule:
    expressions = [f"wrapping_addresses<{integer}, {dims}>" for dims in (1, 2, 3)]
    file = Path(__file__).with_name("wrapping_addresses.cu")
    return SimModule(file, [f"-I{KERNELS}"], name_expressions=expressions)


@pytest.mark.parametrize("integer", INTEGERS)
@of_dims
def test_a_kernel_computes_the_addresses_of_its_map(dims: int, integer: str) -> None:
    """Every position's origin, every input's copies, and their row-major order."""

    @few
    @given(circular(dims, tiny=True))
    def holds(drawn: tuple[Conv, Case]) -> None:
        layer, case = drawn
        told, _ = wrapping(layer, case.input_shape)
        there = copies(told)
        expected = {
            "origins": origins(told),
            "order": np.where(there, np.cumsum(there, axis=1), 0),
        }
        found = {name: np.empty(array.shape, INTEGERS[integer]) for name, array in expected.items()}
        kernel = kernels(integer).get_function(f"wrapping_addresses<{integer}, {dims}>")
        args = (*found.values(), packed(told, integer))
        kernel((1,), (1,), args, outputs=tuple(found))
        for name, array in expected.items():
            assert np.array_equal(found[name], array), name

    holds()


@of_dims
def test_the_copies_are_the_inverse_of_the_origin(dims: int) -> None:
    """``p in copies(i) <=> origin(p) = i``."""

    @few
    @given(circular(dims, tiny=True))
    def holds(drawn: tuple[Conv, Case]) -> None:
        layer, case = drawn
        told, _ = wrapping(layer, case.input_shape)
        inputs = np.arange(int(np.prod(told.input)))
        assert np.array_equal(copies(told), origins(told) == inputs[:, None])

    holds()


def test_an_origin_is_a_formula() -> None:
    """SymPy prints what NumPy runs: ``(p - low) mod I``, and ``(i + low) mod I`` of its copies."""
    I, B, low, p = sp.symbols("I B low p", integer=True, positive=True)
    told = Wrapping(planes=1, input=(I,), bordered=(B,), low=(low,))
    assert told.origin(0, p) == sp.Mod(p - low, I)
    first = told.copies(0, p)
    assert (first.begin, first.end, first.step) == (sp.Mod(p + low, I), B, I)


@of_formats
@of_dims
def test_a_border_and_its_adjoint_are_the_oracles(dims: int, dtype: Any) -> None:
    """``wrap(x) == pad(x)`` and ``wrap^T(y_bar) == unpad(y_bar)``, where there is no border too."""

    @few
    @given(circular(dims))
    def holds(drawn: tuple[Conv, Case]) -> None:
        layer, case = drawn
        told, ends = wrapping(layer, case.input_shape)
        rng = np.random.default_rng(case.seed)
        x = rng.integers(-3, 4, case.input_shape).astype(dtype)
        y_bar = rng.integers(-3, 4, (*x.shape[:2], *told.bordered)).astype(np.float32)
        y = wrap_forward(SIM, told, x, np.empty(y_bar.shape, dtype))
        x_bar = wrap_input_vjp(SIM, told, y_bar, np.empty(x.shape, dtype))
        assert np.array_equal(y, pad(x, ends, "circular"))
        assert np.array_equal(x_bar, unpad(y_bar, ends, "circular").astype(dtype))

    holds()


def differences(layer: Conv, case: Case, dtype: Any) -> list[str]:
    """Return which of the verbs are not the oracle's, of integers that the format sums exactly."""
    held = case.integers(np.dtype(dtype)).astype(dtype)
    x, w, y_bar = held["x"], held["w"], held["y_bar"]
    bias = (held["b"],) if layer.bias else ()
    asked = {
        "forward": (x, w, *bias),
        "input_vjp": (x.shape, y_bar, w),
        "weight_vjp": (x, y_bar),
    }
    return [
        verb
        for verb, arrays in asked.items()
        if not np.array_equal(
            getattr(sim, verb)(layer, *arrays), getattr(oracle, verb)(layer, *arrays)
        )
    ]


@of_formats
@of_dims
def test_a_circular_convolution_and_its_derivatives_are_the_oracles(dims: int, dtype: Any) -> None:
    """``y``, ``x_bar`` and ``w_bar`` ``==`` the oracle's, of every stride, dilation and group."""

    @few
    @given(circular(dims))
    def holds(drawn: tuple[Conv, Case]) -> None:
        assert differences(*drawn, dtype) == []

    holds()


@pytest.mark.parametrize("padding", ["same", "tensorflow_same", "valid", ((7, 0), (0, 9))])
def test_every_padding_that_is_legal_may_be_circular(padding: Any) -> None:
    """By name, at one end, and several times as wide as the input."""
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(2, 3), stride=(1, 1), padding=padding,
        dilation=(1, 1), padding_mode="circular", bias=False,
    )  # fmt: skip
    assert differences(layer, Case(layer=layer, input_shape=(2, 1, 3, 4)), np.float32) == []


@pytest.mark.parametrize(("dtype", "even"), [(np.float16, 2**11), (ml_dtypes.bfloat16, 2**8)])
def test_the_cotangents_of_a_border_are_not_rounded(dtype: Any, even: int) -> None:
    """``(even + 1) + 1 = even + 2`` in a format that rounds ``even + 1`` to ``even``."""
    layer = Conv(
        in_channels=1, out_channels=2, kernel_size=(2,), stride=(1,), padding=((1, 0),),
        dilation=(1,), padding_mode="circular", bias=False,
    )  # fmt: skip
    w = np.array([[[even, 1]], [[1, 0]]]).astype(dtype)
    assert dtype(even + 1) == even
    assert sim.input_vjp(layer, (1, 1, 1), np.ones((1, 2, 1), dtype), w) == even + 2


@pytest.mark.parametrize("dtype", FORMATS[:2], ids=("float32", "float16"))
def test_offsets_of_64_bits_give_the_same_numbers(dtype: Any) -> None:
    """As where a bordered input has more than 2^31 elements."""

    @settings(max_examples=4)
    @given(circular(2))
    def holds(drawn: tuple[Conv, Case]) -> None:
        with patch.object(machine, "_INT", -1):
            assert differences(*drawn, dtype) == []

    holds()


LAYER = Conv(
    in_channels=1, out_channels=1, kernel_size=(2,), stride=(1,), padding=((1, 1),),
    dilation=(1,), padding_mode="circular", bias=False,
)  # fmt: skip


def test_no_image_has_no_border() -> None:
    """``y`` and ``x_bar`` are empty, and ``w_bar = 0``."""
    none, w = np.empty((0, 1, 3), np.float32), np.ones((1, 1, 2), np.float32)
    y = sim.forward(LAYER, none, w)
    assert y.shape == LAYER.output_shape(none.shape)
    assert sim.input_vjp(LAYER, none.shape, y, w).shape == none.shape
    assert sim.weight_vjp(LAYER, none, y).tolist() == [[[0, 0]]]


def test_two_element_types_are_refused_before_one_is_widened() -> None:
    y_bar, w = np.ones((1, 1, 4), np.float16), np.ones((1, 1, 2), np.float32)
    with pytest.raises(DTypeError, match="y_bar is float16, w is float32"):
        sim.input_vjp(LAYER, (1, 1, 3), y_bar, w)


def test_a_locally_connected_layer_is_not_circular_on_the_wing() -> None:
    layer = LocallyConnected(
        in_channels=1, out_channels=1, kernel_size=(2,), stride=(1,), padding=((1, 1),),
        dilation=(1,), padding_mode="circular", bias=False, output_size=(4,),
    )  # fmt: skip
    with pytest.raises(UnsupportedError, match="pad the input first"):
        sim.forward(layer, np.ones((1, 1, 3), np.float32), np.ones((1, 1, 4, 2), np.float32))
