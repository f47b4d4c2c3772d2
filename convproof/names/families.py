"""From a layer's builder to its functions: the layer itself and its VJPs, each with torch's names.

===============  ===================================================================
a layer with     its functions
===============  ===================================================================
weights          ``f(input, weight, bias=None, *args)``,
                 ``f_input(input_size, weight, y_bar, *args)``,
                 ``f_weight(x, weight_size, y_bar, *args)``, ``f_bias(y_bar)``
no weights       ``f(input, *args)``, ``f_input(x, y_bar, *args)``
===============  ===================================================================

``args`` are the builder's own arguments, in its order and with its defaults. What multiplies takes
``precision`` too, by its name (``convproof.names.precision``). Each entry of a family is a function
of ``choose``, which names the implementation for an array.
"""

from collections.abc import Callable, Sequence
from inspect import Parameter, Signature, signature
from typing import Any

from convproof.errors import ShapeError
from convproof.layers import Bias, Layer, Shape
from convproof.names import verbs
from convproof.names.checks import as_shape, has_batch, shape_of
from convproof.names.precision import with_precision
from convproof.names.recalled import Calls, Operands, key_of
from convproof.names.verbs import Choose

Family = dict[str, Callable[[Choose], Callable[..., Any]]]
BUILDERS: dict[str, Callable[..., Layer]] = {}  # of every layer, by its functional name


def with_weights(name: str, build: Callable[..., Layer], bias: Callable[..., Bias]) -> Family:
    """Return the four functions of a layer with a weight and a bias.

    Args:
        name: the layer's functional name.
        build: ``build(weight_size, has_bias, *args)``, the spec; its docstring is the layer's.
        bias: ``bias(shape)``, the spec of the bias added to an output of this shape.
    """

    def forward(choose: Choose) -> Callable[..., Any]:
        def function(input: Any, weight: Any, bias: Any = None, *args: Any, **options: Any) -> Any:  # noqa: A002
            layer = build(shape_of(weight, "weight"), bias is not None, *args, **options)
            biases = () if bias is None else (bias,)
            return layer, verbs.forward(choose, layer, input, weight, *biases)

        own = ("input", "weight", "bias")
        operands = Operands("forward", own, own)
        return _described(choose, function, operands, name, build.__doc__, build, skip=2)

    def input_vjp(choose: Choose) -> Callable[..., Any]:
        def function(
            input_size: Sequence[int], weight: Any, y_bar: Any, *args: Any, **options: Any
        ) -> Any:
            layer = build(shape_of(weight, "weight"), False, *args, **options)
            size = as_shape(input_size, "input_size")
            return layer, verbs.input_vjp(choose, layer, size, y_bar, weight)

        doc = f"""Return the gradient of ``<{name}(x, weight), y_bar>`` in ``x``.

        Args:
            input_size: the shape of ``x``.
            weight: the weight of ``{name}``.
            y_bar: the cotangent, of the output's shape.

        The further arguments are those of ``{name}``.
        """
        own = ("input_size", "weight", "y_bar")
        operands = Operands("input_vjp", own, ("y_bar", "weight"), size="input_size", like=1)
        return _described(choose, function, operands, f"{name}_input", doc, build, skip=2)

    def weight_vjp(choose: Choose) -> Callable[..., Any]:
        def function(
            x: Any, weight_size: Sequence[int], y_bar: Any, *args: Any, **options: Any
        ) -> Any:
            layer = build(as_shape(weight_size, "weight_size"), False, *args, **options)
            return layer, verbs.weight_vjp(choose, layer, x, y_bar)

        doc = f"""Return the gradient of ``<{name}(x, w), y_bar>`` in ``w``.

        What is shared in forward is added in backward.

        Args:
            x: the input of ``{name}``.
            weight_size: the shape of ``w``.
            y_bar: the cotangent, of the output's shape.

        The further arguments are those of ``{name}``.
        """
        operands = Operands("weight_vjp", ("x", "weight_size", "y_bar"), ("x", "y_bar"))
        return _described(choose, function, operands, f"{name}_weight", doc, build, skip=2)

    def bias_vjp(choose: Choose) -> Callable[..., Any]:
        def function(y_bar: Any) -> Any:
            layer = bias(shape_of(y_bar, "y_bar"))
            return layer, verbs.bias_vjp(choose, layer, y_bar)

        doc = f"""Return the gradient of ``<{name}(x, w, b), y_bar>`` in ``b``.

        Args:
            y_bar: the cotangent, of the output's shape; it is summed over all axes but channels.
        """
        operands = Operands("bias_vjp", ("y_bar",), ("y_bar",))
        return _described(choose, function, operands, f"{name}_bias", doc)

    BUILDERS[name] = build
    return {
        name: with_precision(forward),
        f"{name}_input": with_precision(input_vjp),
        f"{name}_weight": with_precision(weight_vjp),
        f"{name}_bias": bias_vjp,
    }


