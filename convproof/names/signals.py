"""convolve: the true convolution of signals on the integers, which no layer computes."""

from collections.abc import Callable
from typing import Any, Literal

from convproof.implementation import Implementation
from convproof.layers import Convolve
from convproof.names.checks import shape_of


def _convolve(choose: Callable[[Any], Implementation]) -> Callable[..., Any]:
    def convolve(x: Any, h: Any, mode: Literal["full", "same", "valid"] = "full") -> Any:
        """Return the true convolution ``y[o] = sum_k h[k] x[o - k]`` of two signals.

        The kernel is flipped, unlike in the layers: ``h * x = x * h`` in the mode ``"full"``. The
        modes are those of ``scipy.signal.convolve``.

        Args:
            x: the signal, one axis or more, zero outside.
            h: the kernel, as many axes.
            mode: ``"full"``: every output that can be nonzero; ``"same"``: the central ones, as
                many as ``x`` has; ``"valid"``: those whose kernel lies inside ``x``.

        Raises:
            GeometryError: if ``"valid"`` keeps no output.
            ShapeError: if the numbers of axes differ.
        """
        layer = Convolve(mode=mode)
        layer.axes(shape_of(x, "x"), shape_of(h, "h"))
        return choose(x).forward(layer, x, h)

    convolve.__module__ = "convproof.functional"
    return convolve


FUNCTIONS = {"convolve": _convolve}
