"""The claims of a proof at numbers: those that the code has."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

from convproof.axes import Axis
from convproof.symbolic.solver import Claim
from convproof.symbolic.solver.evaluation import truth
from convproof.theorems.proofs import proofs


@cache
def claims(proof: str) -> dict[str, Claim]:
    """Return the claims of a proof by name."""
    return {step.name: step for step in proofs()[proof].steps() if isinstance(step, Claim)}


def holds(claim: Claim, **numbers: int) -> bool:
    """Return whether the numbers obey all that a claim says: its hypotheses, and its goal."""
    values = {symbol: numbers[symbol.name] for symbol in claim.symbols}
    return all(truth(each, values) for each in (*claim.assumed, claim.goal))


def applies(claim: Claim, **numbers: int) -> bool:
    """Return whether the numbers obey the hypotheses of a claim."""
    values = {symbol: numbers[symbol.name] for symbol in claim.symbols}
    return all(truth(each, values) for each in claim.assumed)


def axes(*input_sizes: int) -> Iterator[Axis]:
    """Yield small windows that fit."""
    paddings = (0, 0), (1, 0), (0, 2), (1, 1)
    for n, r, s, t, pair in product(input_sizes, (1, 2, 3), (1, 2, 3), (1, 2), paddings):
        if n + sum(pair) > t * (r - 1):
            yield Axis(input_size=n, kernel_size=r, stride=s, dilation=t, padding=pair)


def letters(axis: Axis) -> dict[str, Any]:
    """Return the numbers of an axis by their letters."""
    low, high = axis.padding
    return {
        "n": axis.input_size, "r": axis.kernel_size, "s": axis.stride, "t": axis.dilation,
        "p_low": low, "p_high": high, "n'": axis.output_size,
    }  # fmt: skip
