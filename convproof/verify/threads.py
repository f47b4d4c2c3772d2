"""One thread while verifying: the arrays are tiny, and threads would only wait for each other.

On a busy machine PyTorch's worker threads spin for most of a run otherwise (measured: 46 s instead
of 14 s beside another process on two cores).
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch, if it is loaded, compute on one thread for a while."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
