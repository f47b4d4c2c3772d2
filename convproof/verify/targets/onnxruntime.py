"""ONNX Runtime as an implementation: one ONNX model per layer and shape, forward, on the CPU.

An ONNX model has no derivatives, so the VJPs are unsupported. The models speak opset 21, the
newest that onnxruntime 1.20 knows: average pooling has its dilation since 19, and 22 only adds the
sentence that a window which would start in the high padding is left out, which onnxruntime does
for both.

ONNX differs from our names in two ways. Its ``LRN`` has the extra channel of an even window on the
high side, ours on the low side, so even windows are refused. Its indices of maxima count over the
whole array, ours over one feature map: they are translated.
"""

from functools import lru_cache, singledispatch
from math import prod
from typing import Any, NamedTuple

import numpy as np

from convproof.errors import MissingExtraError, UnsupportedError

try:
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import InvalidGraph, NotImplemented  # noqa: A004
except ImportError:
    raise MissingExtraError("onnxruntime", "onnx") from None  # noqa: EM101  # names, no message
try:
    from onnx import ModelProto, NodeProto, helper, numpy_helper
except ImportError:
    raise MissingExtraError("onnx", "onnx") from None  # noqa: EM101  # names, no message

from convproof.axes import Axis, TransposedAxis
from convproof.layers import (
    AvgPool,
    Bias,
    Conv,
    ConvTranspose,
    Fold,
    GlobalAvgPool,
    GlobalMaxPool,
    Layer,
    Linear,
    LocallyConnected,
    LocalResponseNorm,
    MaxPool,
    ReLU,
    Shape,
    Softmax,
    Tanh,
)

_OPSET, _IR_VERSION = 21, 10
_FATAL_ALONE = 4
_INPUTS = ("x", "w", "b")


class OnnxRuntimeImplementation:
    """``forward`` on NumPy arrays; padding may differ at the two ends."""

    name = "onnxruntime"
    supports: frozenset[str] = frozenset({"asymmetric"})

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        given = [np.ascontiguousarray(array) for array in (x, *arrays)]
        session = _session(layer, tuple(array.shape for array in given), x.dtype)
        y, *indices = session.run(None, dict(zip(_INPUTS, given, strict=False)))
        return (y, indices[0] % prod(x.shape[2:])) if indices else y

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Raise: there is none."""
        del x, y_bar, arrays
        raise _no_derivatives(layer)

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Raise: there is none."""
        del x, y_bar
        raise _no_derivatives(layer)

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Raise: there is none."""
        del y_bar
        raise _no_derivatives(layer)


implementation = OnnxRuntimeImplementation()


def _no_derivatives(layer: Layer) -> UnsupportedError:
    return UnsupportedError(f"onnxruntime has no derivatives, of {type(layer).__name__} or any.")


class Graph(NamedTuple):
    """Nodes that lead from ``x``, ``w`` and ``b`` to ``y``, and constants that they read."""

    nodes: list[NodeProto]
    constants: dict[str, np.ndarray] = {}  # noqa: RUF012  # never changed


@lru_cache(maxsize=64)
def _session(layer: Layer, shapes: tuple[Shape, ...], dtype: np.dtype) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL_ALONE
    model = model_of(layer, shapes, dtype).SerializeToString()
    try:
        return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
    except (InvalidGraph, NotImplemented) as error:
        msg = (
            f"onnxruntime has no {type(layer).__name__} for arrays of {dtype} on the CPU: "
            f"{str(error).strip().splitlines()[0]}"
        )
        raise UnsupportedError(msg) from None


def model_of(layer: Layer, shapes: tuple[Shape, ...], dtype: np.dtype) -> ModelProto:
    """Return the ONNX model of a layer for arrays of these shapes.

    Args:
        layer: the spec.
        shapes: of the input and of what ``forward`` takes besides, in order.
        dtype: of all of them.

    Raises:
        UnsupportedError: if ONNX has no operator for the layer.
    """
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    names = _INPUTS[: len(shapes)]
    graph = graph_of(layer, shapes, dtype)
    outputs = [helper.make_tensor_value_info("y", kind, None)]
    if "indices" in graph.nodes[-1].output:
        whole = helper.np_dtype_to_tensor_dtype(np.dtype(np.int64))
        outputs.append(helper.make_tensor_value_info("indices", whole, None))
    body = helper.make_graph(
        graph.nodes,
        type(layer).__name__,
        [helper.make_tensor_value_info(*row) for row in _rows(names, kind, shapes)],
        outputs,
        [numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
    )
    opset = helper.make_opsetid("", _OPSET)
    return helper.make_model(body, opset_imports=[opset], ir_version=_IR_VERSION)


def _rows(names: tuple[str, ...], kind: int, shapes: tuple[Shape, ...]) -> Any:
    return ((name, kind, shape) for name, shape in zip(names, shapes, strict=True))


@singledispatch
def graph_of(layer: Layer, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    """Return the nodes of ONNX's operators for the layer."""
    del shapes, dtype
    msg = f"the implementation 'onnxruntime' has no {type(layer).__name__}."
    raise UnsupportedError(msg)


def _one(operator: str, shapes: tuple[Shape, ...], **attributes: Any) -> Graph:
    """Return the graph of one operator that reads every input."""
    return Graph([helper.make_node(operator, _INPUTS[: len(shapes)], ["y"], **attributes)])


def _pads(axes: tuple[Axis, ...] | tuple[TransposedAxis, ...]) -> list[int]:
    return [axis.padding[end] for end in (0, 1) for axis in axes]


