"""Faults in sums of outer products: barriers, tails, lanes, operands, sums.

This kernel is launched for many sums; here it is, however few there are.
"""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from convproof.index_maps.outer import is_outer
from convproof.mutants import Mutant
from convproof_gpu import outer
from convproof_gpu.mutants.patched import patched

_KERNEL = "outer.cuh"


def _always(*fault: str) -> Mutant:
    """Return a mutant whose kernel is launched for one window and any number of sums."""
    mutant = patched(*fault)

    def faulty(*arrays: Any, **options: Any) -> Any:
        with patch.object(outer, "fits", is_outer):
            return mutant.code(*arrays, **options)

    faulty.__doc__, faulty.__name__ = mutant.code.__doc__, mutant.name
    return replace(mutant, code=faulty)


MUTANTS = [
    _always(
        "outer_kernel_without_a_barrier_before_a_slab_is_read", "linear_weight", "shape", _KERNEL,
        "    __syncthreads();\n", "",
        "A slab is read while others still write it.",
    ),
    _always(
        "outer_kernel_with_a_row_beyond_the_last", "linear_weight", "shape", _KERNEL,
        "if (r >= map.rows) continue;", "if (r > map.rows) continue;",
        "A row too many is written.",
    ),
    _always(
        "outer_kernel_with_columns_beyond_the_last", "linear_weight", "shape", _KERNEL,
        "if (to >= map.columns) continue;", "if (to > map.columns) continue;",
        "A column too many is written.",
    ),
    _always(
        "outer_kernel_reads_beyond_a_row", "linear_weight", "shape", _KERNEL,
        "inside = of_row ? row < map.rows", "inside = of_row ? row <= map.rows",
        "What follows a row is read, and after the last image nothing is there.",
    ),
    _always(
        "outer_kernel_with_an_image_too_many", "linear_weight", "shape", _KERNEL,
        "if (inside && depth < map.depths)", "if (inside && depth <= map.depths)",
        "The image after the last is read.",
    ),
    _always(
        "outer_kernel_with_cotangents_for_inputs", "linear_weight", "exact", _KERNEL,
        "&slabs[turn][d][SIDE + line_of<QUAD>(across, ", "&slabs[turn][d][line_of<QUAD>(across, ",
        "The block's rows are multiplied by themselves.",
    ),
    _always(
        "outer_kernel_with_the_last_image_alone", "linear_weight", "exact", _KERNEL,
        "sum[i][j] += a", "sum[i][j] = a",
        "The last product replaces the sum.",
    ),
    _always(
        "outer_kernel_without_the_first_image_of_a_slab", "linear_weight", "exact", _KERNEL,
        "for (int d = 0; d < SLAB; d++)", "for (int d = 1; d < SLAB; d++)",
        "The first image of every slab is left out.",
    ),
    _always(
        "outer_kernel_with_rows_as_far_apart_as_columns", "linear_weight", "shape", _KERNEL,
        "store(begin + r * map.positions", "store(begin + r * map.rows",
        "Rows of the answer are as far apart as it has rows.",
    ),
    _always(
        "outer_kernel_with_lanes_of_the_next_row", "linear_weight", "shape", _KERNEL,
        "thread / 32 % 2 * 8 + thread % 8", "thread / 32 % 2 * 8 + thread % 16",
        "Every other row of lanes has columns that the next warp has too.",
    ),
    _always(
        "outer_kernel_with_neighbours_of_a_lane_a_grid_apart", "linear_weight", "shape", _KERNEL,
        "(i / QUAD * GRID + lane) * QUAD", "(i / QUAD * EACH + lane) * QUAD",
        "The lines of a lane are those of another.",
    ),
]  # fmt: skip
