"""Weight derivative: ``w_bar = U(x)^T y_bar``; sharing in forward is adding in backward."""

from convproof.cases import ConvCase, Function
from convproof.theorems import exact
from convproof.theorems.base import Request, Subject, Theorem

LAW = "w_bar[m,c,k] = sum_{n,o} y_bar[n,m,o] x[n, gC/G + c, s o + t k - low]"


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    return exact.check(subject, function, case, request, LAW)


THEOREM = Theorem(
    name="exact",
    statement="The weight derivative adds, over images and positions, what each tap read.",
    latex=r"\bar w = U(x)^\top \bar y",
    check=_check,
    roles=("weight",),
)
