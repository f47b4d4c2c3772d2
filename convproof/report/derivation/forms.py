r"""The closed forms for all sizes: of a layer and its derivatives, with their conditions.

The forms hold for every stride, dilation and padding; those that a variant leaves as they are
(``s = 1``, ``t = 1``, ``p = 0``) are put in, and every form is held against the triples at the
sizes of the report.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from convproof.axes import Axis, TransposedAxis
from convproof.layers import AvgPool, Conv, ConvTranspose, Layer
from convproof.report.formulas import LINE, letters, low_slashed, slashed
from convproof.report.model import (
    Badge,
    Block,
    Column,
    Equation,
    Inline,
    Math,
    Prose,
    Section,
    Table,
    Text,
    Verdict,
)
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.index_sum import (
    AveragePooling,
    Convolution,
    Form,
    MaxPooling,
    Relation,
)
from convproof.symbolic.index_sum.convolution import GROUPS, IN_CHANNELS, OUT_CHANNELS
from convproof.symbolic.index_sum.instances import monomials, triples

_OPEN, _CLOSE = r"\left[", r"\right]"


def forms_of(layer: Layer, dims: int) -> tuple[Form, ...]:
    """Return the forms of a layer for all sizes."""
    if isinstance(layer, AvgPool):
        return (*AveragePooling(dims=dims).forms, *MaxPooling(dims=dims).forms)
    if not isinstance(layer, Conv | ConvTranspose):
        return ()
    several = layer.in_channels > 1 or layer.out_channels > 1
    mode = layer.padding_mode if isinstance(layer, Conv) else "zeros"
    convolution = Convolution(
        dims=dims, channels=several, groups=layer.groups > 1, padding_mode=mode
    )
    if isinstance(layer, ConvTranspose):
        return convolution.transposed.forms
    return convolution.forms


def sizes_of(layer: Layer, derivation: Derivation) -> dict[Any, int]:
    """Return the numbers of a report's sizes for the letters of its forms."""
    numbers: dict[Any, int] = {}
    for relation, axis in zip(_relations(derivation), derivation.axes, strict=True):
        assert isinstance(axis, Axis | TransposedAxis)  # what a report shows
        numbers |= relation.at(axis)
    if isinstance(layer, Conv | ConvTranspose):
        groups = layer.groups
        channels = (layer.in_channels // groups, layer.out_channels // groups)
        names = (GROUPS[1], IN_CHANNELS[1], OUT_CHANNELS[1])
        numbers |= dict(zip(names, (groups, *channels), strict=True))
    return numbers


def agrees(form: Form, layer: Layer, derivation: Derivation) -> bool | None:
    """Return whether a form is the layer's at its sizes; None: it is not that kind of sum."""
    sizes = sizes_of(layer, derivation)
    if not isinstance(layer, AvgPool):
        return bool(triples(form, sizes) == derivation.triples)
    if form.name.startswith("max"):
        return None
    rows = monomials(form, sizes)
    letter = "dx" if "dx" in rows else "x"
    pairs = zip(
        _flat(rows["da" if letter == "dx" else "a"], derivation.a.shape),
        _flat(rows[letter], derivation.x.shape),
        strict=True,
    )
    given = zip(derivation.triples.output.tolist(), derivation.triples.input.tolist(), strict=True)
    return sorted(pairs) == sorted(given)


def _flat(rows: Any, shape: tuple[int, ...]) -> list[int]:
    found = [0] * len(rows)
    for place, extent in enumerate(shape[len(shape) - rows.shape[1] :]):
        found = [flat * extent + int(i) for flat, i in zip(found, rows[:, place], strict=True)]
    return found


def simpler(form: Form, derivation: Derivation) -> Form | None:
    """Return a form with what the layer leaves as it is put in; None if that is nothing."""
    given = {
        letter: sp.Integer(number)
        for relation, axis in zip(_relations(derivation), derivation.axes, strict=True)
        for letter, number in _plain(relation, axis).items()
    }
    if not given:
        return None
    return form.renamed(form.name, given)


def _plain(relation: Relation, axis: Any) -> dict[sp.Symbol, int]:
    numbers = {relation.s: axis.stride, relation.t: axis.dilation}
    given = {letter: 1 for letter, number in numbers.items() if number == 1}
    return given | ({relation.low: 0} if axis.padding[0] == 0 else {})


def _relations(derivation: Derivation) -> tuple[Relation, ...]:
    dims = len(derivation.axes)
    return Convolution(dims=dims).relations


def section(layer: Layer, derivation: Derivation) -> Section:
    """Return what holds for all sizes: every form, in general and for this variant."""
    parts = (
        Section(title=_title(form), blocks=tuple(_blocks(form, layer, derivation)))
        for form in forms_of(layer, len(derivation.axes))
    )
    return Section(title="For all sizes", blocks=(Text(*_introduction(layer)), *parts))


def _introduction(layer: Layer) -> tuple[Inline, ...]:
    before: tuple[Inline, ...] = (
        "Indices are counted from 0. A bracket is 1 where its condition holds and 0 elsewhere; ",
        Math(r"s \mid u"), " says that ", Math("s"), " divides ", Math("u"),
        ". These sums hold for every size, stride, dilation and padding; none is written by hand: "
        "each is the derivative of the layer's sum, with its deltas eliminated. ",
    )  # fmt: skip
    if isinstance(layer, AvgPool):
        return (
            *before, Math("d_o"), " is the divisor of a window, ", Math("h_{o,k}"),
            " is 1 for the tap of its maximum: ", f"{MaxPooling.ties}.",
        )  # fmt: skip
    return before


def _title(form: Form) -> str:
    name = form.name.rpartition("convolution, ")[2]
    return name[0].upper() + name[1:]


def _blocks(form: Form, layer: Layer, derivation: Derivation) -> Iterator[Block]:
    yield Equation(*lines(form))
    if form.guards:
        yield _conditions(form)
    here = simpler(form, derivation)
    if here is not None and here.expression != form.expression:
        yield Text("Here, with ", *_put_in(derivation), ":")
        yield Equation(*lines(here))
    same = agrees(form, layer, derivation)
    if same is not None:
        yield Verdict(
            badge=Badge("equal" if same else "differs", "good" if same else "bad"),
            prose="at the sizes of this report: its products are those of the matrix above.",
        )


def _put_in(derivation: Derivation) -> Iterator[Any]:
    found: dict[str, None] = {}
    for relation, axis in zip(_relations(derivation), derivation.axes, strict=True):
        for letter, number in _plain(relation, axis).items():
            found[f"{_letter(letter)} = {number}"] = None
    for place, text in enumerate(found):
        yield from (", ", Math(text)) if place else (Math(text),)


def _letter(letter: sp.Symbol) -> str:
    name, _, rest = letter.name.partition("_")
    word, _, axis = rest.partition("_")
    if name == "p":
        return rf"p_{{\mathrm{{{word}}}{f',{axis}' if axis else ''}}}"
    return str(sp.latex(letter))


def lines(form: Form) -> tuple[str, ...]:
    """Return a form as LaTeX; a long one is broken before its brackets."""
    latex = low_slashed(form.latex)
    if letters(latex) <= LINE:
        return (latex,)
    left, _, right = latex.partition(" = ")
    pieces = _pieces(right)
    found = [f"{left} &= {pieces[0]}"]
    for piece in pieces[1:]:
        if letters(found[-1]) + letters(piece) <= LINE:
            found[-1] += f" {piece}"
        else:
            found.append(rf"&\quad {piece}")
    return tuple(found)


def _pieces(latex: str) -> list[str]:
    """Return a sum in front of its brackets, each bracket, and what follows the last one."""
    found, rest = [], latex
    while _OPEN in rest:
        before, _, after = rest.partition(_OPEN)
        inside, _, rest = after.partition(_CLOSE)
        found += [before.strip()] if before.strip() else []
        found.append(f"{_OPEN}{inside}{_CLOSE}")
    return [*found, rest.strip()] if rest.strip() else found


def _conditions(form: Form) -> Table:
    """Return every bracket with what it says."""
    pieces = _pieces(form.latex)
    brackets = [piece for piece in pieces if piece.startswith(_OPEN)]
    return Table(
        caption="The conditions",
        columns=(Column(heading="condition"), Column(heading="says that", wraps=True)),
        rows=tuple(map(_condition, brackets)),
    )


def _condition(bracket: str) -> tuple[Prose, Prose]:
    inside = slashed(bracket.removeprefix(_OPEN).removesuffix(_CLOSE))
    divisor, divides, _ = inside.partition(r" \mid ")
    if divides:
        return (Math(inside),), (Math(divisor), " divides: other terms do not exist")
    return (Math(inside),), "the index lies in its array"
