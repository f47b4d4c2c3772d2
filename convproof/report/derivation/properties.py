"""Which properties a layer has at its sizes, each computed from its triples."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from convproof.axes import Axis
from convproof.layers import AvgPool, Conv, ConvTranspose, Layer, Shape
from convproof.report.derivation.pictures import classes
from convproof.report.model import Badge, Column, Prose, Table
from convproof.symbolic import derive
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.reading import Reading

Property = tuple[str, bool, Prose]
_MOST_NAMED = 6


def table(layer: Layer, input_size: Shape, derivation: Derivation) -> Table:
    """Return the properties of a layer at its sizes."""
    rows = tuple(
        (name, (Badge("yes", "good"),) if holds else "no", how)
        for name, holds, how in _all(layer, input_size, derivation)
    )
    return Table(
        caption="Properties at these sizes, computed from the products",
        columns=(
            Column(heading="property"),
            Column(heading="holds"),
            Column(heading="how it is seen", wraps=True),
        ),
        rows=rows,
    )


def _all(layer: Layer, input_size: Shape, derivation: Derivation) -> Iterator[Property]:
    inputs, outputs = input_size, derivation.a.shape[derivation.a.channel_axes :]
    times = " × ".join
    sizes = f"{times(map(str, inputs))} becomes {times(map(str, outputs))}"
    yield "the size is preserved", tuple(inputs) == tuple(outputs), sizes
    yield _every_input_read(derivation)
    yield _rows_shift(layer, derivation)
    if derivation.has_weights:
        yield _sharing(derivation)
    if isinstance(layer, Conv) and layer.padding_mode == "zeros":
        yield from _of_convolution(layer, input_size, derivation)
    if isinstance(layer, ConvTranspose):
        yield _is_adjoint(layer, input_size, derivation)
    if isinstance(layer, AvgPool):
        yield _tiles(derivation)


def _every_input_read(derivation: Derivation) -> Property:
    count = derivation.triples.sizes[2]
    unread = sorted(set(range(count)) - set(derivation.triples.input.tolist()))
    if not unread:
        return "every input is read", True, "no column of the matrix is empty"
    named = ", ".join(derivation.x.spell(i, "unicode") for i in unread[:_MOST_NAMED])
    more = f" and {len(unread) - _MOST_NAMED} more" if len(unread) > _MOST_NAMED else ""
    return "every input is read", False, f"no output reads {named}{more}: the derivative is 0"


def _rows_shift(layer: Layer, derivation: Derivation) -> Property:
    """Whether along the last axis each row is the one before it, moved by the stride."""
    step = layer.stride[-1] if isinstance(layer, Conv | AvgPool) else 1
    axis = derivation.axes[-1]
    wide, high = axis.input_size, axis.output_size
    kinds = classes(derivation.w, derivation.triples.sizes[1])  # equal divisors are of one class
    held = _entries(derivation.toeplitz).items()
    T = {place: tuple(kinds[entry] for entry in entries) for place, entries in held}
    same = all(
        T.get((o + 1, i + step)) == T.get((o, i))
        for o in range(derivation.triples.sizes[0])
        for i in range(derivation.triples.sizes[2])
        if (o + 1) % high and i % wide + step < wide
    )
    by = f"moved by {step}" if step > 1 else "moved by one"
    name = "each row is the one before it, moved"
    if same:
        return name, True, f"{by}, apart from what leaves the input: equivariance"
    if isinstance(layer, ConvTranspose):
        return name, False, "with a stride the rows of a transposed convolution alternate"
    return name, False, "rows differ in more than their places"


def _sharing(derivation: Derivation) -> Property:
    products, weights = len(derivation.triples), derivation.weights
    return "weights are shared", products > weights, f"{weights} weights in {products} products"


def _of_convolution(layer: Conv, input_size: Shape, derivation: Derivation) -> Iterator[Property]:
    ones = (1,) * len(input_size)
    if layer.stride != ones:
        standard = derive(replace(layer, stride=ones), input_size)
        kept = _kept(standard.a.shape, layer.stride)
        same = _rows(standard.toeplitz, kept) == _entries(derivation.toeplitz)
        said = f"of {standard.triples.sizes[0]} rows of stride 1 it has {len(kept)}"
        yield "standard, then down-sampled", same, said
    if layer.dilation != ones:
        span = tuple(axis.span for axis in derivation.axes if isinstance(axis, Axis))
        wide = derive(replace(layer, kernel_size=span, dilation=ones), input_size)
        taps = _kept(wide.w.shape, (1, 1, *layer.dilation), leading=0)  # type: ignore[union-attr]
        number = {old: new for new, old in enumerate(taps)}
        held = _entries(wide.toeplitz)
        up_sampled = {
            place: left
            for place, entries in held.items()
            if (left := tuple(number[e] for e in entries if e in number))
        }
        same = up_sampled == _entries(derivation.toeplitz)
        spans = " × ".join(map(str, span))
        yield "an up-sampled kernel", same, f"the matrix of {spans} taps, the ones between being 0"
    if layer.groups > 1:
        yield _block_diagonal(layer, derivation)


def _kept(shape: Shape, steps: tuple[int, ...], leading: int = 1) -> list[int]:
    """Return the flat positions that down-sampling keeps."""
    flat = np.arange(int(np.prod(shape))).reshape(shape)
    every = (slice(None),) * leading
    return [int(i) for i in flat[(*every, *(slice(None, None, s) for s in steps))].ravel()]


def _block_diagonal(layer: Conv, derivation: Derivation) -> Property:
    outputs, _, inputs = derivation.triples.sizes
    out, in_ = outputs // layer.groups, inputs // layer.groups
    same = bool(np.all(derivation.triples.output // out == derivation.triples.input // in_))
    return "block diagonal", same, f"{layer.groups} blocks of {out} rows and {in_} columns"


def _is_adjoint(layer: ConvTranspose, input_size: Shape, derivation: Derivation) -> Property:
    """Whether the matrix is the transpose of the convolution's with the same kernel."""
    conv = Conv(
        in_channels=layer.out_channels, out_channels=layer.in_channels, groups=layer.groups,
        kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding,
        dilation=layer.dilation, bias=False,
    )  # fmt: skip
    back = derive(conv, derivation.a.shape[derivation.a.channel_axes :])
    same = back.x.shape == derivation.a.shape and back.a.shape == derivation.x.shape
    same = same and _entries(back.toeplitz.transposed) == _entries(derivation.toeplitz)
    sizes = " × ".join(map(str, input_size))
    return "the transpose of a convolution", same, f"of the one that gives back {sizes} positions"


def _tiles(derivation: Derivation) -> Property:
    reads = np.bincount(derivation.triples.input, minlength=derivation.triples.sizes[2])
    once = bool((reads == 1).all())
    least, most = int(reads.min()), int(reads.max())
    every = f"every input is read {most} times" if least == most else f"{least} to {most} times"
    return "windows tile the input", once, "every input is read once" if once else every


def _entries(reading: Reading) -> dict[tuple[int, int], tuple[int, ...]]:
    held: dict[tuple[int, int], tuple[int, ...]] = {}
    legs = (reading.rows.tolist(), reading.columns.tolist(), reading.entries.tolist())
    for row, column, entry in sorted(zip(*legs, strict=True)):
        held[row, column] = (*held.get((row, column), ()), entry)
    return held


def _rows(reading: Reading, kept: list[int]) -> dict[tuple[int, int], tuple[int, ...]]:
    number = {old: new for new, old in enumerate(kept)}
    return {
        (number[row], column): entries
        for (row, column), entries in _entries(reading).items()
        if row in number
    }
