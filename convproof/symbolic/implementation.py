"""The derivation as an implementation, which the oracle and every target must equal."""

from convproof.implementation import ByLayer
from convproof.layers import Bias, Conv, LocallyConnected
from convproof.symbolic import values

implementation = ByLayer(
    "symbolic",
    {Conv: values, LocallyConnected: values, Bias: values},
    supports=frozenset({"asymmetric", "circular", "integer"}),
)
