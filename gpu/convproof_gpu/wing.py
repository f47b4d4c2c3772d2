"""The GPU wing as implementations: the kernels' four verbs, on the simulator and on a GPU."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from convproof import layers
from convproof.errors import UnsupportedError
from convproof.layers import Layer
from convproof_gpu.choices import Choices
from convproof_gpu.fused import Fused
from convproof_gpu.layers import (
    adaptive_avg_pool,
    adaptive_max_pool,
    avg_pool,
    bias,
    conv,
    conv_transpose,
    convolve,
    fold,
    fused,
    global_avg_pool,
    global_max_pool,
    linear,
    local_response_norm,
    locally_connected,
    loss,
    max_pool,
    max_unpool,
    maxout,
    relu,
    softmax,
    tanh,
    unfold,
)
from convproof_gpu.machine import Machine
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import PRECISIONS, Precision

ROOMS: dict[type[Layer], ModuleType] = {
    layers.Conv: conv,
    layers.ConvTranspose: conv_transpose,
    layers.Linear: linear,
    layers.LocallyConnected: locally_connected,
    layers.Convolve: convolve,
    layers.Bias: bias,
    layers.ReLU: relu,
    layers.Tanh: tanh,
    layers.Softmax: softmax,
    layers.CrossEntropy: loss,
    layers.LocalResponseNorm: local_response_norm,
    layers.Maxout: maxout,
    layers.Unfold: unfold,
    layers.Fold: fold,
    layers.MaxPool: max_pool,
    layers.AvgPool: avg_pool,
    layers.AdaptiveMaxPool: adaptive_max_pool,
    layers.AdaptiveAvgPool: adaptive_avg_pool,
    layers.GlobalMaxPool: global_max_pool,
    layers.GlobalAvgPool: global_avg_pool,
    layers.MaxUnpool: max_unpool,
    Fused: fused,
}


class Wing:
    """The four verbs on a machine; an answer is of the kind of array that was given.

    Floats are multiplied in one of two precisions, and never in another than was asked for:

    =============  ============================================================================
    ``"float32"``  the default; at least as exact as sums of floats, on the tensor cores too,
                   where a float is two words of TF32; but for underflow, see ``bounds``
    ``"tf32"``     a float may be rounded to one word of TF32, of 11 bits, and is wherever the
                   tensor cores multiply it; the other products stay as they are
    =============  ============================================================================

    Elements of 16 bits are multiplied as they are. So the precision is of an implementation, beside
    its machine, and not of a spec, which is mathematics that every implementation shares; nor is it
    a switch that changes what calls elsewhere compute. It is a part of what launches are kept by.

    Args:
        machine: where the kernels run, and the precision.
    """

    supports = frozenset({"asymmetric", "circular"})

    def __init__(self, machine: Machine) -> None:
        by_default = machine.precision == "float32"
        self.name = machine.name if by_default else f"{machine.name}-{machine.precision}"
        self._machine = machine
        self._others: dict[str, Wing] = {machine.precision: self}

    @property
    def precision(self) -> Precision:
        """In which floats may be multiplied."""
        return self._machine.precision

    def with_precision(self, precision: str) -> "Wing":
        """Return the same verbs on the same machine, in a precision.

        Raises:
            UnsupportedError: if floats are not multiplied so.

        Example:
            >>> sim.with_precision("tf32").name
            'sim-tf32'
        """
        if precision == self._machine.precision:
            return self
        if precision not in self._others:
            if precision not in PRECISIONS:
                msg = (
                    f"{self._machine.name!r} multiplies floats in {' or '.join(PRECISIONS)}, got "
                    f"{precision!r}. Elements of 16 bits are multiplied as they are: cast the "
                    "arrays."
                )
                raise UnsupportedError(msg)
            machine = self._machine.with_precision(precision)
            self._others[precision] = Wing(machine)
        return self._others[precision]

    @property
    def choices(self) -> Choices:
        """The tiles that are taken in place of the table's."""
        return self._machine.choices

    def retuned(self) -> None:
        """Take what was measured since, also where launches were prepared before."""
        self._machine.retuned()

    def with_choices(self, choices: Choices) -> "Wing":
        """Return the same verbs on the same machine, with these tiles in place of the table's."""
        return Wing(self._machine.with_choices(choices))

    @property
    def versions(self) -> Mapping[str, str]:
        """What the kernels run on, by name."""
        return self._machine.versions

    def forward(self, layer: Layer, x: Any, *arrays: Any) -> Any:
        """Return ``y``."""
        return self._verb(layer, "forward", x, *arrays)

    def input_vjp(self, layer: Layer, x: Any, y_bar: Any, *arrays: Any) -> Any:
        """Return ``x_bar``."""
        return self._verb(layer, "input_vjp", x, y_bar, *arrays)

    def weight_vjp(self, layer: Layer, x: Any, y_bar: Any) -> Any:
        """Return ``w_bar``."""
        return self._verb(layer, "weight_vjp", x, y_bar)

    def bias_vjp(self, layer: Layer, y_bar: Any) -> Any:
        """Return ``b_bar``."""
        return self._verb(layer, "bias_vjp", y_bar)

    @property
    def machine(self) -> Machine:
        """Where the kernels run."""
        return self._machine

    def function(self, layer: Layer, verb: str) -> Callable[..., Any]:
        """Return what launches a verb: of a machine, the layer and its arrays.

        Raises:
            UnsupportedError: if the kernels do not have the layer, or not this verb of it.
        """
        found: Callable[..., Any] | None = getattr(ROOMS.get(type(layer)), verb, None)
        if found is None:
            msg = f"the implementation {self.name!r} has no {verb} for {type(layer).__name__}."
            raise UnsupportedError(msg)
        return found

    def _verb(self, layer: Layer, verb: str, *arrays: Any) -> Any:
        function = self.function(layer, verb)
        answer = self._machine.repeated(function, layer, arrays)
        return self._asked(function, layer, arrays) if answer is None else answer

    def _asked(self, function: Callable[..., Any], layer: Layer, arrays: Sequence[Any]) -> Any:
        machine = self._machine
        like = next(array for array in arrays if hasattr(array, "dtype"))
        with machine.stream_of(like):
            given = [
                array if array is None or isinstance(array, tuple) else machine.given(array)
                for array in arrays
            ]
            answer = machine.repeated(function, layer, given)
            if answer is None:
                answer = function(machine, layer, *given)
            if isinstance(answer, tuple):
                return tuple(machine.returned(part, like) for part in answer)
            return machine.returned(answer, like)


sim = Wing(Simulated())
sim_tf32 = sim.with_precision("tf32")
