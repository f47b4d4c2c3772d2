"""A network computed through any implementation: forward, and backward by the layers' own VJPs.

::

    y_v = f_v(y_u; w_v)          for every node v, that reads u
    y_bar_u += (d f_v)^T y_bar_v          w_bar_v = (d_w f_v)^T y_bar_v       in the reverse order

Arrays may be NumPy's or another library's with the same operators: the implementation decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from array_api_compat import array_namespace

from convproof.errors import NetworkError
from convproof.implementation import Implementation
from convproof.layers import Bias, Layer, Linear
from convproof.networks.composed import Composed
from convproof.networks.graph import INPUT, Network, Node
from convproof.networks.wiring import Concat, Dropout, Flatten

Parameters = Mapping[str, Any]
Masks = Callable[[Node, tuple[int, ...]], Any]  # zeros and 1 / (1 - p), of the output's shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """What a forward pass leaves for the backward one.

    Attributes:
        network: that was computed.
        implementation: that computed it.
        parameters: that it was computed with.
        values: of every node, by name, and of the input.
        masks: of the dropouts, by name.
    """

    network: Network
    implementation: Implementation
    parameters: Parameters
    values: dict[str, Any]
    masks: dict[str, Any] = field(default_factory=dict)

    @property
    def answer(self) -> Any:
        """The main output."""
        return self.values[self.network.outputs[0]]


def forward(
    network: Network,
    implementation: Implementation,
    parameters: Parameters,
    x: Any,
    *,
    masks: Masks | None = None,
) -> Tape:
    """Return every node's output for a batch of images.

    Args:
        network: what is computed.
        implementation: by what: ``convproof.implementation.load_implementation("numpy")``.
        parameters: arrays by the names of ``network.parameter_shapes``.
        x: the images, ``(batch, *network.input_shape)``, or larger where all layers slide.
        masks: of dropout, in training; None: dropout is the identity.

    Raises:
        NetworkError: if a parameter is missing, or has another shape; or the images do not fit.
    """
    check(network, parameters)
    network.shapes_of(tuple(x.shape[1:]))
    tape = Tape(
        network=network,
        implementation=implementation,
        parameters=parameters,
        values={INPUT: x},
    )
    for node in network:
        read = [tape.values[name] for name in node.reads]
        if isinstance(node.layer, Dropout) and masks is not None:
            tape.masks[node.name] = masks(node, tuple(read[0].shape))
            tape.values[node.name] = read[0] * tape.masks[node.name]
        else:
            tape.values[node.name] = _computed(tape, node, read)
    return tape


def vjp(
    tape: Tape, cotangents: Mapping[str, Any], *, image: bool = True
) -> tuple[Any, dict[str, Any]]:
    """Return the cotangent of the images, and those of the parameters by their names.

    Args:
        tape: of a forward pass.
        cotangents: of outputs, by the names of the nodes; each of its output's shape.
        image: whether the images' cotangent is wanted. If not, it is None, and nothing is computed
            that it alone needs: the parameters of a first layer have no use for its ``x_bar``.
    """
    wanted = {INPUT, *tape.values} if image else _with_parameters(tape.network)
    bars: dict[str, Any] = dict(cotangents)
    gradients: dict[str, Any] = {}
    for node in reversed(tape.network.nodes):
        if node.name not in bars:
            continue
        y_bar = bars.pop(node.name)
        gradients.update(_parameters_vjp(tape, node, y_bar))
        if wanted.isdisjoint(node.reads):
            continue
        for name, x_bar in zip(node.reads, _input_vjp(tape, node, y_bar), strict=True):
            bars[name] = bars[name] + x_bar if name in bars else x_bar
    return bars.get(INPUT) if image else None, gradients


def check(network: Network, parameters: Parameters) -> None:
    """Raise ``NetworkError`` unless every parameter is there with its shape, and no other."""
    wanted = network.parameter_shapes
    for name, shape in wanted.items():
        if name not in parameters:
            msg = f"{network.name} has the parameter {name} of shape {shape}, which is not given."
            raise NetworkError(msg)
        found = tuple(parameters[name].shape)
        if found != shape:
            msg = f"{network.name}: {name} must have the shape {shape}, got {found}."
            raise NetworkError(msg)
    for name in parameters:
        if name not in wanted:
            msg = f"{network.name} has no parameter {name!r}."
            raise NetworkError(msg)


def _computed(tape: Tape, node: Node, read: list[Any]) -> Any:
    layer, x = node.layer, read[0]
    if isinstance(layer, Concat):
        return array_namespace(x).concat(read, axis=1)
    if isinstance(layer, Flatten):
        return x.reshape(x.shape[0], -1)
    if isinstance(layer, Dropout):
        return x
    arrays = _arrays(tape, node)
    if isinstance(layer, Composed):
        return layer.forward(tape.implementation, x, arrays)
    return tape.implementation.forward(layer, x, *arrays.values())


def _with_parameters(network: Network) -> set[str]:
    """Return the nodes that have parameters, or are computed from one that has."""
    found: set[str] = set()
    for node in network:
        if node.layer.parameter_shapes or not found.isdisjoint(node.reads):
            found.add(node.name)
    return found


def _parameters_vjp(tape: Tape, node: Node, y_bar: Any) -> dict[str, Any]:
    layer, verbs, x = node.layer, tape.implementation, tape.values[node.reads[0]]
    names = layer.parameter_shapes
    found: dict[str, Any] = {}
    if isinstance(layer, Composed):
        found = layer.parameters_vjp(verbs, x, y_bar, _arrays(tape, node))
    else:
        if "weight" in names:
            found["weight"] = verbs.weight_vjp(layer, x, y_bar)
        if "bias" in names:
            found["bias"] = verbs.bias_vjp(_bias(layer, names["bias"][0]), y_bar)
    return {f"{node.name}.{name}": bar for name, bar in found.items()}


def _input_vjp(tape: Tape, node: Node, y_bar: Any) -> list[Any]:
    """Return the cotangent of each node that is read."""
    layer, read = node.layer, [tape.values[name] for name in node.reads]
    if isinstance(layer, Concat):
        parts, start = [], 0
        for each in read:
            parts.append(y_bar[:, start : start + each.shape[1]])
            start += each.shape[1]
        return parts
    if isinstance(layer, Flatten):
        return [y_bar.reshape(read[0].shape)]
    if isinstance(layer, Dropout):
        mask = tape.masks.get(node.name)
        return [y_bar if mask is None else y_bar * mask]
    verbs, arrays = tape.implementation, _arrays(tape, node)
    if isinstance(layer, Composed):
        return [layer.input_vjp(verbs, read[0], y_bar, arrays)]
    weights = (arrays["weight"],) if "weight" in arrays else ()
    return [verbs.input_vjp(layer, read[0], y_bar, *weights)]


def _arrays(tape: Tape, node: Node) -> dict[str, Any]:
    names = node.layer.parameter_shapes
    return {name: tape.parameters[f"{node.name}.{name}"] for name in names}


def _bias(layer: Layer, channels: int) -> Bias:
    if isinstance(layer, Linear):
        return Bias(channels=channels, channel_axis=-1)
    return Bias(channels=channels, image_axes=layer.input_axes)
