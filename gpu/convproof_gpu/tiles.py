"""Which tile of a matrix product a block computes, by the product's size."""

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from convproof.index_maps import Correlated, Paired, Spread
from convproof.index_maps.correlation import CHUNK, least_products

Precision = Literal["float32", "tf32"]


@dataclass(frozen=True, slots=True)
class Tile:
    """``rows x columns`` sums over ``depth`` at a time, a thread ``thread_rows x thread_columns``.

    Attributes are the arguments of ``Tile`` in ``contraction.cuh``.
    """

    rows: int
    columns: int
    depth: int
    thread_rows: int
    thread_columns: int

    @property
    def threads(self) -> int:
        """Threads of a block."""
        return self.rows // self.thread_rows * (self.columns // self.thread_columns)

    @property
    def area(self) -> int:
        """Sums of a block."""
        return self.rows * self.columns

    @property
    def argument(self) -> str:
        """The template argument."""
        sizes = (self.rows, self.columns, self.depth, self.thread_rows, self.thread_columns)
        return f"Tile<{', '.join(map(str, sizes))}>"

    def covering(self, rows: int, columns: int) -> int:
        """Return how many tiles cover a product."""
        return -(-rows // self.rows) * -(-columns // self.columns)


@dataclass(frozen=True, slots=True)
class TensorTile:
    """``rows x columns`` sums on the tensor cores, 32 depths at a time.

    Attributes are the arguments of ``TensorTile`` in ``tensor_contraction.cuh``.
    """

    rows: int
    columns: int
    precision: Precision = "float32"

    threads, depth = 128, 32

    @property
    def area(self) -> int:
        """Sums of a block."""
        return self.rows * self.columns

    @property
    def argument(self) -> str:
        """The template argument."""
        return f"TensorTile<{self.rows}, {self.columns}, {self.precision.upper()}>"

    @property
    def shared(self) -> int:
        """Bytes of dynamic shared memory: two slabs and the low words, then the sums."""
        words = 32 * (2 * (self.rows + self.columns) + self.rows)
        return 4 * max(words, self.rows * self.columns)

    def covering(self, rows: int, columns: int) -> int:
        """Return how many tiles cover a product."""
        return -(-rows // self.rows) * -(-columns // self.columns)


LARGE = Tile(64, 64, 16, 4, 4)
SMALL = Tile(16, 16, 8, 2, 2)
FLAT = Tile(4, 64, 8, 1, 4)  # few rows: depthwise, and few channels
TILES = (LARGE, SMALL, FLAT)
_RATES = {  # rows, columns: TFLOP/s, blocks at once
    (128, 128): (83, 2),
    (64, 128): (73, 3),
    (64, 64): (60, 4),
    (32, 128): (48, 4),
    (16, 128): (32, 4),
}
TENSOR_TILES = tuple(
    TensorTile(rows, columns, precision)
    for precision in ("float32", "tf32")
    for rows, columns in _RATES
)
_PROCESSORS, _COPY = 132, 3e6  # of the GPU that the rates were measured on, an H200; bytes per us
_MOST = 2**30 - 2**16  # that a `Quotient` divides
MOST_APART = (2**31 - 2**16) // (CHUNK - 1)  # channels lie, of a chunk whose offsets are ints
_FEW_COLUMNS = 16  # with which much of a tensor tile is zeros
FEW_DEPTHS = 83  # of fewer products the bound of a tensor tile is above that of a sum of floats
_LEAST_PART, _MOST_PARTS = 512, 128  # depths of a part, and parts
_ENDS = 200  # depths that a block's beginning and end take the time of


def tile_of(map_: Any) -> Tile | TensorTile:
    """Return the tile for the products of a map: on the tensor cores, if they do not idle there."""
    _, rows, columns, _ = map_.extents
    if isinstance(map_, Correlated | Spread | Paired) and _fits(map_):
        return min(TENSOR_TILES[: len(_RATES)], key=lambda tile: parted(tile, *map_.extents)[0])
    if rows <= FLAT.rows:
        return FLAT
    return SMALL if rows * columns <= LARGE.area else LARGE


def _fits(map_: Correlated | Spread | Paired) -> bool:
    """Return whether the tensor cores' sums are as exact as those of floats, and not too many."""
    products, rows, columns, depth = map_.extents
    channels = (map_.sizes.in_channels, map_.sizes.out_channels)
    source = map_.sizes.output if isinstance(map_, Spread) else map_.sizes.input
    taps = columns if isinstance(map_, Paired) else depth  # times the channels that are read
    most = max(columns, depth, products * rows * taps * CHUNK)  # weights, laid out
    many = rows * columns > LARGE.area and columns >= _FEW_COLUMNS and depth >= FEW_DEPTHS
    fits = most < _MOST and prod(source) <= MOST_APART
    return many and fits and min(channels) > 0 and least_products(map_) >= FEW_DEPTHS


def parted(
    tile: TensorTile, products: int, rows: int, columns: int, depth: int
) -> tuple[float, int]:
    """Return how long products take on an H200, in microseconds, and in how many parts.

    Blocks run in waves; where the last would be nearly empty, blocks share the depth of a tile, and
    their parts are added.
    """
    rate, at_once = _RATES[tile.rows, tile.columns]
    blocks = products * tile.covering(rows, columns)
    flops = 2e-6 * at_once * tile.area * _PROCESSORS / rate  # of a wave, in us per depth

    def time(parts: int) -> float:
        waves = -(-blocks * parts // (_PROCESSORS * at_once))
        added = 4 * products * rows * columns * (parts + 1) / _COPY if parts > 1 else 0
        return waves * flops * (depth / parts + _ENDS) + added

    most = max(1, min(_MOST_PARTS, depth // _LEAST_PART))
    return min((time(parts), parts) for parts in range(1, most + 1))
