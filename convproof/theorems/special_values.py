"""Special values: NaN and Inf in the data reach exactly the outputs whose taps read them.

One element of the data becomes NaN or Inf; elements that no tap connects to it keep their value,
and the others become what IEEE arithmetic says. Where a cotangent's NaN meets padding in the weight
derivative, NaN and the finite value are both accepted.
"""

import numpy as np

from convproof.cases import Arrays, ConvCase, Function, Role, ask
from convproof.numeric.reference import implementation as oracle
from convproof.symbolic.implementation import implementation as derivation
from convproof.theorems.base import Request, Subject, Theorem, Violation, at, first_difference

_SPECIAL = (np.nan, np.inf, -np.inf)
_DATA = {"forward": ("x",), "input": ("y_bar",), "weight": ("x", "y_bar"), "bias": ("y_bar",)}


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    integers = case.integers()
    chosen = _choose(function, case, integers)
    if chosen is None:
        return "no output reads the data"
    name, position, value = chosen
    arrays = _with(integers.astype(request.dtype), name, position, value)
    got = subject.answer(function, case, arrays)
    touched = _reached(function, case, integers, name, position)
    with np.errstate(invalid="ignore"):
        by_ieee = ask(oracle, function.role, case, arrays.astype(np.float64))
    plain = ask(oracle, function.role, case, integers).astype(np.float64)
    expected = np.where(touched, by_ieee, plain).astype(request.dtype)
    accepted = got.copy()
    if name == "y_bar" and function.role == "weight":
        free = ~touched & np.isnan(by_ieee) & np.isnan(got)  # 0 * NaN in the padding
        accepted[free] = expected[free]
    index = first_difference(accepted, expected)
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
    return None


def _choose(
    function: Function, case: ConvCase, arrays: Arrays
) -> tuple[str, tuple[int, ...], float] | None:
    """Return an array of the data, a position in it that some output reads, and what to put."""
    rng = np.random.default_rng([case.seed, 1])
    names = _DATA[function.role]
    name = names[int(rng.integers(len(names)))]
    ones = _without_bias(arrays.map(np.ones_like))
    seen_by: Role = "input" if name == "x" else "forward"  # which x are read; which y_bar read
    read = np.argwhere(ask(derivation, seen_by, case, ones) != 0)
    if function.role == "bias":
        read = np.argwhere(ones.y_bar)
    if not len(read):
        return None
    position = tuple(int(i) for i in read[int(rng.integers(len(read)))])
    return name, position, _SPECIAL[int(rng.integers(len(_SPECIAL)))]


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
    alone = _with(ones._replace(**{name: np.zeros_like(getattr(ones, name))}), name, position, 1.0)
    return np.asarray(ask(derivation, function.role, case, alone) != 0)


THEOREM = Theorem(
    name="special",
    statement="NaN and Inf in the data reach exactly the outputs whose taps read them.",
    latex=r"x_i \in \{\mathrm{NaN}, \pm\infty\} \text{ reaches } y_o \iff (o, k, i) \in R",
    check=_check,
    integer_too=False,
)
