"""The document of one variant, and the booklet of all."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import sympy as sp

from convproof.errors import UnsupportedError
from convproof.layers import AvgPool, Layer, Shape
from convproof.report.derivation.forms import section as forms_section
from convproof.report.derivation.pictures import block_size, picture
from convproof.report.derivation.properties import table as properties
from convproof.report.derivation.selection import section as selection_section
from convproof.report.derivation.variants import Variant, spec
from convproof.report.derivation.window import MOST_POSITIONS, window
from convproof.report.formulas import sum_lines
from convproof.report.laws import law, reach
from convproof.report.model import Block, Column, Document, Equation, Math, Section, Table, Text
from convproof.report.wording import worded
from convproof.symbolic import derive, products
from convproof.symbolic.derivation import Derivation
from convproof.symbolic.letters import Letters
from convproof.symbolic.size_law import LATEX, size_law

MOST_PRODUCTS = 60_000
_WRITTEN_OUT = 40  # products at most that are written as sums
_CASE = 3  # the lecture's case, da_i = [i = 4], counted from 0


def report(
    variant: Variant, layer: Layer, input_size: Shape, *, command: str, version: str
) -> Document:
    """Return the document of a variant at one size; its laws have been proved, or are not asked.

    Raises:
        UnsupportedError: if the layer has more products than a report can show.
    """
    derivation = _derivation(layer, input_size)
    return Document(
        title=variant.title,
        subtitle=_subtitle(derivation),
        command=command,
        version=version,
        blocks=(Text(variant.says), *_sections(variant, layer, input_size, derivation)),
    )


def booklet(
    chosen: Sequence[Variant], *, command: str, version: str, ended: Callable[[str], None]
) -> Document:
    """Return the document of all variants, along one axis and along two."""
    blocks: list[Block] = []
    for variant in chosen:
        parts: list[Block] = [Text(variant.says)]
        for dims in (1, 2):
            layer, input_size = spec(variant, dims)
            derivation = _derivation(layer, input_size)
            title = ("Along one axis", "Along two axes")[dims - 1]
            about = Text(_subtitle(derivation))
            inner = _chapter(layer, input_size, derivation)
            parts.append(Section(title=title, blocks=(about, *inner)))
            ended(f"{variant.name}, {dims}-d")
        parts.append(_named(variant.laws))
        blocks.append(Section(title=variant.title, blocks=tuple(parts)))
    blocks.append(_laws(laws_of(chosen)))
    return Document(
        title="Convolution and its variants",
        subtitle="matrices, derivatives and proofs",
        command=command,
        version=version,
        blocks=tuple(blocks),
        contents=True,
    )


def laws_of(chosen: Iterable[Variant]) -> tuple[str, ...]:
    """Return the names of the proofs that reports show, each once."""
    return tuple(dict.fromkeys(name for variant in chosen for name in variant.laws))


def _derivation(layer: Layer, input_size: Shape) -> Derivation:
    count = products(layer, input_size)
    if count > MOST_PRODUCTS:
        msg = (
            f"the layer has up to {count} products w x, more than the {MOST_PRODUCTS} that a "
            "report shows. The matrices show their pattern at smaller sizes as well."
        )
        raise UnsupportedError(msg)
    return derive(layer, input_size)


def _subtitle(derivation: Derivation) -> str:
    from_, to = (
        " × ".join(map(str, letters.shape[letters.channel_axes :]))
        for letters in (derivation.x, derivation.a)
    )
    return f"{derivation.name}: {from_} → {to}, {len(derivation.triples)} products"


def _sections(
    variant: Variant, layer: Layer, input_size: Shape, derivation: Derivation
) -> Iterator[Block]:
    yield from _chapter(layer, input_size, derivation)
    yield _laws(variant.laws)


def _laws(names: tuple[str, ...]) -> Section:
    opening = Text(
        "Each law is decided for all sizes by solvers of integer arithmetic. Its false twin, with "
        "one condition or sign changed, must be refuted, so that the proof could have failed."
    )
    return Section(title="Laws and their proofs", blocks=(opening, reach(names), *map(law, names)))


def _named(names: tuple[str, ...]) -> Section:
    """Return which laws a chapter stands on; their proofs are at the end, once."""
    held = [law(name) for name in names]
    kinds = "; ".join(dict.fromkeys(each.kind for each in held))
    table = Table(
        caption=f"Proved at the end of this booklet, for {kinds}",
        columns=(
            Column(heading="law"), Column(heading="verdict"),
            Column(heading="statement", wraps=True),
        ),
        rows=tuple(
            (each.name.replace("_", " "), (each.verdict,), worded(each.statement))
            for each in held
        ),
    )  # fmt: skip
    return Section(title="Laws", blocks=(table,))


def _chapter(layer: Layer, input_size: Shape, derivation: Derivation) -> Iterator[Block]:
    yield _setting(derivation)
    yield _forward(derivation)
    yield _input_derivative(derivation)
    if derivation.has_weights:
        yield _weight_derivative(derivation)
    if isinstance(layer, AvgPool):
        yield selection_section(layer, derivation)
    yield forms_section(layer, derivation)
    yield Section(title="Properties", blocks=(properties(layer, input_size, derivation),))


def _setting(derivation: Derivation) -> Section:
    blocks: list[Block] = []
    axes = derivation.axes[:1] if len(set(derivation.axes)) == 1 else derivation.axes
    for place, axis in enumerate(axes, start=1):
        if len(derivation.axes) > 1:
            blocks.append(Text("Each axis:" if len(axes) == 1 else f"Axis {place}:"))
        blocks.append(Equation(*size_law(axis, LATEX)))
    shown = window(derivation, _window_caption(derivation))
    large = (
        f"The window is drawn for up to {MOST_POSITIONS} positions, padding and channels counted."
    )
    blocks.append(Text(large) if shown is None else shown)
    return Section(title="Setting", blocks=tuple(blocks))


def _window_caption(derivation: Derivation) -> str:
    padded = any(getattr(axis, "padding", (0, 0)) != (0, 0) for axis in derivation.axes)
    over = " Dashed cells are padding." if padded and "transposed" not in derivation.name else ""
    return (
        "The window over the input, each tap by its weight, the output that it gives, and the row "
        f"of the matrix.{over}"
    )


def _forward(derivation: Derivation) -> Section:
    T = r"\mathbf{a} = T\,\mathbf{x}"
    is_lectures = derivation.has_weights and not derivation.name.startswith("transposed")
    also = ("; the lecture writes it ", Math(r"W^\top")) if is_lectures else ()
    text = Text("The layer is a matrix product. Zeros are blank", *also, ":")
    shown = picture(
        derivation, derivation.toeplitz, caption=("Forward, ", Math(T), "."), left=derivation.a,
        right=derivation.x, spatial=(block_size(derivation.a), block_size(derivation.x)),
    )  # fmt: skip
    return Section(title="The layer as a matrix", blocks=(text, Equation(T), shown))


def _input_derivative(derivation: Derivation) -> Section:
    law_ = r"d\mathbf{x} = T^\top d\mathbf{a}"
    da, dx = derivation.a.differential(), derivation.x.differential()
    shown = picture(
        derivation, derivation.toeplitz.transposed,
        caption=("Input derivative, ", Math(law_), "."), left=dx, right=da,
        spatial=(block_size(derivation.x), block_size(derivation.a)),
    )  # fmt: skip
    text = Text("The derivative by the input has the transposed matrix:")
    written = _written(dx, derivation.input_vjp) if _is_small(derivation) else ()
    return Section(title="Input derivative", blocks=(text, Equation(law_), shown, *written))


def _weight_derivative(derivation: Derivation) -> Section:
    assert isinstance(derivation.w, Letters)  # asked of no other
    case = _shown_output(derivation)
    da, dw = derivation.a.differential(), derivation.w.differential()
    read = frozenset(derivation.triples.input[derivation.triples.output == case].tolist())
    unfold, star = r"d\mathbf{w} = U^\top d\mathbf{a}", r"d\mathbf{w} = D\,\mathbf{x}"
    name = da.spell(case, "latex")
    entries = derivation.star.entries, derivation.star.rows, derivation.star.columns
    moving = {
        (row, column)
        for entry, row, column in zip(*(leg.tolist() for leg in entries), strict=True)
        if entry == case
    }
    one = picture(
        derivation, derivation.unfold.transposed,
        caption=("Unfolded: column ", Math(name), " holds the input that its window read."),
        left=dw, right=da, marks=lambda _, column: column == case, marked_right=frozenset({case}),
    )  # fmt: skip
    other = picture(
        derivation, derivation.star,
        caption=("The convenient form: ", Math(name), " moves with the tap, along the input."),
        left=dw, right=derivation.x, marks=lambda row, column: (row, column) in moving,
        marked_right=read,
    )  # fmt: skip
    written = _written(dw, derivation.weight_vjp) if _is_small(derivation) else ()
    return Section(
        title="Weight derivative",
        blocks=(
            Text(
                "A weight is shared by many products, and its derivative adds what each of them "
                "gives: sharing in forward is adding in backward. With the unfolded input ",
                Math("U"), ", whose rows are the windows (im2col):",
            ),
            Equation(unfold), one,
            Text("The same sums, sorted by what was read, with one pattern of ",
                 Math(r"d\mathbf{a}"), " that moves along the rows:"),
            Equation(star), other, *written, *_case(derivation, case),
        ),
    )  # fmt: skip


def _shown_output(derivation: Derivation) -> int:
    """Return the output of the lecture's case, or the next whose window reads something."""
    count = derivation.triples.sizes[0]
    wanted = min(_CASE, count - 1)
    reading = set(derivation.triples.output.tolist())
    return next((o for o in (*range(wanted, count), *range(wanted)) if o in reading), wanted)


