"""A penalty on what is no banded Toeplitz matrix: as it grows, what is learned is a convolution.

Of ``n'`` outputs and ``n = n' + r - 1`` inputs, entry ``(o, i)`` is in the band if
``0 <= i - o < r``; row 1 of a matrix is ``o = 0``. The penalty of the lecture, for all sizes, and
its limit::

    P(W) = sum_{o, i in the band} (W[o+1, i+1] - W[o, i])^2  +  sum_{o, i off it} W[o, i]^2
    W_lambda = argmin E + lambda/2 P   ->   argmin { E(T) : T banded Toeplitz },    lambda -> oo

A banded Toeplitz matrix is constant along every diagonal and zero off the band: the matrix of a
convolution without padding. Of ``n' = 2, n = 3, r = 2`` and a ``V`` that is zero but for
``V[0, 2]``, off the band, an isotropic error has the limit zero.

The limit is the *restricted minimiser*. For a quadratic ``E = 1/2 <W - V, A (W - V)>`` it differs
from the orthogonal projection of ``V``, the mean of every diagonal of the band and zero off it, by
``A_11^-1 A_12 V_2``, with blocks along the banded Toeplitz matrices and across them: it is the
projection for every ``V`` exactly if ``A_12 = 0``, as it is if ``A`` is isotropic, a multiple of
the identity. Of a squared error over data ``x`` the matrix ``sum x x^T`` must then be one, as is
that of whitened data.
"""

import sympy as sp

from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import Claim, Identity, Step
from convproof.symbolic.solver.terms import both, box, eq, le, lt
from convproof.theorems.proof import Proof, Twin, without

_n, _r, _outputs = size("n"), size("r"), size("n'")
_o, _i = index("o"), index("i")
_FITS = eq(_n, _outputs + _r - 1)
_BAND = (_FITS, *box(0, _o, _outputs), *box(0, _i - _o, _r))


def _real(names: str) -> tuple[sp.Symbol, ...]:
    symbols: tuple[sp.Symbol, ...] = sp.symbols(names, real=True)
    return symbols


def _vanishes() -> Claim:
    """Return that a sum of squares is 0 only if each is, one square at a time."""
    a, rest = _real("a rest")
    return Claim(
        name="a sum of squares vanishes only if every term does",
        goal=both(eq(a, 0), eq(rest, 0)),
        hypotheses=(eq(a**2 + rest, 0), le(0, rest)),
    )


def _kernel() -> tuple[Claim, ...]:
    """Return that P(W) = 0 says W[o, i] = W[0, i - o] in the band and 0 off it, and no more."""
    d, e = index("d"), index("d'")
    return (
        Claim(
            name="below the first row, the entry before on the diagonal is in the band",
            goal=both(
                *box(0, _o - 1, _outputs - 1),
                *box(0, _i - 1, _n),
                *box(0, (_i - 1) - (_o - 1), _r),
            ),
            hypotheses=(*_BAND, le(1, _o)),
        ),
        Claim(
            name="a link stays on its diagonal, inside the matrix",
            goal=both(eq(d, e), *box(0, _o + 1, _outputs), *box(0, _i + 1, _n)),
            hypotheses=(*_BAND, lt(_o, _outputs - 1), eq(d, _i - _o), eq(e, (_i + 1) - (_o + 1))),
        ),
        Claim(
            name="a diagonal begins in the first row, and no input lies beyond the last",
            goal=both(*box(0, _i - _o, _n), *box(0, _i, _n)),
            hypotheses=_BAND,
        ),
    )


def _penalty_method() -> Claim:
    """Return what minimality says, against a banded Toeplitz matrix, of penalty 0."""
    there, star, least, penalty = _real("E_lambda E_T E_least P_lambda")
    growing = sp.Symbol("lambda", positive=True)
    return Claim(
        name="the error stays below the Toeplitz one, the penalty below 2 (E_T - E_least) / lambda",
        goal=both(le(there, star), le(growing * penalty, 2 * (star - least))),
        hypotheses=(le(there + growing * penalty / 2, star), le(0, penalty), le(least, there)),
    )


