"""The implementations ``gpu`` and ``gpu-tf32``, made when one is asked for.

Where there is no GPU, one line says so.
"""

from functools import cache

from convproof_gpu.device import Gpu
from convproof_gpu.wing import Wing


def __getattr__(name: str) -> Wing:
    if name not in ("gpu", "gpu_tf32"):
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return _made() if name == "gpu" else _made().with_precision("tf32")


@cache
def _made() -> Wing:
    return Wing(Gpu())
