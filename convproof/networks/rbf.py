"""Radial basis function units with fixed codes: the squared distance to each.

::

    y[n,i] = sum_j (x[n,j] - w[i,j])^2          x_bar[n,j] = 2 sum_i y_bar[n,i] (x[n,j] - w[i,j])

The codes are chosen by hand and do not learn (LeCun et al. 1998, section II.B): they are constants
of the layer, as its sizes are, and no parameters. The difference is taken before the square, for
``|x|^2 - 2 w x + |w|^2`` would cancel near a code.
"""

from dataclasses import dataclass
from math import prod
from typing import Any

from array_api_compat import array_namespace, device

from convproof.errors import GeometryError, ShapeError
from convproof.implementation import Implementation
from convproof.layers import Shape
from convproof.networks.composed import Arrays, Composed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rbf(Composed):
    """Squared distances of a vector to fixed codes.

    Attributes:
        codes: ``w``, a row for each unit, all of one length.

    Example:
        >>> Rbf(codes=((1, -1), (1, 1), (-1, 1))).output_shape((5, 2))
        (5, 3)
    """

    codes: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        lengths = {len(code) for code in self.codes}
        if len(lengths) != 1 or 0 in lengths:
            msg = (
                "codes must have one length of at least 1, and there must be one at least; they "
                f"have {sorted(lengths) or 'none'}."
            )
            raise GeometryError(msg)

    @property
    def input_axes(self) -> int | None:
        """Features."""
        return 1

    def output_shape(self, input_shape: Shape) -> Shape:
        """``(batch, codes)``."""
        wanted = len(self.codes[0])
        if len(input_shape) != 2 or input_shape[1] != wanted:
            msg = (
                f"the codes have {wanted} numbers, so rbf takes (batch, {wanted}), got the shape "
                f"{input_shape}. Put fc({wanted}) before it."
            )
            raise ShapeError(msg)
        return input_shape[0], len(self.codes)

    def operations(self, input_shape: Shape) -> int:
        """One for each number of each code: there is no bias."""
        return self.multiply_adds(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """One for each square that is summed."""
        return len(self.codes) * prod(input_shape[1:])

    def forward(self, verbs: Implementation, x: Any, arrays: Arrays) -> Any:
        """Return the squared distances."""
        del verbs, arrays
        away = self._away(x)
        return array_namespace(x).sum(away * away, axis=2)

    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        """Return ``x_bar``."""
        del verbs, arrays
        pulled = y_bar[:, :, None] * self._away(x)
        return 2 * array_namespace(x).sum(pulled, axis=1)

    def _away(self, x: Any) -> Any:
        codes = array_namespace(x).asarray(self.codes, dtype=x.dtype, device=device(x))
        return x[:, None, :] - codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Negate(Composed):
    """``y = -x``: distances become logits, so that the nearest code has the largest.

    With softmax after it, cross-entropy is the criterion of LeCun et al. 1998, equation 9, for a
    constant ``j`` that tends to infinity: ``E = y_D + log sum_i exp(-y_i)``.
    """

    def operations(self, input_shape: Shape) -> int:
        """None is counted."""
        del input_shape
        return 0

    def forward(self, verbs: Implementation, x: Any, arrays: Arrays) -> Any:
        """Return ``-x``."""
        del verbs, arrays
        return -x

    def input_vjp(self, verbs: Implementation, x: Any, y_bar: Any, arrays: Arrays) -> Any:
        """Return ``-y_bar``."""
        del verbs, x, arrays
        return -y_bar
