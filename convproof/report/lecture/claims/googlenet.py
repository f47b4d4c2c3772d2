"""Network in network, GoogLeNet and its inception module."""

from decimal import Decimal
from functools import partial

from convproof.networks.names import named
from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.making import formula, law, number, quoted, table, unjudged
from convproof.report.lecture.counting import (
    auxiliary,
    auxiliary_size,
    branches,
    channels,
    compared,
    depth,
    kernels,
    modules,
    operations,
    ratio,
    row,
)
from convproof.report.lecture.derivatives import low_rank

_NIN, _AT, _TABLE = Place("network in network (NiN)"), Place("GoogLeNet"), Place("GoogLeNet", 2)
_SPARSE, _LOW = (
    Place("convolutional features are sparse", 2),
    "alternatively: low-rank decomposition",
)
_MODULE = "inception module"

GOOGLENET = """
input(224,3) 0 0 224x224x3
conv(7,64,p3,s2) 9472 118816768 112x112x64
pool(3,2,p1) 0 802816 56x56x64
conv(1,64) 4160 13045760 56x56x64
conv(3,192,p1) 110784 347418624 56x56x192
pool(3,2,p1) 0 602112 28x28x192
inc(64,(96,128),(16,32),32) 163696 128488192 28x28x256
inc(128,(128,192),(32,96),64) 388736 304969728 28x28x480
pool(3,2,p1) 0 376320 14x14x480
inc(192,(96,208),(16,48),64) 376176 73824576 14x14x512
inc(160,(112,224),(24,64),64) 449160 88135712 14x14x512
inc(128,(128,256),(24,64),64) 510104 100080736 14x14x512
inc(112,(144,288),(32,64),64) 605376 118754048 14x14x528
inc(256,(160,320),(32,128),128) 868352 170300480 14x14x832
pool(3,2,p1) 0 163072 7x7x832
inc(256,(160,320),(32,128),128) 1043456 51170112 7x7x832
inc(384,(192,384),(48,128),128) 1444080 70800688 7x7x1024
avg(7) 0 50176 1x1x1024
fc(1000) 1025000 1025000 1000
softmax 0 1000 1000
"""


def _fully_connected(name: str) -> tuple[int, int]:
    """Return how many layers are fully connected, and how many pool globally."""
    kinds = [type(node.layer).__name__ for node in named(name)]
    return kinds.count("Linear"), kinds.count("GlobalAvgPool")


def _bottlenecks() -> str:
    """Return what the 1x1 layers before larger kernels do to the channels of a module."""
    shapes = named("inception").shapes
    before = [shapes[f"inc1.branch{b}.0"][0] for b in (2, 3)]
    return compared(max(before), named("inception").input_shape[0], "reduction", "no reduction")


def _widths() -> tuple[int, ...]:
    """Return the channels of every convolution of a module, branch by branch."""
    graph = named("inception")
    convs = [node.name for node in graph if type(node.layer).__name__ == "Conv"]
    return tuple(graph.shapes[name][0] for name in convs)


def _expensive(name: str) -> str:
    return compared(operations("inception"), operations(name), "cheaper", "no cheaper")


def _grows() -> str:
    read, joined = channels("inception-naive")
    return compared(read, joined, "increasing", "not increasing")


def _narrower() -> str:
    one, other = (channels(name)[1] for name in ("inception", "inception-naive"))
    return compared(one, other, "fewer channels", "no fewer")


