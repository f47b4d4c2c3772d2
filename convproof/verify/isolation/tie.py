"""A process that dies with the one that started it, whatever that one dies of."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with(parent: int) -> None:
    """End this process when its parent ends; on Linux, elsewhere nothing happens.

    Args:
        parent: the process that started this one: if it is gone already, this one ends now.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
