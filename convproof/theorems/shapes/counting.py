"""Counting pairs of indices: ``#([0, A) x [0, B)) = A B``, by the bijection ``a B + b``.

As an equality of sums, for every array ``w``::

    sum_{0 <= a < A, 0 <= b < B} w[a B + b]  =  sum_{0 <= j < A B} w[j]

More indices are counted by pairs: the pair, then it and the next one.
"""

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import GuardedSum, SameSum
from convproof.symbolic.solver.terms import box, eq, quotient, remainder


def pairs() -> SameSum:
    """Return that pairs of indices are as many as the product of their sizes.

    Example:
        >>> len(pairs().claims())
        9
    """
    A, B, number = size("A"), size("B"), size("A B")
    a, b, j = index("a"), index("b"), index("j")
    return SameSum(
        name="a pair of indices is one index",
        left=GuardedSum(
            indices=(a, b),
            guard=(*box(0, a, A), *box(0, b, B)),
            entries=(("w", (a * B + b,)),),
        ),
        right=GuardedSum(indices=(j,), guard=box(0, j, number), entries=(("w", (j,)),)),
        to_right={j: a * B + b},
        to_left={a: quotient(j, B), b: remainder(j, B)},
        hypotheses=(eq(number, A * B),),
    )
