"""Feature maps, 1x1 convolution, convolution as regularisation and as a prior."""

from functools import partial

from convproof.networks.names import named
from convproof.report.lecture import signals as library
from convproof.report.lecture.claim import Claim, Fault, Law, Place, Unjudged
from convproof.report.lecture.claims.making import formula, law, lost, matrix, number, unjudged
from convproof.report.lecture.counting import dimensions, dimensions_pointwise, map_dimensions
from convproof.report.lecture.variants import centres, gaussian, penalty
from convproof.report.lecture.variants import matrix as matrix_of

_MAPS, _ON = Place("feature maps"), "convolution on feature maps"
_ONE, _REGULAR = Place("1 × 1 convolution"), Place("convolution as regularization")
_PRIOR = Place("convolution as Gaussian mixture prior")
_SUM = "(W^T ⋆ x)_j[n] = "
_LETTER = lost(
    "The first five frames lack the letter i under the last sum, over which it must run; frames 6 "
    "and 7 print it, and so does the 1 × 1 slide."
)


def _channels(name: str) -> int:
    """Return the features of a network's images."""
    return named(name).input_shape[0]


CLAIMS: tuple[Claim, ...] = (
    number("maps.dimensions", _MAPS, "b remains a vector, x, a, y become 3d tensors, W a 4d tensor",
           (1, 3, 4), dimensions, "shapes of a layer with two spatial axes", "row"),
    number("maps.arrays", _MAPS, "x_i and y_j are 2d arrays … and a_j a 2d array", 2,
           map_dimensions, "shapes of a layer with two spatial axes, of one feature"),
    number("maps.channels", _MAPS, "just one feature; or three features corresponding to the three",
           (1, 3), lambda: (_channels("mnist-convnet"), _channels("cifar10-convnet")),
           "convproof network mnist-convnet, cifar10-convnet", "row"),
    *(
        formula(f"maps.sum.frame{frame}", Place(_ON, frame), "∑_k w_{ij}[k] x_i[k+n]",
                _SUM + "w(i, j, k)*x(i, k + n)", partial(library.feature_maps, 2), "k",
                fault=_LETTER)
        for frame in range(1, 6)
    ),
    *(
        formula(f"maps.sum.frame{frame}", Place(_ON, frame), "∑_{i,k} w_{ij}[k] x_i[k + n]",
                _SUM + "w(i, j, k)*x(i, k + n)", partial(library.feature_maps, 2), "i k")
        for frame in (6, 7)
    ),
    law("maps.combined", Place(_ON, 1), "matrix multiplication and convolution combined",
        "feature_maps"),
    law("maps.shared", Place(_ON, 8), "kernel weights shared among all spatial positions",
        "locally_connected", note="the layer that shares none, with the same kernel everywhere"),
    law("maps.kernels", Place(_ON, 34), "different kernel for each output dimension",
        "feature_maps"),
    number("1x1.dimensions", _ONE, "it becomes a 2d matrix again", 2, dimensions_pointwise,
           "shape of the weights, extents of 1 left out"),
    formula("1x1.general", _ONE, "∑_{i,k} w_{ij}[k] x_i[k + n]",
            _SUM + "w(i, j, k)*x(i, k + n)", partial(library.feature_maps, 2), "i k"),
    formula("1x1.sum", _ONE, "∑_i w_{ij} x_i[n]", _SUM + "w(i, j)*x(i, n)",
            partial(library.feature_maps, 1), "i"),
    law("1x1.pointwise", _ONE, "performed independently at each spatial location", "pointwise"),
    law("1x1.position", _ONE, "(W^⊤ ⋆ x)[n] = W^⊤ x[n]", "pointwise"),
    law("1x1.product", _ONE, "W^⊤ ⋆ x = W^⊤ x", "pointwise"),
    law("1x1.star", Place("1 × 1 convolution", 7), "y_1 = h(w_1^⊤ * x + b_1)", "even_kernels",
        note="frames print both * and ⋆: a kernel of one tap is even, so both are right"),
    matrix("regular.matrix", _REGULAR, "the constrained Toeplitz form", "w1 w2 . / . w1 w2",
           partial(matrix_of, "T", n=3, r=2)),
    formula("regular.penalty", _REGULAR, "(w_6 - w_2)^2 + (w_5 - w_1)^2 + w_3^2 + w_4^2",
            "penalty = lam/2*((w6 - w2)**2 + (w5 - w1)**2 + w3**2 + w4**2)", penalty),
    law("regular.limit", _REGULAR, "then, as λ → ∞, the weight matrix tends to", "regularisation",
        note="for continuous errors with bounded sublevel sets and one minimiser there; the limit "
        "is the restricted minimiser, its w_1 not the w_1 of before"),
    law("regular.layer", _REGULAR, "and the layer becomes convolutional", "regularisation"),
    formula("prior.decay", _PRIOR, "weight decay is equivalent to a zero-centered Gaussian prior",
            "weight decay = lam/2*w**2", gaussian,
            note="-ln p(w) up to a constant, of precision λ"),
    formula("prior.penalty", _PRIOR, "(w_6 - w_2)^2 + (w_5 - w_1)^2 + w_3^2 + w_4^2",
            "penalty = lam/2*((w6 - w2)**2 + (w5 - w1)**2 + w3**2 + w4**2)", penalty),
    number("prior.centres", _PRIOR, "centered at w_1, w_2 for w_5, w_6 and one zero-centered",
           (("w3", "0"), ("w4", "0"), ("w5", "w1"), ("w6", "w2")), centres,
           "the squares of the penalty, entry by entry", "row"),
    Claim(id="prior.mixture", place=_PRIOR, kind="statement",
          quote="that is, a Gaussian mixture prior", stated=Law("prior", holds=False),
          by="convproof prove prior",
          fault=Fault(of="claim",
                      why="The factors are multiplied: their product is one Gaussian, improper, "
                      "flat along the banded Toeplitz matrices. A mixture is a sum, and no sum of "
                      "two or more different Gaussians is one.")),
    law("structured.basis", Place("structured convolution"),
        "steerable filters consisting of separable Gaussian derivatives", "gaussian_basis"),
    law("structured.parameters", Place("structured convolution"),
        "linear combination of the basis filters", "gaussian_basis",
        note="fixed filters, then a 1 × 1 layer with the parameters that are learned"),
)  # fmt: skip

