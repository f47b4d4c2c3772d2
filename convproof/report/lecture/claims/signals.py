"""Linear time-invariant systems: "definition and properties"."""

from functools import partial

from convproof.report.lecture import grids
from convproof.report.lecture import signals as library
from convproof.report.lecture.claim import Claim, Fault, Place, Unjudged
from convproof.report.lecture.claims.making import (
    formula,
    law,
    lost,
    matrix,
    most_frequent,
    number,
    unjudged,
)

_LTI, _EQUIV = Place("linear time-invariant (LTI) system"), Place("LTI system ≡ convolution", 2)
_BOTH, _2D, _AGAIN = (
    Place("invariance vs. equivariance"),
    Place("2d convolution"),
    Place("2d convolution, again"),
)
_CROSS = Place("cross-correlation")
# how seven frames of one slide write the definition of the convolution
_FRAMES = ("= x * h[n]", *[":= (x * h)[n]"] * 4, "= (x * h)[n]", ":= (x * h)[n]")


_FRAME = partial(most_frequent, *_FRAMES)
_GRID = "the rows of the same grid that six frames of “2d convolution, again” print"
_OF_FRAMES = "what most of the slide's seven frames print"

CLAIMS: tuple[Claim, ...] = (
    formula("signals.translation", _LTI, "s_k(x)[n] = x[n - k]", "s_k(x)[n] = x(n - k)",
            library.translation),
    formula("signals.impulses", _EQUIV, "x[n] = ∑_k x[k]δ[n - k]", "x[n] = x(k)*delta(n - k)",
            library.identity, "k"),
    formula("signals.impulses.shifted", _EQUIV, "∑_k x[k]s_k(δ)[n]",
            "x[n] = x(k)*s(k, delta)(n)", library.identity, "k"),
    formula("signals.responses", _EQUIV, "= ∑_k x[k]s_k(f(δ))[n]", "f(x)[n] = x(k)*s(k, h)(n)",
            library.convolution, "k", note="h is f(δ)"),
    law("signals.lti", _EQUIV, "if f is LTI with impulse response h = f(δ), then f(x) = x * h",
        "lti", note="of signals of finite support"),
    formula("signals.convolution", _EQUIV, "∑_k x[k]h[n - k] := (x * h)[n]",
            "(x * h)[n] = x(k)*h(n - k)", library.convolution, "k"),
    number("signals.frame1", Place("LTI system ≡ convolution", 1), "x * h[n]", "= x * h[n]",
           _FRAME, _OF_FRAMES, "statement",
           fault=lost("The first frame lacks parentheses and colon that the others have.")),
    number("signals.frame6", Place("LTI system ≡ convolution", 6), "(x * h)[n]", "= (x * h)[n]",
           _FRAME, _OF_FRAMES, "statement",
           fault=lost("The sixth frame lacks the colon that the others have.")),
    law("signals.equivariance", _BOTH, "each convolutional layer is translation equivariant",
        "equivariance", note="on the integers, by the stride; of zero padding, away from it"),
    law("signals.both", _BOTH, "system commutes with translation", "equivariance",
        note="that the two words mean this is a definition"),
    law("signals.invariance", _BOTH,
        "pooling makes a network translation invariant, e.g. … ∑_n x[n - k] = ∑_n x[n]",
        "global_invariance", note="of the sum over all positions, as the slide's example has it"),
    formula("2d.convolution", _2D, "∑_k x[k]h[n - k]", "(x * h)[n] = x(k)*h(n - k)",
            library.convolution, "k"),
    formula("2d.commuted", _2D, "∑_k h[k]x[n - k]", "(x * h)[n] = h(k)*x(n - k)",
            library.convolution, "k"),
    matrix("2d.window", Place("2d convolution", 2), "9 8 7 6 5 4 3 2 1",
           "9 8 7 / 6 5 4 / 3 2 1", partial(library.window, flipped=True),
           "the taps that an output reads"),
    number("2d.described", Place("2d convolution", 7), "columns of x, told in frames 7, 10, 11",
           (5, 3, 5), partial(grids.columns, 3), _GRID, "row",
           fault=lost("The file tells these pictures in words, two as 5 × 5 and one as 3 × 3; the "
                      "frames that it prints as a grid have more columns.")),
    number("2d.columns", Place("2d convolution", 2), "columns of x in frames 2, 3, 4, 5, 6, 8",
           (7, 7, 6, 7, 7, 7), partial(grids.columns, 6), _GRID, "row",
           fault=lost("Five frames print the input with a column more than the sixth, and than "
                      "all six of “2d convolution, again”.")),
    number("2d.output", Place("2d convolution", 7), "columns of x * h, told in frames 7, 10, 11",
           (5, 5, 5), partial(grids.positions, 3), "n' = n - r + 1, of n = 6 columns of x", "row",
           note="12 = 4·3 of the slide's 13 frames show a position of the kernel, one shows none",
           fault=Fault(of="transcription",
                       why="The file tells these pictures in words, as 5 × 5; an input of 6 "
                       "columns has 4 positions of 3.",
                       arithmetic="6 - 3 + 1")),
    law("cross.commutative", _CROSS, "convolution is commutative", "commutativity",
        note="of signals of finite support"),
    formula("cross.convolution", _CROSS, "(x * h)[n] := ∑_k x[k]h[n - k]",
            "(x * h)[n] = x(k)*h(n - k)", library.convolution, "k"),
    formula("cross.commuted", _CROSS, "∑_k h[k]x[n - k] = (h * x)[n]",
            "(x * h)[n] = h(k)*x(n - k)", library.convolution, "k"),
    law("cross.not", _CROSS, "cross-correlation is not", "cross_correlation",
        note="its arguments swap if the output is flipped"),
    formula("cross.definition", _CROSS, "(h ⋆ x)[n] := ∑_k h[k]x[k + n]",
            "(h ⋆ x)[n] = h(k)*x(k + n)", library.correlation, "k"),
    formula("cross.swapped", _CROSS, "∑_k x[k]h[k - n]", "(h ⋆ x)[n] = x(k)*h(k - n)",
            library.correlation, "k"),
    formula("cross.flipped", _CROSS, "(x ⋆ h)[-n]", "(h ⋆ x)[n] = xh(-n)", library.correlation),
    law("cross.linear", _CROSS, "both are LTI", "linearity",
        note="in the signal, with a fixed kernel"),
    law("cross.lti", _CROSS, "both are LTI", "equivariance",
        note="in the signal, with a fixed kernel"),
    formula("cross.response.flipped", _CROSS, "h refers to the flipped impulse response",
            "impulse response[n] = w(-n)", library.response, note="the kernel h is here w"),
    formula("cross.response", _CROSS, "h[n] = w[-n] is the impulse response", "h[n] = w(-n)",
            library.response),
    law("cross.even", _CROSS, "if h is even", "even_kernels"),
    formula("again.definition", _AGAIN, "∑_k w[k]x[k + n]", "(w ⋆ x)[n] = h(k)*x(k + n)",
            library.correlation, "k", note="the kernel w is here h"),
    formula("again.swapped", _AGAIN, "∑_k x[k]w[k - n]", "(w ⋆ x)[n] = x(k)*h(k - n)",
            library.correlation, "k", note="the kernel w is here h"),
    matrix("again.window", Place("2d convolution, again", 2), "1 2 3 4 5 6 7 8 9",
           "1 2 3 / 4 5 6 / 7 8 9", partial(library.window, flipped=False),
           "the taps that an output reads"),
)  # fmt: skip

_FIR = "finite impulse response (FIR)"
UNJUDGED: tuple[Unjudged, ...] = (
    *unjudged("definition", "linear time-invariant (LTI) system", "discrete-time signal",
              "system (filter)", "linear system: commutes with linear combination",
              "time-invariant system: commutes with translation",
              "f(∑_i a_i x_i) = ∑_i a_i f(x_i)", "f(s_k(x)) = s_k(f(x))"),
    *unjudged("definition", "LTI system ≡ convolution", "unit impulse δ[n] = 1[n = 0]",
              "every signal x expressed as"),
    *unjudged("definition", "invariance vs. equivariance",
              "time invariance: invariance to absolute time",
              "equivariance to relative time", "translation (or shift) invariance, means",
              "f(s_k(x)) = s_k(f(x))", "f(s_k(x)) = f(x)"),
    *unjudged("definition", _FIR, "because it settles to zero in finite time",
              "mean exactly that h is of finite duration", "we assume this in the following"),
    *unjudged("definition", "2d convolution", "1 2 3", "4 5 6", "7 8 9", occurrence=2),
    *unjudged("definition", "cross-correlation", "we use cross-correlation w ⋆ x",
              "we call w the kernel of the operation"),
)  # fmt: skip
