"""Forward: a layer's output is the textbook sum, ``a = T(w) x``."""

from convproof.cases import ConvCase, Function
from convproof.theorems import exact
from convproof.theorems.base import Request, Subject, Theorem

LAW = "y[n,m,o] = b[m] + sum_{c,k} w[m,c,k] x[n, gC/G + c, s o + t k - low]"


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    return exact.check(subject, function, case, request, LAW)


THEOREM = Theorem(
    name="exact",
    statement="The output is the sum of weights times inputs over the taps of each position.",
    latex=r"y_{n,m,o} = b_m + \sum_{c,k} w_{m,c,k}\, x_{n,\,gC/G+c,\,so+tk-p}",
    check=_check,
    roles=("forward",),
)