# the first frame of every output
_OUTPUTS = {_ON: (8, 21, 34, 35, 36), "1 × 1 convolution": (4, 17, 30, 31, 32)}
UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("recalled", "features", "so far we had activations a and outputs y",
              "the elements of x, a, b and y were representing",
              "now we have x as a 2d array", "W = (w_1, …, w_k) a weight matrix",
              "a = W^⊤ x + b", "the elements of W were representing"),
    *unjudged("definition", "feature maps", "each corresponding to one feature",
              "x_i[n], a_j[n], b_j, y_j[n]",
              "w_{ij}[k]"),
    *unjudged("definition", _ON, "a = W^⊤ ⋆ x + b, y = h(a)"),
    *(
        each
        for slide, occurrences in _OUTPUTS.items()
        for j, occurrence in enumerate(occurrences, start=1)
        for each in unjudged("definition", slide, f"output y_{j} = h(w_{j}^⊤ ⋆ x + b_{j})",
                             f"kernel w_{j}", occurrence=occurrence)
    ),
    *unjudged("definition", "convolution as regularization",
              "suppose a fully connected layer is given by",
              "now if we add the following term"),
    *unjudged("recalled", "convolution as Gaussian mixture prior",
              "in this analogy, error term"),
    *unjudged("history or advice", "structured convolution", "this applies to all layers"),
    *unjudged("citation", _ON, "Fukushima. BC 1980", occurrence=2),
    *unjudged("citation", "structured convolution", "[Jacobsen et al. 2016]"),
)  # fmt: skip
