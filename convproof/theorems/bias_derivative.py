"""Bias derivative: ``b_bar[m]`` is the sum of the cotangent over channel ``m``."""

from convproof.cases import ConvCase, Function
from convproof.theorems import exact
from convproof.theorems.base import Request, Subject, Theorem

LAW = "b_bar[m] = sum_{n,o} y_bar[n,m,o]"


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    return exact.check(subject, function, case, request, LAW)


THEOREM = Theorem(
    name="exact",
    statement="The bias derivative sums the cotangent over images and positions.",
    latex=r"\bar b_m = \sum_{n,o} \bar y_{n,m,o}",
    check=_check,
    roles=("bias",),
)