def _case(derivation: Derivation, case: int) -> Iterator[Block]:
    """Yield the case that only one output has a cotangent: its window is the derivative."""
    assert isinstance(derivation.w, Letters)
    index = derivation.a.spell(case, "latex").removeprefix("a_")
    inner = index.strip("{}")
    place = f"({inner})" if "," in inner else inner
    given = rf"da_i = \left[ i = {place} \right]"
    yield Text("If only one output has a cotangent, ", Math(given), ", then")
    symbol = derivation.a.differential().symbols()[case]
    found = [expression.coeff(symbol) for expression in derivation.weight_vjp()]
    values = ", ".join(sp.latex(each) for each in found[:18]) + (
        r", \dots" if len(found) > 18 else ""
    )
    yield Equation(rf"d\mathbf{{w}} = \left( {values} \right)")
    yield Text(
        "which is what the window of ", Math(derivation.a.spell(case, "latex")),
        " read: the layer learns the pattern that generated the activation.",
    )  # fmt: skip


def _is_small(derivation: Derivation) -> bool:
    return len(derivation.triples) <= _WRITTEN_OUT


def _written(left: Letters, vjp: Callable[[], tuple[sp.Expr, ...]]) -> tuple[Block, ...]:
    lines: list[str] = []
    for name, expression in zip(left.spellings("latex"), vjp(), strict=True):
        terms = [sp.latex(term) for term in sp.Add.make_args(expression)]
        lines += sum_lines(name, [] if expression == 0 else terms)
    return (Text("Written out:"), Equation(*lines))


def file_name(variant: Variant, dims: int) -> str:
    """Return what the files of a report are called."""
    return f"derivation-{variant.name}" + ("" if dims == 1 else "-2d")
