"""Which tile of a matrix product a block computes, by the product's size."""

from dataclasses import dataclass


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
    def argument(self) -> str:
        """The template argument."""
        sizes = (self.rows, self.columns, self.depth, self.thread_rows, self.thread_columns)
        return f"Tile<{', '.join(map(str, sizes))}>"

    def covering(self, rows: int, columns: int) -> int:
        """Return how many tiles cover a product."""
        return -(-rows // self.rows) * -(-columns // self.columns)


LARGE = Tile(64, 64, 16, 4, 4)
SMALL = Tile(16, 16, 8, 2, 2)
FLAT = Tile(4, 64, 8, 1, 4)  # few rows: depthwise, and few channels
TILES = (LARGE, SMALL, FLAT)


def tile_for(rows: int, columns: int) -> Tile:
    """Return the tile for a product of these extents."""
    if rows <= FLAT.rows:
        return FLAT
    return SMALL if rows * columns <= LARGE.rows * LARGE.columns else LARGE
