"""The other side: cuDNN through PyTorch in each layout and each arithmetic, and PyTorch's kernels.

``ieee`` and ``tf32`` are PyTorch's words for the products of float32; ``tf32`` is its default for
convolutions. cuDNN's engines are searched by ``cudnn.benchmark``. What cuDNN guesses without a
search is measured by a process of its own: PyTorch remembers one engine for a geometry.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from convproof.layers import (
    AvgPool,
    Conv,
    ConvTranspose,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Softmax,
    Tanh,
)
from convproof_gpu.measuring.arrays import Arrays
from convproof_gpu.measuring.rows import Row, is_product

Call = Callable[[], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A way in which PyTorch computes a row.

    Attributes:
        name: as told.
        math: ``ieee``, ``tf32``, or the elements' dtype.
        nhwc: whether its arrays are channels_last.
        function: ``plain``, ``compiled``, or ``cudnn_convolution_relu``.
    """

    name: str
    math: str
    nhwc: bool = False
    function: str = "plain"

    def within(self, *, searched: bool = True) -> AbstractContextManager[None]:
        """Return a context with its settings; ``searched``: cuDNN times its engines first."""
        return settings(self.math, searched=searched)


def rivals(row: Row, dtype: str, *, compiled: bool = False) -> tuple[Rival, ...]:
    """Return the rivals of a row whose arrays have this dtype."""
    maths = ("ieee", "tf32") if dtype == "float32" else (dtype,)
    if not is_product(row.layer):
        layouts = (False, True) if len(row.input_shape) == 4 else (False,)
        return tuple(Rival(name=_name("torch", dtype, n), math=dtype, nhwc=n) for n in layouts)
    dense = isinstance(row.layer, Linear)
    library, layouts = ("cuBLAS", (False,)) if dense else ("cuDNN", (True, False))
    found = [
        Rival(name=_name(library, m, None if dense else n), math=m, nhwc=n)
        for m in maths
        for n in layouts
    ]
    if row.operation == "fused" and isinstance(row.layer, Conv) and len(row.input_shape) == 4:
        for m in maths:
            name = f"cudnn_convolution_relu {m} NHWC"
            found.append(Rival(name=name, math=m, nhwc=True, function="cudnn_convolution_relu"))
    if compiled and row.operation in ("forward", "fused"):
        for m in maths:
            name = f"torch.compile {m}"
            found.append(Rival(name=name, math=m, nhwc=not dense, function="compiled"))
    return tuple(found)


@contextmanager
def settings(math: str, *, searched: bool) -> Iterator[None]:
    """Set the arithmetic of float32 products and cuDNN's search, and put back what was set."""
    import torch

    cudnn: Any = torch.backends.cudnn
    held: list[tuple[Any, str, Any]] = [(cudnn, "benchmark", searched)]
    if math in ("ieee", "tf32"):
        held.append((cudnn.conv, "fp32_precision", math))
        held.append((torch.backends.cuda.matmul, "fp32_precision", math))
    before = [(home, name, getattr(home, name)) for home, name, _ in held]
    try:
        for home, name, value in held:
            setattr(home, name, value)
        yield
    finally:
        for home, name, value in before:
            setattr(home, name, value)


def calls_of(rival: Rival, row: Row, sets: Sequence[Arrays]) -> list[Call]:
    """Return the rival's call on each set, in its layout."""
    return [_call(rival, row, _laid(arrays, nhwc=rival.nhwc)) for arrays in sets]


def torch_forward(layer: Layer, x: Any) -> Any:
    """Return PyTorch's answer of a layer without weights."""
    from torch.nn import functional

    dims = x.ndim - 2
    if isinstance(layer, LocalResponseNorm):
        return functional.local_response_norm(x, layer.size, layer.alpha, layer.beta, layer.k)
    if isinstance(layer, Softmax):
        return functional.softmax(x, layer.dim)
    if isinstance(layer, ReLU):
        return functional.relu(x)
    if isinstance(layer, Tanh):
        return layer.amplitude * functional.tanh(layer.slope * x)
    if isinstance(layer, GlobalAvgPool):
        return getattr(functional, f"adaptive_avg_pool{dims}d")(x, 1)
    if isinstance(layer, GlobalMaxPool):
        return x.amax(tuple(range(2, x.ndim)), keepdim=True)
    assert isinstance(layer, AvgPool | MaxPool)
    low = [pair[0] for pair in layer.padding]
    window: tuple[Any, ...] = (layer.kernel_size, layer.stride, low)
    if isinstance(layer, MaxPool):
        pool = getattr(functional, f"max_pool{dims}d")
        return pool(x, *window, dilation=layer.dilation, ceil_mode=layer.ceil_mode)
    pool = getattr(functional, f"avg_pool{dims}d")
    return pool(x, *window, layer.ceil_mode, layer.count_include_pad)


