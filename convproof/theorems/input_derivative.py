"""Input derivative: ``x_bar = T(w)^T y_bar``, what each input gave to the outputs that read it."""

from convproof.cases import ConvCase, Function
from convproof.theorems import exact
from convproof.theorems.base import Request, Subject, Theorem

LAW = "x_bar[n,c,i] = sum of w[m,c,k] y_bar[n,m,o] over all (m, o, k) with s o + t k - low = i"


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    return exact.check(subject, function, case, request, LAW)


THEOREM = Theorem(
    name="exact",
    statement="The input derivative is the transposed matrix applied to the cotangent.",
    latex=r"\bar x = T(w)^\top \bar y",
    check=_check,
    roles=("input",),
)
