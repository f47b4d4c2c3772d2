"""What a worker replies with: words and raw bytes, never code."""

from contextlib import suppress

import numpy as np
import pytest

from convproof.numeric.dtypes import BFLOAT16
from convproof.verify.isolation.wire import MalformedError, Reply, decode, encode

REPLY = Reply({"is": "answer"}, [np.arange(6.0).reshape(2, 3), np.ones((), BFLOAT16)])


def test_a_reply_is_what_was_sent() -> None:
    """decode(encode(reply)) == reply."""
    back = decode(encode(REPLY)[8:])

    assert back.words == REPLY.words
    for one, two in zip(back.arrays, REPLY.arrays, strict=True):
        assert (one.dtype, one.shape, one.tobytes()) == (two.dtype, two.shape, two.tobytes())


def test_a_damaged_reply_is_none() -> None:
    """Cut anywhere, it is malformed; with any byte changed, it is malformed or still plain data."""
    whole = encode(REPLY)[8:]
    for at in range(len(whole)):
        with pytest.raises(MalformedError):
            decode(whole[:at])
        other = bytearray(whole)
        other[at] ^= 0xFF
        with suppress(MalformedError):
            assert isinstance(decode(other), Reply)
