"""Special values: NaN and Inf among the scores reach the loss of their own line, and no other's.

One score of a line that counts becomes NaN or Inf; or, of the derivative, the cotangent of its
loss NaN (of an infinite one, ``inf (y - 1)`` and ``inf y - inf`` differ). With ``h = max x``, NaN
and infinity make their line NaN, as ``inf - inf`` is; minus infinity is a class without
probability: its loss is infinite, and of another class's target it adds nothing. Lines whose target
is ignored are not asked: whether their NaN is read is open. Finite losses of the line itself are
not judged, for no bound is derived where a score is infinite.
"""

import numpy as np

from convproof.calls import call_of
from convproof.cases import Arrays, Case, ask
from convproof.functions import Function
from convproof.layers import CrossEntropy
from convproof.layers.loss import class_axis
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls, first
from convproof.theorems.output_shape import answer
from convproof.theorems.right import right

_SPECIAL = (np.nan, np.nan, np.inf, -np.inf)


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known, layer = right(function, case, request), case.layer
    assert isinstance(layer, CrossEntropy)
    assert known.allowed is not None
    rng = np.random.default_rng([case.seed, 1])
    counts = np.argwhere(known.arrays["target"] != layer.ignore_index)
    line = tuple(int(i) for i in counts[int(rng.integers(len(counts)))])
    value = _SPECIAL[int(rng.integers(len(_SPECIAL)))]
    name, position = _position(function, case, line, rng)
    value = np.nan if name == "y_bar" else value
    arrays = _with(known.arrays, name, position, value)
    got = answer(subject, function, case, arrays, request)
    with np.errstate(all="ignore"):
        by_ieee = ask(oracle, function.role, case, arrays.astype(known.expected.dtype))
    touched = _of_line(function, case, line, by_ieee.shape)
    open_ = np.asarray(touched & np.isfinite(by_ieee))
    expected = np.where(touched, by_ieee, known.expected)
    allowed = known.allowed

    def judge(y: np.ndarray) -> tuple[int, ...] | None:
        with np.errstate(invalid="ignore"):
            near = np.abs(y.astype(expected.dtype) - expected) <= allowed
        same = (np.isnan(y) & np.isnan(expected)) | (y == expected)
        return first(~(same | np.where(open_, np.isfinite(y), near & ~touched)))

    index = judge(got)
    if index is not None:
        does = "it is of that line" if touched[index] else "it is of another line"
        raise Violation(
            law=f"{value} at {name}[{at(position)}] reaches what is of its own line, and nothing "
            f"else; {does}",
            call=call_of(function, case, arrays),
            assertion=_assertion(index, expected, open_, allowed),
            index=index,
            got=got[index],
            expected=expected[index],
        )
    return Seen(controls(judge, expected.astype(request.dtype)))


def _position(
    function: Function, case: Case, line: tuple[int, ...], rng: np.random.Generator
) -> tuple[str, tuple[int, ...]]:
    """Return which array has a special value, and where."""
    axis, layer = class_axis(case.input_shape), case.layer
    assert isinstance(layer, CrossEntropy)
    if function.role == "input" and layer.reduction == "none" and rng.integers(2):
        return "y_bar", line
    return "x", (*line[:axis], int(rng.integers(case.input_shape[axis])), *line[axis:])


def _with(arrays: Arrays, name: str, position: tuple[int, ...], value: float) -> Arrays:
    array = arrays[name].copy()
    array[position] = value
    return arrays.but(**{name: array})


def _of_line(
    function: Function, case: Case, line: tuple[int, ...], shape: tuple[int, ...]
) -> np.ndarray:
    """Return which elements of the answer are of a line of scores: all, of a sum of losses."""
    if not shape:
        return np.ones(shape, bool)
    touched = np.zeros(shape, bool)
    axis = class_axis(case.input_shape)
    by_line = np.moveaxis(touched, axis, -1) if function.role == "input" else touched
    by_line[line] = True
    return touched


def _assertion(
    index: tuple[int, ...], expected: np.ndarray, open_: np.ndarray, allowed: np.ndarray
) -> str:
    value = expected[index]
    if open_[index]:
        return f"np.isfinite(y[{at(index)}])"
    if np.isfinite(value):
        return f"abs(float(y[{at(index)}]) - {float(value)!r}) <= {float(allowed[index])!r}"
    return f"np.array_equal(y[{at(index)}], np.float64('{value}'), equal_nan=True)"


THEOREM = Theorem(
    name="special",
    statement="NaN and Inf reach the losses of their own lines, and no others.",
    latex=r"x_{n,c} \in \{\mathrm{NaN}, \pm\infty\} \text{ reaches } \ell_m \iff m = n",
    check=_check,
    families=("smooth",),
    stems=("cross_entropy",),
    integer_too=False,
    share=2,
    needs=frozenset({"special"}),
)
