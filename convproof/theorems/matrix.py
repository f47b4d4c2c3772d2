"""The matrix: ``f(e_j)`` for every unit vector ``e_j`` is column ``j``, and there is no other map.

One call recovers all of it (``convproof.recovery``). A linear map equals another exactly when their
matrices do, so together with linearity one case decides its whole geometry, not some data only.

It is the only law of linear maps whose data are mostly zeros, so it alone refutes what goes wrong
on sparse data; it names the wrong cell; and ``--profile exhaustive`` decides small geometries by
it.
"""

from math import prod

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.numeric.dtypes import HALVES
from convproof.numeric.rounding import PRECISIONS
from convproof.recovery import OPERAND, Recovery, extent, recover, recovers
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.output_shape import answer
from convproof.theorems.right import Right, right_of

MOST_ONE_HOTS = 64
MOST_ENTRIES = 4096
_IMAGES = 2  # that a weight derivative sums over
_SHOWN_COLUMNS, _SHOWN_ROWS = 12, 16  # of a hint


def check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    """Raise ``Violation`` unless the target's matrix at this geometry is the derived one."""
    recovery = recover(function, case, most=largest_letter(request), images=_IMAGES)
    known = right_of(function, recovery.case, recovery.arrays, request)
    got = answer(subject, function, recovery.case, known.arrays, request)
    index = known.judge(got)
    if index is None:
        return Seen(known.weak or controls(known.judge, got))
    raise Violation(
        law=difference(recovery, known, got, index),
        call=call_of(function, recovery.case, known.arrays),
        assertion=known.assertion(index, at(index)),
        index=index,
        got=got[index],
        expected=known.expected[index],
        hint=_side_by_side(recovery, known.expected, got),
    )


def difference(recovery: Recovery, known: Right, got: np.ndarray, index: tuple[int, ...]) -> str:
    """Return the sentence about one wrong entry, found at an index of the answer."""
    row, column = recovery.place(index, got.shape)
    names = recovery.names(long=True)
    where = f"({recovery.rows.at(row)}, {recovery.columns.at(column)})"
    return (
        f"the matrix of this geometry has {names.of(known.expected[index].item())} at {where}, "
        f"but the target has {names.of(got[index].item())}"
    )


def largest_letter(request: Request) -> int:
    """Return the largest integer that is an operand as it is, of all that the target may do."""
    unit = PRECISIONS[request.precision].operand_unit
    return min(OPERAND, int(1 / unit)) if unit else OPERAND


def _side_by_side(recovery: Recovery, expected: np.ndarray, got: np.ndarray) -> str:
    """Return both matrices as text, if they are small."""
    if recovery.columns.size > _SHOWN_COLUMNS or recovery.rows.size > _SHOWN_ROWS:
        return ""
    blocks = [_lines(recovery, title, y) for title, y in (("target", got), ("derived", expected))]
    rows = (f"{ours}    {theirs}".rstrip() for ours, theirs in zip(*blocks, strict=True))
    return "\n".join([f"the two matrices{_images(recovery)}", *(f"    {row}" for row in rows)])


def _images(recovery: Recovery) -> str:
    """Return whose the letters are where they are of several images, as the end of a sentence."""
    shape = recovery.letters.shape
    if recovery.function.role != "weight" or not len(recovery.case.input_shape) == len(shape) > 2:
        return ""
    name, each = recovery.letters.name[0], prod(shape[1:])
    told = (
        f"{of} {name}{each * n}" + (f"…{name}{each * (n + 1) - 1}" if each > 1 else "")
        for n, of in enumerate(("first", "second"))
    )
    return f", of two images: {', '.join(told)}"


def _lines(recovery: Recovery, title: str, answer_: np.ndarray) -> list[str]:
    names = recovery.names()
    cells = [[names.of(v) for v in row] for row in recovery.matrix(answer_).tolist()]
    cells = [["." if cell == "0" else cell for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [" ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) for row in cells]
    width = max(map(len, [title, *lines]))
    return [line.ljust(width) for line in (title, *lines)]


def is_told(function: Function, case: Case, request: Request) -> bool:
    """Return whether the matrix can be recovered: as many distinct weights are exact integers."""
    if request.dtype in HALVES or not recovers(function, case) or not prod(case.input_shape[1:]):
        return False
    _, _, letters = extent(function, case, images=_IMAGES)
    return 3 * letters <= largest_letter(request)


def _wants(function: Function, case: Case, request: Request) -> bool:
    """Return whether the matrix can be recovered by a small call."""
    if not is_told(function, case, request):
        return False
    one_hots, entries, _ = extent(function, case, images=_IMAGES)
    return one_hots <= MOST_ONE_HOTS and entries <= MOST_ENTRIES


THEOREM = Theorem(
    name="matrix",
    statement="The matrix that is recovered from all unit vectors is the derived one.",
    latex=r"f(e_j) = T e_j \quad \text{for every } j",
    check=check,
    families=("bilinear", "linear", "mean"),
    roles=("forward", "input", "weight"),
    share=4,
    wants=_wants,
)
