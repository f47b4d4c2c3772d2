"""VGG: its configurations, effective receptive fields, the table of VGG-16."""

from decimal import Decimal
from functools import partial

from convproof.networks.names import named
from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.making import law, lost, number, quoted, table, unjudged
from convproof.report.lecture.counting import (
    after_pooling,
    column,
    compared,
    convolutions,
    depth,
    seen,
)
from convproof.report.lecture.published import published, source

_AT, _FIELD = Place("VGG"), Place("effective receptive field")
_NAMES = ("vgg11", "vgg11-lrn", "vgg13", "vgg16-c", "vgg16", "vgg19")
_COLUMNS = ("A", "A-LRN", "B", "C", "D", "E")
_LAYERS = (11, 11, 13, 16, 16, 19)

# the cells of each column as the file prints them: channels, x1 for a kernel of 1x1, M for
# maxpool, N for LRN
_CELLS = (
    "64 M 128 M 256 256 M 512 512 M 512 512 M",
    "64 N M 128 M 256 256 M 512 512 M 512 512 M",
    "64 64 M 128 128 M 256 256 M 512 512 M 512 512 M",
    "64 64 M 128 128 M 256 256 256x1 M 512 512 512x1 M 512 512 512x1 M",
    "64 64 M 128 M 256 256 256 M 512 512 512 M 512 512 512 M",
    "64 64 M 128 128 M 256 256 256 256 M 512 512 512 512 M 512 512 512 512 M",
)
_FAULTS = {
    4: lost("One conv3-128 of the column D is lost: the 16 weight layers above it and the table of "
            "VGG-16 have two."),
}  # fmt: skip

VGG16 = """
input(224,3) 0 0 224x224x3
conv(3,64,p1) 1792 89915390 224x224x64
conv(3,64,p1) 36928 1852899328 224x224x64
pool(2) 0 3211264 112x112x64
conv(3,128,p1) 73856 926449664 112x112x128
conv(3,128,p1) 147584 1851293696 112x112x128
pool(2) 0 1605632 56x56x128
conv(3,256,p1) 295168 925646848 56x56x256
conv(3,256,p1) 590080 1850490880 56x56x256
conv(3,256,p1) 590080 1850490880 56x56x256
pool(2) 0 802816 28x28x256
conv(3,512,p1) 1180160 925245440 28x28x512
conv(3,512,p1) 2359808 1850089472 28x28x512
conv(3,512,p1) 2359808 1850089472 28x28x512
pool(2) 0 401408 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
conv(3,512,p1) 2359808 462522368 14x14x512
pool(2) 0 100352 7x7x512
fc(4096) 102764544 102764544 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""


_WORDS = {"M": "maxpool", "N": "LRN"}


def _written(cells: str) -> tuple[str, ...]:
    """Return the cells in full: ``conv3-64``, ``conv1-256``, ``maxpool``."""
    found = []
    for cell in cells.split():
        channels, _, one = cell.partition("x")
        found.append(_WORDS.get(cell, f"conv{one or 3}-{channels}"))
    return tuple(found)


def _reduced() -> tuple[tuple[int, int], ...]:
    """Return every kernel size with its stride in VGG-16 and VGG-19."""
    found = {(c.kernel_size[0], c.stride[0]) for n in _NAMES[4:] for c in convolutions(n)}
    return tuple(sorted(found))


def _normalised() -> str:
    return compared(published("vgg A-LRN"), published("vgg A"), "better", "no better")


CLAIMS: tuple[Claim, ...] = (
    *(
        number(f"vgg.layers.{letter}", _AT, f"{layers} weight layers", layers,
               partial(depth, name), f"convproof network {name}: layers with weights")
        for letter, name, layers in zip(_COLUMNS, _NAMES, _LAYERS, strict=True)
    ),
    *(
        number(f"vgg.column.{letter}", _AT, f"conv3-64 … maxpool: the column {letter}",
               _written(cells), partial(column, name), f"convproof network {name}", "row",
               fault=_FAULTS.get(place))
        for place, (letter, name, cells) in enumerate(zip(_COLUMNS, _NAMES, _CELLS, strict=True))
    ),
    number("vgg.input", _AT, "input (224 × 224 RGB image)", (3, 224, 224),
           lambda: named("vgg16").input_shape, "convproof network vgg16", "row"),
    number("vgg.classifier", _AT, "what stands below the last maxpool", (),
           partial(after_pooling, "vgg16"), "convproof network vgg16", "row",
           fault=lost("The table ends with a maxpool: three rows of fully connected layers and the "
                      "softmax are not in the file, but counted as weight layers above.")),
    quoted("vgg.error", _AT, "7.3% top-5 error on ILSVRC'14", Decimal("7.3"), "vgg error"),
    number("vgg.depth", _AT, "depth increased up to 19 layers", 19,
           lambda: max(map(depth, _NAMES)), "convproof network vgg11 to vgg19"),
    number("vgg.kernels", _AT, "kernel sizes (strides) reduced to 3(1)", ((3, 1),), _reduced,
           "convproof network vgg16, vgg19", "row", note="C has kernels of 1 × 1 besides"),
    number("vgg.norm", _AT, "local response normalization doesn't do anything", "no better",
           _normalised, f"{source('vgg A')} 10.4, A-LRN 10.5", "statement"),
    law("field.linear", _FIELD, "grows linearly with depth", "depth_growth",
        note="of layers of stride 1; poolings multiply it"),
    number("field.seven", _FIELD, "stack of three 3 × 3 kernels of stride 1 has the same",
           7, partial(seen, 3, 3), "convproof.geometry.receptive_field"),
    law("field.fewer", _FIELD, "as a single 7 × 7 kernel, but fewer parameters",
        "three_3x3_is_7x7", note="27 k^2 + 3 k against 49 k^2 + k, if no wider between"),
    *table("vgg16", Place("VGG-16"), VGG16,
           {1: Fault(of="arithmetic",
                     why="The last digit: the figure is the right one, rounded to seven "
                     "significant digits. The file has one frame of it.",
                     arithmetic="(9*3 + 1)*224**2*64", origin="10*floor((9*3 + 1)*224**2*64/10)")}),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("history or advice", "VGG", "top/bottom layers of deep models pre-initialized"),
    *unjudged("definition", "effective receptive field", "is the part of the visual input"),
    *unjudged("citation", "VGG", "[Simonyan and Zisserman 2014]"),
)  # fmt: skip
