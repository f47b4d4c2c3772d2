"""The grid of the slides on convolution of two axes, from what the file keeps of its rows."""

from convproof.axes import Axis

# the first row of x, of every frame of "2d convolution, again" that prints x as a grid
ROWS = {
    2: "1\t2\t3\t\t\t",
    3: "\t1\t2\t3\t\t",
    4: "\t\t1\t2\t3\t",
    6: "1\t2\t3\t\t\t",
    7: "1\t2\t3\t\t\t",
    10: "1\t2\t3\t\t\t",
}
_KERNEL = 3  # columns of h, which every frame prints


def _width() -> int:
    """Return the columns of x: those that most frames print."""
    widths = [len(row.split("\t")) for row in ROWS.values()]
    return max(dict.fromkeys(widths), key=widths.count)


def columns(frames: int) -> tuple[int, ...]:
    """Return the columns of x, once for every frame."""
    return (_width(),) * frames


def positions(frames: int) -> tuple[int, ...]:
    """Return the columns ``n' = n - r + 1`` of ``x * h``, once for every frame."""
    return (Axis(input_size=_width(), kernel_size=_KERNEL).output_size,) * frames
