"""A bilinear map as a set of integer triples.

An output ``a`` that is bilinear in weights ``w`` and input ``x``, with coefficients 1, is::

    a[o] = sum of w[k] * x[i] over the triples (o, k, i)

The monomials ``w[k] x[i]`` are a basis, so equal multisets of triples are equal polynomials, and
every matrix of the layer is a reading of the same set (``convproof.symbolic``).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

_SHOWN = 8  # outputs that repr writes out


@dataclass(frozen=True, slots=True, eq=False)
class Triples:
    """The multiset ``{(o, k, i)}`` and the sizes of its three legs.

    A multiset and not a map: circular padding can give one entry two weights.

    Attributes:
        output: output position of each triple, in ``[0, O)``.
        tap: weight of each triple, in ``[0, K)``.
        input: input position of each triple, in ``[0, I)``.
        sizes: the extents ``(O, K, I)``.

    Example:
        >>> pair = Triples(*(np.array(leg) for leg in ([0, 0], [0, 1], [0, 1])), sizes=(1, 2, 2))
        >>> pair
        a[0] = w[0] x[0] + w[1] x[1]
    """

    output: Int[np.ndarray, " t"]
    tap: Int[np.ndarray, " t"]
    input: Int[np.ndarray, " t"]
    sizes: tuple[int, int, int]

    def __len__(self) -> int:
        return len(self.output)

    def __mul__(self, other: "Triples") -> "Triples":
        """Return the product map: each leg's index pair ``(a, b)`` becomes ``a * size + b``."""
        output, tap, input_ = (
            (a[:, None] * size + b[None, :]).ravel()
            for a, b, size in zip(self.legs, other.legs, other.sizes, strict=True)
        )
        O, K, I = (a * b for a, b in zip(self.sizes, other.sizes, strict=True))
        return Triples(output, tap, input_, sizes=(O, K, I))

    def __eq__(self, other: object) -> bool:
        """Two sets are equal exactly when their bilinear maps are the same polynomials."""
        if not isinstance(other, Triples):
            return NotImplemented
        return self.sizes == other.sizes and np.array_equal(self.canonical(), other.canonical())

    __hash__ = None  # type: ignore[assignment]  # holds arrays

    def __repr__(self) -> str:
        lines = []
        for o in range(min(self.sizes[0], _SHOWN)):
            here = self.output == o
            pairs = sorted(zip(self.tap[here].tolist(), self.input[here].tolist(), strict=True))
            terms = " + ".join(f"w[{k}] x[{i}]" for k, i in pairs)
            lines.append(f"a[{o}] = {terms or '0'}")
        if self.sizes[0] > _SHOWN:
            lines.append(f"... {self.sizes[0]} outputs, {len(self)} triples")
        return "\n".join(lines)

    @property
    def legs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The three index arrays, in the order of ``sizes``."""
        return self.output, self.tap, self.input

    def canonical(self) -> Int[np.ndarray, " t"]:
        """Return one sorted integer per triple: equal arrays mean equal polynomials."""
        _, K, I = self.sizes
        return np.sort((self.output * K + self.tap) * I + self.input)
