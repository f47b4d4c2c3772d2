"""Signatures: what an answer in float32 was computed with, told from its error.

Each suspect is imitated: operands cut to TF32 (dropped or rounded bits), to bfloat16 or float16,
and answers kept in half. If the answer lies within float32 rounding of an imitation but not of the
exact result, the suspect is named.
"""

from collections.abc import Callable

import numpy as np

from convproof.cases import Arrays, Case, ask
from convproof.functions import Function
from convproof.numeric.dtypes import BFLOAT16
from convproof.numeric.reference import implementation as oracle
from convproof.theorems.allowed import allowed_error
from convproof.theorems.base import Request

_FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")


def signature(function: Function, case: Case, arrays: Arrays, got: np.ndarray) -> str:
    """Return the arithmetic that explains an answer, or ""."""
    if got.dtype != np.float32 or function.family != "bilinear":
        return ""
    for name, cut in _SUSPECTS.items():
        imitated = arrays.map(lambda array, cut=cut: cut(array).astype(array.dtype))
        if "b" in arrays:
            imitated = imitated.but(b=arrays["b"])  # it is added, not multiplied
        with np.errstate(over="ignore", invalid="ignore"):
            answer = ask(oracle, function.role, case, imitated)
            allowed = allowed_error(function, case, imitated, answer, _FLOAT32)
            if (np.abs(got - answer) <= allowed).all():
                return f"the answer is that of {name}"
            kept = ask(oracle, function.role, case, arrays)
            half = _HALVES.get(name)
            if half is not None and np.array_equal(kept.astype(half).astype(got.dtype), got):
                return f"the answer is kept in {half.name}"
    return ""


def _without_bits(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    def cut(array: np.ndarray) -> np.ndarray:
        words = array.astype(np.float32).view(np.uint32)
        return np.asarray((words & ~np.uint32((1 << bits) - 1)).view(np.float32))

    return cut


def _to_nearest(bits: int) -> Callable[[np.ndarray], np.ndarray]:
    def cut(array: np.ndarray) -> np.ndarray:
        words = array.astype(np.float32).view(np.uint32)
        half, odd = np.uint32((1 << (bits - 1)) - 1), (words >> np.uint32(bits)) & np.uint32(1)
        return _without_bits(bits)((words + half + odd).view(np.float32))

    return cut


_SUSPECTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "TF32 operands, bits dropped": _without_bits(13),
    "TF32 operands, rounded": _to_nearest(13),
    "bfloat16 operands": lambda array: array.astype(BFLOAT16),
    "float16 operands": lambda array: array.astype(np.float16),
}
_HALVES = {"bfloat16 operands": BFLOAT16, "float16 operands": np.dtype(np.float16)}
