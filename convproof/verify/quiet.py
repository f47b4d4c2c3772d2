"""Keeping what a target prints off standard output, which may be for a document alone."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout


@contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send standard output nowhere for a while: Python's own, and the descriptor that C writes."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        sys.__stdout__.flush() if sys.__stdout__ else None
        kept = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            nowhere.flush()
            os.dup2(kept, 1)
            os.close(kept)
