"""ImageNet, AlexNet and ZFNet."""

from decimal import Decimal
from functools import partial

from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.convnets import LEGENDS
from convproof.report.lecture.claims.making import (
    lost,
    most_frequent,
    number,
    quoted,
    table,
    unjudged,
)
from convproof.report.lecture.counting import (
    convolutions,
    defaults,
    depth,
    kernel_and_stride,
    order,
    rectified,
    row,
    widened,
    widths,
)
from convproof.report.lecture.published import ahead, source

_ALEXNET, _CAFFENET = Place("AlexNet"), Place("AlexNet (CaffeNet)")
_KERNELS, _ZFNET, _ZFTABLE = Place("learned layer 1 kernels"), Place("ZFNet"), Place("ZFNet", 2)

_ZFNET_LEGEND = "conv(r, k'[, p = 0][, s = 1])"
_LEGENDS = (*LEGENDS, _ZFNET_LEGEND)
_OF_LEGENDS = "what most frames of the tables of MNIST and of ZFNet print"

CAFFENET = """
input(227,3) 0 0 227x227x3
conv(11,96,s4) 34944 105705600 55x55x96
pool(3,2) 0 290400 27x27x96
norm 0 69984 27x27x96
conv(5,256,p2) 614656 448084224 27x27x256
pool(3,2) 0 186624 13x13x256
norm 0 43264 13x13x256
conv(3,384,p1) 885120 149585280 13x13x384
conv(3,384,p1) 1327488 224345472 13x13x384
conv(3,256,p1) 884992 149563648 13x13x256
pool(3,2) 0 43264 6x6x256
fc(4096) 37752832 37752832 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""
ZFNET = """
input(224,3) 0 0 224x224x3
conv(7,96,s2,p1) 14208 171916800 110x110x96
pool(3,2,p1) 0 1161600 55x55x96
norm 0 290400 55x55x96
conv(5,256,s2) 614656 415507456 26x26x256
pool(3,2,p1) 0 173056 13x13x256
norm 0 43264 13x13x256
conv(3,512,p1) 1180160 199447040 13x13x512
conv(3,1024,p1) 4719616 797615104 13x13x1024
conv(3,512,p1) 4719104 797528576 13x13x512
pool(3,2) 0 86528 6x6x512
fc(4096) 75501568 75501568 4096
fc(4096) 16781312 16781312 4096
fc(1000) 4097000 4097000 1000
softmax 0 1000 1000
"""


def _limited() -> tuple[int, ...]:
    """Return the parameters of AlexNet's second, fourth and fifth layer, of two groups each."""
    return tuple(row("alexnet", place)[0] for place in (4, 8, 9))


def _kernels() -> tuple[int, ...]:
    first = convolutions("alexnet")[0]
    return first.weight_shape[0], *first.weight_shape[:0:-1]