@graph_of.register
def _(layer: Conv, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    if layer.padding_mode != "zeros":
        msg = f"ONNX's Conv pads with zeros alone, got padding_mode={layer.padding_mode!r}."
        raise UnsupportedError(msg)
    return _one(
        "Conv", shapes, strides=layer.stride, pads=_pads(layer.axes(shapes[0][2:])),
        dilations=layer.dilation, group=layer.groups,
    )  # fmt: skip


@graph_of.register
def _(layer: LocallyConnected, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del layer, shapes, dtype
    msg = "ONNX has no locally connected layer."
    raise UnsupportedError(msg)


@graph_of.register
def _(layer: ConvTranspose, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    rows = zip(layer.output_padding, layer.stride, strict=True)
    if any(more >= stride for more, stride in rows):
        msg = (
            "onnxruntime's ConvTranspose takes an output_padding below the stride alone, got "
            f"output_padding={layer.output_padding} and stride={layer.stride}."
        )
        raise UnsupportedError(msg)
    return _one(
        "ConvTranspose", shapes, strides=layer.stride, pads=_pads(layer.axes(shapes[0][2:])),
        dilations=layer.dilation, output_padding=layer.output_padding, group=layer.groups,
    )  # fmt: skip


@graph_of.register
def _(layer: Bias, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    behind = len(shapes[0]) - 1 - layer.channel_axis % len(shapes[0])
    nodes = [
        helper.make_node("Reshape", ["w", "shape"], ["column"]),
        helper.make_node("Add", ["x", "column"], ["y"]),
    ]
    return Graph(nodes, {"shape": np.array((layer.channels, *(1,) * behind), np.int64)})


@graph_of.register
def _(layer: Linear, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del layer, dtype
    if len(shapes[0]) == 2:  # as the exporters write it
        return _one("Gemm", shapes, transB=1)
    product = "product" if len(shapes) == 3 else "y"
    nodes = [
        helper.make_node("Transpose", ["w"], ["columns"]),
        helper.make_node("MatMul", ["x", "columns"], [product]),
    ]
    if len(shapes) == 3:
        nodes.append(helper.make_node("Add", [product, "b"], ["y"]))
    return Graph(nodes)


def _windows(layer: MaxPool | AvgPool, shapes: tuple[Shape, ...]) -> dict[str, Any]:
    axes = layer.axes(shapes[0][2:])
    if any(max(axis.padding) >= axis.kernel_size for axis in axes):
        msg = (
            "onnxruntime's pooling takes a padding below the kernel size alone, even of a dilated "
            f"kernel, got padding={[axis.padding for axis in axes]} and "
            f"kernel_size={layer.kernel_size}."
        )
        raise UnsupportedError(msg)
    return {
        "kernel_shape": layer.kernel_size,
        "strides": layer.stride,
        "pads": _pads(axes),
        "dilations": layer.dilation,
        "ceil_mode": int(layer.ceil_mode),
    }


@graph_of.register
def _(layer: MaxPool, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    outputs = ["y", "indices"] if layer.return_indices else ["y"]
    return Graph([helper.make_node("MaxPool", ["x"], outputs, **_windows(layer, shapes))])


@graph_of.register
def _(layer: AvgPool, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    if layer.divisor_override is not None:
        msg = f"ONNX's AveragePool has no divisor_override, got {layer.divisor_override}."
        raise UnsupportedError(msg)
    included = int(layer.count_include_pad)
    return _one("AveragePool", shapes, count_include_pad=included, **_windows(layer, shapes))


@graph_of.register
def _(layer: GlobalMaxPool, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del layer, dtype
    return _one("GlobalMaxPool", shapes)


@graph_of.register
def _(layer: GlobalAvgPool, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del layer, dtype
    return _one("GlobalAveragePool", shapes)


@graph_of.register
def _(layer: Fold, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del shapes, dtype
    node = helper.make_node(
        "Col2Im", ["x", "output_size", "kernel_size"], ["y"], strides=layer.stride,
        pads=_pads(layer.unfold.axes(layer.output_size)), dilations=layer.dilation,
    )  # fmt: skip
    sizes = {"output_size": layer.output_size, "kernel_size": layer.kernel_size}
    return Graph([node], {name: np.array(size, np.int64) for name, size in sizes.items()})


@graph_of.register
def _(layer: LocalResponseNorm, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    if layer.size % 2 == 0:
        msg = (
            "the LRN of ONNX has the extra channel of an even window on the high side, ours on the "
            f"low side, and onnxruntime takes odd windows alone; got size={layer.size}."
        )
        raise UnsupportedError(msg)
    if len(shapes[0]) != 4:
        msg = f"onnxruntime's LRN takes two spatial axes, got an input of shape {shapes[0]}."
        raise UnsupportedError(msg)
    return _one(
        "LRN", shapes, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=float(layer.k)
    )


@graph_of.register
def _(layer: ReLU, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del layer, dtype
    return _one("Relu", shapes)


@graph_of.register
def _(layer: Tanh, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    if layer == Tanh():
        return _one("Tanh", shapes)
    nodes = [
        helper.make_node("Mul", ["slope", "x"], ["steep"]),
        helper.make_node("Tanh", ["steep"], ["curve"]),
        helper.make_node("Mul", ["amplitude", "curve"], ["y"]),
    ]
    factors = {"slope": layer.slope, "amplitude": layer.amplitude}
    return Graph(nodes, {name: np.array(factor, dtype) for name, factor in factors.items()})


@graph_of.register
def _(layer: Softmax, shapes: tuple[Shape, ...], dtype: np.dtype) -> Graph:
    del dtype
    return _one("Softmax", shapes, axis=layer.dim)
