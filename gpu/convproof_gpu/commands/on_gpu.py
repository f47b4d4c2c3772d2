"""The GPU of a command that measures, with both libraries, or a line that says what is missing."""

from typing import Any


def there() -> tuple[Any, Any]:
    """Return the implementation ``gpu`` and PyTorch's device, which times.

    Raises:
        GpuUnavailableError: if there is no GPU for both libraries.
    """
    from convproof.implementation import load_implementation
    from convproof_gpu.device import GpuUnavailableError
    from convproof_gpu.measuring.on_torch import TorchDevice

    implementation: Any = load_implementation("gpu")
    try:
        import torch
    except ImportError:
        why = "PyTorch, which times, is not installed: pip install 'convproof[torch]'."
        raise GpuUnavailableError(why) from None
    if not torch.cuda.is_available():
        why = f"PyTorch {torch.__version__} sees no CUDA device."
        raise GpuUnavailableError(why)
    return implementation, TorchDevice()