def _towers() -> tuple[int, ...]:
    """Return how many of the first layer's kernels each group of the second layer reads."""
    second = convolutions("alexnet")[1]
    return (second.in_channels // second.groups,) * second.groups


def _reduced() -> tuple[tuple[int, int], ...]:
    return kernel_and_stride("caffenet", 0), kernel_and_stride("zfnet", 0)


CLAIMS: tuple[Claim, ...] = (
    quoted("imagenet.size", Place("ImageNet"), "22k classes, 15M samples",
           (22000, 15000000), "imagenet"),
    quoted("imagenet.ilsvrc", Place("ImageNet"),
           "1000 classes, 1.2M training images, 50k validation images, 150k test images",
           (1000, 1200000, 50000, 150000), "ilsvrc",
           note="150,000 test images are those of 2010; the challenges of 2012 to 2014, whose "
           "errors the lecture quotes, had 100,000"),
    quoted("alexnet.error", _ALEXNET, "16.4% top-5 error on ILSVRC'12", Decimal("16.4"),
           "alexnet error", note="with 15.3% the winning entry, which used other data besides"),
    number("alexnet.ahead", _ALEXNET, "outperformed all by 10%", Decimal(10), ahead,
           source("alexnet second"), note="26.2 - 16.4 = 9.8 points"),
    number("alexnet.depth", _ALEXNET, "8 layers", 8, partial(depth, "alexnet"),
           "convproof network alexnet: layers with weights"),
    number("alexnet.gpus", _ALEXNET, "implementation on two GPUs", 2,
           lambda: convolutions("alexnet")[1].groups, "convproof network alexnet: groups"),
    number("alexnet.limited", _ALEXNET, "connectivity between the two subnetworks is limited",
           (614656, 1327488, 884992), _limited, "convproof network alexnet: groups of two", "row",
           note="stated: the parameters of layers 2, 4 and 5 in the table",
           fault=Fault(of="convention",
                       why="The table counts all channels connected, as on one GPU: 62,378,344 "
                       "parameters in total. With the groups of AlexNet, and of CaffeNet as it "
                       "was released, these three layers have half the weights (the other "
                       "two (3^2·192 + 1)·384 and (3^2·192 + 1)·256 parameters), and all have "
                       "60,965,224 parameters.",
                       arithmetic="(5**2*48 + 1)*256", origin="(5**2*96 + 1)*256")),
    number("alexnet.kernels", _KERNELS, "96 kernels of size 11 × 11 × 3", (96, 11, 11, 3),
           _kernels, "convproof network alexnet", "row"),
    number("alexnet.towers", _KERNELS, "top: 48 GPU 1 kernels; bottom: 48 GPU 2 kernels", (48, 48),
           _towers, "convproof network alexnet: groups of the second layer", "row"),
    *table("caffenet", _CAFFENET, CAFFENET),
    number("caffenet.relu", _CAFFENET, "ReLU follows each convolutional and fully connected layer",
           8, partial(rectified, "caffenet"), "convproof network caffenet: 8 layers", "statement",
           fault=Fault(of="claim",
                       why="Of five convolutions and three fully connected layers the last has "
                       "none: the softmax follows it. (Krizhevsky et al. 2012 use the same words.)",
                       arithmetic="8 - 1", origin="5 + 3")),
    quoted("caffenet.input", _CAFFENET, "input size modified from 224 × 224", (224, 224),
           "alexnet input",
           note="224 would give ⌊(224 - 11)/4⌋ + 1 = 54 in place of 55 positions"),
    number("caffenet.order", _CAFFENET, "pool/norm switched",
           (("norm", "pool"), ("pool", "norm")), lambda: (order("alexnet"), order("caffenet")),
           "convproof network alexnet, caffenet", "statement"),
    number("caffenet.defaults", _CAFFENET, "[p = 0][, s = 1]); (max)-pool(r[, s = r][, p = 0])",
           (0, 1, 0), defaults, "the networks' notation: conv(2, 1), pool(2)", "row"),
    *(
        number(f"caffenet.legend.frame{frame}", Place("AlexNet (CaffeNet)", frame),
               "the legend below the table, to s", printed, partial(most_frequent, *_LEGENDS),
               _OF_LEGENDS, "statement",
               fault=lost("A bracket stands after the comma that belongs inside; on the other "
                          "slides most frames have it right."))
        for frame, printed in ((1, "conv(r, k', [p = 0][, s = 1])"),
                               (2, "conv(r, k', [p=0][, s=1])"))
    ),
    number("zfnet.legend", _ZFTABLE, "the legend below the table, to s",
           _ZFNET_LEGEND, partial(most_frequent, *_LEGENDS), _OF_LEGENDS, "statement"),
    quoted("zfnet.error", _ZFNET, "11.7% top-5 error on ILSVRC'13", Decimal("11.7"), "zfnet error",
           fault=Fault(of="outside source",
                       why="11.7% is the result of the winner, Clarifai, a company of the same "
                       "author; the entry ZF had 13.5%.")),
    number("zfnet.depth", _ZFNET, "8 layers", 8, partial(depth, "zfnet"),
           "convproof network zfnet: layers with weights"),
    number("zfnet.reduced", _ZFNET, "layer 1 kernel size (stride) reduced from 11(4) to 7(2)",
           ((11, 4), (7, 2)), _reduced, "convproof network caffenet, zfnet", "row"),
    number("zfnet.widths", _ZFNET, "conv3,4,5 width increased to 512, 1024, 512", (512, 1024, 512),
           partial(widths, "zfnet", 3, 5), "convproof network zfnet", "row"),
    number("zfnet.increased", _ZFNET, "conv3,4,5 width increased", "increased",
           partial(widened, "caffenet", "zfnet", 3, 5), "convproof network caffenet, zfnet",
           "statement"),
    *table("zfnet", _ZFTABLE, ZFNET),
    number("zfnet.defaults", _ZFTABLE, "[, p = 0][, s = 1]); (max)-pool(r[, s = r][, p = 0])",
           (0, 1, 0), defaults, "the networks' notation: conv(2, 1), pool(2)", "row"),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("history or advice", "AlexNet", "ReLU, local response normalization",
              "stochastic gradient descent with momentum"),
    *unjudged("picture", "AlexNet: classification examples", "correct label on top"),
    *unjudged("history or advice", "ZFNet", "refinement of AlexNet",
              "to reduce aliasing artifacts"),
    *unjudged("history or advice", "ZFNet", "layer widths adjusted by cross-validation",
              occurrence=2),
    *unjudged("picture", "ZFNet: occlusion sensitivity", "image occluded by gray square",
              "correct class probability as a function"),
    *unjudged("picture", "ZFNet: visualizing intermediate layers",
              "reconstructed patterns from top 9 activations"),
    *unjudged("citation", "ImageNet", "[Russakovsky et al. 2014]", "Russakovsky, Deng, Su"),
    *unjudged("citation", "AlexNet", "[Krizhevsky et al. 2012]"),
)  # fmt: skip
