"""Where a kernel's outputs come from: each as a polynomial in the elements of its inputs.

A module that is built with ``provenance=True`` has a ``float`` that remembers which operations made
it. The kernel's text stays as it is, and so does every check. What comes out of a convolution's
kernel is its Toeplitz matrix, whose cells are weights:

>>> from convproof_gpu.sim import SimModule, linear_map, provenance
>>> module = SimModule('''
... extern "C" __global__ void conv(const float* x, const float* w, float* y) {
...   int o = threadIdx.x;
...   y[o] = 0;
...   for (int k = 0; k < 2; k++) y[o] += w[k] * x[o + k];
... }''', provenance=True)
>>> x, w, y = (np.ones(n, np.float32) for n in (4, 2, 3))
>>> found = provenance(module.get_function("conv"), (1,), (3,), (x, w, y))
>>> print(found["y"][1])
w[0] x[1] + w[1] x[2]
>>> print(linear_map(found["y"], "x")[1, 2])
w[1]
"""

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from convproof_gpu.sim.kernel import SimKernel
from convproof_gpu.sim.runtime import Node
from convproof_gpu.sim.signature import LaunchError, Parameter

Factor = tuple[str, int]  # an array's name, and an element's number in it
Monomial = tuple[Factor, ...]
_CONSTANT, _VARIABLE, _SUM, _DIFFERENCE, _PRODUCT, _QUOTIENT, _FUNCTION = range(7)


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial: the coefficient of each monomial, none of them zero."""

    terms: Mapping[Monomial, Fraction]

    def __add__(self, other: "Polynomial") -> "Polynomial":
        terms = dict(self.terms)
        for monomial, c in other.terms.items():
            terms[monomial] = terms.get(monomial, Fraction(0)) + c
        return Polynomial({m: c for m, c in terms.items() if c})

    def __mul__(self, other: "Polynomial") -> "Polynomial":
        terms: dict[Monomial, Fraction] = {}
        for one, c in self.terms.items():
            for two, d in other.terms.items():
                both = tuple(sorted((*one, *two)))
                terms[both] = terms.get(both, Fraction(0)) + c * d
        return Polynomial({m: c for m, c in terms.items() if c})

    def scaled(self, by: Fraction) -> "Polynomial":
        """Return the polynomial times a number."""
        return Polynomial({m: c * by for m, c in self.terms.items()} if by else {})

    def __str__(self) -> str:
        parts = []
        for monomial, c in sorted(self.terms.items()):
            factors = [f"{name}[{index}]" for name, index in monomial]
            parts.append(" ".join([str(c)] * (c != 1 or not factors) + factors))
        return " + ".join(parts) or "0"


def provenance(
    kernel: SimKernel,
    grid: Sequence[int],
    block: Sequence[int],
    args: Sequence[Any],
    shared_mem: int = 0,
) -> dict[str, np.ndarray]:
    """Return, for every array that the kernel may write, the polynomials that its elements become.

    Comparisons and maxima go by the values in the arrays, so what is returned is what the kernel
    computes there. Numbers are exact; rounding is not traced.

    Args:
        kernel: of a module that was built with ``provenance=True``.
        grid: blocks.
        block: threads.
        args: as of a launch; float32 arrays are traced, and nothing is changed.
        shared_mem: bytes of dynamic shared memory.

    Raises:
        SimFault: as of a launch.
        LaunchError: as of a launch; or if the module is not so built, or the kernel divides by what
            is no number.
    """
    if not kernel.traced:
        msg = f"{kernel.name} is not traced: build its module with provenance=True."
        raise LaunchError(msg)
    native = kernel.runtime
    native.forget_nodes()
    origins: dict[int, Factor] = {}
    numbered: list[Any] = []
    for parameter, value in zip(kernel.parameters, args, strict=False):
        if value is None or not _is_traced(parameter, value):
            numbered.append(value)
        elif parameter.pointer:
            numbers = np.array([native.variable(float(v)) for v in value.flat], np.uint32)
            origins |= {int(n): (parameter.name, i) for i, n in enumerate(numbers)}
            numbered.append(numbers.reshape(value.shape))
        else:
            numbered.append(np.uint32(native.constant(float(value))))
    kernel.launch_traced(grid, block, numbered, shared_mem)
    count = ctypes.c_uint32()
    nodes = native.nodes(ctypes.byref(count))
    expanded = _Expanded(nodes, origins)
    return {
        parameter.name: _polynomials(expanded, value, count.value)
        for parameter, value in zip(kernel.parameters, numbered, strict=True)
        if parameter.pointer and not parameter.constant
        if value is not None and _is_traced(parameter, value)
    }


def linear_map(outputs: np.ndarray, name: str) -> dict[tuple[int, int], Polynomial]:
    """Return the matrix of outputs that are linear in an array: what multiplies its elements.

    Args:
        outputs: polynomials.
        name: of the array.

    Returns:
        The cells that are not zero, by output and element.

    Raises:
        LaunchError: if an output has a term that is not of degree one in the array.
    """
    cells: dict[tuple[int, int], dict[Monomial, Fraction]] = {}
    for o, polynomial in enumerate(outputs.flat):
        for monomial, c in polynomial.terms.items():
            mine = [index for of, index in monomial if of == name]
            if len(mine) != 1:
                msg = f"output {o} is not linear in {name}: it has {monomial}."
                raise LaunchError(msg)
            rest = tuple(factor for factor in monomial if factor[0] != name)
            cells.setdefault((o, mine[0]), {})[rest] = c
    return {place: Polynomial(terms) for place, terms in cells.items()}


def _is_traced(parameter: Parameter, value: Any) -> bool:
    """Return whether an argument is made of numbers that are traced: floats, or vectors of them."""
    vectors = parameter.pointer and parameter.code == "s"
    return parameter.code == "t" or (vectors and value.dtype in (np.float32, np.uint32))


def _polynomials(expanded: "_Expanded", numbers: np.ndarray, count: int) -> np.ndarray:
    found = np.empty(numbers.size, object)
    for place, number in enumerate(numbers.flat):
        if number >= count:
            msg = f"element {place} was never written."
            raise LaunchError(msg)
        found[place] = expanded[int(number)]
    return found.reshape(numbers.shape)


class _Expanded:
    """Nodes as polynomials, each expanded once."""

    def __init__(self, nodes: Any, origins: Mapping[int, Factor]) -> None:
        self._nodes, self._origins = nodes, origins
        self._known: dict[int, Polynomial] = {}

    def __getitem__(self, number: int) -> Polynomial:
        waiting = [number]
        while waiting:
            at = waiting[-1]
            node: Node = self._nodes[at]
            needed = [n for n in (node.a, node.b) if node.origin > _VARIABLE]
            missing = [n for n in needed if n not in self._known]
            if at in self._known or not missing:
                waiting.pop()
                self._known.setdefault(at, self._made(at, node))
            else:
                waiting += missing
        return self._known[number]

    def _made(self, number: int, node: Node) -> Polynomial:
        if node.origin == _CONSTANT:
            return Polynomial({(): Fraction(node.value)} if node.value else {})
        if node.origin == _VARIABLE:
            return Polynomial({(self._origins[number],): Fraction(1)})
        a, b = self._known[node.a], self._known[node.b]
        if node.origin == _SUM:
            return a + b
        if node.origin == _DIFFERENCE:
            return a + b.scaled(Fraction(-1))
        if node.origin == _PRODUCT:
            return a * b
        if node.origin == _FUNCTION:
            if set(a.terms) - {()}:
                msg = f"a function of {a} is no polynomial."
                raise LaunchError(msg)
            return Polynomial({(): Fraction(node.value)})
        if set(b.terms) != {()}:
            msg = f"a quotient by {b} is no polynomial."
            raise LaunchError(msg)
        return a.scaled(1 / b.terms[()])
