"""The variants of convolution, each in terms of another."""

from convproof.theorems.base import Theorem
from convproof.theorems.variants import channels, strided

PROOFS: tuple[str, ...] = ("strided",)
THEOREMS: tuple[Theorem, ...] = (channels.THEOREM, strided.THEOREM)
