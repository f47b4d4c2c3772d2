"""A layer as an object: its frozen spec, its parameters, and the four verbs.

==============================  ==================================================
call                            returns
==============================  ==================================================
``layer(x)``                    ``y``
``layer.input_vjp(x, y_bar)``   ``x_bar``, the gradient of ``<y, y_bar>`` in ``x``
``layer.weight_vjp(x, y_bar)``  ``w_bar``, the same in the weight
``layer.bias_vjp(y_bar)``       ``b_bar``, the same in the bias
==============================  ==================================================

Every call runs on the implementation that fits its arrays, as in ``convproof.functional``, and
takes an input with or without the batch axis.
"""

from collections.abc import Iterator, Mapping
from dataclasses import FrozenInstanceError
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from convproof.errors import DTypeError, ShapeError, UnsupportedError
from convproof.functional import implementation_for
from convproof.layers import Bias, Layer, Shape
from convproof.names import verbs
from convproof.names.checks import check_shape, has_batch, shape_of
from convproof.names.families import BUILDERS
from convproof.names.precision import Precision, check_precision, within
from convproof.nn.evidence import Evidence, evidence_of

DIMS = (1, 2, 3)
_PLAIN = ("in_channels", "out_channels", "size")  # written without their names, as torch does
_Kind = TypeVar("_Kind", bound="Module")
_Held = TypeVar("_Held", bound="Weighted")


class Module:
    """A layer without parameters; nothing of it can be set.

    Two layers are equal if they are of one class and one spec and hold the very same arrays.

    Attributes:
        spec: the hyper-parameters, see ``convproof.layers``.
        function: the layer's functional name.
        dims: number of spatial axes; 0 where the class does not say.
    """

    spec: Layer
    function: ClassVar[str]
    dims: ClassVar[int] = 0

    def __call__(self, input: Any) -> Any:  # noqa: A002  # torch's name
        """Return ``y``.

        Raises:
            ShapeError: if the input is none of the layer's.
            GeometryError: if its sizes leave no output.
        """
        return verbs.forward(implementation_for, self.spec, input, *self.parameters.values())

    def input_vjp(self, x: Any, y_bar: Any) -> Any:
        """Return the gradient of ``<layer(x), y_bar>`` in ``x``.

        Args:
            x: the input; of a layer with weights the shape suffices.
            y_bar: the cotangent, of the output's shape.
        """
        return verbs.input_vjp(implementation_for, self.spec, x, y_bar)

    @property
    def parameters(self) -> dict[str, Any]:
        """The trainable arrays by name."""
        return {}

    def evidence(
        self, *files: str | Path, input_size: Shape | None = None, dtype: str = ""
    ) -> Evidence:
        """Return what was tested of the kernels that compute this layer on a GPU.

        Evidence speaks of the source that it names: where a kernel's content differs, it is stale.

        Args:
            files: evidence files beside those that are installed.
            input_size: of ``x``, batch included, whose kernels are asked for; None: those of any.
            dtype: of the arrays; "": of the parameters, and float32 without any.

        Raises:
            DTypeError: if there is no such dtype.
            EvidenceError: if a file is no evidence.
        """
        held = [str(array.dtype).removeprefix("torch.") for array in self.parameters.values()]
        return evidence_of(
            self.spec,
            self.function,
            told=repr(self),
            dtype=dtype or (held or ["float32"])[0],
            precision=getattr(self, "precision", "float32"),
            input_size=input_size,
            files=files,
        )

    def _begin(self, **fields: Any) -> None:
        self.__dict__.update(fields)

    @classmethod
    def _built(cls, *args: Any, **options: Any) -> Layer:
        """Return the spec, as the layer's function reads the same arguments."""
        return BUILDERS[cls.function](cls.dims + 2, *args, **options)

    def __setattr__(self, name: str, value: object) -> None:
        msg = f"cannot assign to {name!r}: a layer is frozen, and replace() makes another."
        raise FrozenInstanceError(msg)

    def __delattr__(self, name: str) -> None:
        msg = f"cannot delete {name!r}: a layer is frozen."
        raise FrozenInstanceError(msg)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash((type(self), self._identity))

    @property
    def _identity(self) -> tuple[Any, ...]:
        return self.spec, *((name, id(array)) for name, array in self.parameters.items())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._written())})"

    def _written(self) -> Iterator[str]:
        """Yield the arguments that make the same spec, without those that are the default."""
        for name, parameter in signature(type(self)).parameters.items():
            if not hasattr(self.spec, name):
                continue
            value = _as_argument(name, getattr(self.spec, name))
            if parameter.default is Parameter.empty:
                yield f"{value!r}" if name in _PLAIN else f"{name}={value!r}"
            elif not _is_default(name, value, parameter.default, self.spec):
                yield f"{name}={value!r}"


