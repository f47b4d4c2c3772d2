"""Which tile of a matrix product a block computes, by the product's size."""

from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from convproof.index_maps import Correlated, Paired, Spread
from convproof.index_maps.correlation import UNIT_BYTES, adjoint, forward, least_products
from convproof.index_maps.fully_connected import images_are_rows

Precision = Literal["float32", "tf32"]
PRECISIONS: tuple[Precision, ...] = ("float32", "tf32")


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
    """``rows x columns`` sums on the tensor cores, 32 depths of floats at a time, 64 of 16 bits.

    Attributes are the arguments of ``TensorTile`` in ``tensor_contraction.cuh``; and the parts that
    a depth is shared in, where it can be, or 0: as many as are predicted to be fastest.
    """

    rows: int
    columns: int
    precision: Precision = "float32"
    parts: int = 0

    threads, depth = 128, 32  # depths of floats

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
        """Bytes of dynamic shared memory: two slabs, the rows' low words too; then the sums."""
        lines = (2 if self.precision == "float32" else 1) * self.rows + self.columns
        return max(2 * 128 * lines, 4 * self.rows * self.columns)

    def covering(self, rows: int, columns: int) -> int:
        """Return how many tiles cover a product."""
        return -(-rows // self.rows) * -(-columns // self.columns)


LARGE = Tile(64, 64, 16, 4, 4)
SMALL = Tile(16, 16, 8, 2, 2)
FLAT = Tile(4, 64, 8, 1, 4)  # few rows: depthwise, and few channels
TILES = (LARGE, SMALL, FLAT)
_RATES = {  # rows, columns: TFLOP/s, blocks at once
    (128, 128): (107, 2),
    (64, 128): (93, 3),
    (64, 64): (80, 4),
    (32, 128): (62, 4),
    (16, 128): (36, 4),
}
_OF_WORDS = {  # the same where words are multiplied once; of two tiles measured, else in proportion
    (128, 128): (190, 2),
    (64, 128): (172, 3),
    (64, 64): (148, 4),
    (32, 128): (89, 4),
    (16, 128): (59, 5),
}
_OF_16_BITS = {
    (128, 128): (345, 2),
    (64, 128): (318, 3),
    (64, 64): (273, 4),
    (32, 128): (164, 4),
    (16, 128): (109, 4),
}
TENSOR_TILES = tuple(
    TensorTile(rows, columns, precision) for precision in PRECISIONS for rows, columns in _RATES
)
_PROCESSORS, _COPY = 132, 3e6  # of the GPU that the rates were measured on, an H200; bytes per us
_MOST = 2**30 - 2**16  # that a `Quotient` divides
_UNIT = UNIT_BYTES // 2  # channels, at most
_FEW_SUMS, _FEW_COLUMNS = 1024, 16  # of which much of a tensor tile is zeros
MOST_SHARED = 227 << 10  # bytes that a block may have of an H200
TABLES = (6 << 10) + 4  # bytes of a tensor tile's tables, at most, beside its dynamic memory
FEW_DEPTHS = 83  # of fewer products the bound of a tensor tile is above that of a sum of floats
_LEAST_PART, MOST_PARTS = 256, 128  # depths of a part, and parts
_ENDS = 200  # depths that a block's beginning and end take the time of


def tile_of(
    map_: Any,
    precision: Precision = "float32",
    element: str = "float",
    shared: int = MOST_SHARED,
) -> Tile | TensorTile:
    """Return the tile for the products of a map: on the tensor cores, if they do not idle there.

    Args:
        map_: the products.
        precision: of those of floats on the tensor cores; what is left to floats is as exact as
            floats in any.
        element: the C++ type of the operands.
        shared: bytes of shared memory that a block may have.
    """
    _, rows, columns, _ = map_.extents
    if isinstance(map_, Correlated | Spread | Paired) and _pays(map_) and is_allowed(map_):
        tiles = [
            tile
            for tile in TENSOR_TILES
            if tile.precision == precision and tile.shared + TABLES <= shared
        ]
        return min(tiles, key=lambda tile: parted(tile, *launched_extents(map_), element)[0])
    if rows <= 2 * FLAT.rows:
        return FLAT
    return SMALL if rows * columns <= LARGE.area else LARGE


def launched_extents(map_: Correlated | Spread | Paired) -> tuple[int, int, int, int]:
    """Return products, rows, columns and depth, as they are launched on the tensor cores."""
    products, rows, columns, depth = map_.extents
    if isinstance(map_, Paired):
        return products, rows, columns, depth
    laid = next(adjoint(map_.sizes), None) if isinstance(map_, Spread) else forward(map_.sizes)
    is_turned = laid is not None and images_are_rows(laid)
    return (products, columns, rows, depth) if is_turned else (products, rows, columns, depth)


def is_allowed(map_: Correlated | Spread | Paired) -> bool:
    """Return whether sums on the tensor cores are as exact as of floats, and not too many.

    Exact in the precision ``float32``: the same products go there in the others.
    """
    products, _, columns, depth = launched_extents(map_)
    s, is_adjoint = map_.sizes, isinstance(map_, Spread)
    channels = (s.out_channels, s.in_channels) if is_adjoint else (s.in_channels, s.out_channels)
    padded, taps = -(-channels[0] // _UNIT) * _UNIT, prod(s.kernel)
    image = s.groups * padded * prod(s.output if is_adjoint else s.input)
    most = max(columns, depth, products * channels[1] * taps * padded, image)
    few = depth < FEW_DEPTHS or most >= _MOST or min(channels) <= 0
    return not few and least_products(map_) >= FEW_DEPTHS


def _pays(map_: Correlated | Spread | Paired) -> bool:
    """Return whether sums are enough to fill tensor tiles."""
    extents = _, rows, columns, depth = launched_extents(map_)
    has_rows_turned = extents != map_.extents
    parts = most_parts(depth) if has_rows_turned else 1  # a tile of floats has none
    return parts * rows * columns > _FEW_SUMS and columns >= _FEW_COLUMNS


def most_parts(depth: int) -> int:
    """Return the parts of a depth of which each is worth its addition."""
    return max(1, depth // _LEAST_PART)


def parted(
    tile: TensorTile, products: int, rows: int, columns: int, depth: int, element: str = "float"
) -> tuple[float, int]:
    """Return how long products take on an H200, in microseconds, and in how many parts.

    Blocks run in waves; where the last would be nearly empty, blocks share the depth of a tile, and
    their parts are added: as many as the tile has, or as take least. Floats are multiplied in the
    tile's precision, elements of 16 bits once.
    """
    of_floats = _RATES if tile.precision == "float32" else _OF_WORDS
    rates = of_floats if element == "float" else _OF_16_BITS
    rate, at_once = rates[tile.rows, tile.columns]
    blocks = products * tile.covering(rows, columns)
    flops = 2e-6 * at_once * tile.area * _PROCESSORS / rate  # of a wave, in us per depth

    def time(parts: int) -> float:
        waves = -(-blocks * parts // (_PROCESSORS * at_once))
        added = 4 * products * rows * columns * (parts + 1) / _COPY if parts > 1 else 0
        return waves * flops * (depth / parts + _ENDS) + added

    if tile.parts:
        return time(tile.parts), tile.parts
    most = min(MOST_PARTS, most_parts(depth))
    return min((time(parts), parts) for parts in range(1, most + 1))
