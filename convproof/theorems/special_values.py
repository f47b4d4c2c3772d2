"""Special values: NaN and Inf reach exactly the outputs whose taps read them.

One element of an input becomes NaN or Inf. Elements that no product connects to it keep their
value; the others become what IEEE arithmetic says. Two things are left open, where an
implementation may skip a product or multiply by zero: a special *cotangent* that meets padding in
the weight derivative, and a special *weight* that meets padding, zero-stuffing or a skipped tap
(in a transposed convolution also special data in the weight derivative). There, NaN and the finite
value are both accepted, and in a sum with copies of it, as circular padding makes them, NaN and the
value of the sum. The sign of zero and subnormals are not judged.
"""

from dataclasses import replace

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case, ask
from convproof.errors import UnsupportedError
from convproof.functions import Function, Role
from convproof.implementation import Implementation
from convproof.layers import Conv, ConvTranspose
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as oracle
from convproof.symbolic.implementation import implementation as derivation
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Violation,
    at,
    controls,
    first_difference,
)
from convproof.theorems.output_shape import answer

_SPECIAL = (np.nan, np.nan, np.inf, -np.inf)
_BILINEAR: dict[Role, tuple[str, ...]] = {
    "forward": ("x", "w", "b"),
    "input": ("y_bar", "w"),
    "weight": ("x", "y_bar"),
    "bias": ("y_bar",),
}
_OTHER: dict[Role, tuple[str, ...]] = {"forward": ("x",), "input": ("y_bar",)}


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    case = replace(case, magnitude=min(case.magnitude or 9, 9))
    integers = _integers(case, request)
    rng = np.random.default_rng([case.seed, 1])
    asked = (_BILINEAR if function.family == "bilinear" else _OTHER)[function.role]
    weak = []
    for name in asked:
        if name in integers:
            position = _position(function, case, integers, name, rng)
            value = _SPECIAL[int(rng.integers(len(_SPECIAL)))]
            weak.append(_check_one(subject, function, case, request, name, position, value))
    return Seen(weak[0] if all(weak) else "")


def _check_one(
    subject: Subject,
    function: Function,
    case: Case,
    request: Request,
    name: str,
    position: tuple[int, ...],
    value: float,
) -> str:
    """Check one special element; return why it decides nothing, or ""."""
    integers = _integers(case, request)
    touched = _reached(function, case, integers, name, position)
    arrays = _with(integers.astype(request.dtype), name, position, value)
    got = answer(subject, function, case, arrays, request)
    with np.errstate(invalid="ignore"):
        by_ieee = ask(oracle, function.role, case, arrays.astype(np.float64))
    plain = ask(oracle, function.role, case, integers.astype(np.float64))
    expected = np.where(touched, by_ieee, plain).astype(request.dtype)
    may_be_nan = _may_be_nan(function, case, name, position, by_ieee)
    if not _adds_copies(function, case):
        may_be_nan &= ~touched

    def judge(y: np.ndarray) -> tuple[int, ...] | None:
        open_ = np.isnan(y) & may_be_nan
        if function.family == "mean":  # what is finite is the rounding theorem's
            open_ = open_ | (np.isfinite(y) & np.isfinite(expected))
        return first_difference(np.where(open_, expected, y), expected)

    index = judge(got)
    if index is not None:
        does = "reads it" if touched[index] else "does not read it"
        literal = f"np.float64('{expected[index]}')"
        raise Violation(
            law=f"{value} at {name}[{at(position)}] reaches exactly what reads it; "
            f"this element {does}",
            call=call_of(function, case, arrays),
            assertion=f"np.array_equal(y[{at(index)}], {literal}, equal_nan=True)",
            index=index,
            got=got[index],
            expected=expected[index],
        )
    return controls(judge, expected) if touched.any() else "no output reads a special value"


def _integers(case: Case, request: Request) -> Arrays:
    """Return the case's integers as the dtype holds them, which may make ties of them."""
    return case.integers(request.dtype).astype(request.dtype).astype(np.int64)


