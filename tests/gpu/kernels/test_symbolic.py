"""The derivation against the kernels, with no numeric oracle between them."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.layers import Conv
from convproof.names.arguments import arguments_of
from convproof.strategies import TORCH, cases
from convproof.symbolic import Derivation, Reading, derive
from convproof_gpu.cubin import KERNELS
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimKernel, SimModule, linear_map, provenance
from convproof_gpu.sim.provenance import Polynomial
from convproof_gpu.tiles import SMALL
from convproof_gpu.wrapping import wrapping_of

SIM = get_implementation("sim")
OFFERS = TORCH | {"asymmetric"}
Matrix = dict[tuple[int, int], Polynomial]  # its cells that are not zero
few = settings(max_examples=max(4, settings().max_examples // 8))
Convolutions = st.sampled_from(["conv1d", "conv2d"]).flatmap(
    lambda name: cases(name, tiny=True).map(lambda case: (name, case.with_batch(1)))
)


def _evaluated(expressions: Any, *pairs: tuple[Any, np.ndarray]) -> np.ndarray:
    """Return polynomials at integers: the derivation's letters against an array's elements."""
    symbols = [symbol for letters, _ in pairs for symbol in letters.symbols()]
    values = [int(value) for _, array in pairs for value in array.ravel()]
    return np.array(sp.lambdify(symbols, list(expressions))(*values), np.float32)


@given(Convolutions)
@few
def test_the_derivation_and_the_kernels_are_one_map(drawn: tuple[str, Case]) -> None:
    """``T x``, ``T^T da`` and ``D x``, evaluated, ``==`` forward, input VJP and weight VJP."""
    name, case = drawn
    derived = derive(case.layer, case.input_shape[2:])
    held = case.integers().astype(np.float32)
    x, w, da = held["x"], held["w"], held["y_bar"]
    options = arguments_of(case.layer, case.input_shape)
    a, differential = derived.toeplitz.times(derived.x), derived.a.differential()

    y = getattr(SIM, name)(x, w, **options)
    assert np.array_equal(y.ravel(), _evaluated(a, (derived.x, x), (derived.w, w)))

    x_bar = getattr(SIM, f"{name}_input")(x.shape, w, da, **options)
    expected = _evaluated(derived.input_vjp(), (differential, da), (derived.w, w))
    assert np.array_equal(x_bar.ravel(), expected)

    w_bar = getattr(SIM, f"{name}_weight")(x, w.shape, da, **options)
    expected = _evaluated(derived.star.times(derived.x), (derived.x, x), (differential, da))
    assert np.array_equal(w_bar.ravel(), expected)


@cache
def _traced(file: str, *arguments: str) -> SimKernel:
    expression = f"{file}<float, {', '.join(arguments)}>"
    module = SimModule(KERNELS / f"{file}.cu", name_expressions=[expression], provenance=True)
    return module.get_function(expression)


def _matrix(file: str, case: Case, arrays: dict[str, Any], output: str, of: str) -> Matrix:
    """Return the matrix that a kernel multiplies an array with."""
    layer: Any = case.layer
    sizes = sizes_of(layer, case.input_shape)
    rest = [packed(sizes, "int")]
    if file != "conv_weight_vjp":
        rest.append(np.array([0, 0, 0], np.int32).tobytes())  # no activation
    blocks = sizes.groups * _covering(file, case)
    kernel = _traced(file, str(len(sizes.input)), SMALL.argument)
    found = provenance(kernel, (blocks,), (SMALL.threads,), (*arrays.values(), *rest))
    return linear_map(found[output], of)


def _of_border(file: str, case: Case, given: np.ndarray, written: np.ndarray) -> Matrix:
    """Return the matrix of a border or its adjoint."""
    layer: Any = case.layer
    wrapping = wrapping_of(layer, case.input_shape)
    kernel = _traced(file, "int", str(len(layer.kernel_size)))
    args = given, written, packed(wrapping, "int")
    source, result = ("x", "y") if file == "wrap_forward" else ("y_bar", "x_bar")
    return linear_map(provenance(kernel, (1,), (256,), args)[result], source)


def _times(left: Matrix, right: Matrix) -> Matrix:
    """Return the product of two matrices."""
    cells: Matrix = {}
    for (row, inner), a in left.items():
        for (place, column), b in right.items():
            if inner == place:
                cells[row, column] = cells.get((row, column), Polynomial({})) + a * b
    return cells


def _spelled(matrix: Matrix) -> dict[tuple[int, int], str]:
    return {place: str(cell) for place, cell in matrix.items()}


def _covering(file: str, case: Case) -> int:
    layer: Any = case.layer
    reads, writes = layer.in_channels // layer.groups, layer.out_channels // layer.groups
    taps, (inputs, outputs) = int(np.prod(layer.kernel_size)), _positions(case)
    return {
        "conv_forward": SMALL.covering(writes, outputs),
        "conv_input_vjp": SMALL.covering(reads, inputs),
        "conv_weight_vjp": SMALL.covering(writes, reads * taps),
    }[file]


def _positions(case: Case) -> tuple[int, int]:
    return int(np.prod(case.input_shape[2:])), int(np.prod(case.output_shape[2:]))


def _cells(reading: Reading, name: str) -> dict[tuple[int, int], str]:
    """Return a derived matrix, spelled as the simulator spells."""
    cells: dict[tuple[int, int], list[int]] = {}
    legs = (reading.rows.tolist(), reading.columns.tolist(), reading.entries.tolist())
    for row, column, entry in zip(*legs, strict=True):
        cells.setdefault((row, column), []).append(entry)
    return {at: " + ".join(f"{name}[{e}]" for e in sorted(held)) for at, held in cells.items()}


@pytest.mark.parametrize("dims", [1, 2])
def test_the_matrices_of_the_kernels_are_t_u_and_d(dims: int) -> None:
    """What the kernels do to symbols: ``T``, ``T^T``, ``U^T`` and ``D``, cell by cell."""

    @few
    @given(cases(f"conv{dims}d", OFFERS, tiny=True))
    def holds(drawn: Case) -> None:
        case = drawn.with_batch(1)
        derived: Derivation = derive(case.layer, case.input_shape[2:])
        shapes = case.input_shape, case.weight_shape or (), case.output_shape
        x, w, y = (np.ones(shape, np.float32) for shape in shapes)

        arrays = {"x": x, "w": w, "b": None, "y": y}
        found = _matrix("conv_forward", case, arrays, "y", "x")
        assert _spelled(found) == _cells(derived.toeplitz, "w")
        found = _matrix("conv_forward", case, arrays, "y", "w")
        assert _spelled(found) == _cells(derived.unfold, "x")

        arrays = {"y_bar": y, "w": w, "b": None, "x_bar": x}
        found = _matrix("conv_input_vjp", case, arrays, "x_bar", "y_bar")
        assert _spelled(found) == _cells(derived.toeplitz.transposed, "w")

        arrays = {"y_bar": y, "x": x, "w_bar": w}
        found = _matrix("conv_weight_vjp", case, arrays, "w_bar", "y_bar")
        assert _spelled(found) == _cells(derived.unfold.transposed, "x")
        found = _matrix("conv_weight_vjp", case, arrays, "w_bar", "x")
        assert _spelled(found) == _cells(derived.star, "y_bar")

    holds()


@pytest.mark.parametrize("dims", [1, 2])
def test_the_matrices_of_a_circular_convolution_are_those_of_its_border_and_a_convolution(
    dims: int,
) -> None:
    """``T = T' W``, ``T^T = W^T T'^T`` and ``D = D' W``; primed: of the bordered input."""
    padding = ((1, 2), (4, 0))[:dims]  # of two positions along each axis
    layer = Conv(
        in_channels=2, out_channels=2, groups=2, kernel_size=(2,) * dims, stride=(2, 1)[:dims],
        padding=padding, dilation=(1, 2)[:dims], padding_mode="circular", bias=False,
    )  # fmt: skip
    case = Case(layer=layer, input_shape=(1, 2, *(2,) * dims))
    plain = replace(layer, padding=((0, 0),) * dims, padding_mode="zeros")
    sizes = (2 + low + high for low, high in padding)
    bordered = Case(layer=plain, input_shape=(1, 2, *sizes))
    derived = derive(layer, case.input_shape[2:])
    shapes = case.input_shape, bordered.input_shape, layer.weight_shape, case.output_shape
    x, wide, w, y = (np.ones(shape, np.float32) for shape in shapes)
    wrap = _of_border("wrap_forward", case, x, wide)
    adjoint = _of_border("wrap_input_vjp", case, wide, x)

    forward = _matrix("conv_forward", bordered, {"x": wide, "w": w, "b": None, "y": y}, "y", "x")
    assert _spelled(_times(forward, wrap)) == _cells(derived.toeplitz, "w")

    arrays = {"y_bar": y, "w": w, "b": None, "x_bar": wide}
    input_vjp = _matrix("conv_input_vjp", bordered, arrays, "x_bar", "y_bar")
    assert _spelled(_times(adjoint, input_vjp)) == _cells(derived.toeplitz.transposed, "w")

    arrays = {"y_bar": y, "x": wide, "w_bar": w}
    weight_vjp = _matrix("conv_weight_vjp", bordered, arrays, "w_bar", "x")
    assert _spelled(_times(weight_vjp, wrap)) == _cells(derived.star, "y_bar")
