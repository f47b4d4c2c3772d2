"""The pictures beside the variants, as far as the file keeps them as rows of cells."""

from convproof.axes import Axis
from convproof.report.lecture.claim import Claim, Place
from convproof.report.lecture.claims.making import lost, number


def _positions(what: str, **sizes: int) -> tuple[str, int]:
    """Return the letters and the number of positions of the example's input or output."""
    padding = sizes.get("p", 0)
    axis = Axis(
        input_size=7,
        kernel_size=3,
        stride=sizes.get("s", 1),
        padding=(padding, padding),
        dilation=sizes.get("t", 1),
    )
    if what == "output":
        return "n'", axis.output_size
    return "n + 2p" if padding else "n", axis.padded_size


def _picture(
    what: str,
    slide: str,
    stated: tuple[int, ...],
    frames: str,
    *,
    damaged: bool = True,
    **sizes: int,
) -> Claim:
    name = slide.split()[0]
    letters, positions = _positions(what, **sizes)
    printed = ", ".join(f"{letter} = {size}" for letter, size in {"n": 7, "r": 3, **sizes}.items())
    damage = f"Cells of the drawing are lost or doubled in the file, which prints {printed}."
    return number(
        f"{name}.cells" if what == "input" else f"{name}.cells.output",
        Place(slide),
        f"cells of the {what} in frames {frames}",
        stated,
        lambda: (positions,) * len(stated),
        f"{letters} = {positions} positions",
        "row",
        fault=lost(damage) if damaged else None,
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
    _picture("output", _DILATED, (3, 3, 3, 3), "1 to 4", damaged=False, t=2),
)
