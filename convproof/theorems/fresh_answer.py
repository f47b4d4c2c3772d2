"""Fresh answer: it follows the data and not their address, and belongs to the caller alone.

The same buffers are filled with other data between two calls. A cache by address gives the old
answer again; an answer in memory that the next call reuses, or in an input's, changes under the
caller's eyes. The latter is looked for also where nothing is negative, which some layers give back
as it is. It is asked only of answers that are right when they are asked alone.

What a skipped second call leaves is the first answer: where that is right of both data, the case
is weak.
"""

from dataclasses import replace

import numpy as np

from convproof.calls import call_of
from convproof.cases import Case
from convproof.functions import Function
from convproof.theorems.base import Request, Seen, Subject, Theorem, Violation, at, controls
from convproof.theorems.determinism import CALLS
from convproof.theorems.right import Right, right


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    before = right(function, case, request)
    after = right(function, replace(case, seed=case.seed + 1), request)
    call = call_of(function, case, before.arrays)
    alone = subject.ask(call)
    other = subject.ask(call_of(function, case, after.arrays))
    if _wrong(before, alone.y) or _wrong(after, other.y):
        return Seen("the answers are not right alone")
    unsigned = call_of(function, case, before.arrays.map(np.abs))
    for asked, shared in ((call, alone.shared), (unsigned, subject.ask(unsigned).shared)):
        if shared:
            raise Violation(
                law=f"an answer belongs to the caller, but it lies in the memory of {shared}",
                call=asked,
                assertion=f"not np.shares_memory(answer(), {shared})",
            )
    first, second = subject.ask_twice(call, after.arrays)
    for got, known, keeps in ((first, before, True), (second, after, False)):
        index = known.judge(got) if got.shape == known.expected.shape else ()
        if index is not None:
            if any(_wrong(before, subject.ask(call).y) for _ in range(CALLS)):
                return Seen("the answer changes from call to call")
            raise Violation(
                law="an answer belongs to the caller: the next call changed it"
                if keeps
                else "an answer follows its data: the same buffers held other data before",
                call=call,
                then=after.arrays,
                keeps=keeps,
                assertion=known.assertion(index, at(index)),
                index=index,
                got=got[index],
                expected=known.expected[index],
            )
    same = before.expected.shape == after.expected.shape and not _wrong(after, before.expected)
    return Seen("both data have one answer" if same else controls(after.judge, after.expected))


def _wrong(known: Right, got: np.ndarray) -> bool:
    return got.shape != known.expected.shape or known.judge(got) is not None


THEOREM = Theorem(
    name="fresh",
    statement="An answer follows the data, not their address, and belongs to the caller.",
    latex=r"f \text{ reads } x, \text{ not } \&x",
    check=_check,
    share=4,
)
