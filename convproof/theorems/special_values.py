"""Special values: NaN and Inf reach exactly the outputs whose taps read them.

One element of an input becomes NaN or Inf. Elements that no product connects to it keep their
value; the others become what IEEE arithmetic says. Two things are left open, where an
implementation may skip a product or multiply by zero: a special *cotangent* that meets padding in
the weight derivative, and a special *weight* that meets padding, zero-stuffing or a skipped tap.
There, NaN and the finite value are both accepted.
"""

import numpy as np

from convproof.cases import Arrays, ConvCase, Function, Role, ask
from convproof.numeric.reference import implementation as oracle
from convproof.symbolic.implementation import implementation as derivation
from convproof.theorems.base import Request, Subject, Theorem, Violation, at, first_difference
from convproof.theorems.output_shape import answer

_SPECIAL = (np.nan, np.nan, np.inf, -np.inf)
_ASKED: dict[Role, tuple[str, ...]] = {
    "forward": ("x", "w", "b"),
    "input": ("y_bar", "w"),
    "weight": ("x", "y_bar"),
    "bias": ("y_bar",),
}


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    integers = case.integers()
    rng = np.random.default_rng([case.seed, 1])
    weak = []
    for name in _ASKED[function.role]:
        if getattr(integers, name) is not None:
            position = _position(function, case, integers, name, rng)
            value = _SPECIAL[int(rng.integers(len(_SPECIAL)))]
            reached = _check_one(subject, function, case, request, name, position, value)
            weak.append(not reached)
    return "no output reads a special value" if all(weak) else None


def _check_one(
    subject: Subject,
    function: Function,
    case: ConvCase,
    request: Request,
    name: str,
    position: tuple[int, ...],
    value: float,
) -> bool:
    """Check one special element; return whether anything reads it."""
    integers = case.integers()
    touched = _reached(function, case, integers, name, position)
    arrays = _with(integers.astype(request.dtype), name, position, value)
    got = answer(subject, function, case, arrays, request)
    with np.errstate(invalid="ignore"):
        by_ieee = ask(oracle, function.role, case, arrays.astype(np.float64))
    plain = ask(oracle, function.role, case, integers).astype(np.float64)
    expected = np.where(touched, by_ieee, plain).astype(request.dtype)
    open_ = ~touched & np.isnan(got) & _may_be_nan(function, case, name, position, by_ieee)
    index = first_difference(np.where(open_, expected, got), expected)
    if index is not None:
        does = "reads it" if touched[index] else "does not read it"
        literal = f"np.float64('{expected[index]}')"
        raise Violation(
            law=f"{value} at {name}[{at(position)}] reaches exactly what reads it; "
            f"this element {does}",
            arrays=arrays,
            assertion=f"np.array_equal(y[{at(index)}], {literal}, equal_nan=True)",
            index=index,
            got=got[index],
            expected=expected[index],
        )
    return bool(touched.any())


def _position(
    function: Function, case: ConvCase, arrays: Arrays, name: str, rng: np.random.Generator
) -> tuple[int, ...]:
    """Return a position in an array; in the data one that an output reads, if there is any."""
    places = np.argwhere(np.ones_like(getattr(arrays, name)))
    if name == "x" or (name == "y_bar" and function.role != "bias"):
        ones = _without_bias(arrays.map(np.ones_like))
        seen_by: Role = "input" if name == "x" else "forward"  # which x, which y_bar meet a tap
        read = np.argwhere(ask(derivation, seen_by, case, ones) != 0)
        places = read if len(read) else places
    return tuple(int(i) for i in places[int(rng.integers(len(places)))])


def _with(arrays: Arrays, name: str, position: tuple[int, ...], value: float) -> Arrays:
    array = getattr(arrays, name).copy()
    array[position] = value
    return arrays._replace(**{name: array})


def _without_bias(arrays: Arrays) -> Arrays:
    return arrays if arrays.b is None else arrays._replace(b=np.zeros_like(arrays.b))


def _reached(
    function: Function, case: ConvCase, arrays: Arrays, name: str, position: tuple[int, ...]
) -> np.ndarray:
    """Return which elements read the position: the derivation on a one-hot array and ones."""
    ones = _without_bias(arrays.map(np.ones_like))
    if name == "b":
        ones = ones._replace(x=np.zeros_like(ones.x))
    alone = _with(ones._replace(**{name: np.zeros_like(getattr(ones, name))}), name, position, 1.0)
    return np.asarray(ask(derivation, function.role, case, alone) != 0)


def _may_be_nan(
    function: Function, case: ConvCase, name: str, position: tuple[int, ...], by_ieee: np.ndarray
) -> np.ndarray:
    """Return where a product with zero, which an implementation may or may not form, is open."""
    if name == "y_bar" and function.role == "weight":
        return np.asarray(np.isnan(by_ieee))  # 0 * NaN in the padding
    where = np.zeros(by_ieee.shape, bool)
    if name == "w":
        m, c = position[:2]
        layer = case.layer
        group = m // (layer.out_channels // layer.groups)
        read = group * (layer.in_channels // layer.groups) + c
        where[:, m if function.role == "forward" else read] = True
    return where


THEOREM = Theorem(
    name="special",
    statement="NaN and Inf reach exactly the outputs whose taps read them.",
    latex=r"x_i \in \{\mathrm{NaN}, \pm\infty\} \text{ reaches } y_o \iff (o, k, i) \in R",
    check=_check,
    integer_too=False,
)
