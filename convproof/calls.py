"""A call of a target: one function, its positional arguments and its options, as plain values.

==============  =========================================  ==========================
role            a layer with weights                       one without
==============  =========================================  ==========================
forward         ``f(x, w, b, **options)``                  ``f(x, *, **options)``
input           ``f(input_size, w, y_bar, **options)``     ``f(x, y_bar, *, **options)``
weight          ``f(x, weight_size, y_bar, **options)``
bias            ``f(y_bar)``
jvp             ``f(x, w, x_dot, w_dot, **options)``
second_output   ``f(x, w, y_bar, u, v, **options)``, also ``second_input`` and ``second_weight``
==============  =========================================  ==========================

In the place of ``*`` stand the arrays of integers that a layer has, such as ``target``.

``jvp`` is the derivative in the direction ``(x_dot, w_dot)``. The three of second order are the
gradients of ``<x_bar, u> + <w_bar, v>`` in ``y_bar``, ``x`` and ``w`` ("double backward").
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convproof.cases import Arrays, Case
from convproof.functions import Function, Role
from convproof.names.arguments import arguments_of

LAYOUTS = ("plain", "sliced", "transposed", "channels_last", "negative", "offset", "read_only")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a target.

    Attributes:
        function: which one.
        given: the positional arguments in order, ``(name, value)``; a value is an array, a shape
            or None.
        options: the keyword arguments.
        layout: how the arrays lie in memory, one of ``LAYOUTS``.
    """

    function: Function
    given: tuple[tuple[str, Any], ...]
    options: dict[str, Any]
    layout: str = "plain"

    @property
    def arrays(self) -> Arrays:
        """The arrays among the arguments, by name."""
        return Arrays({n: v for n, v in self.given if isinstance(v, np.ndarray)})

    def answered_by(self, code: Callable[..., Any]) -> Any:
        """Return what a function answers, called in this process with these very arrays."""
        return code(*(value for _, value in self.given), **self.options)

    def laid_out(self, layout: str) -> "Call":
        """Return the call with its arrays in another memory layout."""
        return replace(self, layout=layout)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a call.

    Attributes:
        y: a copy of the answer.
        left: the given arrays that the target changed, as it left them.
        shared: the name of a given array whose memory the answer uses, or "".
    """

    y: np.ndarray
    left: Arrays
    shared: str = ""


_GIVEN: dict[Role, str] = {
    "forward": "x w b",
    "input": "input_size w y_bar",
    "weight": "x weight_size y_bar",
    "bias": "y_bar",
    "jvp": "x w x_dot w_dot",
    "second_output": "x w y_bar u v",
    "second_input": "x w y_bar u v",
    "second_weight": "x w y_bar u v",
}


def given_names(function: Function) -> tuple[str, ...]:
    """Return the names of the positional arguments of a function, in order."""
    if function.family == "bilinear":
        return tuple(_GIVEN[function.role].split())
    return (*(("x",) if function.role == "forward" else ("x", "y_bar")), *function.indices)


def call_of(function: Function, case: Case, arrays: Arrays) -> Call:
    """Return how a target is called for a case, with these arrays."""
    shapes = {"input_size": case.input_shape, "weight_size": case.weight_shape}
    given = tuple((name, shapes.get(name, arrays.get(name))) for name in given_names(function))
    options = {} if function.role == "bias" else arguments_of(case.layer, case.input_shape)
    return Call(function, given, options)