def _position(
    function: Function, case: Case, arrays: Arrays, name: str, rng: np.random.Generator
) -> tuple[int, ...]:
    """Return a position in an array; in the data one that an output reads, if there is any."""
    places = np.argwhere(np.ones_like(arrays[name]))
    reads = function.family in ("bilinear", "linear", "mean")
    if reads and (name == "x" or (name == "y_bar" and function.role != "bias")):
        ones = _without_bias(arrays.map(np.ones_like))
        seen_by: Role = "input" if name == "x" else "forward"  # which x, which y_bar meet a tap
        read = np.argwhere(_connected(function, seen_by, case, ones))
        places = read if len(read) else places
    return tuple(int(i) for i in places[int(rng.integers(len(places)))])


def _with(arrays: Arrays, name: str, position: tuple[int, ...], value: float) -> Arrays:
    array = arrays[name].copy()
    array[position] = value
    return arrays.but(**{name: array})


def _without_bias(arrays: Arrays) -> Arrays:
    return arrays.but(b=np.zeros_like(arrays["b"])) if "b" in arrays else arrays


def _reached(
    function: Function, case: Case, arrays: Arrays, name: str, position: tuple[int, ...]
) -> np.ndarray:
    """Return which elements read the position: the derivation on a one-hot array and ones.

    A maximum reads its whole window: the answer to a NaN there says which. Its derivative moves a
    cotangent to one place, which the data decide.
    """
    if function.family in ("maximum", "pointwise") and name == "x":
        one_nan = _with(arrays.astype(np.float64), name, position, np.nan)
        return np.asarray(np.isnan(ask(fast, function.role, case, one_nan)))
    kept = arrays if function.family in ("maximum", "pointwise") else arrays.map(np.ones_like)
    ones = _without_bias(kept)
    if name == "b":
        ones = ones.but(x=np.zeros_like(ones["x"]))
    alone = _with(ones.but(**{name: np.zeros_like(ones[name])}), name, position, 1.0)
    return _connected(function, function.role, case, alone)


def _connected(function: Function, role: Role, case: Case, arrays: Arrays) -> np.ndarray:
    second: Implementation = derivation if isinstance(case.layer, Conv) else fast
    given = arrays.astype(np.float64) if function.family == "mean" else arrays
    try:
        return np.asarray(ask(second, role, case, given) != 0)
    except UnsupportedError:
        return np.asarray(ask(fast, role, case, given) != 0)


def _may_be_nan(
    function: Function, case: Case, name: str, position: tuple[int, ...], by_ieee: np.ndarray
) -> np.ndarray:
    """Return where a product with zero, which an implementation may or may not form, is open."""
    layer, where = case.layer, np.zeros(by_ieee.shape, bool)
    if function.role == "weight" and (name == "y_bar" or isinstance(layer, ConvTranspose)):
        return (
            np.ones(by_ieee.shape, bool) if name == "x" else np.asarray(np.isnan(by_ieee) | where)
        )
    if name == "w" and isinstance(layer, Conv | ConvTranspose):
        rows, columns = position[:2]
        writes, reads = (rows, columns) if isinstance(layer, Conv) else (columns, rows)
        per_row = layer.out_channels if isinstance(layer, Conv) else layer.in_channels
        group = rows // (per_row // layer.groups)
        if isinstance(layer, Conv):
            reads += group * (layer.in_channels // layer.groups)
        else:
            writes += group * (layer.out_channels // layer.groups)
        where[:, writes if function.role == "forward" else reads] = True
    return where


def _adds_copies(function: Function, case: Case) -> bool:
    """Return whether an element is a sum of copies, one of which may read what another skips."""
    circular = isinstance(case.layer, Conv) and case.layer.padding_mode == "circular"
    return circular and function.role == "input"


THEOREM = Theorem(
    name="special",
    statement="NaN and Inf reach exactly the outputs whose taps read them.",
    latex=r"x_i \in \{\mathrm{NaN}, \pm\infty\} \text{ reaches } y_o \iff (o, k, i) \in R",
    check=_check,
    families=("bilinear", "linear", "mean", "maximum", "pointwise"),
    roles=("forward", "input", "weight", "bias"),
    integer_too=False,
    share=2,
    needs=frozenset({"special"}),
)
