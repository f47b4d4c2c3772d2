"""The implementation ``gpu``, made when it is asked for: one line says so where there is no GPU."""

from functools import cache

from convproof_gpu.device import Gpu
from convproof_gpu.wing import Wing


def __getattr__(name: str) -> Wing:
    if name != "gpu":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return _made()


@cache
def _made() -> Wing:
    return Wing(Gpu())
