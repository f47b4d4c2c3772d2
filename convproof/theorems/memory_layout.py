"""Memory layout: an array is its elements, however they lie in memory.

The same integers are given as every other entry of a larger array, with the axes stored in
another order (channels last among them), backward, off the start of a buffer, and read-only.
"""

from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import Request, Seen, Subject, Theorem, controls
from convproof.theorems.exact import judged
from convproof.theorems.laws import law_of
from convproof.theorems.right import right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    known = right(function, case, request)
    layouts = [layout for layout in subject.layouts if layout != "plain"]
    if not layouts:
        return Seen("the target's arrays have one layout")
    for layout in layouts:
        law = f"{law_of(function)}, of {layout.replace('_', ' ')} arrays"
        got = judged(subject, function, case, request, known, law, layout=layout)
    return Seen(known.weak or controls(known.judge, got))


THEOREM = Theorem(
    name="layouts",
    statement="An array is its elements, however they lie in memory.",
    latex=r"f \text{ depends on } x_i, \text{ not on strides}",
    check=_check,
    share=4,
    needs=frozenset({"layouts"}),
)
