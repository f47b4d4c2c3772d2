"""Equality in integers, the first gate: shared by the four theorems that say what a function is.

On integers with ``max over outputs of sum |w| |x| <= 2^24`` every partial sum in any order, tree,
FMA or tensor-core mode is an integer that float32 holds, so a correct answer is *equal*. The
expected answer is derived twice, by the triples and by the oracle, and the two must agree first.
"""

import numpy as np

from convproof.cases import ConvCase, Function, ask
from convproof.numeric.dtypes import HALVES
from convproof.numeric.reference import implementation as oracle
from convproof.symbolic.implementation import implementation as derivation
from convproof.theorems.base import (
    DisagreementError,
    Request,
    Subject,
    Violation,
    at,
    first_difference,
)
from convproof.theorems.output_shape import answer

_EXACT_BITS = {"float64": 53, "int64": 63}  # every other format is summed in float32
_FLOAT32_BITS = 24


def check(
    subject: Subject, function: Function, case: ConvCase, request: Request, law: str
) -> str | None:
    """Raise ``Violation`` unless the answer equals the derivation and the oracle."""
    integers = case.integers()
    expected = ask(oracle, function.role, case, integers)
    _check_agreement(function, case, expected, ask(derivation, function.role, case, integers))
    largest = ask(oracle, function.role, case, integers.map(np.abs)).max(initial=0)
    if largest > 2 ** _EXACT_BITS.get(request.dtype.name, _FLOAT32_BITS):
        return f"sum |w||x| = {largest} is not exact in {request.dtype}"
    arrays = integers.astype(request.dtype)
    rounded = expected.astype(request.dtype)
    got = answer(subject, function, case, arrays, request)
    index = first_difference(got, rounded)
    if index is not None:
        once = " rounded once" if request.dtype in HALVES else ""
        raise Violation(
            law=f"{law}, in integers: equality{once}",
            arrays=arrays,
            assertion=f"y[{at(index)}] == {rounded[index].item()!r}",
            index=index,
            got=got[index],
            expected=rounded[index],
            hint=_hint(got, rounded),
        )
    if not rounded.any():
        return "the expected answer is all zero"
    return None


def _check_agreement(
    function: Function, case: ConvCase, by_oracle: np.ndarray, by_triples: np.ndarray
) -> None:
    if by_oracle.shape == by_triples.shape and np.array_equal(by_oracle, by_triples):
        return
    msg = (
        f"the derivation and the oracle of {function.name} differ for {case} (seed {case.seed}): "
        "this is a fault of convproof, not of the target. Please report it."
    )
    raise DisagreementError(msg)


def _hint(got: np.ndarray, expected: np.ndarray) -> str:
    if not got.any():
        return "the answer is all zero"
    if np.array_equal(np.sort(got, axis=None), np.sort(expected, axis=None)):
        return "the right numbers stand in the wrong places"
    if np.array_equal(got, -expected):
        return "the sign is wrong"
    return ""
