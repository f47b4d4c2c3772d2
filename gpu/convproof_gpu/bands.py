"""Which poolings run in bands, and how their planes are cut: for ``bands.cuh``."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import prod

from convproof.index_maps.bands import Bands, Square, Whole, read, readers
from convproof.index_maps.depthwise import quotient
from convproof.index_maps.windows import Windows

SQUARES = (Square(2, 2), Square(3, 2), Square(3, 1))
THREADS = 256
STAGED = 4096  # elements of a run, as in bands.cuh
FILLED = 264  # blocks for every multiprocessor's, two of each
LARGEST, _SMALL = 1024, 4  # elements of a plane that one thread takes
MOST = 2**28  # positions along an axis: sums of a few are ints
MOST_PLANE = 2**31 - 2**16  # positions of a plane, whose rows begin at ints
MOST_OWNED = 2**24  # elements that a block owns, of which all places are ints: see int32_bands


def argument(square: Square) -> str:
    """Return the template argument."""
    return f"Square<{square.side}, {square.stride}>"


def square_of(windows: Windows) -> Square | None:
    """Return the windows as squares that a kernel is compiled for, or None if they are not."""
    if len(windows.input) != 2 or {*windows.parts, *windows.dilation} != {1}:
        return None
    sides, strides = {*windows.reach}, {*windows.stride}
    if len(sides) > 1 or len(strides) > 1:
        return None
    square = Square(*sides, *strides)
    return square if square in SQUARES else None


@lru_cache(maxsize=1024)
def of_windows(windows: Windows) -> tuple[Square, Bands] | None:
    """Return how blocks own windows, or None if they cannot: if no row's inputs fit."""
    square = square_of(windows)
    if square is None:
        return None
    whole, width = STAGED // prod(windows.input), int(windows.input[1])

    def fits(rows: range) -> bool:
        only = len(rows) == windows.output[0]  # the one band stages what no window reads, too
        staged = windows.input[0] if only else len(_read(square, windows, rows))
        return staged * width <= STAGED

    rows = windows.output[0] if whole else _most_rows(windows.output[0], fits)
    return _cut(square, windows, whole, windows.output[0], rows, rows, windows.input[0])


@lru_cache(maxsize=1024)
def of_inputs(windows: Windows) -> tuple[Square, Bands] | None:
    """Return how blocks own inputs, or None if they cannot: if no row's windows fit."""
    square = square_of(windows)
    if square is None:
        return None
    most = STAGED if square.stride == 1 else STAGED // 2
    (size, width), columns = windows.input, int(windows.output[1])
    whole = min(STAGED // prod(windows.input), most // prod(windows.output))

    def readers_of(rows: range) -> range:
        return readers(square, windows.low[0], windows.output[0], rows)

    def fits(rows: range) -> bool:
        own = readers_of(rows)
        deepest = max(len(rows), len(_read(square, windows, own)))
        return deepest * int(width) <= STAGED and len(own) * columns <= most

    rows = size if whole else _most_rows(size, fits)
    window_rows = windows.output[0]
    if 0 < rows < size:
        window_rows = max(1, *(len(readers_of(cut)) for cut in _bands(size, rows)))
    return _cut(square, windows, whole, size, rows, window_rows, rows)


@lru_cache(maxsize=1024)
def of_planes(windows: Windows) -> Whole | None:
    """Return how blocks own planes that have one window each, or None if that is not so.

    One thread takes a plane's elements in order: of large planes a block has too few.
    """
    w, size = windows, prod(windows.input)
    covered = w.reach == w.stride == w.input
    if not covered or {*w.output, *w.parts, *w.dilation} != {1} or any(w.low):
        return None
    if not _SMALL <= size <= LARGEST or w.planes > MOST:
        return None
    each = min(STAGED // size, max(w.planes // FILLED, 1))
    return Whole(planes=w.planes, size=size, each=each, elements=quotient(size))


def _cut(
    square: Square,
    windows: Windows,
    whole: int,
    size: int,
    rows: int,
    window_rows: int,
    input_rows: int,
) -> tuple[Square, Bands] | None:
    """Return bands of so many rows, or of whole planes if such a number of them fits.

    None, if there are none or what a block computes is no int (``convproof prove int32_bands``).
    """
    most = max(*windows.input, *windows.output, *windows.low, windows.planes)
    if not rows or most > MOST or windows.input[0] * windows.input[1] > MOST_PLANE:
        return None
    planes = min(max(whole, 1), max(windows.planes // FILLED, 1))
    if planes * max(rows, window_rows) * max(windows.input[1], windows.output[1]) > MOST_OWNED:
        return None
    stride, low = square.stride, windows.low
    below, right = (low[0] % stride if input_rows % stride == 0 else stride - 1), low[1] % stride
    down, each = 4 if stride == 1 else stride, 4 if stride == 1 else 1
    lanes = lanes_of if each > 1 else int
    return square, Bands(
        planes=windows.planes, input=(windows.input[0], windows.input[1]),
        output=(windows.output[0], windows.output[1]), low=(low[0], low[1]),
        each=planes,
        rows=rows, bands=-(-size // rows),
        window_columns=quotient(lanes(windows.output[1])),
        window_groups=quotient(-(-window_rows // each)),
        input_columns=quotient(lanes(-(-(windows.input[1] + right) // stride))),
        input_groups=quotient(-(-(input_rows + below) // down)),
    )  # fmt: skip


def lanes_of(columns: int) -> int:
    """Return how many threads take the columns of a row: some none, so that a warp has one row.

    A warp that has columns of two rows of units reads some banks twice.

    Example:
        >>> [lanes_of(columns) for columns in (28, 14, 56, 33)]
        [32, 16, 64, 33]
    """
    padded = (-(-columns // width) * width for width in (32, 16))
    return next((lanes for lanes in padded if 4 * columns >= 3 * lanes), columns)


def _bands(size: int, rows: int) -> Iterator[range]:
    """Yield the first bands and the last: what those between read has the size of one of these."""
    begins = range(0, size, rows)
    for begin in (*begins[:4], *begins[4:][-4:]):
        yield range(begin, min(begin + rows, size))


def _most_rows(size: int, fits: Callable[[range], bool]) -> int:
    """Return of how many rows all bands fit: some multiple of 4, unless that is too many."""
    most = 0
    for rows in (*range(1, 4), *range(4, size + 1, 4)):
        if rows > size or not all(map(fits, _bands(size, rows))):
            break
        most = rows
    return most


def _read(square: Square, windows: Windows, rows: range) -> range:
    return read(square, windows.low[0], windows.input[0], rows)