def without_weights(name: str, build: Callable[..., Layer], *, indices: str = "") -> Family:
    """Return the two functions of a layer without weights.

    Args:
        name: the layer's functional name.
        build: ``build(axes, *args)``, the spec for an input of so many axes; its docstring is the
            layer's.
        indices: the name of the layer's ``index_shapes``, an array that follows the input in ``f``
            and the cotangent in ``f_input``; "": it has none.
    """

    def forward(choose: Choose) -> Callable[..., Any]:
        def function(input: Any, *args: Any, **options: Any) -> Any:  # noqa: A002
            arrays, args = _indices(args, options, indices)
            layer = build(len(shape_of(input, "input")), *args, **options)
            return layer, verbs.forward(choose, layer, input, indices=arrays)

        operands = None if indices else Operands("forward", ("input",), ("input",))
        return _described(
            choose, function, operands, name, build.__doc__, build, skip=1, indices=indices
        )

    def input_vjp(choose: Choose) -> Callable[..., Any]:
        def function(x: Any, y_bar: Any, *args: Any, **options: Any) -> Any:
            arrays, args = _indices(args, options, indices)
            layer = build(len(shape_of(x, "x")), *args, **options)
            return layer, verbs.input_vjp(choose, layer, x, y_bar, indices=arrays)

        doc = f"""Return the gradient of ``<{name}(x), y_bar>`` in ``x``.

        Args:
            x: the input of ``{name}``.
            y_bar: the cotangent, of the output's shape.

        The further arguments are those of ``{name}``.
        """
        own = ("x", "y_bar")
        operands = None if indices else Operands("input_vjp", own, own)
        named = f"{name}_input"
        return _described(choose, function, operands, named, doc, build, skip=1, indices=indices)

    BUILDERS[name] = build
    return {name: forward, f"{name}_input": input_vjp}


def _indices(
    args: tuple[Any, ...], options: dict[str, Any], name: str
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Return the indices of this name, if they have one, and the arguments without them."""
    if not name:
        return (), args
    return ((args[0],), args[1:]) if args else ((options.pop(name),), args)


def _described(
    choose: Choose,
    function: Callable[..., tuple[Layer, Any]],
    operands: Operands | None,
    name: str,
    doc: str | None,
    build: Callable[..., Layer] | None = None,
    *,
    skip: int = 0,
    indices: str = "",
) -> Callable[..., Any]:
    """Return the function under its public name and signature, to which its arguments are bound.

    The builder's own arguments, all but its first ``skip``, stand in the place of ``*args``.

    Args:
        choose: names the implementation.
        function: returns the spec and the answer.
        operands: what is recalled of a call; None: it takes indices, whose dtype matters too, and
            is read anew each time.
        name: the public name.
        doc: its docstring.
        build: the layer's builder.
        skip: how many of its arguments the function gives it.
        indices: the name of what it takes beside them; "": nothing.
    """
    own = [
        p
        for p in signature(function).parameters.values()
        if p.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    ]
    further = list(signature(build).parameters.values())[skip:] if build is not None else []
    extra = [Parameter(indices, Parameter.POSITIONAL_OR_KEYWORD)] if indices else []
    public, calls = Signature([*own, *extra, *further]), Calls()

    def named(*args: Any, **options: Any) -> Any:
        key = key_of(operands, args, options) if operands else None
        call = None if key is None else calls.known(key)
        if call is not None:
            return call(choose, args, options)
        try:
            public.bind(*args, **options)
        except TypeError as error:
            msg = f"{name}() {error}"
            raise TypeError(msg) from None
        layer, answer = function(*args, **options)
        call = operands.recalled(layer, args, options) if operands and key is not None else None
        if call is not None:
            calls.keep(key, call)
        return answer

    named.__name__ = named.__qualname__ = name
    named.__module__ = "convproof.functional"
    named.__doc__ = doc
    named.__signature__ = public  # type: ignore[attr-defined]
    return named


def bias_after_channels(shape: Shape, *, dims: int) -> Bias:
    """Return the spec of a bias per channel, for an output with or without a batch axis."""
    batched = has_batch(shape, dims + 1, "y_bar")
    return Bias(channels=shape[1 if batched else 0], image_axes=dims + 1)


def bias_after_features(shape: Shape) -> Bias:
    """Return the spec of a bias per feature of the last axis."""
    if not shape:
        msg = "y_bar must have at least one axis, got a scalar."
        raise ShapeError(msg)
    return Bias(channels=shape[-1], channel_axis=-1)
