"""The pictures beside the variants, as far as the file keeps them as rows of cells."""

from collections.abc import Callable

from convproof.axes import Axis
from convproof.report.lecture.claim import Claim, Fault, Place
from convproof.report.lecture.claims.making import lost, number

_DAMAGE = lost("Cells of the drawing are lost or doubled in the file; n = 7 is printed.")


def _cells(what: str, frames: int, **sizes: int) -> Callable[[], tuple[int, ...]]:
    """Return what gives the positions of the example's input or output, once for every frame."""
    padding = sizes.get("p", 0)
    axis = Axis(
        input_size=7,
        kernel_size=3,
        stride=sizes.get("s", 1),
        padding=(padding, padding),
        dilation=sizes.get("t", 1),
    )
    cells = axis.padded_size if what == "input" else axis.output_size
    return lambda: (cells,) * frames


def _picture(
    what: str,
    slide: str,
    stated: tuple[int, ...],
    frames: str,
    fault: Fault | None = _DAMAGE,
    **sizes: int,
) -> Claim:
    name = slide.split()[0]
    return number(
        f"{name}.cells" if what == "input" else f"{name}.cells.output",
        Place(slide),
        f"cells of the {what} in frames {frames}",
        stated,
        _cells(what, len(stated), **sizes),
        "n + 2p = 7 + 2p positions" if what == "input" else "the output size",
        "row",
        fault=fault,
    )


_STRIDED, _DILATED = "strided convolution (down-sampling)", "dilated convolution (up-sampling)"

CLAIMS: tuple[Claim, ...] = (
    _picture("input", "standard convolution", (7, 6, 7, 7, 9), "1, 2, 3, 5, 6"),
    _picture("output", "standard convolution", (5, 5, 5, 5, 5, 2), "1 to 6"),
    _picture("input", "padded convolution", (9, 7, 8, 9, 10, 10, 9, 9), "1 to 8", p=1),
    _picture("output", "padded convolution", (2, 6, 7, 8, 7, 2, 7, 7), "1 to 8", p=1),
    _picture("input", _STRIDED, (7, 6, 7, 9), "1 to 4", s=2),
    _picture("output", _STRIDED, (3, 3, 3, 4), "1 to 4", s=2),
    _picture("input", _DILATED, (7, 3, 7, 8), "1 to 4", t=2),
    _picture("output", _DILATED, (3, 3, 3, 3), "1 to 4", None, t=2),
)
