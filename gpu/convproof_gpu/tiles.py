"""Which tile of a matrix product a block computes, by the product's size."""

from dataclasses import dataclass
from typing import Any, Literal

from convproof.index_maps import Correlated, Paired, Spread

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

    threads = 128

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
_FEW_ROWS, _FEW_DEPTHS = 16, 32  # with which most of a tensor tile is zeros
_BLOCKS = 132  # with which every multiprocessor of a large GPU has one
TENSOR_TILES = tuple(
    TensorTile(rows, columns, precision=precision)
    for precision in ("float32", "tf32")
    for rows, columns in ((128, 128), (64, 128), (64, 64))
)


def tile_of(map_: Any) -> Tile | TensorTile:
    """Return the tile for the products of a map: on the tensor cores, if they do not idle there."""
    products, rows, columns, depth = map_.extents
    shared = isinstance(map_, Correlated | Spread | Paired)
    if shared and rows > _FEW_ROWS and depth >= _FEW_DEPTHS and rows * columns > LARGE.area:
        large, wide, small = TENSOR_TILES[:3]
        if rows > wide.rows and products * large.covering(rows, columns) >= _BLOCKS:
            return large
        return wide if products * wide.covering(rows, columns) >= _BLOCKS else small
    if rows <= FLAT.rows:
        return FLAT
    return SMALL if rows * columns <= LARGE.area else LARGE
