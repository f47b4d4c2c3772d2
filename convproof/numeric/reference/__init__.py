"""The oracle: every layer as its textbook sum, in loops over output positions.

It pads the array and writes the relation out again, knowing nothing of ``Triples``. On Python
integers, fractions and int64 it is exact; in float64 and longdouble it is as exact as they are.
"""

from convproof.implementation import ByLayer
from convproof.layers import Bias, Conv
from convproof.numeric.reference import bias, conv

implementation = ByLayer(
    "reference",
    {Conv: conv, Bias: bias},
    supports=frozenset(
        {"asymmetric", "circular", "integer", "float64", "float16", "bfloat16"},
    ),
)
