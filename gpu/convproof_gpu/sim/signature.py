"""What a kernel takes, as its stub tells it, and how Python's values become that."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ml_dtypes
import numpy as np

from convproof.errors import ConvProofError

_DTYPES = {
    ("f", 4): np.dtype(np.float32),
    ("f", 8): np.dtype(np.float64),
    ("h", 2): np.dtype(np.float16),
    ("B", 2): np.dtype(ml_dtypes.bfloat16),
    ("b", 1): np.dtype(np.bool_),
    ("t", 4): np.dtype(np.uint32),
    **{("i", size): np.dtype(f"i{size}") for size in (1, 2, 4, 8)},
    **{("u", size): np.dtype(f"u{size}") for size in (1, 2, 4, 8)},
}
_PACKED = {
    ("t", 4): "I",
    ("f", 4): "f", ("f", 8): "d", ("b", 1): "?", ("i", 1): "b", ("i", 2): "h", ("i", 4): "i",
    ("i", 8): "q", ("u", 1): "B", ("u", 2): "H", ("u", 4): "I", ("u", 8): "Q",
}  # fmt: skip


class LaunchError(ConvProofError, ValueError):
    """A launch that no GPU would take, or arguments that the kernel does not."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A kernel's parameter.

    Attributes:
        name: in the source, "" if unknown.
        code: of the value or of what is pointed to: f, i, u, b, h (half), B (bfloat16), s (struct),
            t (float, traced), v (void).
        size: in bytes, of the same.
        pointer: whether it is a pointer.
        constant: whether what it points to is const.
        alignment: of the value.
    """

    name: str
    code: str
    size: int
    pointer: bool
    constant: bool
    alignment: int

    def __str__(self) -> str:
        dtype = _DTYPES.get((self.code, self.size))
        what = dtype.name if dtype is not None else "void" if self.code == "v" else "struct"
        return f"{'const ' * self.constant}{what}{'*' * self.pointer} {self.name}".rstrip()

    def refusal(self, value: Any) -> str:
        """Return why the parameter does not take a value, or ""."""
        if not self.pointer:
            return "" if not isinstance(value, np.ndarray) or value.ndim == 0 else "got an array"
        if value is None:
            return ""
        if not isinstance(value, np.ndarray):
            return f"got {type(value).__name__}, not an array"
        if not value.flags.c_contiguous:
            return f"got an array with strides {value.strides}, which is not contiguous"
        if not self.constant and not value.flags.writeable:
            return "got an array that is read-only"
        if self.code in "sv":
            return "" if value.nbytes % self.size == 0 else f"got {value.nbytes} bytes"
        dtype = _DTYPES[self.code, self.size]
        return "" if value.dtype == dtype else f"got an array of {value.dtype}"

    def packed(self, value: Any) -> bytes:
        """Return the bytes of a value.

        Raises:
            LaunchError: if the parameter does not hold it.
        """
        if self.code in "shB":
            number = self.code != "s"
            if value is None:
                raise self.wrong("got None" if number else "got None, not the bytes of a struct")
            try:
                held = (
                    np.asarray(value, _DTYPES[self.code, 2]) if number else memoryview(value)
                ).tobytes()
            except (TypeError, ValueError, OverflowError):
                what = f"got {value!r}" + ("" if number else ", not the bytes of a struct")
                raise self.wrong(what) from None
            if len(held) != self.size:
                what = f"got {len(held)} bytes, not {self.size}"
                raise self.wrong(what)
            return held
        plain = value.item() if isinstance(value, np.generic | np.ndarray) else value
        try:
            return struct.pack(f"={_PACKED[self.code, self.size]}", plain)
        except (struct.error, OverflowError, TypeError):
            what = f"got {value!r}"
            raise self.wrong(what) from None

    def wrong(self, what: str) -> LaunchError:
        """Return the error that says what was given instead."""
        return LaunchError(f"takes {self}, {what}.")


def parameters(text: str, names: Sequence[str]) -> tuple[Parameter, ...]:
    """Return the parameters that a signature tells, with the names that the source has for them."""
    found = []
    for number, word in enumerate(text.split()):
        name = names[number] if number < len(names) else ""
        pointer, constant = word[0] in "pP", word[0] == "p"
        rest = word[1:] if pointer else word
        digits = len(rest) - len(rest.lstrip("0123456789"))
        size, code, more = int(rest[:digits]), rest[digits], rest[digits + 1 :]
        alignment = 8 if pointer else int(more) if more else size
        found.append(Parameter(name, code, size, pointer, constant, alignment))
    return tuple(found)
