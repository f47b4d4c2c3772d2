"""The laws that compare a target with itself, on layers of their own making.

A right implementation keeps each, in floats and in integers; a planted fault breaks it, and the
data of each law decide: in most cases a wrong answer would be seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from convproof import get_implementation
from convproof.cases import Case
from convproof.functions import FIRST, Function
from convproof.layers import Conv
from convproof.strategies import cases
from convproof.theorems import (
    THEOREMS,
    DisagreementError,
    Request,
    Theorem,
    Unanswered,
    Violation,
)
from convproof.theorems.variants import itself
from convproof.verify.runner import Plan, jobs, run
from convproof.verify.targets.find import find_target
from convproof.verify.targets.subject import TargetSubject

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
INT64 = Request(dtype=np.dtype(np.int64), precision="float32")
CUT = Request(dtype=np.dtype(np.float32), precision="bf16")
HALF = Request(dtype=np.dtype(np.float16), precision="f16")
CONVOLUTIONS = (
    "total", "commutative", "swapped", "even_kernel", "feature_maps", "fully_connected", "atrous",
    "two_layers", "named", "tensorflow_same", "field", "depth", "three_by_three", "separable",
    "basis", "steered", "network_in_network", "low_rank",
)  # fmt: skip
KEPT = [
    *(
        (law, f"conv{dims}d")
        for law in CONVOLUTIONS
        for dims in ((2, 3) if law == "steered" else (1, 2, 3))
    ),
    *((law, f"conv{dims}d_weight") for law in ("shared", "exchanged") for dims in (1, 2, 3)),
    *(("pooled_twice", f"max_pool{dims}d") for dims in (1, 2, 3)),
    ("maxout_convex", "maxout"),
]
LAWS = {t.name: t for t in THEOREMS if t.name in {law for law, _ in KEPT}}
_right = get_implementation("numpy")
RIGHT = {f: getattr(_right, f.name) for f in Function.all() if f.role in FIRST}
_SMALL_CASE = Case(layer=itself.plain((1, 1), (2,)), input_shape=(2, 1, 5))
_ONCE = settings(max_examples=200, database=None, derandomize=True, phases=(Phase.generate,))


def _refutes(
    theorem: Theorem, function: Function, code: Any, case: Case, request: Request = FLOAT32
) -> bool:
    """Return whether the law speaks of the case and a function breaks it, by an answer."""
    return _violation(theorem, function, code, case, request) is not None


def _violation(
    theorem: Theorem, function: Function, code: Any, case: Case, request: Request = FLOAT32
) -> Violation | None:
    if not theorem.wants(function, case, request):
        return None
    try:
        theorem.check(TargetSubject({**RIGHT, function: code}, "numpy"), function, case, request)
    except Unanswered:
        raise
    except Violation as violation:
        return violation
    return None


@pytest.mark.parametrize(("law", "name"), KEPT)
@settings(max_examples=4)
@given(data=st.data())
def test_a_right_implementation_keeps_the_law(law: str, name: str, data: st.DataObject) -> None:
    """In float32, in int64, where operands may be cut to 8 bits, and those of maxima in half."""
    function = Function.named(name)
    case = data.draw(cases(function.layer))
    for request in (FLOAT32, INT64, CUT, HALF):
        assert not _refutes(LAWS[law], function, RIGHT[function], case, request)


def dropping_the_last_output(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The border is left as memory was."""
    y = _right.conv1d(x, w, b, **options)
    y[..., -1] = 0
    return y


