"""What the GPU can do: bytes copied, and products of large matrices, measured in the same run."""

from collections.abc import Callable
from statistics import median
from typing import Any

from convproof_gpu.measuring.clock import Device
from convproof_gpu.measuring.rivals import settings


def measured(device: Device, *, size: int = 8192, copied: int = 1 << 30) -> dict[str, float]:
    """Return ``copy`` in bytes per second, and the products' rates in operations per second.

    Random data: of zeros a product is an eighth faster, for it needs less power.

    Args:
        device: what times.
        size: rows of the square matrices; of float32 half of it.
        copied: bytes.
    """
    import torch

    source = torch.randint(-128, 127, (copied,), dtype=torch.int8, device=device.name)
    target = torch.empty_like(source)
    rates = {"copy": 2 * copied / _seconds(device, lambda: target.copy_(source))}
    del source, target
    for precision, math, dtype in (
        ("bfloat16", "bfloat16", torch.bfloat16),
        ("tf32", "tf32", torch.float32),
        ("float32", "ieee", torch.float32),
    ):
        n = size if precision != "float32" else size // 2
        a, b = (torch.randn(n, n, device=device.name).to(dtype) for _ in range(2))
        with settings(math, searched=False):
            rates[precision] = 2 * n**3 / _seconds(device, _product(a, b))
    return rates


def _product(a: Any, b: Any) -> Callable[[], Any]:
    return lambda: a @ b


def _seconds(device: Device, call: Callable[[], Any]) -> float:
    call()
    return median(device.elapsed_us(call, 4) / 4 for _ in range(5)) / 1e6
