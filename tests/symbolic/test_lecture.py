"""The lecture's worked examples, literally: n = 7, r = 3, alone or with p = 1, s = 2 or t = 2.

The matrices are Avrithis, lecture 7, "variants and their derivatives"; a dot is one of its blanks.
Where the digital text of the lecture is damaged, the true matrix stands here: it shifts the strided
and the dilated rows by one position in the place of two (or none), drops most rows of some padded
matrices, and shows a 7x7 matrix for the standard input derivative, which is 7x5.
"""

from typing import Any

import pytest
import sympy as sp

from convproof.layers import Conv
from convproof.symbolic import Derivation, derive


def lecture(p: int = 0, s: int = 1, t: int = 1) -> Derivation:
    """Return the derivation for n = 7, r = 3."""
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(3,), stride=(s,), padding=((p, p),),
        dilation=(t,),
    )  # fmt: skip
    return derive(layer, (7,))


def matrix(text: str) -> sp.Matrix:
    """Read a matrix: w1 is the symbol w_1, a dot is a zero."""
    return sp.Matrix(
        [
            [sp.S.Zero if word == "." else sp.Symbol(f"{word[:-1]}_{word[-1]}") for word in row]
            for row in (line.split() for line in text.strip().splitlines())
        ]
    )


STANDARD = {
    "T": """
        w1 w2 w3 .  .  .  .
        .  w1 w2 w3 .  .  .
        .  .  w1 w2 w3 .  .
        .  .  .  w1 w2 w3 .
        .  .  .  .  w1 w2 w3
    """,
    "T transposed": """
        w1 .  .  .  .
        w2 w1 .  .  .
        w3 w2 w1 .  .
        .  w3 w2 w1 .
        .  .  w3 w2 w1
        .  .  .  w3 w2
        .  .  .  .  w3
    """,
    "U": """
        x1 x2 x3
        x2 x3 x4
        x3 x4 x5
        x4 x5 x6
        x5 x6 x7
    """,
    "D": """
        da1 da2 da3 da4 da5 .   .
        .   da1 da2 da3 da4 da5 .
        .   .   da1 da2 da3 da4 da5
    """,
}
PADDED = {
    "T": """
        w2 w3 .  .  .  .  .
        w1 w2 w3 .  .  .  .
        .  w1 w2 w3 .  .  .
        .  .  w1 w2 w3 .  .
        .  .  .  w1 w2 w3 .
        .  .  .  .  w1 w2 w3
        .  .  .  .  .  w1 w2
    """,
    "T transposed": """
        w2 w1 .  .  .  .  .
        w3 w2 w1 .  .  .  .
        .  w3 w2 w1 .  .  .
        .  .  w3 w2 w1 .  .
        .  .  .  w3 w2 w1 .
        .  .  .  .  w3 w2 w1
        .  .  .  .  .  w3 w2
    """,
    "U": """
        .  x1 x2
        x1 x2 x3
        x2 x3 x4
        x3 x4 x5
        x4 x5 x6
        x5 x6 x7
        x6 x7 .
    """,
    "D": """
        da2 da3 da4 da5 da6 da7 .
        da1 da2 da3 da4 da5 da6 da7
        .   da1 da2 da3 da4 da5 da6
    """,
}
STRIDED = {
    "T": """
        w1 w2 w3 .  .  .  .
        .  .  w1 w2 w3 .  .
        .  .  .  .  w1 w2 w3
    """,
    "T transposed": """
        w1 .  .
        w2 .  .
        w3 w1 .
        .  w2 .
        .  w3 w1
        .  .  w2
        .  .  w3
    """,
    "U": """
        x1 x2 x3
        x3 x4 x5
        x5 x6 x7
    """,
    "D": """
        da1 .   da2 .   da3 .   .
        .   da1 .   da2 .   da3 .
        .   .   da1 .   da2 .   da3
    """,
}
DILATED = {
    "T": """
        w1 .  w2 .  w3 .  .
        .  w1 .  w2 .  w3 .
        .  .  w1 .  w2 .  w3
    """,
    "T transposed": """
        w1 .  .
        .  w1 .
        w2 .  w1
        .  w2 .
        w3 .  w2
        .  w3 .
        .  .  w3
    """,
    "U": """
        x1 x3 x5
        x2 x4 x6
        x3 x5 x7
    """,
    "D": """
        da1 da2 da3 .   .   .   .
        .   .   da1 da2 da3 .   .
        .   .   .   .   da1 da2 da3
    """,
}
EXAMPLES: list[Any] = [
    pytest.param({}, STANDARD, id="standard"),
    pytest.param({"p": 1}, PADDED, id="padded"),
    pytest.param({"s": 2}, STRIDED, id="strided"),
    pytest.param({"t": 2}, DILATED, id="dilated"),
]


@pytest.mark.parametrize(("sizes", "matrices"), EXAMPLES)
def test_the_matrices_are_the_lectures(sizes: dict[str, int], matrices: dict[str, str]) -> None:
    """``a = T x``, ``dx = T^T da``, ``dw = U^T da = D x``."""
    derivation = lecture(**sizes)
    assert derivation.toeplitz.sparse() == matrix(matrices["T"])
    assert derivation.toeplitz.transposed.sparse() == matrix(matrices["T transposed"])
    assert derivation.unfold.sparse() == matrix(matrices["U"])
    assert derivation.star.sparse() == matrix(matrices["D"])


