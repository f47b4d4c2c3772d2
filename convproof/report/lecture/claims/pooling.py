"""The arithmetic of a convolutional layer; pooling and maxout."""

from functools import partial

from convproof.axes import Axis
from convproof.report.lecture import structure
from convproof.report.lecture import variants as library
from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.making import formula, law, number, unjudged
from convproof.report.lecture.counting import grows, padded_poolings

_LAYER, _POOL = Place("convolutional layer arithmetic"), Place("spatial pooling", 2)
_MAXOUT = Place("feature pooling e.g. maxout")


def _pooled() -> int:
    return Axis(input_size=6, kernel_size=2, stride=2).output_size


CLAIMS: tuple[Claim, ...] = (
    formula("layer.input", _LAYER, "input volume v = w × h × k", "v = w*h*k",
            partial(library.volume, False)),
    formula("layer.span", _LAYER, "effective kernel size r̂ = r + (r - 1)(t - 1)",
            "r̂ = r + (r - 1)*(t - 1)", library.span),
    formula("layer.output", _LAYER, "output volume v' = w' × h' × k'", "v' = W*H*K",
            partial(library.volume, True), note="W, H, K are w', h', k'"),
    formula("layer.width", _LAYER, "w' = ⌊(w + 2p - r̂)/s⌋ + 1",
            "w' = floor((w + 2*p - R)/s) + 1", partial(library.general_size, "w"), note="R is r̂"),
    formula("layer.height", _LAYER, "h' = ⌊(h + 2p - r̂)/s⌋ + 1",
            "h' = floor((h + 2*p - R)/s) + 1", partial(library.general_size, "h"), note="R is r̂"),
    law("layer.size", _LAYER, "output volume v' = w' × h' × k' with", "output_size"),
    formula("layer.weights", _LAYER, "r^2kk' weights", "weights = r**2*k*K", library.weights),
    formula("layer.biases", _LAYER, "k' biases", "biases = K", library.biases),
    formula("layer.parameters", _LAYER, "(r^2k + 1)k' parameters", "parameters = (r**2*k + 1)*K",
            library.parameters),
    law("layer.parameters.law", _LAYER, "parameters in total", "parameter_count"),
    formula("layer.operations", _LAYER, "(r^2k + 1)k' × w' × h' operations",
            "operations = (r**2*k + 1)*K*W*H", library.operations),
    law("layer.operations.law", _LAYER, "(r^2k + 1)v'", "operation_count"),
    number("pool.deeper", Place("spatial pooling"),
           "the larger becomes the receptive field of each cell and the density of cells decreases",
           ("larger", "decreases"), partial(grows, "vgg16"), "convproof network vgg16", "row"),
    law("pool.field", Place("spatial pooling"), "the deeper a layer is", "receptive_field",
        note="larger where a span exceeds 1; the density decreases where a stride does"),
    law("pool.invariance", Place("spatial pooling"),
        "gradually introduces translation and deformation invariance", "max_invariance",
        note="to shifts within a window, under the condition that the proof states"),
    law("pool.independent", Place("spatial pooling"),
        "pooling is independent per feature map and connections are fixed",
        "average_is_convolution"),
    number("pool.window", _POOL, "same “sliding window” as in convolution", "the same",
           structure.sliding, "the oracle, n = 6, r = 2, s = 2, on one-hot inputs", "statement"),
    number("pool.orderless", _POOL, "performs orderless pooling … e.g. average or max", "orderless",
           structure.pooled, "the oracle, on all orders of a window of 4", "statement"),
    number("pool.parameters", _POOL, "only has no parameters", 0, structure.pooling_parameters,
           "convproof.layers.MaxPool"),
    number("pool.example", _POOL, "n' = ⌊n/s⌋ = 3", 3, _pooled, "n = 6, r = 2, s = 2"),
    number("pool.padding", _POOL, "no padding but usually stride s > 1", "no padding",
           padded_poolings, "the networks of the lecture's tables", "statement",
           fault=Fault(of="claim",
                       why="The lecture's own tables pad: pool(3, 2, p1) twice in ZFNet and four "
                       "times in GoogLeNet, and the pooling inside an inception module. It is "
                       "true of the other tables.")),
    formula("pool.size.general", _POOL, "⌊(n - r)/s⌋ + 1", "n' = floor((n - r)/s) + 1",
            library.strided_size),
    formula("pool.size", _POOL, "= ⌊n/s⌋", "n' = floor(n/s)", library.pooled_size,
            note="for r = s"),
    law("pool.size.law", _POOL, "typically, r = s such that", "pooling_size"),
    number("maxout.saturates", _MAXOUT, "does not saturate or “die”", "does not die",
           structure.passes_on, "the derivative of a maxout unit, and of a ReLU", "statement",
           note="some piece always takes the whole cotangent"),
    formula("maxout.cost", _MAXOUT, "increases the cost by k", "factor = k", library.maxout_cost),
    law("maxout.convex", _MAXOUT, "can approximate any convex function", "tangents",
        note="of one variable, twice differentiable with f'' bounded; a unit is convex "
        "(maxout_convex)"),
    law("maxout.smooth", _MAXOUT, "two such units can approximate any smooth function",
        "difference_of_maxouts", note="by their difference, on an interval"),
    number("maxout.pose", Place("feature pooling: pose invariance"),
           "if each activation responds to a different pose or view, maxout will respond to any",
           "any", structure.responds, "the oracle, on one-hot activations", "statement"),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("definition", "convolutional layer arithmetic", "hyperparameters k' filters"),
    *unjudged("definition", "spatial pooling", "n = 6, r = 2, s = 2",
              occurrence=2),
    *unjudged("definition", "feature pooling e.g. maxout",
              "unlike most activation functions that are element-wise", "a = max_j"),
)  # fmt: skip