CLAIMS: tuple[Claim, ...] = (
    number("nin.pooling", _NIN, "fully connected layers are simply replaced by global average",
           (0, 1), partial(_fully_connected, "nin"), "convproof network nin", "row"),
    law("nin.law", _NIN, "convolution followed by two 1 × 1 convolutions", "network_in_network"),
    law("nin.product", _NIN, "1 × 1 convolutions are just like matrix multiplications",
        "pointwise"),
    number("nin.reduction", _NIN, "can be used for dimension reduction", "reduction", _bottlenecks,
           "convproof network inception: 832 channels to 192 and 48", "statement"),
    quoted("googlenet.error", _AT, "6.7% top-5 error on ILSVRC'14", Decimal("6.7"),
           "googlenet error"),
    number("googlenet.depth", _AT, "depth increased to 22 layers", 22, partial(depth, "googlenet"),
           "convproof network googlenet: layers with weights"),
    number("googlenet.kernels", _AT, "kernel sizes 1 × 1 to 5 × 5", (1, 5),
           partial(kernels, "googlenet"), "convproof network googlenet", "row",
           note="true of the inception modules",
           fault=Fault(of="claim",
                       why="The first layer has kernels of 7 × 7: conv(7, 64, p3, s2) in the "
                       "lecture's own table.")),
    number("googlenet.modules", _AT, "inception module repeated 9 times", 9,
           partial(modules, "googlenet"), "convproof network googlenet"),
    number("googlenet.bottleneck", _AT, "kernels used as “bottleneck” layers", "reduction",
           _bottlenecks, "convproof network inception: 832 channels to 192 and 48", "statement"),
    number("googlenet.fewer", _AT, "25 times less parameters", Decimal(25),
           partial(ratio, "caffenet", "googlenet"), "convproof network caffenet, googlenet",
           fault=Fault(of="claim",
                       why="The lecture's own tables add up to 62,378,344 and 6,998,552 "
                       "parameters; the paper says 12 times. Where 25 comes from is not known.",
                       arithmetic="floor(62378344/6998552*10)/10")),
    number("googlenet.faster", _AT, "and faster than AlexNet", "fewer operations",
           lambda: compared(operations("googlenet"), operations("caffenet"), "fewer operations",
                            "more operations"),
           "convproof network caffenet, googlenet", "statement",
           note="judged by operations; times were not measured",
           fault=Fault(of="claim",
                       why="By the lecture's own tables it takes 1,588,825,920 operations, AlexNet "
                       "1,136,549,904, and as published, with groups and the norms before the "
                       "pools, 726,064,400.")),
    number("googlenet.auxiliary", _AT, "auxiliary classifiers", 2,
           lambda: len(named("googlenet").outputs) - 1, "convproof network googlenet"),
    number("sparse.deep", _SPARSE, "more features (e.g. 1024) and lower resolutions (e.g. 7 × 7)",
           (7, 7, 1024), lambda: row("googlenet", 16)[2], "convproof network googlenet, row 16",
           "row"),
    number("inception.naive", Place(_MODULE),
           "three convolutions and one max-pooling", (3, 1), partial(branches, "inception-naive"),
           "convproof network inception-naive", "row"),
    number("inception.naive.operations", Place(_MODULE, 2), "271,418,048 operations", 271418048,
           partial(operations, "inception-naive"), "convproof network inception-naive",
           fault=Fault(of="arithmetic",
                       why="The 1 × 1 branch is counted as 384 operations, one for each of its "
                       "filters: (0·832 + 1)·384 in the place of (832 + 1)·384 at each of 49 "
                       "positions. The other branches are right.",
                       arithmetic="49*((832 + 1)*384 + (9*832 + 1)*384 + (25*832 + 1)*128 + 832)",
                       origin="384 + 49*((9*832 + 1)*384 + (25*832 + 1)*128 + 832)")),
    number("inception.expensive", Place(_MODULE), "but this expensive", "cheaper",
           partial(_expensive, "inception-naive"),
           "the reduced module takes fewer operations than the naive one", "statement"),
    number("inception.increasing", Place(_MODULE), "dimension keeps increasing", "increasing",
           _grows, "convproof network inception-naive: 832 channels become 1,728", "statement"),
    number("inception.control", Place(_MODULE), "add dimension reduction to control cost",
           "cheaper", partial(_expensive, "inception-naive"),
           "convproof network inception, inception-naive", "statement"),
    number("inception.dimensions", Place(_MODULE), "to control cost, dimensions",
           "fewer channels", _narrower,
           "convproof network inception, inception-naive: 1,024 channels, and 1,728", "statement"),
    number("inception.operations", Place(_MODULE, 3), "70,800,688 operations", 70800688,
           partial(operations, "inception"), "convproof network inception"),
    number("inception.text", Place(_MODULE, 4), "inc(384, (192, 384), (48, 128), 128)",
           (384, 192, 384, 48, 128, 128),
           _widths,
           "convproof network inception", "row"),
    law("low-rank", Place(_LOW), "low-rank approximation W ≈ UV^⊤; V is 1 × 1 spatially",
        "low_rank"),
    formula("low-rank.product", Place(_LOW, 3), "Y ≈ h (U V^⊤ X)", "W X = U*(T(V)*X)", low_rank,
            note="of W = UV^⊤, before h"),
    *table("googlenet", _TABLE, GOOGLENET),
    number("googlenet.classifier", _TABLE, "avg(5, 3, p2) conv(1, 128) fc(1024) fc(1000) softmax",
           ("avg(5, 3)", "conv(1, 128)", "fc(1024)", "fc(1000)", "softmax"),
           partial(auxiliary, "googlenet"), "convproof network googlenet, auxiliary", "row"),
    number("googlenet.classifier.padding", _TABLE, "avg(5, 3, p2)", 5,
           partial(auxiliary_size, "googlenet-published"),
           "Szegedy et al. 2015, section 5: 4 × 4 × 512 of (4a)",
           note="stated: the positions along an axis that p2 gives",
           fault=Fault(of="outside source",
                       why="The paper's auxiliary classifiers pool to 4 × 4 positions: without "
                       "padding.",
                       arithmetic="floor((14 - 5)/3) + 1", origin="floor((14 + 2*2 - 5)/3) + 1")),
    law("summary.lti", Place("summary"), "convolution ≡ linearity + translation equivariance",
        "lti", note="of signals of finite support"),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("definition", "network in network (NiN)",
              "activation functions are usually element-wise for simplicity"),
    *unjudged("recalled", "convolutional features are sparse",
              "features play the role of codebooks", "with relu, each feature represents"),
    *unjudged("measurement", "convolutional features are sparse",
              "detected patterns in many cases are as small as",
              "resembles more (sparse) matrix multiplication",
              "not as efficient as dense multiplication", occurrence=2),
    *unjudged("definition", _MODULE, "this is referred to as inception module"),
    *unjudged("definition", _LOW, "X (Y): input (output) features", "Y = h (W X)",
              "W: weights; h: activation",
              "(in fact, V also includes a non-linearity)"),
    *unjudged("measurement", _LOW, "X was sparse; V^⊤X is not"),
    *unjudged("definition", "summary", "sparse connections, weight sharing", "cross-correlation",
              "feature maps: matrix multiplication", "1 × 1 convolution",
              "convolution as regularization, structured", "standard, padded, strided, dilated",
              "pooling and invariance", "deeper networks", "LeNet-5, AlexNet, ZFNet"),
    *unjudged("citation", "network in network (NiN)", "[Lin et al. 2013]"),
    *unjudged("citation", "GoogLeNet", "[Szegedy et al. 2015]"),
)  # fmt: skip
