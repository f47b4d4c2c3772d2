"""A derivative that is wrong because others are: it is what the target's own functions entail.

Layers with weights are bilinear, so their derivatives are known by ``f`` and its VJPs. For every
array ``e``, in integers::

    f_jvp(x, w, x_dot, w_dot) = f(x_dot, w) + f(x, w_dot)
    <f_second_output(x, w, y_bar, u, v), e> = <f_input(w, e), u> + <f_weight(x, e), v>
    <f_second_input(x, w, y_bar, u, v), e>  = <f_weight(e, y_bar), v>
    <f_second_weight(x, w, y_bar, u, v), e> = <f_input(e, y_bar), u>

An answer that breaks its law and keeps its equation, with what the target itself answers on the
right and every unit vector for ``e``, is wrong as these are: it follows from them. Autograd
computes a ``jvp`` by the equation of ``second_output`` where there is no forward mode.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

import numpy as np

from convproof.calls import Call, call_of
from convproof.cases import Arrays, Case
from convproof.errors import UnsupportedError
from convproof.functions import SECOND, Function, Role
from convproof.theorems import Subject, Unanswered, Violation
from convproof.theorems.right import agreed

_MOST = 64  # unit vectors: a case that was made small has fewer
_Asking = Callable[[Role, Arrays], np.ndarray]


def causes(
    subject: Subject,
    function: Function,
    held: Collection[Function],
    case: Case,
    violation: Violation,
) -> tuple[Function, ...]:
    """Return the functions whose wrong answers a derivative follows from; (): it does not.

    Args:
        subject: the target.
        function: the derivative, of which a case breaks the exact law.
        held: what the target offers.
        case: that case.
        violation: the law that it breaks.
    """
    if function.role not in SECOND or isinstance(violation, Unanswered):
        return ()
    wrong: set[Role] = set()
    plain = replace(case, layer=replace(case.layer, bias=False))  # type: ignore[call-arg]

    def ask(role: Role, arrays: Arrays) -> np.ndarray:
        """Return the target's own answer, and remember whether it is a wrong one."""
        asked = Function(function.layer, role)
        if asked not in held:
            raise UnsupportedError(asked.name)
        y = subject.ask(call_of(asked, plain, arrays)).y
        if not np.array_equal(y, agreed(asked, plain, arrays.astype(np.int64))):
            wrong.add(role)
        return y.astype(np.float64)

    try:
        got = subject.ask(violation.call).y.astype(np.float64)
        for entailed in _entailed(function, violation.call, ask):
            wrong.clear()
            if np.array_equal(got, entailed(got.shape)) and wrong:
                return tuple(Function(function.layer, role) for role in sorted(wrong))
    except (Unanswered, UnsupportedError, ValueError):  # another shape: nothing is entailed
        pass
    return ()


def _entailed(
    function: Function, call: Call, ask: _Asking
) -> Iterator[Callable[[tuple[int, ...]], np.ndarray]]:
    """Yield the right sides of the equations that may hold, as functions of the answer's shape."""
    given = call.arrays

    def transposed(at: str, *terms: tuple[Role, str]) -> Callable[[tuple[int, ...]], np.ndarray]:
        def of(shape: tuple[int, ...]) -> np.ndarray:
            entries = [
                sum(np.vdot(ask(role, given.but(**{at: e})), given[along]) for role, along in terms)
                for e in _unit_vectors(shape, given["x"].dtype)
            ]
            return np.array(entries).reshape(shape)

        return of

    if function.role == "jvp":
        yield (
            lambda _: (
                ask("forward", given.but(x=given["x_dot"]))
                + ask("forward", given.but(w=given["w_dot"]))
            )
        )
        yield transposed("y_bar", ("input", "x_dot"), ("weight", "w_dot"))
    elif function.role == "second_output":
        yield transposed("y_bar", ("input", "u"), ("weight", "v"))
    elif function.role == "second_input":
        yield transposed("x", ("weight", "v"))
    else:
        yield transposed("w", ("input", "u"))


def _unit_vectors(shape: tuple[int, ...], dtype: np.dtype) -> Iterator[np.ndarray]:
    size = int(np.prod(shape))
    if size > _MOST:
        msg = f"{size} unit vectors"
        raise UnsupportedError(msg)
    return (row.reshape(shape) for row in np.eye(size, dtype=dtype))
