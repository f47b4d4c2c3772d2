"""Targets of a sweep: a right one, a wrong one, and one that kills the process which asks it."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from convproof import get_implementation
from convproof.errors import UnsupportedError

_numpy = get_implementation("numpy")
FILE = str(Path(__file__))


class Right:
    """Two layers of ours."""

    conv1d = staticmethod(_numpy.conv1d)
    conv1d_input = staticmethod(_numpy.conv1d_input)
    conv1d_weight = staticmethod(_numpy.conv1d_weight)
    conv1d_bias = staticmethod(_numpy.conv1d_bias)
    relu = staticmethod(_numpy.relu)
    relu_input = staticmethod(_numpy.relu_input)


class Wrong(Right):
    """Strides above 1 are taken for 1 in the weight derivative, and ReLU has none for vectors."""

    @staticmethod
    def conv1d_weight(x: np.ndarray, weight_size: Any, y_bar: np.ndarray, **options: Any) -> Any:
        w_bar = _numpy.conv1d_weight(x, weight_size, y_bar, **options)
        return w_bar if options["stride"] == (1,) else -w_bar

    @staticmethod
    def relu_input(x: np.ndarray, y_bar: np.ndarray) -> Any:
        if x.ndim == 2:
            msg = "no vectors"
            raise UnsupportedError(msg)
        return _numpy.relu_input(x, y_bar)


class Killer(Right):
    """Its first call kills the process that asks; a file remembers that it did."""

    @staticmethod
    def conv1d(x: np.ndarray, w: np.ndarray, b: Any, **options: Any) -> Any:
        times = int(os.environ["CONVPROOF_TEST_KILLS"])
        if _marks() < times:
            (_folder() / f"killed{_marks()}").touch()
            os.kill(os.getppid(), signal.SIGKILL)
            os._exit(1)
        return _numpy.conv1d(x, w, b, **options)


def _folder() -> Path:
    return Path(os.environ["CONVPROOF_TEST_MARKS"])


def _marks() -> int:
    return len(list(_folder().glob("killed*")))


class Crasher(Right):
    """Its bias derivative takes its process with it."""

    @staticmethod
    def conv1d_bias(y_bar: np.ndarray) -> Any:
        del y_bar
        os._exit(3)


right, wrong, killer, crasher = Right(), Wrong(), Killer(), Crasher()
