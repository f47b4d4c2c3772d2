"""A target compared with itself: two of its answers that the mathematics makes equal.

Where a law needs other layers than the case's, it makes their data too: integers in ``-2..2``,
never zero, so that the sums of a layer, and of two, are exact in most formats::

    max |x| max_m sum |w[m]| + max |b|  <=  2^24        and no operand that the target may cut

Where they are not exact, nothing is judged and the case is weak.

That two answers differ says that one of them is wrong, not which. A violation is therefore told
with the first call whose answer is not the oracle's. If there is none, the law is at fault, and
with it convproof.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from convproof.axes import Pair
from convproof.calls import Call, call_of
from convproof.cases import EXACT_BITS, FLOAT32_BITS, Arrays, Case
from convproof.cases import ask as answer_of
from convproof.functions import Function
from convproof.layers import Conv, Layer
from convproof.numeric.reference import implementation as oracle
from convproof.numeric.rounding import PRECISIONS
from convproof.theorems.base import (
    DisagreementError,
    Request,
    Seen,
    Subject,
    Violation,
    at,
    controls,
    first_difference,
)
from convproof.theorems.output_shape import answer, misfit
from convproof.theorems.right import summed_format

_MOST = 2


@dataclass(frozen=True, slots=True)
class Answered:
    """A call of integers that was answered.

    Attributes:
        call: the call.
        case: what is called.
        arrays: the data of the case.
        y: the answer.
    """

    call: Call
    case: Case
    arrays: Arrays
    y: np.ndarray

    def expected(self) -> np.ndarray:
        """Return the oracle's answer, of integers, in the dtype of the target's."""
        integers = self.arrays.astype(np.int64)
        return answer_of(oracle, self.call.function.role, self.case, integers).astype(self.y.dtype)


def answered(
    subject: Subject, function: Function, case: Case, arrays: Arrays, request: Request
) -> Answered:
    """Return the target's answer for a case, with what was asked."""
    y = answer(subject, function, case, arrays, request)
    return Answered(call_of(function, case, arrays), case, arrays, y)


def same(
    got: np.ndarray, expected: np.ndarray, *, weak: str, law: str, answers: Sequence[Answered]
) -> Seen:
    """Return what was seen where two answers of a target, or what is made of them, are equal.

    Args:
        got: one of them.
        expected: what it must be by the others.
        weak: why some answer need not be exact, or "".
        law: why.
        answers: all that were compared.

    Raises:
        Violation: if they differ.
    """
    if weak:
        return Seen(weak)

    def judge(y: np.ndarray) -> tuple[int, ...] | None:
        return first_difference(y, expected.astype(got.dtype))

    if judge(got) is not None:
        raise broken(law, answers)
    return Seen(controls(judge, got))


def broken(law: str, answers: Sequence[Answered]) -> Violation:
    """Return how a law that answers break is told: with the first wrong one.

    Raises:
        DisagreementError: if all of them are the oracle's.
    """
    for number, each in enumerate(answers, 1):
        expected = each.expected()
        place = first_difference(each.y, expected)
        if place is not None:
            return Violation(
                law=f"{law}; of the {len(answers)} answers compared, number {number} is wrong: "
                f"{each.call.function.name} of {each.case}",
                call=each.call,
                assertion=f"y[{at(place)}] == {expected[place].item()!r}",
                index=place,
                got=each.y[place],
                expected=expected[place],
            )
    msg = (
        f"the law {law!r} is broken by answers that are all right: this is a fault of convproof, "
        "not of the target. Please report it."
    )
    raise DisagreementError(msg)