@pytest.mark.parametrize(("sizes", "matrices"), EXAMPLES)
def test_the_printed_matrix_is_the_lectures(
    sizes: dict[str, int], matrices: dict[str, str]
) -> None:
    """Between the parentheses stands the text above, with blanks for dots."""
    printed = str(lecture(**sizes).equations()[0])
    for row in matrices["T"].strip().splitlines():
        literal = " ".join(word.ljust(2) for word in row.split()).replace(".", " ")
        literal = literal.translate(str.maketrans("123", "₁₂₃"))
        assert any(f"{left}{literal}" in printed for left in "⎛⎜⎝")


def test_sharing_in_forward_is_adding_in_backward() -> None:
    """``dw = (sum_o da_o x_o, sum_o da_o x_{o+1}, sum_o da_o x_{o+2})``."""
    x, da = sp.symbols("x_1:8"), sp.symbols("da_1:6")
    expected = [sum(da[o] * x[o + k] for o in range(5)) for k in range(3)]
    assert list(lecture().weight_vjp()) == expected


def test_the_weights_learn_the_pattern_that_generated_the_activation() -> None:
    """If da_i = 1[i = 4], then dw = (x_4, x_5, x_6)."""
    one_hot = {sp.Symbol(f"da_{i}"): int(i == 4) for i in range(1, 6)}
    dw = [dw_k.subs(one_hot) for dw_k in lecture().weight_vjp()]
    assert dw == list(sp.symbols("x_4 x_5 x_6"))


def test_padding_by_half_the_kernel_preserves_the_size() -> None:
    """With r = 2 l + 1 and p = l: n' = n + 2p - r + 1 = n."""
    assert lecture(p=1).a.shape == lecture(p=1).x.shape


def test_strided_rows_are_the_standard_rows_sub_sampled() -> None:
    """T_s = T[::s]."""
    assert lecture(s=2).toeplitz.sparse() == lecture().toeplitz.sparse()[::2, :]


def test_a_dilated_forward_is_like_a_strided_backward() -> None:
    """The pattern of T for t = 2 is that of D for s = 2, and the other way round."""
    strided, dilated = lecture(s=2), lecture(t=2)
    letters = dict(zip(sp.symbols("da_1:4"), sp.symbols("w_1:4"), strict=True))
    assert strided.star.sparse().subs(letters) == dilated.toeplitz.sparse()
    assert dilated.star.sparse().subs(letters) == strided.toeplitz.sparse()


def test_the_strided_derivation_is_printed_as_in_the_lecture() -> None:
    """Everything for n = 7, r = 3, s = 2, letter by letter."""
    expected = """\
convolution
n = 7, r = 3, s = 2, t = 1, p_low = 0, p_high = 0
r̂ = r + (r - 1)(t - 1) = 3 + 2·0 = 3
n' = ⌊(n + p_low + p_high - r̂)/s⌋ + 1 = ⌊(7 + 0 + 0 - 3)/2⌋ + 1 = 3
3 weights, 9 products

forward: a = T x
                                ⎛x₁⎞
                                ⎜x₂⎟
⎛a₁⎞   ⎛w₁ w₂ w₃            ⎞   ⎜x₃⎟
⎜a₂⎟ = ⎜      w₁ w₂ w₃      ⎟ · ⎜x₄⎟
⎝a₃⎠   ⎝            w₁ w₂ w₃⎠   ⎜x₅⎟
                                ⎜x₆⎟
                                ⎝x₇⎠

input derivative: dx = Tᵀ da
⎛dx₁⎞   ⎛w₁      ⎞
⎜dx₂⎟   ⎜w₂      ⎟
⎜dx₃⎟   ⎜w₃ w₁   ⎟   ⎛da₁⎞
⎜dx₄⎟ = ⎜   w₂   ⎟ · ⎜da₂⎟
⎜dx₅⎟   ⎜   w₃ w₁⎟   ⎝da₃⎠
⎜dx₆⎟   ⎜      w₂⎟
⎝dx₇⎠   ⎝      w₃⎠

weight derivative: dw = Uᵀ da
⎛dw₁⎞   ⎛x₁ x₃ x₅⎞   ⎛da₁⎞
⎜dw₂⎟ = ⎜x₂ x₄ x₆⎟ · ⎜da₂⎟
⎝dw₃⎠   ⎝x₃ x₅ x₇⎠   ⎝da₃⎠

weight derivative, the convenient form: dw = D x
                                        ⎛x₁⎞
                                        ⎜x₂⎟
⎛dw₁⎞   ⎛da₁     da₂     da₃        ⎞   ⎜x₃⎟
⎜dw₂⎟ = ⎜    da₁     da₂     da₃    ⎟ · ⎜x₄⎟
⎝dw₃⎠   ⎝        da₁     da₂     da₃⎠   ⎜x₅⎟
                                        ⎜x₆⎟
                                        ⎝x₇⎠"""
    assert str(lecture(s=2)) == expected