def _blocks() -> tuple[Step, ...]:
    """Return the rate, for a quadratic error: u along the banded Toeplitz matrices, v across."""
    a, b, c, d, p, q, v, row = sp.symbols("A_11 A_12 A_21 A_22 p q v v^T", commutative=False)
    damping, along, beyond = sp.symbols("D V_1 V_2", commutative=False)
    growing, definite = sp.symbols("lambda d", positive=True)
    size_of_v, size_of_g, of_s, of_d = sp.symbols("|v| |g| v^TSv v^TDv", nonnegative=True)
    u, schur = a**-1 * (p - b * v), d - c * a**-1 * b
    start = -(a**-1) * b * v
    across = -row * c * a**-1
    return (
        Identity(name="the first block of equations gives u", left=a * u + b * v, right=p),
        Identity(
            name="eliminating u leaves (S + lambda D) v = g",
            left=c * u + (d + growing * damping) * v - q,
            right=(schur + growing * damping) * v - (q - c * a**-1 * p),
        ),
        Identity(
            name="v^T S v is the error's quadratic form somewhere, so not negative",
            left=across * a * start + across * b * v + row * c * start + row * d * v,
            right=row * schur * v,
        ),
        Claim(
            name="v is of order 1 / lambda",
            goal=le(growing * definite * size_of_v, size_of_g),
            hypotheses=(
                le(definite * size_of_v**2, of_d),
                le(of_s + growing * of_d, size_of_v * size_of_g),
            ),
        ),
        Identity(
            name="u tends with v to the minimiser among the banded Toeplitz matrices",
            left=u - a**-1 * p,
            right=start,
        ),
        Identity(
            name="that is off the projection of V by A_11^-1 A_12 of what V has across",
            left=a**-1 * (a * along + b * beyond) - along,
            right=a**-1 * b * beyond,
        ),
    )


def _mean_of_two() -> Claim:
    """Return that the slide's ``w_1`` tends to the mean of ``v_1`` and ``v_5``."""
    t, one, five = _real("t v_1 v_5")
    a, b = sp.symbols("a_1 a_5", positive=True)
    return Claim(
        name="of an isotropic error, the minimiser on a diagonal of two is the mean",
        goal=eq(2 * t, one + five),
        hypotheses=(eq(a * (t - one) + b * (t - five), 0), eq(a, b)),
    )


def _mean() -> Identity:
    """Return that the mean of a diagonal of the band is where its error has derivative 0."""
    t, o = sp.Symbol("t", real=True), sp.Symbol("o", integer=True)
    entries = sp.Function("V")
    along = (o, 0, _outputs - 1)
    error = sp.Sum((t - entries(o)) ** 2 / 2, along)
    mean = sp.Sum(entries(o), along) / _outputs
    return Identity(
        name="of an isotropic error, the minimiser on a diagonal of the band is the mean",
        left=sp.expand(sp.diff(error, t)).doit().subs(t, mean),
        right=sp.Integer(0),
    )


def _steps() -> tuple[Step, ...]:
    return _vanishes(), *_kernel(), _penalty_method(), *_blocks(), _mean(), _mean_of_two()


def _twin() -> Twin:
    step = _mean_of_two()
    return without(step, step.hypotheses[-1])


PROOF = Proof(
    name="regularisation",
    statement="As lambda grows, the minimisers of E + lambda/2 P tend to the minimiser of E among "
    "the banded Toeplitz matrices, zero off the band, for continuous E with bounded sublevel sets "
    "and one minimiser there; at rate 1/lambda if E is quadratic and positive definite; to the "
    "projection, the mean of every diagonal of the band and zero off it, if E is isotropic "
    "besides.",
    latex=r"\lim_{\lambda \to \infty} \arg\min_W E(W) + \tfrac{\lambda}{2} \Big( "
    r"\sum_{0 \le i - o < r} (W_{o+1,i+1} - W_{o,i})^2 + \sum_{\text{else}} W_{o,i}^2 \Big) "
    r"= \arg\min_{T\ \text{banded Toeplitz}} E(T)",
    source="lecture 7, convolution as regularization",
    steps=_steps,
    twin=_twin,
    kind="rule",
    rule="The penalty method: minimisers stay in a bounded set, on which limit points have penalty "
    "0, so are banded Toeplitz (induction over the rows and over the squares), and an error of at "
    "most the restricted minimum. For quadratic E, positive definite A and the penalty's D across "
    "the banded Toeplitz matrices give A_11 an inverse and |v| <= |g| / (lambda d) by "
    "Cauchy-Schwarz. Of a banded Toeplitz matrix an isotropic error is a sum over the band's "
    "diagonals, each convex, and a constant from off it.",
)
