"""The sliding window of a derivation, frame by frame, each with its row of the matrix."""

from dataclasses import replace

from convproof.axes import Axis, AxisLike
from convproof.geometry import Geometry
from convproof.report.derivation.pictures import cells, classes
from convproof.report.formulas import letters as length
from convproof.report.model import Cell, Frame, Grid, Prose, Spot, Window
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.letters import Letters, Reciprocals
from convproof.triples import Triples

MOST_FRAMES = 9
MOST_POSITIONS = 120  # of an input that is drawn position by position
Place = tuple[int, int]


def window(derivation: Derivation, caption: Prose) -> Window | None:
    """Return the frames of a layer of one or two axes; None if it is too large to be drawn."""
    pads = _pads(derivation.axes)
    inputs = _Map(derivation.x, pads)
    outputs = _Map(derivation.a, ((0, 0),) * len(derivation.axes))
    count = derivation.triples.sizes[0]
    shown = range(min(count, MOST_FRAMES))
    if inputs.rows * inputs.columns > MOST_POSITIONS or count > MOST_POSITIONS:
        return None
    rows: dict[int, list[Cell]] = {row: [] for row in range(count)}
    for cell in cells(derivation.toeplitz):
        rows[cell.row].append(replace(cell, row=0))
    frames = tuple(
        Frame(
            reads=_reads(derivation, inputs, o),
            writes=outputs.place(o),
            done=tuple(outputs.place(before) for before in range(o)),
            equation=_equation(derivation, o),
            matrix_row=tuple(rows[o]),
        )
        for o in shown
    )
    return Window(
        caption=caption,
        description=f"{derivation.name}: the window at {len(frames)} of {count} positions.",
        input=inputs.grid(derivation.axes),
        output=outputs.grid(()),
        columns=derivation.triples.sizes[2],
        frames=frames,
        left_out=count - len(frames),
    )


def _pads(axes: tuple[AxisLike, ...]) -> tuple[tuple[int, int], ...]:
    return tuple(axis.padding if isinstance(axis, Axis) else (0, 0) for axis in axes)


class _Map:
    """Where the entries of an array are drawn: channels below each other, padding around.

    Args:
        letters: of the array, channels first.
        pads: low and high, per axis.
    """

    def __init__(self, letters: Letters, pads: tuple[tuple[int, int], ...]) -> None:
        self.letters = letters
        sizes = letters.shape[letters.channel_axes :]
        self.channels = letters.shape[0] if letters.channel_axes else 1
        high = sizes[0] if len(sizes) > 1 else 1
        self.inner = (high, sizes[-1])
        self.low = (pads[0][0] if len(sizes) > 1 else 0, pads[-1][0])
        end = (pads[0][1] if len(sizes) > 1 else 0, pads[-1][1])
        self.each = self.inner[0] + self.low[0] + end[0]
        self.columns = self.inner[1] + self.low[1] + end[1]
        self.rows = self.channels * self.each

    def place(self, position: int) -> Place:
        """Return where a flat position is."""
        rest, column = divmod(position, self.inner[1])
        channel, row = divmod(rest, self.inner[0])
        return channel * self.each + self.low[0] + row, self.low[1] + column

    def grid(self, axes: tuple[AxisLike, ...]) -> Grid:
        """Return the labels; zeros in the padding, or what is there again of a circle."""
        circular = any(isinstance(axis, Axis) and axis.padding_mode == "circular" for axis in axes)
        held = {self.place(p): name for p, name in enumerate(self.letters.spellings("latex"))}
        places = [(r, c) for r in range(self.rows) for c in range(self.columns)]
        padding = frozenset(place for place in places if place not in held)
        for place in padding:
            held[place] = held[self._wrapped(place)] if circular else "0"
        return Grid(
            name=self.letters.name,
            labels=tuple(tuple(held[r, c] for c in range(self.columns)) for r in range(self.rows)),
            padding=padding,
        )

    def _wrapped(self, place: Place) -> Place:
        channel, row = divmod(place[0], self.each)
        row = self.low[0] + (row - self.low[0]) % self.inner[0]
        return channel * self.each + row, self.low[1] + (place[1] - self.low[1]) % self.inner[1]


def _reads(derivation: Derivation, inputs: _Map, output: int) -> tuple[Spot, ...]:
    """Return the taps on the input, those on the padding too."""
    triples = _over_padding(derivation)
    kinds = classes(derivation.w, triples.sizes[1])
    found: dict[Place, list[int]] = {}
    here = triples.output == output
    for tap, position in zip(triples.tap[here].tolist(), triples.input[here].tolist(), strict=True):
        found.setdefault(divmod(position, inputs.columns), []).append(tap)
    return tuple(
        Spot(
            row=row, column=column, classes=tuple(kinds[tap] for tap in taps),
            label=" + ".join(derivation.w.spell(tap, "latex") for tap in taps),
        )
        for (row, column), taps in sorted(found.items())
    )  # fmt: skip


def _over_padding(derivation: Derivation) -> Triples:
    """Return the triples of the same windows where the padding is part of the input.

    Its rows and columns are those of the map that is drawn. Outputs that windows of ``ceil_mode``
    add beyond the padding read what there is.
    """
    axes = derivation.axes
    if not all(isinstance(axis, Axis) for axis in axes) or not any(map(sum, _pads(axes))):
        return derivation.triples
    return _padded(derivation, axes)


def _padded(derivation: Derivation, axes: tuple[AxisLike, ...]) -> Triples:
    channels = derivation.x.shape[0], derivation.a.shape[0]
    weights = derivation.w
    grown = tuple(
        Axis(
            input_size=axis.padded_size, kernel_size=axis.kernel_size, stride=axis.stride,
            dilation=axis.dilation, ceil_mode=axis.ceil_mode,
        )
        for axis in axes
        if isinstance(axis, Axis)
    )  # fmt: skip
    if isinstance(weights, Reciprocals):
        each = Geometry(
            axes=grown, in_channels=channels[0], out_channels=channels[1], groups=channels[0]
        ).triples()
        outputs, _, inputs = each.sizes
        return Triples(each.output, each.output, each.input, sizes=(outputs, outputs, inputs))
    groups = channels[0] // weights.shape[1]
    geometry = Geometry(
        axes=grown, in_channels=channels[0], out_channels=channels[1], groups=groups
    )
    return geometry.triples()


def _equation(derivation: Derivation, output: int) -> str:
    """Return ``a_o = w_1 x_1 + ...`` of the products that are there."""
    triples = derivation.triples
    here = triples.output == output
    pairs = sorted(zip(triples.tap[here].tolist(), triples.input[here].tolist(), strict=True))
    w, x = derivation.w, derivation.x
    names = [(w.spell(k, "latex"), x.spell(i, "latex")) for k, i in pairs]
    terms = [other if one == "1" else rf"{one} {other}" for one, other in names]
    left = derivation.a.spell(output, "latex")
    if length("".join(terms)) > 90:
        terms = [*terms[:3], r"\dots", terms[-1]]
    return f"{left} = {' + '.join(terms) or '0'}"
