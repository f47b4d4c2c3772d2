"""The pictures beside the variants, as far as the file keeps them as rows of cells."""

from collections.abc import Callable

from convproof.axes import Axis
from convproof.report.lecture.claim import Claim, Place
from convproof.report.lecture.claims.making import lost, number


def _cells(frames: int, **sizes: int) -> Callable[[], tuple[int, ...]]:
    """Return what gives the positions of the example's padded input, once for every frame."""
    padding = sizes.get("p", 0)
    axis = Axis(
        input_size=7,
        kernel_size=3,
        stride=sizes.get("s", 1),
        padding=(padding, padding),
        dilation=sizes.get("t", 1),
    )
    return lambda: (axis.padded_size,) * frames


def _picture(slide: str, stated: tuple[int, ...], frames: str, **sizes: int) -> Claim:
    return number(
        f"{slide.split()[0]}.cells",
        Place(slide),
        f"cells of the input in frames {frames}",
        stated,
        _cells(len(stated), **sizes),
        "n + 2p = 7 + 2p positions",
        "row",
        fault=lost("Cells of the drawn input are lost or doubled in the file; n = 7 is printed."),
    )


CLAIMS: tuple[Claim, ...] = (
    _picture("standard convolution", (7, 6, 7, 7, 9), "1, 2, 3, 5, 6"),
    _picture("padded convolution", (9, 7, 8, 9, 10, 9, 9, 9), "1 to 8", p=1),
    _picture("strided convolution (down-sampling)", (7, 6, 7, 9), "1 to 4", s=2),
    _picture("dilated convolution (up-sampling)", (7, 3, 7, 8), "1 to 4", t=2),
)
