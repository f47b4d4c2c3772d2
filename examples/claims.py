"""Claims about the sizes of a convolution, for all of them: `convproof prove claims.py`.

The last one is false, and many layers are written as if it were true.
"""

import sympy as sp

from convproof import Claim, SymbolicAxis
from convproof.symbolic.sizes import count
from convproof.symbolic.solver.terms import eq, le, quotient

axis = SymbolicAxis()  # n inputs, r taps, n' outputs, stride s, dilation t, padding below and above
half = count("l")
odd = (eq(axis.r, 2 * half + 1), eq(axis.low, axis.t * half), eq(axis.high, axis.t * half))

same = Claim(
    name="half padding keeps the size at stride 1",
    goal=eq(axis.outputs, axis.n),
    hypotheses=(*axis.sizes(), *odd, eq(axis.s, 1)),
)
ceiling = Claim(
    name="half padding keeps ceil(n/s)",
    goal=eq(axis.outputs, sp.ceiling(axis.n / axis.s)),
    hypotheses=(*axis.sizes(), *odd),
)
floor = Claim(
    name="half padding keeps floor(n/s)",
    goal=eq(axis.outputs, quotient(axis.n, axis.s)),
    hypotheses=(*axis.sizes(), *odd, le(axis.s, axis.n)),
)
