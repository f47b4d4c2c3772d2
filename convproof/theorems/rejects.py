"""Rejects: a call that no layer answers is refused, not answered.

A kernel wider than the padded input, channels that do not fit the weights, a stride of zero, a
number of groups that does not divide the channels, a cotangent or targets of the wrong shape. An
exception of any kind refuses; an answer, whatever it is, breaks the law. So the judge must see
zeros, a permuted answer and memory that was never written, each as an answer, and a process that
died.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np

from convproof.calls import Call, call_of
from convproof.cases import Case
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.theorems.base import (
    Request,
    Seen,
    Subject,
    Theorem,
    Unanswered,
    Violation,
    controls,
    unseen,
)
from convproof.theorems.right import right

Marks = Callable[[np.ndarray, Case, Call], bool]


def _check(subject: Subject, function: Function, case: Case, request: Request) -> Seen:
    return refused(subject, function, case, request, _illegal, lambda *_: False)


def refused(
    subject: Subject,
    function: Function,
    case: Case,
    request: Request,
    illegal: Callable[[Function, Case, Call], Iterable[tuple[str, Call]]],
    marks: Marks,
) -> Seen:
    """Raise ``Violation`` unless every illegal call is refused.

    Args:
        subject: the implementation under test.
        function: which one.
        case: the case.
        request: how it is asked.
        illegal: returns laws with calls near a legal one that break them.
        marks: whether an answer to such a call says that there is none.
    """
    known = right(function, case, request)
    call = call_of(function, case, known.arrays)
    asked, lacked = False, None
    for law, wrong in illegal(function, case, call):
        try:
            outcome = _outcome(subject, wrong)
        except UnsupportedError as error:  # it lacks the argument that would be illegal
            lacked = error
            continue
        asked = True
        if _not_refused(outcome) is None:
            continue
        if isinstance(outcome, np.ndarray) and marks(outcome, case, wrong):
            continue
        if isinstance(outcome, Unanswered):
            outcome.law = f"{law}: refused by an exception, but {outcome.law}"
            raise outcome
        raise Violation(
            law=f"{law}: a call that no layer answers is refused, but an array of shape "
            f"{outcome.shape} came back",
            call=wrong,
            assertion="False, 'an illegal call was answered'",
            hint='a target that does not check its arguments says so: lacks = {"rejects"}',
        )
    if not asked and lacked is not None:
        raise lacked
    if not asked:
        return Seen("no illegal call is near this case")
    died = Unanswered(law="the process died", call=call, silence="crashed")
    weak = unseen(_not_refused, [("a process that died", [died])])
    return Seen(weak or controls(_not_refused, known.expected))


def _outcome(subject: Subject, call: Call) -> np.ndarray | Unanswered:
    """Return the answer to a call, or why there is none."""
    try:
        return subject.ask(call).y
    except Unanswered as silence:
        return silence


def _not_refused(outcome: np.ndarray | Unanswered) -> tuple[int, ...] | None:
    """Return None if a call was refused; the whole of it is to blame if it was not."""
    refused = isinstance(outcome, Unanswered) and outcome.silence in ("raised", "no array")
    return None if refused else ()


def _illegal(function: Function, case: Case, call: Call) -> Iterator[tuple[str, Call]]:
    """Yield laws with calls near this one that break them."""
    given = dict(call.given)
    if "stride" in call.options:
        zero = (0,) * len(call.options["stride"])
        yield (
            "stride must be at least 1, got 0",
            replace(call, options=call.options | {"stride": zero}),
        )
    if function.role == "forward" and function.family == "bilinear":
        x, axis = given["x"], -1 if function.layer == "linear" else 1
        more = np.concatenate([x, x.take([0], axis)], axis)
        yield (
            f"x has as many channels as the weights read, {x.shape[axis]}, got {more.shape[axis]}",
            _with(call, x=more),
        )
    if function.role == "forward" and function.stem in ("conv", "max_pool", "avg_pool"):
        for wide in _too_wide(function, case, call):
            yield "the dilated kernel fits into the padded input", wide
    if "y_bar" in given and function.role in ("input", "weight"):
        y_bar = given["y_bar"]
        longer = np.concatenate([y_bar, y_bar.take([0], -1)], -1) if y_bar.ndim else y_bar.repeat(2)
        yield (
            f"the cotangent has the output's shape {y_bar.shape}, got {longer.shape}",
            _with(call, y_bar=longer),
        )
    if "target" in given:
        more = np.concatenate([given["target"], given["target"][:1]])
        yield (
            f"there is one target for each line of scores, {given['target'].shape}, got "
            f"{more.shape}",
            _with(call, target=more),
        )
    if function.role == "forward" and call.options.get("groups", 1) > 1:
        channels = given["x"].shape[1]
        yield (
            f"groups divides the channels, {channels}, got groups {channels + 1}",
            replace(call, options=call.options | {"groups": channels + 1}),
        )


def _too_wide(function: Function, case: Case, call: Call) -> Iterator[Call]:
    """Yield calls whose kernel does not fit, if one can be: on the last axis, or on all alike."""
    x = dict(call.given)["x"]
    if function.stem == "conv":
        axes = case.layer.axes(x.shape[2:])  # type: ignore[attr-defined]
        fits = axes[-1].span - sum(axes[-1].padding)
        if fits < 2 or call.options.get("padding_mode") is not None:
            return
        yield _with(call, x=x[..., : fits - 1])
        if len(axes) > 1 and len({*axes}) == 1:  # all that a target of square images is asked
            yield _with(call, x=x[(..., *(slice(fits - 1),) * len(axes))])
        return
    sizes = dict(call.options)
    padded = x.shape[-1] + 2 * sizes["padding"][-1] if isinstance(sizes["padding"][-1], int) else 0
    if not padded or sizes.get("ceil_mode"):
        return
    kernel = (*sizes["kernel_size"][:-1], padded + 1)
    yield replace(call, options=sizes | {"kernel_size": kernel})
    if len(kernel) > 1 and len({*x.shape[2:]}) == 1 and len({*sizes["padding"]}) == 1:
        yield replace(call, options=sizes | {"kernel_size": (padded + 1,) * len(kernel)})


def _with(call: Call, **arrays: np.ndarray) -> Call:
    return replace(call, given=tuple((n, arrays.get(n, v)) for n, v in call.given))


def _has_illegal_neighbours(function: Function, case: Case, request: Request) -> bool:
    del case, request
    return function.role != "forward" or function.stem in (
        "conv", "conv_transpose", "linear", "max_pool", "avg_pool", "cross_entropy",
    )  # fmt: skip


THEOREM = Theorem(
    name="rejects",
    statement="A call that no layer answers is refused, not answered.",
    latex=r"n + p_\ell + p_h < \hat r \implies \text{error}",
    check=_check,
    families=("bilinear", "mean", "maximum"),
    roles=("forward", "input", "weight"),
    share=4,
    wants=_has_illegal_neighbours,
    needs=frozenset({"rejects"}),
)

OF_LOSSES = replace(
    THEOREM,
    latex=r"|t| \ne N \implies \text{error}",
    families=("smooth",),
    roles=("forward", "input"),
    stems=("cross_entropy",),
)
