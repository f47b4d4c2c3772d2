"""IDX files, in which MNIST comes: arrays of any number of axes, gzipped or not.

::

    0  0  type  ndim        four bytes
    size_1 .. size_ndim     big-endian, 32 bits each, without a sign
    elements                big-endian, the last axis fastest

The sizes in the head are believed when as many bytes are there: memory is taken for what a file
holds, not for what it says.
"""

import gzip
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path

import numpy as np

from convproof.training.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LARGEST = 1 << 31  # bytes of elements: MNIST has 47 million
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
Read = Callable[[int], bytes]  # at most so many bytes; none at the end


def read(path: Path) -> np.ndarray:
    """Return the array of an IDX file, in the machine's byte order.

    Raises:
        DataError: if there is no such file, or it is no whole IDX file: the message says which law
            it breaks.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            if not zipped:
                return _read(path, file.read)
            with gzip.open(file) as unzipped:
                return _read(path, unzipped.read)
    except FileNotFoundError:
        msg = f"there is no file {str(path)!r}."
        raise DataError(msg) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        msg = f"{str(path)!r} is no whole gzip file: {error}."
        raise DataError(msg) from None
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror or error}."
        raise DataError(msg) from None


def _read(path: Path, read: Read) -> np.ndarray:
    head = read(4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in TYPES or not head[3]:
        known = ", ".join(f"{number:02x}" for number in TYPES)
        msg = (
            f"{str(path)!r} is no IDX file: it must begin with 00 00, a type ({known}) and a "
            f"number of axes above 0, but begins with {head.hex(' ') or 'nothing'}."
        )
        raise DataError(msg)
    ndim = head[3]
    sizes = np.frombuffer(_exactly(path, read, 4 * ndim, "of the sizes of its axes"), ">u4")
    dtype, shape = np.dtype(TYPES[head[2]]), tuple(int(size) for size in sizes)
    bytes_of = prod(shape) * dtype.itemsize
    if bytes_of > LARGEST:
        msg = f"{str(path)!r} says that it has the shape {shape}: more than {LARGEST} bytes."
        raise DataError(msg)
    held = _exactly(path, read, bytes_of, f"of elements for the shape {shape}")
    if read(1):
        msg = f"{str(path)!r} goes on after the {bytes_of} bytes of its shape {shape}."
        raise DataError(msg)
    try:
        array = np.frombuffer(held, dtype).reshape(shape)
    except ValueError as error:  # more axes than NumPy has
        msg = f"{str(path)!r} has {ndim} axes: {error}."
        raise DataError(msg) from None
    return array.astype(dtype.newbyteorder("="))


def _exactly(path: Path, read: Read, wanted: int, what: str) -> bytes:
    """Return so many bytes, read piece by piece."""
    pieces, left = [], wanted
    while left:
        piece = read(min(left, _CHUNK))
        if not piece:
            msg = f"{str(path)!r} ends after {wanted - left} of {wanted} bytes {what}."
            raise DataError(msg)
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
