"""Every kernel of the wing with every choice of its template arguments, as it may be launched.

==========  ==================================================
parameter   choices
==========  ==================================================
``T``       float, half, bfloat16
``Word``    ``T``, and float
``DIMS``    1, 2, 3
``Int``     int, long long
``Tile``    those of ``tiles``
``LAST``    0, 1
``WIDTH``   1, and as many elements as 16 bytes hold
``QUAD``    those of ``outer``
``EACH``    those of ``lines``
``SIZE``    those of ``lines``
``SIDE``    those of ``depthwise_strips``
``TAPS``    0, and those of ``depthwise``
``Pane``    those of ``bands``
``Tensor``  those of ``tiles`` for the tensor cores
``Halos``   those of ``halo_plans``
``RowTaps`` those of ``few_channels_plans``; forward, any
``IN``      those of ``few_channels_input_plans``
==========  ==================================================

``CHANNELS`` and ``PATCH`` are those of ``grouped``.
"""

import re
from collections.abc import Iterator
from itertools import product

from convproof.index_maps.depthwise import TAPS
from convproof.index_maps.depthwise_strips import SIDES
from convproof_gpu.bands import SQUARES, argument
from convproof_gpu.cubin import KERNELS
from convproof_gpu.elements import BYTES
from convproof_gpu.few_channels_input_plans import HELD
from convproof_gpu.few_channels_plans import ANY_TAPS, ROW_TAPS
from convproof_gpu.grouped import CHANNELS, PATCHES
from convproof_gpu.halo_plans import HALO_TILES
from convproof_gpu.lines import EACH, SIZES
from convproof_gpu.machine import Kernel
from convproof_gpu.outer import QUADS
from convproof_gpu.tiles import TENSOR_TILES, TILES

_VECTOR = 16
_TEMPLATE = re.compile(
    r"template\s*<(?P<parameters>[^>]*)>\s*__global__\s+void\s+"
    r"(?:__launch_bounds__\s*\((?:[^()]|\([^()]*\))*\)\s*)?(?P<name>\w+)\s*\("
)


def files() -> list[str]:
    """Return the names of the sources, without ``.cu``."""
    return sorted(path.stem for path in KERNELS.glob("*.cu"))


def specialisations(file: str) -> list[Kernel]:
    """Return the kernels of a source, each with every choice of its arguments."""
    text = (KERNELS / f"{file}.cu").read_text(encoding="utf-8")
    return [kernel for match in _TEMPLATE.finditer(text) for kernel in _chosen(file, match)]


def _chosen(file: str, match: re.Match[str]) -> Iterator[Kernel]:
    names = [parameter.split()[-1] for parameter in match["parameters"].split(",")]
    for element, size in BYTES.items():
        choices = {
            "T": (element,),
            "Word": tuple(dict.fromkeys((element, "float"))),
            "DIMS": ("1", "2", "3"),
            "Int": ("int", "long long"),
            "Tile": tuple(tile.argument for tile in TILES),
            "Tensor": tuple(tile.argument for tile in TENSOR_TILES),
            "LAST": ("0", "1"),
            "WIDTH": ("1", str(_VECTOR // size)),
            "QUAD": tuple(map(str, QUADS)),
            "EACH": tuple(map(str, EACH)),
            "SIZE": tuple(map(str, SIZES)),
            "TAPS": ("0", *map(str, TAPS)),
            "SIDE": tuple(map(str, SIDES)),
            "RowTaps": ROW_TAPS if file.endswith("vjp") else (*ROW_TAPS, ANY_TAPS),
            "IN": tuple(map(str, HELD)),
            "Pane": tuple(map(argument, SQUARES)),
            "CHANNELS": tuple(map(str, CHANNELS)),
            "PATCH": tuple(map(str, PATCHES)),
            "Halos": tuple(tile.argument for tile in HALO_TILES),
        }
        for arguments in product(*(choices[name] for name in names)):
            yield Kernel(file, arguments, match["name"])
        if "T" not in names:
            return