def swapped_beyond(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Of a kernel longer than the data the last tap is forgotten."""
    less = np.array(w)
    if w.shape[-1] > x.shape[-1]:
        less[..., -1] = 0
    return _right.conv1d(x, less, b, **options)


def convolving(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """A convolution in the place of a cross-correlation, where the kernel is longer."""
    flipped = w[..., ::-1] if w.shape[-1] > x.shape[-1] else w
    return _right.conv1d(x, np.ascontiguousarray(flipped), b, **options)


def sliding_out(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The taps of an even number lie one position late."""
    late = np.roll(x, -1, -1) if w.shape[-1] % 2 == 0 else x
    return _right.conv2d(late, w, b, **options)


def with_even_kernels_only(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Of every kernel the first half is read, forwards and backwards."""
    half = w.shape[-1] // 2
    even = np.array(w)
    even[..., w.shape[-1] - half :] = w[..., :half][..., ::-1]
    return _right.conv1d(x, even, b, **options)


def one_block_of_channels(x: Any, w: Any, b: Any, *, groups: int, **options: Any) -> Any:
    """Channels beyond the second are not read."""
    few = np.array(w)
    few[:, 2:] = 0
    return _right.conv2d(x, few, b, groups=groups, **options)


def weighting_the_first_window(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """The first of several outputs is doubled."""
    y = _right.conv1d(x, w, b, **options)
    if y.shape[-1] > 1:
        y[..., 0] *= 2
    return y


def dilation_at_most_2(x: Any, w: Any, b: Any, *, dilation: Any, **options: Any) -> Any:
    """Sizes by the dilation, taps by another."""
    if max(dilation) < 3:
        return _right.conv2d(x, w, b, dilation=dilation, **options)
    y = _right.conv2d(x, w, b, dilation=dilation, **options)
    return np.roll(y, 1, -1)


def the_surplus_below(x: Any, w: Any, b: Any, *, padding: Any, **options: Any) -> Any:
    """By its name, an odd padding has more at the low end than at the high one."""
    if padding != "same":
        return _right.conv1d(x, w, b, padding=padding, **options)
    more = options["dilation"][0] * (w.shape[-1] - 1)
    return _right.conv1d(x, w, b, padding=((more - more // 2, more // 2),), **options)


def the_size_rounded_down(x: Any, w: Any, b: Any, *, padding: Any, **options: Any) -> Any:
    """By its name, the padding of floor(n/s) windows, and zeros where one more must be."""
    if padding != "tensorflow_same" or x.shape[-1] % options["stride"][0] == 0:
        return _right.conv1d(x, w, b, padding=padding, **options)
    y = _right.conv1d(x, w, b, padding=padding, **options)
    y[..., -1] = 0
    return y


def the_corners_of_large_kernels_unread(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Of a kernel of five rows or more the first tap is forgotten."""
    less = np.array(w)
    if min(w.shape[2:]) > 4:
        less[..., 0, 0] = 0
    return _right.conv2d(x, less, b, **options)


def one_position_off(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """A 1x1 layer reads the position before, where there is one."""
    moved = np.roll(x, 1, -1) if w.shape[2:] == (1, 1) else x
    return _right.conv2d(moved, w, b, **options)


def with_the_bias_of_the_first_channel(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Of an output of one position every channel has the bias of the first."""
    y = _right.conv1d(x, w, b, **options)
    if b is None or y.shape[-1] > 1:
        return y
    return _right.conv1d(x, w, np.full_like(b, b[0]), **options)


def long_kernels_cut(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Taps beyond the fifth are forgotten."""
    less = np.array(w)
    less[..., 5:] = 0
    return _right.conv1d(x, less, b, **options)


def the_last_position_unread(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Of data of more than four positions the last is not read."""
    less = np.array(x)
    if x.shape[-1] > 4:
        less[..., -1] = 0
    return _right.conv1d(less, w, b, **options)


def transposing_small_kernels(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Square kernels are taken by columns."""
    if w.shape[-1] == w.shape[-2]:
        w = np.ascontiguousarray(w.swapaxes(-1, -2))
    return _right.conv2d(x, w, b, **options)


def clipping_weights(x: Any, w: Any, b: Any, **options: Any) -> Any:
    """Weights beyond 2 are cut."""
    return _right.conv2d(x, np.clip(w, -2, 2), b, **options)


def the_mean_over_positions(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """Each image is divided by its outputs, in integers."""
    w_bar = _right.conv1d_weight(x, weight_size, y_bar, **options)
    return w_bar * w_bar.dtype.type(y_bar.shape[-1])


def stride_for_dilation(x: Any, weight_size: Any, y_bar: Any, **options: Any) -> Any:
    """The first tap's derivative is taken for every tap, where there is a stride."""
    w_bar = _right.conv2d_weight(x, weight_size, y_bar, **options)
    return np.roll(w_bar, 1, -1) if max(options["stride"]) > 1 else w_bar


def large_windows_without_their_last(x: Any, **options: Any) -> Any:
    """Windows of more than three positions lose one."""
    y = _right.max_pool1d(x, **options)
    (r,), (s,) = options["kernel_size"], options["stride"]
    if r <= 3:
        return y
    less = {**options, "kernel_size": (r - 1,), "stride": (s,)}
    return _right.max_pool1d(x, **less)[..., : y.shape[-1]]


def the_second_largest(x: Any, *, pool_size: int) -> Any:
    """Not the largest channel of a unit but the next."""
    units = x.reshape(len(x), -1, pool_size, *x.shape[2:])
    return np.ascontiguousarray(np.sort(units, axis=2)[:, :, -2 if pool_size > 1 else -1])


def the_largest_in_size(x: Any, *, pool_size: int) -> Any:
    """The largest in absolute value: convex too, but not affine where one piece is the largest."""
    return _right.maxout(np.abs(x), pool_size=pool_size)


@dataclass(frozen=True, slots=True)
class Fault:
    """A faulty function and the law that must refute it."""

    law: str
    function: str
    code: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.law}-{self.code.__name__}"


FAULTS = [
    Fault("total", "conv1d", dropping_the_last_output),
    Fault("commutative", "conv1d", swapped_beyond),
    Fault("swapped", "conv1d", convolving),
    Fault("even_kernel", "conv2d", sliding_out),
    Fault("even_kernel", "conv1d", with_even_kernels_only),
    Fault("feature_maps", "conv2d", one_block_of_channels),
    Fault("fully_connected", "conv1d", weighting_the_first_window),
    Fault("atrous", "conv2d", dilation_at_most_2),
    Fault("two_layers", "conv1d", long_kernels_cut),
    Fault("named", "conv1d", the_surplus_below),
    Fault("tensorflow_same", "conv1d", the_size_rounded_down),
    Fault("field", "conv1d", the_last_position_unread),
    Fault("depth", "conv1d", the_last_position_unread),
    Fault("three_by_three", "conv1d", the_last_position_unread),
    Fault("three_by_three", "conv2d", the_corners_of_large_kernels_unread),
    Fault("separable", "conv2d", transposing_small_kernels),
    Fault("basis", "conv2d", clipping_weights),
    Fault("steered", "conv2d", clipping_weights),
    Fault("network_in_network", "conv2d", one_position_off),
    Fault("network_in_network", "conv1d", with_the_bias_of_the_first_channel),
    Fault("low_rank", "conv2d", clipping_weights),
    Fault("shared", "conv1d_weight", the_mean_over_positions),
    Fault("exchanged", "conv2d_weight", stride_for_dilation),
    Fault("pooled_twice", "max_pool1d", large_windows_without_their_last),
    Fault("maxout_convex", "maxout", the_second_largest),
    Fault("maxout_convex", "maxout", the_largest_in_size),
]


def test_every_law_has_a_fault() -> None:
    assert {fault.law for fault in FAULTS} == {law for law, _ in KEPT}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_breaks_the_law_in_some_case(fault: Fault) -> None:
    """And the right function keeps it in that case, and answers the call that is told as told."""
    function, theorem = Function.named(fault.function), LAWS[fault.law]
    case = find(
        cases(function.layer),
        lambda case: _refutes(theorem, function, fault.code, case),
        settings=_ONCE,
    )
    assert not _refutes(theorem, function, RIGHT[function], case)
    told = _violation(theorem, function, fault.code, case)
    assert told is not None
    assert told.call.answered_by(RIGHT[told.call.function])[told.index] == told.expected
    assert told.call.answered_by(fault.code)[told.index] == told.got != told.expected


def test_a_law_that_right_answers_break_is_a_fault_of_convproof() -> None:
    """Two layers that no law relates: the target is not accused."""
    function = Function.named("conv1d")
    ask = itself.Asked(TargetSubject(RIGHT, "numpy"), function, FLOAT32)
    x, layer = np.arange(1, 5).reshape(1, 1, 4), itself.plain((1, 1), (2,))
    one, other = (ask(layer, x, w=np.array([[[1, tap]]])) for tap in (2, -1))
    with pytest.raises(DisagreementError, match="'x = y' is broken by answers that are all right"):
        ask.agree(one, other, "x = y")


def test_no_law_of_sums_is_asked_in_halves() -> None:
    """A half may be rounded after every image, as torch does; maxima are exact in any format."""
    asked = {law for law, name in KEPT if LAWS[law].wants(Function.named(name), _SMALL_CASE, HALF)}
    assert asked == {"pooled_twice", "maxout_convex"}


def test_sums_that_are_not_exact_are_weak_and_not_judged() -> None:
    """sum |w||x| > 2^24, and an operand that the target may cut."""
    function = Function.named("conv1d")
    layer = itself.plain((1, 1), (2,))
    for most, request, words in (
        (2**12, FLOAT32, "is not exact in float32"),
        (2**9, CUT, "operands of 512 may be cut by bf16"),
    ):
        ask = itself.Asked(TargetSubject(RIGHT, "numpy"), function, request)
        ask(layer, np.full((1, 1, 3), most), w=np.full((1, 1, 2), most))
        assert words in ask.weak
        assert ask.agree(np.zeros(1), np.ones(1), "0 = 1").weak == ask.weak


def test_a_derivative_whose_forward_the_target_lacks_is_not_asked_of_both() -> None:
    """The exchanged layer is a forward."""
    function = Function.named("conv1d_weight")
    alone = {function: RIGHT[function]}
    plan = Plan(functions=(function,), dtypes=("float32",), examples=(8, 8), seed=1)
    outcomes = run(TargetSubject(alone, "numpy"), alone, plan, on=lambda _: None)
    told = {o.theorem.name: o.reason for o in outcomes if o.status == "unsupported"}
    assert told == dict.fromkeys(("adjoint", "exchanged"), "the target has no forward")


def test_a_padding_is_named_only_to_a_target_that_says_it_reads_names() -> None:
    """Most functions of users take numbers, as every function of torch does too."""
    function, names = Function.named("conv1d"), {"named", "tensorflow_same"}
    for supports in (set[str](), {"named"}, {"tensorflow_same"}, names):
        plan = Plan(
            functions=(function,), dtypes=("float32",), examples=(8, 8), seed=1,
            supports=frozenset(supports),
        )  # fmt: skip
        ((_, _, theorems),) = jobs(plan)
        assert {t.name for t in theorems} & names == supports
    assert find_target("reference").supports >= names


def test_windows_are_what_each_output_reads() -> None:
    """u[n,c,o,k] = x[n, c, s o + t k]."""
    x = np.arange(2 * 7).reshape(1, 2, 7)
    read = itself.windows(x, (3,), (2,), (2,))
    assert read[0, 1].tolist() == [[7 + 2 * o + 2 * k for k in range(3)] for o in range(2)]


def test_a_layer_of_one_group_has_the_groups_channels_and_numbers_for_a_name() -> None:
    layer = Conv(
        in_channels=4, out_channels=6, kernel_size=(4,), stride=(1,), padding="same",
        dilation=(1,), groups=2,
    )  # fmt: skip
    alone = itself.of_one_group(Case(layer=layer, input_shape=(1, 4, 9)))
    assert (alone.in_channels, alone.out_channels, alone.groups) == (2, 3, 1)
    assert alone.padding == ((1, 2),)
