"""What a target's arrays are: made from NumPy's in a memory layout, read back, compared, poisoned.

==========  ==================  ====================================================
kind        arrays              where they lie
==========  ==================  ====================================================
``numpy``   ``numpy.ndarray``   in this process
``torch``   ``torch.Tensor``    on any device of torch's
``cupy``    ``cupy.ndarray``    on CuPy's current device
==========  ==================  ====================================================
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from convproof.calls import LAYOUTS
from convproof.errors import MissingExtraError, UnsupportedError
from convproof.numeric.dtypes import BFLOAT16
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.layouts import lay

_CANNOT_BE_READ_ONLY = tuple(layout for layout in LAYOUTS if layout != "read_only")
LAYOUTS_OF: dict[Kind, tuple[str, ...]] = {
    "numpy": LAYOUTS,
    "torch": tuple(layout for layout in _CANNOT_BE_READ_ONLY if layout != "negative"),
    "cupy": _CANNOT_BE_READ_ONLY,
}


@runtime_checkable
class ArraysOf(Protocol):
    """Arrays of one kind."""

    def give(self, array: np.ndarray, layout: str) -> Any:
        """Return an array of this kind with memory of its own, which lies as the layout says."""

    def take(self, array: Any) -> np.ndarray:
        """Return the numbers of an array of this kind."""

    def share(self, one: Any, other: Any) -> bool:
        """Return whether two arrays have memory in common."""

    def ones(self, size: int) -> Any:
        """Return so many bytes, all bits set, where an answer may be allocated next."""

    def wrong(self, answer: Any) -> tuple[str, str]:
        """Return what is wrong with the kind of an answer, and the assertion that says so."""


def arrays_of(kind: Kind, device: str) -> ArraysOf:
    """Return how to handle arrays of a kind.

    Raises:
        MissingExtraError: if the kind's package is not installed.
    """
    if kind == "torch":
        return _Torch(device)
    return _CuPy() if kind == "cupy" else _NumPy()


class _NumPy:
    def give(self, array: np.ndarray, layout: str) -> np.ndarray:
        laid_out: np.ndarray = lay(array, layout)
        return laid_out

    def take(self, array: Any) -> np.ndarray:
        return np.asarray(array)

    def share(self, one: Any, other: Any) -> bool:
        return np.shares_memory(np.asarray(one), other)

    def ones(self, size: int) -> Any:
        return np.full(size, 0xFF, np.uint8)

    def wrong(self, answer: Any) -> tuple[str, str]:
        if not isinstance(answer, np.ndarray | np.generic):
            return _name(answer), "isinstance(answer(), np.ndarray)"
        return _wrong_dtype(answer)


class _Torch:
    def __init__(self, device: str) -> None:
        try:
            from convproof.verify.targets import tensors
        except ImportError:
            raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message
        self._tensors, self._device = tensors, device

    def give(self, array: np.ndarray, layout: str) -> Any:
        return self._tensors.to_torch(lay(array, layout), self._device)

    def take(self, array: Any) -> np.ndarray:
        return self._tensors.to_numpy(array)

    def share(self, one: Any, other: Any) -> bool:
        return self._tensors.share_memory(one, other)

    def ones(self, size: int) -> Any:
        return self._tensors.ones(size, self._device)

    def wrong(self, answer: Any) -> tuple[str, str]:
        return self._tensors.wrong(answer)


class _CuPy:
    def __init__(self) -> None:
        try:
            import cupy
        except ImportError:
            raise MissingExtraError("cupy", "cuda13") from None  # noqa: EM101  # names, no message
        self._cupy = cupy

    def give(self, array: np.ndarray, layout: str) -> Any:
        try:
            flat = self._cupy.asarray(array.copy())
        except (TypeError, ValueError) as error:
            msg = f"CuPy has no arrays of {array.dtype}: {error}"
            raise UnsupportedError(msg) from None
        return lay(flat, layout, self._cupy)

    def take(self, array: Any) -> np.ndarray:
        return np.asarray(self._cupy.asnumpy(array))

    def share(self, one: Any, other: Any) -> bool:
        return bool(self._cupy.shares_memory(one, other))

    def ones(self, size: int) -> Any:
        return self._cupy.full(size, 0xFF, np.uint8)

    def wrong(self, answer: Any) -> tuple[str, str]:
        if not isinstance(answer, self._cupy.ndarray):
            return _name(answer), "isinstance(answer(), cupy.ndarray)"
        return _wrong_dtype(answer)


def _name(answer: Any) -> str:
    return f"a {type(answer).__module__}.{type(answer).__name__}"


def _wrong_dtype(answer: Any) -> tuple[str, str]:
    if answer.dtype.kind in "iufb" or answer.dtype == BFLOAT16:
        return "", ""
    return f"an array of {answer.dtype}", "answer().dtype.kind in 'iufb'"
