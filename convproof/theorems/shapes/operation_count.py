"""A convolution has ``(r_1 r_2 k/G + 1) v'`` operations, of ``v' = k' w' h'`` outputs.

A multiply-add for each output and each of the ``r_1 r_2 k/G`` weights that it reads, and one more
for the bias; counted by pairs of an output ``(m, o_1, o_2)`` and ``(c, k_1, k_2)`` or the bias.
What an operation is, one per such pair, is the definition of the count, which the arithmetic starts
from. Taps that read a padding count; without padding, every tap reads an input.
"""

from dataclasses import replace

from convproof.symbolic.sizes import SymbolicAxis, index, size
from convproof.symbolic.solver import Claim, Step
from convproof.symbolic.solver.terms import both, eq, le, lt
from convproof.theorems.proof import Proof, Twin
from convproof.theorems.shapes.counting import pairs

_AXIS = SymbolicAxis()
_K, _K_GROUP, _M, _G = size("k"), size("k_G"), size("k'"), size("G")
_R1, _R2, _W, _H = size("r_1"), size("r_2"), size("w'"), size("h'")
_POSITIONS, _OUTPUTS = size("positions"), size("v'")
_TAPS, _WEIGHTS, _OPERATIONS = size("taps"), size("weights"), size("operations")
_BY_PAIRS = (
    eq(_POSITIONS, _W * _H),
    eq(_OUTPUTS, _M * _POSITIONS),
    eq(_TAPS, _R1 * _R2),
    eq(_WEIGHTS, _K_GROUP * _TAPS),
)


def _total() -> Claim:
    return Claim(
        name="a bias per output",
        goal=eq(_OPERATIONS, (_R1 * _R2 * _K_GROUP + 1) * (_M * _W * _H)),
        hypotheses=(*_BY_PAIRS, eq(_OPERATIONS, _OUTPUTS * (_WEIGHTS + 1))),
    )


def _steps() -> tuple[Step, ...]:
    o, k = index("o"), index("k")
    first, tap, last = (_AXIS.position(o, each) for each in (0, k, _AXIS.r - 1))
    return (
        pairs(),
        _total(),
        Claim(
            name="groups divide the products",
            goal=eq(_G * (_OUTPUTS * _WEIGHTS), _OUTPUTS * (_R1 * _R2 * _K)),
            hypotheses=(*_BY_PAIRS, eq(_K, _G * _K_GROUP)),
        ),
        Claim(
            name="without padding the first tap and the last read an input",
            goal=both(le(0, first), lt(last, _AXIS.n)),
            hypotheses=(
                eq(_AXIS.low + _AXIS.high, 0),
                *_AXIS.sizes(),
                *_AXIS.is_output(o),
            ),
        ),
        Claim(
            name="and so do those between",
            goal=both(le(first, tap), le(tap, last)),
            hypotheses=_AXIS.is_tap(k),
        ),
    )


def _twin() -> Twin:
    total = _total()
    per_channel = eq(_OPERATIONS, _OUTPUTS * _WEIGHTS + _M)
    return Twin(
        changed="a bias per output channel, as parameters are counted",
        of=total,
        step=replace(total, hypotheses=(*_BY_PAIRS, per_channel)),
    )


PROOF = Proof(
    name="operation_count",
    statement="A convolution of v' outputs has r_1 r_2 k/G multiply-adds for each, a G-th of those "
    "without groups, and one for its bias: (r_1 r_2 k/G + 1) v' operations.",
    latex=r"(r_1 r_2\, k/G + 1)\, v', \quad v' = k' w' h'",
    source="lecture 7, convolutional layer arithmetic",
    steps=_steps,
    twin=_twin,
)
