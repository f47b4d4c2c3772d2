"""Standard, padded, strided and dilated convolution: sizes and matrices, n = 7 and r = 3."""

from functools import partial

from convproof.report.lecture import derivatives
from convproof.report.lecture import variants as library
from convproof.report.lecture.claim import Claim, Place, Unjudged
from convproof.report.lecture.claims.making import formula, law, lost, matrix, number, unjudged
from convproof.report.lecture.counting import spared

_STANDARD, _PADDED = "standard convolution", "padded convolution"
_STRIDED, _DILATED = "strided convolution (down-sampling)", "dilated convolution (up-sampling)"
_STRIDED_ = "strided convolution"
_BY_INPUT, _BY_WEIGHT = ": input derivative", ": weight derivative"
_RULE = "C = AB → dA = (dC)B^⊤, dB = A^⊤ dC"

_T = "w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3 / . . . w1 w2 w3 / . . . . w1 w2 w3"
_W = "w1 / w2 w1 / w3 w2 w1 / . w3 w2 w1 / . . w3 w2 w1 / . . . w3 w2 / . . . . w3"
_D = "a1 a2 a3 a4 a5 / . a1 a2 a3 a4 a5 / . . a1 a2 a3 a4 a5"
_PADDED_T = (
    "w2 w3 / w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3 / . . . w1 w2 w3 / . . . . w1 w2 w3 "
    "/ . . . . . w1 w2"
)
_BLANKS = lost(
    "Blank columns are lost: the rows have fewer entries than there are inputs, and move by one "
    "where the slide's picture moves the window by the stride."
)
_TAPS = lost(
    "The blanks between the taps are lost: the rows have fewer entries than there are inputs."
)


def _outputs(**sizes: int) -> int:
    """Return ``n'`` of the example."""
    return len(library.example(**sizes).forward())


def _rules(id: str, slide: str) -> tuple[Claim, ...]:  # noqa: A002  # a field
    """Return the two halves of the rule for a product, which four slides repeat."""
    return tuple(
        formula(f"{id}.rule.{by}", Place(slide), _RULE, text,
                partial(derivatives.product_rule, by))
        for by, text in (("A", "dA = dC*T(B)"), ("B", "dB = T(A)*dC"))
    )  # fmt: skip


def _example(id: str, slide: str, stated: int, **sizes: int) -> Claim:  # noqa: A002  # a field
    return number(id, Place(slide), f"= {stated}", stated, partial(_outputs, **sizes),
                  "convproof derive, n = 7, r = 3")  # fmt: skip