class Weighted(Module):
    """A layer with a weight and, if it is not switched off, a bias.

    Attributes:
        weight: NumPy's array, CuPy's or torch's.
        bias: the same, or None.
        precision: what its products promise, see ``convproof.names.precision``.
    """

    weight: Any
    bias: Any
    precision: Precision = "float32"

    def __call__(self, input: Any) -> Any:  # noqa: A002  # torch's name
        """Return ``y``.

        Raises:
            ShapeError: if the input is none of the layer's.
            GeometryError: if its sizes leave no output.
            DTypeError: if the precision is not that of the arrays' dtype.
        """
        return verbs.forward(self._choose, self.spec, input, *self.parameters.values())

    def input_vjp(self, x: Any, y_bar: Any) -> Any:
        """Return the gradient of ``<layer(x), y_bar>`` in ``x``.

        Args:
            x: the input, or its shape.
            y_bar: the cotangent, of the output's shape.
        """
        size = x if isinstance(x, tuple) else shape_of(x, "x")
        return verbs.input_vjp(self._choose, self.spec, size, y_bar, self.weight)

    def weight_vjp(self, x: Any, y_bar: Any) -> Any:
        """Return the gradient of ``<layer(x), y_bar>`` in the weight.

        Args:
            x: the input.
            y_bar: the cotangent, of the output's shape.
        """
        return verbs.weight_vjp(self._choose, self.spec, x, y_bar)

    def bias_vjp(self, y_bar: Any) -> Any:
        """Return the gradient of ``<layer(x), y_bar>`` in the bias, for any ``x``.

        Args:
            y_bar: the cotangent, of the output's shape.

        Raises:
            UnsupportedError: if the layer has no bias.
            ShapeError: if the cotangent has other channels.
        """
        if self.bias is None:
            msg = f"{self!r} has no bias."
            raise UnsupportedError(msg)
        layer, shape = self._bias_spec(), shape_of(y_bar, "y_bar")
        batched = has_batch(shape, layer.image_axes, "y_bar")
        channels = shape[layer.channel_axis - (not batched)] if shape else 0
        if channels != layer.channels:
            msg = f"y_bar must have {layer.channels} channels, got {channels} in the shape {shape}."
            raise ShapeError(msg)
        return verbs.bias_vjp(implementation_for, layer, y_bar)

    @property
    def parameters(self) -> dict[str, Any]:
        """The weight and, if there is one, the bias."""
        return {name: getattr(self, name) for name in self.spec.parameter_shapes}

    def _start(self, spec: Layer, parameters: Mapping[str, Any], precision: Precision) -> None:
        check_precision(precision)
        self._begin(spec=spec, precision=precision, **parameters)

    @property
    def _choose(self) -> verbs.Choose:
        return within(implementation_for, self.precision)

    @property
    def _identity(self) -> tuple[Any, ...]:
        return self.precision, *super()._identity

    def _written(self) -> Iterator[str]:
        yield from super()._written()
        if self.precision != "float32":
            yield f"precision={self.precision!r}"

    def replace(
        self: _Held, *, weight: Any = None, bias: Any = None, precision: Precision | None = None
    ) -> _Held:
        """Return the layer with other parameters, or in another precision; None keeps one.

        With arrays of CuPy or tensors it runs there, if all its parameters are such.

        Raises:
            ShapeError: if an array is not of the spec's shape, or the layer has no bias.
            DTypeError: if the parameters would be of different dtypes or kinds.
            UnsupportedError: if there is no such precision.
        """
        if bias is not None and self.bias is None:
            msg = f"{self!r} has no bias to replace; make it with bias=True."
            raise ShapeError(msg)
        given = {"weight": weight, "bias": bias}
        held = self.parameters | {name: a for name, a in given.items() if a is not None}
        _check_parameters(held, self.spec.parameter_shapes)
        other = object.__new__(type(self))
        other._begin(**self.__dict__ | held)
        if precision is not None:
            check_precision(precision)
            other._begin(precision=precision)
        return other

    def _bias_spec(self) -> Bias:
        (channels,) = self.spec.parameter_shapes["bias"]
        return Bias(channels=channels, image_axes=self.spec.input_axes)


def over_axes(kind: type[_Kind]) -> tuple[type[_Kind], type[_Kind], type[_Kind]]:
    """Return the classes ``Kind1d``, ``Kind2d`` and ``Kind3d`` of a layer."""
    one, two, three = (
        type(
            f"{kind.__name__}{dims}d",
            (kind,),
            {
                "__doc__": kind.__doc__,
                "__module__": "convproof.nn",
                "dims": dims,
                "function": f"{kind.function}{dims}d",
            },
        )
        for dims in DIMS
    )
    return one, two, three


def _check_parameters(arrays: Mapping[str, Any], shapes: Mapping[str, Shape]) -> None:
    for name, array in arrays.items():
        check_shape(array, shapes[name], name)
    told = {
        name: f"{type(a).__module__}.{type(a).__name__} of {a.dtype}" for name, a in arrays.items()
    }
    if len(set(told.values())) > 1:
        found = ", ".join(f"{name} is a {kind}" for name, kind in told.items())
        msg = f"the parameters must be of one kind and dtype, but {found}. Replace both."
        raise DTypeError(msg)


def _as_argument(name: str, value: Any) -> Any:
    """Return a value of a spec as it is written: a padding by one number where its ends agree."""
    if name == "padding" and not isinstance(value, str):
        return tuple(low if low == high else (low, high) for low, high in value)
    return value


def _is_default(name: str, value: Any, default: Any, spec: Layer) -> bool:
    if name == "stride" and default is None:
        default = getattr(spec, "kernel_size")  # noqa: B009  # no spec but a pool's has it
        return bool(value == default)
    return bool(value == default or (isinstance(value, tuple) and set(value) == {default}))
