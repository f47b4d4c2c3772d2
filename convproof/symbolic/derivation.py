"""A layer's matrices and both its derivatives, read from its triples.

For ``a[o] = sum of w[k] x[i]`` over the triples, and a loss whose gradient by ``a`` is ``da``::

    forward               a = T x
    input derivative      dx = T^T da
    weight derivative     dw = U^T da = D x
"""

from dataclasses import dataclass
from importlib import import_module
from textwrap import wrap
from typing import Any

import sympy as sp

from convproof.axes import AxisLike
from convproof.errors import UnsupportedError
from convproof.symbolic.equation import Equation
from convproof.symbolic.letters import Letters, Reciprocals
from convproof.symbolic.reading import Reading, star, toeplitz, unfold
from convproof.symbolic.size_law import LATEX, UNICODE, Words, size_law
from convproof.triples import Triples


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Derivation:
    """The derivation of one layer at one size.

    Attributes:
        name: what the layer is called in print.
        triples: its relation.
        x: letters of the input.
        w: letters of the weights, or constants in their place.
        a: letters of the output.
        axes: the spatial axes, for the laws of their sizes; may be empty.

    Example:
        Any relation will do; this one swaps two numbers and weighs them:

        >>> import numpy as np
        >>> triples = Triples(*map(np.array, ([0, 1], [0, 1], [1, 0])), sizes=(2, 2, 2))
        >>> letters = {name: Letters(name=name, shape=(2,)) for name in ("x", "w", "a")}
        >>> swap = Derivation(name="weighted swap", triples=triples, **letters)
        >>> print(swap.equations()[0])
        ⎛a₁⎞ = ⎛   w₁⎞ · ⎛x₁⎞
        ⎝a₂⎠   ⎝w₂   ⎠   ⎝x₂⎠
        >>> swap.weight_vjp()
        (da_1*x_2, da_2*x_1)
    """

    name: str
    triples: Triples
    x: Letters
    w: Letters | Reciprocals
    a: Letters
    axes: tuple[AxisLike, ...] = ()

    @property
    def has_weights(self) -> bool:
        """Whether there are weights to differentiate by."""
        return isinstance(self.w, Letters)

    @property
    def weights(self) -> int:
        """Number of weights; a bias is not part of the relation."""
        return self.triples.sizes[1] if self.has_weights else 0

    @property
    def toeplitz(self) -> Reading:
        """``T`` of ``a = T x``; its transpose is that of ``dx = T^T da``."""
        return toeplitz(self.triples, self.w)

    @property
    def unfold(self) -> Reading:
        """``U`` of ``a = U w``; its transpose is that of ``dw = U^T da``."""
        self._letters_of_weights()
        return unfold(self.triples, self.x)

    @property
    def star(self) -> Reading:
        """``D`` of ``dw = D x``, which is ``da ⋆ x``."""
        self._letters_of_weights()
        return star(self.triples, self.a.differential())

    def forward(self) -> tuple[sp.Expr, ...]:
        """Return ``a = T x`` as explicit polynomials."""
        return self.toeplitz.times(self.x)

    def input_vjp(self) -> tuple[sp.Expr, ...]:
        """Return ``dx = T^T da`` as explicit polynomials."""
        return self.toeplitz.transposed.times(self.a.differential())

    def weight_vjp(self) -> tuple[sp.Expr, ...]:
        """Return ``dw = U^T da`` as explicit polynomials.

        Raises:
            UnsupportedError: if the layer has no weights.
        """
        return self.unfold.transposed.times(self.a.differential())

    def equations(self) -> tuple[Equation, ...]:
        """Return the equations: forward, input derivative and, with weights, both of ``dw``."""
        T, da, dx = self.toeplitz, self.a.differential(), self.x.differential()
        forward = Equation(
            title="forward", law="a = T x", latex_law=r"\mathbf{a} &= T\,\mathbf{x}",
            left=self.a, matrix=T, right=self.x,
        )  # fmt: skip
        backward = Equation(
            title="input derivative", law="dx = Tᵀ da",
            latex_law=r"d\mathbf{x} &= T^\top d\mathbf{a}",
            left=dx, matrix=T.transposed, right=da,
        )  # fmt: skip
        if not isinstance(self.w, Letters):
            return forward, backward
        dw = self.w.differential()
        unfolded = Equation(
            title="weight derivative", law="dw = Uᵀ da",
            latex_law=r"d\mathbf{w} &= U^\top d\mathbf{a}",
            left=dw, matrix=self.unfold.transposed, right=da,
        )  # fmt: skip
        convenient = Equation(
            title="weight derivative, the convenient form", law="dw = D x",
            latex_law=r"d\mathbf{w} &= D\,\mathbf{x}", left=dw, matrix=self.star, right=self.x,
        )  # fmt: skip
        return forward, backward, unfolded, convenient

    def text(self, width: int | None = None) -> str:
        """Return the derivation as Unicode text, in at most ``width`` columns if one is given."""
        lines = [self.name, *self._sizes(UNICODE), self._counts()]
        parts = ["\n".join(_wrapped(line, width) for line in lines)]
        equations = self.equations()
        for equation in equations:
            heading = _wrapped(f"{equation.title}: {equation.law}", width)
            parts.append(f"{heading}\n{equation.text(width)}")
        text = "\n\n".join(parts)
        if any(mark in text for mark in "⋮⋯⋱"):
            legend = "Blank entries are zero; ⋮ ⋯ ⋱ stand for entries that are not all zero."
            text += "\n\n" + _wrapped(legend, width)
        return text

    def latex(self) -> str:
        """Return the derivation as a paragraph of LaTeX with amsmath, a display per equation."""
        parts = [equation.latex() for equation in self.equations()]
        if self.axes:
            laws = " \\\\\n".join(f"& {line}" for line in self._sizes(LATEX))
            parts.insert(0, f"Sizes:\n\\begin{{align*}}\n{laws}\n\\end{{align*}}")
        if any(dots in part for part in parts for dots in (r"\vdots", r"\cdots", r"\ddots")):
            parts.append("Blank entries are zero; dots stand for entries that are not all zero.")
        return "\n".join(parts)

    def figure(self, equation: str = "forward") -> Any:
        """Return one equation's matrix as a Matplotlib figure, cells coloured by letter.

        Args:
            equation: the title of one of ``equations()``.

        Raises:
            MissingExtraError: if Matplotlib is not installed (extra ``plot``).
        """
        # a picture is a report's, which is above this floor and found by its name when asked for
        return import_module("convproof.report.figure").figure(self, equation)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Derivation: {self.name}, {self.x.shape} to {self.a.shape}>"

    def _repr_latex_(self) -> str:
        laws = [f"& {line}" for line in self._sizes(LATEX)]
        lines = " \\\\\n".join([*laws, *(equation.aligned() for equation in self.equations())])
        return f"$$\\begin{{aligned}}\n{lines}\n\\end{{aligned}}$$"

    def _sizes(self, words: Words) -> list[str]:
        """Return the laws of every axis; equal axes have one between them."""
        if len(set(self.axes)) == 1:
            named = [("each axis", self.axes[0])]
        else:
            named = [(f"axis {a}", axis) for a, axis in enumerate(self.axes, start=1)]
        lines = []
        for name, axis in named:
            first, *others = size_law(axis, words)
            label = words.label.format(name) if len(self.axes) > 1 else ""
            lines += [label + first, *others]
        return lines

    def _counts(self) -> str:
        what = f"{self.weights} weights, " if self.has_weights else "no weights, "
        return f"{what}{len(self.triples)} products"

    def _letters_of_weights(self) -> Letters:
        if isinstance(self.w, Letters):
            return self.w
        msg = f"{self.name} has constants in the place of weights: there is no derivative by them."
        raise UnsupportedError(msg)


def _wrapped(line: str, width: int | None) -> str:
    return line if width is None else "\n".join(wrap(line, width, subsequent_indent="  "))