@dataclass(slots=True)
class Asked:
    """A target that a law asks for layers of its own making, all of one kind.

    Attributes:
        subject: the target.
        function: whom the law is asked of.
        request: how.
        weak: why some answer need not be exact, or "".
        answers: to every call so far, in order.
    """

    subject: Subject
    function: Function
    request: Request
    weak: str = ""
    answers: list[Answered] = field(default_factory=list)

    def __call__(self, layer: Layer, x: np.ndarray, **others: np.ndarray) -> np.ndarray:
        """Return the target's answer for a layer and its arrays ``x``, ``w``, ``b``, ``y_bar``."""
        return self.of(self.function, layer, x, **others)

    def of(
        self, function: Function, layer: Layer, x: np.ndarray, **others: np.ndarray
    ) -> np.ndarray:
        """Return the answer of another function of the same target."""
        return self.in_words({}, function, layer, x, **others)

    def in_words(
        self,
        words: dict[str, Any],
        function: Function,
        layer: Layer,
        x: np.ndarray,
        **others: np.ndarray,
    ) -> np.ndarray:
        """Return the answer to a call with some of its options written in other words."""
        case = Case(layer=layer, input_shape=x.shape)
        arrays = Arrays({"x": x, **others}).astype(self.request.dtype)
        self.weak = self.weak or self._inexact(function, arrays)
        call = call_of(function, case, arrays)
        call = replace(call, options=call.options | words)
        got = self.subject.ask(call).y
        wrong = misfit(got, function, case, self.request)
        if wrong is not None:
            law, assertion = wrong
            raise Violation(law=law, call=call, assertion=assertion)
        self.answers.append(Answered(call, case, arrays, got))
        return got

    def agree(self, got: np.ndarray, expected: np.ndarray, law: str) -> Seen:
        """Return what was seen where two of the answers, or what is made of them, are equal.

        Raises:
            Violation: if they differ.
        """
        return same(got, expected, weak=self.weak, law=law, answers=self.answers)

    def _inexact(self, function: Function, arrays: Arrays) -> str:
        """Return why sums of products of these arrays may be rounded, or ""."""
        if self.request.dtype.kind == "i" or function.family != "bilinear":
            return ""
        sizes = arrays.astype(np.float64).map(np.abs)
        rows = sizes["w"] if "w" in sizes else sizes["y_bar"].swapaxes(0, 1)
        most = {name: float(array.max(initial=0)) for name, array in sizes.items()}
        sums = float(rows.reshape(len(rows), -1).sum(axis=1).max(initial=0))
        total = most["x"] * sums + most.get("b", 0.0)
        name = summed_format(self.request)
        if total > 1 << EXACT_BITS.get(name, FLOAT32_BITS):
            return f"sum |w||x| = {total:.0f} is not exact in {name}"
        unit = PRECISIONS[self.request.precision].operand_unit
        if unit and max(most.values()) > 1 / unit:
            return f"operands of {max(most.values()):.0f} may be cut by {self.request.precision}"
        return ""


def drawn(case: Case, *shape: int, of: int = 0) -> np.ndarray:
    """Return nonzero integers in ``-2..2`` that the case's seed gives.

    Args:
        case: the case.
        shape: of the array.
        of: its number, where a law draws several.
    """
    rng = np.random.default_rng([case.seed, 7, of])
    sizes = rng.integers(1, _MOST + 1, shape)
    return np.where(rng.integers(0, 2, shape) == 0, sizes, -sizes)


def turn(case: Case, choices: int, of: int = 0) -> int:
    """Return one of as many choices, by the case's seed."""
    return int(np.random.default_rng([case.seed, 8, of]).integers(choices))


def few(case: Case) -> tuple[int, ...]:
    """Return the spatial sizes of the case's input, cut where a law pads them to the full size."""
    sizes = case.input_shape[2:]
    most = {1: 64, 2: 8}.get(len(sizes), 4)
    return tuple(min(size, most) for size in sizes)


def paddings(case: Case) -> tuple[Pair, ...]:
    """Return the paddings of the case's layer as numbers: a name reads the stride."""
    layer: Any = case.layer
    return tuple(axis.padding for axis in layer.axes(case.input_shape[2:]))


def of_one_group(case: Case, **changes: Any) -> Conv:
    """Return the layer of one group of the case's, without bias, with what is changed."""
    layer: Any = case.layer
    alone: dict[str, Any] = {
        "in_channels": layer.in_channels // layer.groups,
        "out_channels": layer.out_channels // layer.groups,
        "groups": 1,
        "bias": False,
        "padding": paddings(case),
    }
    found: Conv = replace(layer, **(alone | changes))
    return found


def plain(channels: tuple[int, int], kernel_size: tuple[int, ...], **others: Any) -> Conv:
    """Return a convolution of stride 1, without padding, dilation and bias, but for the others.

    Args:
        channels: in and out.
        kernel_size: per axis.
        others: arguments of ``Conv``.
    """
    ones = (1,) * len(kernel_size)
    none = ((0, 0),) * len(ones)
    options: dict[str, Any] = {"stride": ones, "padding": none, "dilation": ones, "bias": False}
    reads, writes = channels
    return Conv(
        in_channels=reads, out_channels=writes, kernel_size=kernel_size, **(options | others)
    )


def flipped(array: np.ndarray) -> np.ndarray:
    """Return the array with all its spatial axes reversed."""
    return np.flip(array, tuple(range(2, array.ndim)))


def windows(
    x: np.ndarray, kernel_size: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> np.ndarray:
    """Return what each window reads: ``(N, C, n'..., r...)`` of ``(N, C, n...)``."""
    axes = tuple(range(2, x.ndim))
    spans = tuple(t * (r - 1) + 1 for r, t in zip(kernel_size, dilation, strict=True))
    view = np.lib.stride_tricks.sliding_window_view(x, spans, axis=axes)
    steps = (*(slice(None, None, s) for s in stride), *(slice(None, None, t) for t in dilation))
    return np.asarray(view[(slice(None), slice(None), *steps)])
