"""What travels between the judge and a worker.

=========  ==================================================================================
frame      8 bytes with the length of the rest, then the rest
request    a pickle; the judge wrote it, so the worker trusts it
reply      8 bytes with the length of a JSON text, the text, then the bytes of its arrays
=========  ==================================================================================

A reply is data and nothing else: whoever wrote it, no code runs where it is read.
"""

import json
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import ml_dtypes
import numpy as np

LENGTH = struct.Struct(">Q")
_NUMPY = re.compile(r"[<>|=][biufcV]\d{1,4}")
_ML_DTYPES = re.compile(r"bfloat16|float[468]_\w+|u?int[124]")


class MalformedError(ValueError):
    """A reply that no worker writes: a target wrote it, or wrote into it."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a worker says.

    Attributes:
        words: plain values by name.
        arrays: its arrays, in order.
    """

    words: dict[str, Any]
    arrays: Sequence[np.ndarray] = ()

    def text(self, name: str) -> str:
        """Return one of the words that must be a text."""
        value = self.words.get(name)
        if not isinstance(value, str):
            msg = f"{name} is {value!r}, no text."
            raise MalformedError(msg)
        return value

    def texts(self, name: str) -> list[str]:
        """Return one of the words that must be a list of texts."""
        value = self.words.get(name)
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            msg = f"{name} is {value!r}, no list of texts."
            raise MalformedError(msg)
        return value

    def table(self, name: str) -> dict[str, str]:
        """Return one of the words that must give texts by name."""
        value = self.words.get(name)
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            msg = f"{name} is {value!r}, no texts by name."
            raise MalformedError(msg)
        return value


def encode(reply: Reply) -> bytes:
    """Return a reply as bytes, its frame included."""
    kinds = [(_code(array.dtype), array.shape) for array in reply.arrays]
    text = json.dumps([reply.words, kinds]).encode()
    body = [LENGTH.pack(len(text)), text, *(array.tobytes() for array in reply.arrays)]
    return LENGTH.pack(sum(map(len, body))) + b"".join(body)


def decode(body: bytes | bytearray) -> Reply:
    """Return the reply in the rest of a frame.

    Raises:
        MalformedError: if it is none.
    """
    try:
        (length,) = LENGTH.unpack_from(body)
        at = LENGTH.size + length
        words, kinds = json.loads(body[LENGTH.size : at])
        arrays = []
        for code, shape in kinds:
            arrays.append(_array(body, at, _dtype(code), shape))
            at += arrays[-1].nbytes
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error) as why:
        msg = f"{type(why).__name__}: {why}"
        raise MalformedError(msg) from None
    if at != len(body) or not isinstance(words, dict):
        msg = f"it has {len(body)} bytes and says {at}."
        raise MalformedError(msg)
    return Reply(words, arrays)


def _array(body: bytes | bytearray, at: int, dtype: np.dtype, shape: Any) -> np.ndarray:
    if not all(type(size) is int and size >= 0 for size in shape):
        msg = f"a shape is {shape!r}."
        raise MalformedError(msg)
    count = prod(shape)
    if count * dtype.itemsize > len(body) - at:
        msg = f"an array of shape {shape} does not fit into {len(body) - at} bytes."
        raise MalformedError(msg)
    flat = np.frombuffer(memoryview(body)[at : at + count * dtype.itemsize], np.uint8)
    return flat.copy().view(dtype).reshape(shape)


def _code(dtype: np.dtype) -> str:
    """Return how a dtype is written: NumPy's own by size and order, those of ml_dtypes by name."""
    if dtype.isbuiltin == 2:
        return dtype.name
    return dtype.str if dtype.kind in "biufc" else f"|V{dtype.itemsize}"


def _dtype(code: str) -> np.dtype:
    if _NUMPY.fullmatch(code):
        return np.dtype(code)
    if _ML_DTYPES.fullmatch(code) and hasattr(ml_dtypes, code):
        named: np.dtype = np.dtype(getattr(ml_dtypes, code))
        return named
    msg = f"no dtype is written {code!r}."
    raise MalformedError(msg)