CLAIMS: tuple[Claim, ...] = (
    formula("standard.size", Place(_STANDARD), "n' = n - r + 1", "n' = n - r + 1",
            library.standard_size),
    _example("standard.example", _STANDARD, 5),
    formula("standard.sum", Place(_STANDARD), "a = w ⋆ x", "a[o] = w(k)*x(o + k)",
            partial(derivatives.output, 0), "k", note="positions from 0"),
    matrix("standard.matrix", Place(_STANDARD), "the matrix of a = W^⊤ x", _T,
           partial(library.matrix, "T")),
    *_rules("standard.dx", _STANDARD + _BY_INPUT),
    formula("standard.dx", Place(_STANDARD + _BY_INPUT), "dx = W · da", "dx = W*da",
            derivatives.by_input),
    matrix("standard.dx.matrix", Place(_STANDARD + _BY_INPUT), "d (x_1 … x_7) = W d (a_1 … a_7)",
           "w1 / w2 w1 / w3 w2 w1 / . w3 w2 w1 / . . w3 w2 w1 / . . . w3 w2 w1 / . . . . w3 w2 w1",
           partial(library.matrix, "W"),
           fault=lost("The file prints seven columns and seven outputs; the slides before and "
                      "after have five, and the next one prints this matrix with five.")),
    *_rules("standard.dW", _STANDARD + _BY_WEIGHT),
    formula("standard.dW", Place(_STANDARD + _BY_WEIGHT), "dW = x · da^⊤", "dW = x*T(da)",
            derivatives.by_matrix, note="of a matrix whose entries are all free"),
    matrix("standard.dW.matrix", Place(_STANDARD + _BY_WEIGHT, 2), "the matrix of dW = x · da^⊤",
           _W, partial(library.matrix, "W")),
    number("standard.dw.letters", Place(_STANDARD + _BY_WEIGHT), "dw = (dw_1, dw_2, dw_3)",
           ("dw1", "dw2", "dw3"), derivatives.weight_letters, "convproof derive, n = 7, r = 3",
           "row"),
    number("standard.dw.learned", Place(_STANDARD + _BY_WEIGHT),
           "if da_i = 1[i = 4], then dw = (x_4, x_5, x_6)", ("x4", "x5", "x6"),
           partial(derivatives.learned, 4), "convproof derive, n = 7, r = 3", "row"),
    number("standard.dw.pattern", Place(_STANDARD + _BY_WEIGHT),
           "we learn the pattern that generated the activation", ("x4", "x5", "x6"),
           partial(derivatives.read, 4), "the inputs that a_4 reads", "row"),
    number("standard.dw.marked", Place(_STANDARD + _BY_WEIGHT, 4), "entries of x in red",
           ("x4", "x5"), partial(derivatives.learned, 4), "the pattern that is learned", "row",
           fault=lost("The mark of x_6 is lost: a_4 is red in all three rows, and meets x_6 in "
                      "the third.")),
    formula("standard.dw", Place(_STANDARD + _BY_WEIGHT, 3), "dw = da ⋆ x",
            "dw[k] = da(o)*x(o + k)", derivatives.by_weight, "o"),
    matrix("standard.dw.matrix", Place(_STANDARD + _BY_WEIGHT, 3), "the matrix of dw = da ⋆ x",
           _D, partial(library.matrix, "D")),
    law("standard.sharing", Place(_STANDARD + _BY_WEIGHT, 3),
        "sharing in forward ≡ adding in backward", "weight_derivative"),
    formula("padded.size", Place(_PADDED), "n' = (n + 2p) - r + 1", "n' = (n + 2*p) - r + 1",
            library.padded_size),
    _example("padded.example", _PADDED, 7, p=1),
    formula("padded.sum", Place(_PADDED), "a = w ⋆ x_{(p)}", "a[o] = w(k)*x(o + k - p)",
            partial(derivatives.output, 0, 1, 2), "k",
            note="positions from 0; x_{(p)} is x, moved by p, zero elsewhere"),
    *(
        matrix(f"padded.matrix.frame{frame}", Place(_PADDED, frame), "the matrix of a = W^⊤ x",
               "w2 w3 / w1 w2", partial(library.matrix, "T", p=1),
               fault=lost("Five of the seven rows are lost; frames 2 and 4 have all."))
        for frame in (1, 3, 5, 6, 7)
    ),
    *(
        matrix(f"padded.matrix.frame{frame}", Place(_PADDED, frame), "the matrix of a = W^⊤ x",
               _PADDED_T, partial(library.matrix, "T", p=1))
        for frame in (2, 4)
    ),
    matrix("padded.matrix.frame8", Place(_PADDED, 8), "the matrix of a = W^⊤ x",
           "w2 w3 / w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3 / . . . w1 w2 w3 / . . . . w1 w2 "
           "/ . . . . . w1 w2",
           partial(library.matrix, "T", p=1),
           fault=lost("The sixth row lacks w_3; frames 2 and 4 have it.")),
    formula("same.size", Place("padding preserves size"), "n' = n + 2p - r + 1 = n", "n' = n",
            library.preserved_size),
    formula("same.general", Place("padding preserves size"), "n' = n + 2p - r + 1",
            "n' = n + 2*p - r + 1", library.padded_size),
    law("same.law", Place("padding preserves size"),
        "if kernel size r = 2ℓ + 1 and p = ℓ, then", "same_padding"),
    formula("strided.size", Place(_STRIDED), "n' = ⌊(n - r)/s⌋ + 1",
            "n' = floor((n - r)/s) + 1", library.strided_size),
    _example("strided.example", _STRIDED, 3, s=2),
    law("strided.law", Place(_STRIDED), "like standard convolution followed by down-sampling",
        "strided"),
    number("strided.efficient", Place(_STRIDED), "but efficient", "efficient",
           partial(spared, n=7, r=3, s=2),
           "operations of 3 outputs, beside those of 5 of which 2 are dropped", "statement"),
    law("strided.rows", Place(_STRIDED), "rows sub-sampled", "strided"),
    *(
        matrix(f"strided.matrix.frame{frame}", Place(_STRIDED, frame), "the matrix of a = W^⊤ x",
               "w1 w2 w3 . . . / . w1 w2 w3 . . / . . w1 w2 w3 .",
               partial(library.matrix, "T", s=2), fault=_BLANKS)
        for frame in range(1, 5)
    ),
    *_rules("strided.dx", _STRIDED_ + _BY_INPUT),
    formula("strided.dx", Place(_STRIDED_ + _BY_INPUT), "dx = W · da", "dx = W*da",
            partial(derivatives.by_input, s=2)),
    matrix("strided.dx.matrix", Place(_STRIDED_ + _BY_INPUT),
           "d (x_1 … x_7) = W d (a_1, a_2, a_3)",
           "w1 . . . . / w2 w1 . . . / w3 w2 w1 . . / . w3 w2 w1 . / . . . . w3",
           partial(library.matrix, "W", s=2),
           fault=lost("Rows and blanks are lost: five rows and five columns, beside a vector of "
                      "seven inputs and one of three outputs.")),
    *_rules("strided.dW", _STRIDED_ + _BY_WEIGHT),
    formula("strided.dW", Place(_STRIDED_ + _BY_WEIGHT), "dW = x · da^⊤",
            "dW = x*T(da)", partial(derivatives.by_matrix, s=2),
            note="of a matrix whose entries are all free; the slide prints that of dw below it"),
    law("strided.dw.chain", Place(_STRIDED_ + _BY_WEIGHT),
        "by writing W as a function of w = (w_1, w_2, w_3) and applying the chain rule",
        "weight_derivative", note="of every stride"),
    matrix("strided.dw.matrix", Place(_STRIDED_ + _BY_WEIGHT), "the matrix of dw = da · x",
           "a1 a2 a3 / a1 a2 a3 / a1 a2 a3", partial(library.matrix, "D", s=2),
           fault=lost("All blanks are lost: three columns beside a vector of seven inputs.")),
    formula("dilated.span", Place(_DILATED), "r̂ = r + (r - 1)(t - 1)",
            "r̂ = r + (r - 1)*(t - 1)", library.span),
    formula("dilated.size", Place(_DILATED), "n' = n - r̂ + 1", "n' = n - R + 1",
            library.dilated_size, note="R is r̂"),
    _example("dilated.example", _DILATED, 3, t=2),
    law("dilated.backward", Place(_DILATED), "like strided backward!",
        "dilated_forward_strided_backward"),
    law("dilated.kernel", Place(_DILATED), "a = w ↑^t ⋆ x", "dilated"),
    *(
        matrix(f"dilated.matrix.frame{frame}", Place(_DILATED, frame), "the matrix of a = W^⊤ x",
               text, partial(library.matrix, "T", t=2), fault=_TAPS)
        for frame, text in (
            (1, "w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3"),
            (2, "w1 w2 w3 / w1 w2 w3 / w1 w2 w3"),
            (3, "w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3"),
            (4, "w1 w2 w3 / . w1 w2 w3 / . . w1 w2 w3"),
        )
    ),
    law("atrous", Place(_DILATED, 5), "given an input at twice the resolution", "atrous",
        note="at every second output, by a factor of 2"),
)  # fmt: skip

UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("definition", "convolution variants", "we will examine a number of variants",
              "this leaves an extension", "in each case, we will write convolution as"),
    *unjudged("definition", _STANDARD, "input size n, kernel size r, output size n'",
              "written as matrix multiplication", "a = W^⊤ · x", "n = 7, r = 3"),
    *unjudged("definition", _STANDARD + _BY_INPUT, "derivative with respect to input x"),
    *unjudged("definition", _STANDARD + _BY_WEIGHT, "derivative with respect to weights W"),
    *unjudged("history or advice", _STANDARD + _BY_WEIGHT, "this is not convenient"),
    *unjudged("definition", _PADDED, "padded input x_{(p)} = (0_p; x; 0_p)",
              "written as matrix multiplication", "a = W^⊤ · x", "n = 7, r = 3, p = 1"),
    *unjudged("definition", "padding preserves size", "over several layers", "p = 0", "p = 1",
              "L_1", "L_2", "L_3"),
    *unjudged("definition", _STRIDED, "input size n, kernel size r, stride s",
              "a = W^⊤ · x", "n = 7, r = 3, s = 2"),
    *unjudged("definition", "strided convolution: input derivative",
              "derivative with respect to input x"),
    *unjudged("definition", "strided convolution: weight derivative",
              "derivative with respect to weights W"),
    *unjudged("history or advice", "strided convolution: weight derivative",
              "by just observing the moving pattern"),
    *unjudged("definition", _DILATED, "input size n, kernel size r, dilation factor t",
              "a = W^⊤ · x", "n = 7, r = 3, t = 2"),
    *unjudged("history or advice", _DILATED, "suppose a filter has been trained", occurrence=5),
)  # fmt: skip