def _name(library: str, math: str, nhwc: bool | None) -> str:
    words = [library, math, *([] if nhwc is None else ["NHWC" if nhwc else "NCHW"])]
    return " ".join(words)


def _laid(arrays: Arrays, *, nhwc: bool) -> Arrays:
    """Return the arrays in a layout; of one spatial axis, as images of one row."""
    if not nhwc:
        return arrays
    import torch

    def last(tensor: Any) -> Any:
        if tensor is None or tensor.ndim < 3:
            return tensor
        two = tensor.unsqueeze(2) if tensor.ndim == 3 else tensor
        rank = {4: torch.channels_last, 5: torch.channels_last_3d}[two.ndim]
        return two.contiguous(memory_format=rank)

    return Arrays(x=last(arrays.x), w=last(arrays.w), b=arrays.b, y_bar=last(arrays.y_bar))


def _call(rival: Rival, row: Row, arrays: Arrays) -> Call:
    layer = row.layer
    if isinstance(layer, Linear):
        return _dense(row.operation, arrays)
    if not isinstance(layer, Conv | ConvTranspose):
        return _weightless(row, arrays)
    window = _window(layer, arrays.x.ndim - 2)
    if row.operation in ("input_vjp", "weight_vjp"):
        return _backward(row.operation, arrays, window)
    return _forward(rival, row, arrays, window)


def _window(layer: Conv | ConvTranspose, dims: int) -> tuple[Any, ...]:
    """Return stride, padding, dilation, transposed, output padding and groups, as ATen's."""
    lacking = dims - len(layer.kernel_size)
    low = [pair[0] for pair in layer.padding]
    transposed = isinstance(layer, ConvTranspose)
    extra = list(layer.output_padding) if isinstance(layer, ConvTranspose) else [0] * len(low)
    ones, zeros = [1] * lacking, [0] * lacking
    return (
        [*ones, *layer.stride], [*zeros, *low], [*ones, *layer.dilation], transposed,
        [*zeros, *extra], layer.groups,
    )  # fmt: skip


def _dense(operation: str, arrays: Arrays) -> Call:
    from torch.nn import functional

    x, w, y_bar = arrays.x, arrays.w, arrays.y_bar
    if operation == "input_vjp":
        return lambda: y_bar @ w
    return partial(functional.linear, x, w) if operation == "forward" else lambda: y_bar.T @ x


def _backward(operation: str, arrays: Arrays, window: tuple[Any, ...]) -> Call:
    import torch

    backward: Any = torch.ops.aten.convolution_backward
    first = operation == "input_vjp"
    mask = [first, not first, False]
    which = 0 if first else 1
    x, w, y_bar = arrays.x, arrays.w, arrays.y_bar
    return lambda: backward(y_bar, x, w, None, *window, mask)[which]


def _forward(rival: Rival, row: Row, arrays: Arrays, window: tuple[Any, ...]) -> Call:
    import torch

    x, w, b = arrays.x, arrays.w, arrays.b
    if rival.function == "cudnn_convolution_relu":
        fused: Any = torch.cudnn_convolution_relu
        stride, padding, dilation, _, _, groups = window
        return lambda: fused(x, w, b, stride, padding, dilation, groups)

    def plain(x: Any, w: Any, b: Any) -> Any:
        return torch.convolution(x, w, b, *window)

    def with_relu(x: Any, w: Any, b: Any) -> Any:
        return torch.relu(torch.convolution(x, w, b, *window))

    function: Any = with_relu if row.operation == "fused" else plain
    if rival.function == "compiled":
        function = torch.compile(function, mode="max-autotune-no-cudagraphs")
    return partial(function, x, w, b)


def _weightless(row: Row, arrays: Arrays) -> Call:
    layer, x = row.layer, arrays.x
    if row.operation == "forward":
        return partial(torch_forward, layer, x)
    import torch

    x = x.detach().requires_grad_()
    y, y_bar = torch_forward(layer, x), arrays.y_bar
    return lambda: torch.autograd.grad(y, x, y_bar, retain_graph=True)[0]
