"""The zoo as data: many kinds of fault, each told in a line, named once, and really a fault."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convproof.calls import Call, call_of
from convproof.cases import Arrays, Case, ask
from convproof.errors import ConvProofError, UnsupportedError
from convproof.functions import FIRST, SECOND, Function
from convproof.layers import CrossEntropy
from convproof.mutants import MUTANTS, Mutant
from convproof.mutants.registry import mutant as register
from convproof.names import get_implementation
from convproof.numeric.reference import implementation as oracle
from convproof.theorems import THEOREMS, Request
from convproof.theorems.allowed import allowed_error
from convproof.theorems.right import right, right_of, wider
from convproof.verify.targets.arrays import LAYOUTS_OF
from convproof.verify.targets.layouts import lay
from tests.mutants import HAVE_STATE
from tests.mutants.fixed import fixed_cases

FLOAT32 = Request(dtype=np.dtype(np.float32), precision="float32")
REPEATS = {  # the same fault in another layer, derivative or number of axes
    "depth_and_width_stride_exchanged": "stride_axes_swapped",
    "flipped_and_without_groups": "flipped_kernel",
    "transposed_kernel_flipped": "flipped_kernel",
    "depth_taps_reversed": "flipped_kernel",
    "kernel_not_flipped_in_the_input_gradient": "flipped_kernel",
    "groups_of_the_transposed_weights_mixed": "groups_in_the_wrong_order",
    "units_of_interleaved_channels": "channels_interleaved_over_the_groups",
    "bias_along_the_width_where_sizes_coincide": "bias_on_the_wrong_axis",
    "zeros_beyond_32_rows": "outputs_beyond_the_16th_left_at_zero",
    "dilation_of_the_pool_ignored": "dilation_ignored",
    "dilation_ignored_in_the_weight_gradient": "dilation_ignored",
    "dilated_transposed_spreads_undilated_taps": "dilation_ignored",
    "cotangent_read_backward": "output_reversed",
    "fold_gradient_positions_backward": "output_reversed",
    "transposed_bias_doubled_where_windows_overlap": "bias_added_twice",
    "first_group_of_the_weight_gradient_for_all": "groups_ignored_in_the_input_gradient",
    "transposed_input_gradient_without_groups": "groups_ignored_in_the_input_gradient",
    "stride_and_dilation_exchanged_in_the_weight_gradient": (
        "stride_and_dilation_exchanged_in_the_input_gradient"
    ),
    "bias_gradient_of_the_first_image": "only_the_first_image_in_the_weight_gradient",
    "linear_weight_gradient_of_the_first_row": "only_the_first_image_in_the_weight_gradient",
    "transposed_weight_gradient_of_the_last_image": "only_the_first_image_in_the_weight_gradient",
    "transposed_bias_gradient_counts_the_inputs": "bias_gradient_averaged",
    "bias_gradient_without_the_last_column": "last_row_of_outputs_missing_in_the_weight_gradient",
    "transposed_weight_gradient_channels_exchanged": "input_and_cotangent_channels_exchanged",
    "weight_gradient_transposed_where_square": "depth_and_height_of_the_kernel_exchanged",
    "one_entry_of_the_weight_gradient_a_little_too_large": (
        "one_entry_of_the_weight_gradient_a_tenth_too_large"
    ),
    "overlapping_maxima_assigned_not_added": "overlapping_windows_assigned_not_added",
    "adaptive_maxima_assigned_not_added": "overlapping_windows_assigned_not_added",
    "shared_positions_counted_once": "overlapping_windows_assigned_not_added",
    "overlap_assigned_in_fold": "overlapping_windows_assigned_not_added",
    "the_answer_of_the_first_image_for_all": "bias_of_one_image_in_all_input_gradients",
    "floor_remainder_rows_zeroed": "floor_remainder_lost",
    "weight_flipped_in_place": "input_overwritten",
    "input_rounded_in_place": "input_overwritten",
    "cotangent_scaled_in_place": "input_overwritten",
    "bias_gradient_summed_in_place": "input_overwritten",
    "softmax_in_place": "input_overwritten",
    "odd_units_never_written": "last_columns_never_written",
    "half_sums_in_the_weight_gradient": "float16_accumulation",
    "means_in_half": "float16_accumulation",
    "operands_cut_to_float16_on_fractions": "float16_accumulation",
    "nan_turned_to_zero_in_the_weight_gradient": "nan_turned_to_zero",
    "nan_in_the_bias_cleaned": "nan_in_the_weights_cleaned",
    "nan_lost_in_the_scatter": "nan_in_the_weights_cleaned",
    "mean_of_the_numbers_only": "nan_in_the_weights_cleaned",
    "nan_skipped_in_the_bias_gradient": "nan_in_the_weights_cleaned",
    "operands_of_eight_bits_in_the_weight_gradient": "sums_wrap_at_sixteen_bits",
    "grouped_transposed_raises": "raises_on_groups",
    "the_weight_gradient_of_a_zero_weight": "all_zero",
    "linear_input_gradient_by_the_untransposed_weight": "square_weight_transposed",
    "global_mean_gradient_not_divided": "mean_gradient_not_divided",
    "magnitude_in_place_of_the_maximum": "magnitude_in_place_of_relu",
    "cross_term_of_the_double_backward_dropped": "tangent_of_the_weights_ignored",
    "double_backward_of_the_first_group_for_all": "groups_ignored_in_the_input_gradient",
    "softmax_gradient_by_the_diagonal_alone": "softmax_gradient_without_the_inner_sum",
}
FAULTY = [held for held in MUTANTS if held.name not in HAVE_STATE]


def by_name(held: Mutant) -> str:
    return held.name


def test_every_mutant_has_a_name_of_its_own() -> None:
    assert len({held.name for held in MUTANTS}) == len(MUTANTS)


def test_a_name_is_refused_when_it_is_registered_again() -> None:
    before = list(MUTANTS)
    with pytest.raises(ValueError, match=MUTANTS[0].name):
        register("relu", "exact")(MUTANTS[0].code)
    assert before == MUTANTS


def test_there_are_at_least_eighty_kinds_of_fault() -> None:
    """A fault that repeats another in another layer or derivative is not counted."""
    names = {held.name for held in MUTANTS}
    assert names >= REPEATS.keys() | set(REPEATS.values())
    assert not REPEATS.keys() & set(REPEATS.values())
    assert len(MUTANTS) >= 95
    assert len(names - REPEATS.keys()) >= 80


def test_every_layer_and_every_first_derivative_has_a_mutant() -> None:
    """Up to the number of axes."""
    legal = {(f.stem, f.role) for f in Function.all() if f.role in FIRST}
    held = {(f.stem, f.role) for f in (Function.named(m.function) for m in MUTANTS)}
    assert {(stem, role) for stem, role in held if role in FIRST} == legal


def test_every_derivative_of_second_order_has_a_mutant() -> None:
    assert {Function.named(m.function).role for m in MUTANTS} >= set(SECOND)


@pytest.mark.parametrize("held", MUTANTS, ids=by_name)
def test_a_fault_is_told_in_one_line(held: Mutant) -> None:
    told = held.code.__doc__
    assert told
    assert told.endswith(".")
    assert "\n" not in told


@pytest.mark.parametrize("held", MUTANTS, ids=by_name)
def test_the_law_that_refutes_a_fault_speaks_of_its_function(held: Mutant) -> None:
    function = Function.named(held.function)
    laws = [law for law in THEOREMS if law.name == held.theorem]
    assert any(law.speaks_of(function) for law in laws)


@pytest.mark.parametrize("held", FAULTY, ids=by_name)
def test_a_mutant_differs_from_the_right_function_on_a_fixed_call(held: Mutant) -> None:
    function = Function.named(held.function)
    assert any(saw for _, saw in _differences(function, held.code))


@pytest.mark.parametrize("name", sorted({held.function for held in MUTANTS}))
def test_the_right_function_differs_on_none(name: str) -> None:
    """The test above can fail."""
    saw = [why for why, saw in _differences(Function.named(name), _right(name)) if saw]
    assert saw == []


def _right(name: str) -> Callable[..., Any]:
    function, ours = Function.named(name), get_implementation("numpy")
    if function.role in SECOND:
        return _right_of_second_order(function)
    code: Callable[..., Any] = getattr(ours, name)
    return code


def _right_of_second_order(function: Function) -> Callable[..., Any]:
    """Return the first-order functions on other arrays."""
    forward, by_input, by_weight = (
        _right(f"{function.layer}{suffix}") for suffix in ("", "_input", "_weight")
    )

    def jvp(x: Any, w: Any, x_dot: Any, w_dot: Any, **options: Any) -> Any:
        return forward(x_dot, w, None, **options) + forward(x, w_dot, None, **options)

    def second_output(x: Any, w: Any, y_bar: Any, u: Any, v: Any, **options: Any) -> Any:
        del y_bar
        return jvp(x, w, u, v, **options)

    def second_input(x: Any, w: Any, y_bar: Any, u: Any, v: Any, **options: Any) -> Any:
        del w, u
        return by_input(x.shape, v, y_bar, **options)

    def second_weight(x: Any, w: Any, y_bar: Any, u: Any, v: Any, **options: Any) -> Any:
        del x, v
        return by_weight(u, w.shape, y_bar, **options)

    held = {code.__name__: code for code in (jvp, second_output, second_input, second_weight)}
    return held[function.role]


def _differences(function: Function, code: Callable[..., Any]) -> Iterator[tuple[str, bool]]:
    """Yield what is asked and whether the code differs there from what is right."""
    for case in fixed_cases(function):
        yield from _on_integers(function, case, code)
        yield "real data", _beyond_rounding(function, case, code)
        call = call_of(function, case, case.reals(FLOAT32.dtype))
        given = _asked(code, call)[0]
        yield "what was given", any(not _same(given[n], a) for n, a in call.arrays.items())
        yield "special values", _special_values_differ(function, case, code)
        yield "other data in the same call", _shares_memory(function, case, code)
        yield "an illegal call", _answers_an_illegal_call(function, case, code)


def _on_integers(
    function: Function, case: Case, code: Callable[..., Any]
) -> Iterator[tuple[str, bool]]:
    known = right(function, case, FLOAT32)
    tied = case.integers("float32")
    tied = tied.but(x=np.random.default_rng(0).integers(-1, 2, tied["x"].shape))
    empty = known.arrays.images(slice(0))
    call = call_of(function, case, known.arrays)
    for layout in LAYOUTS_OF["numpy"]:
        got = _asked(code, call.laid_out(layout))[1]
        yield f"{layout} integers", _wrong(got, known.expected, known.judge)
    known = right_of(function, case, tied, FLOAT32)
    got = _asked(code, call_of(function, case, known.arrays))[1]
    yield "ties", _wrong(got, known.expected, known.judge)
    none = call_of(function, case.with_batch(0), empty)
    yield "no image", not _same(_asked(code, none)[1], _asked(_right(function.name), none)[1])
    if isinstance(case.layer, CrossEntropy):
        ignored = np.full_like(known.arrays["target"], case.layer.ignore_index)
        none = call_of(function, case, known.arrays.but(target=ignored))
        got, expected = (_asked(asked, none)[1] for asked in (code, _right(function.name)))
        yield "no target that counts", not np.array_equal(got, expected, equal_nan=True)
    if function.role == "forward" and function.layer in ("linear", "softmax"):
        none = _of_no_features(call)
        same = _same(_asked(code, none)[1], _asked(_right(function.name), none)[1])
        yield "no features", not same


def _of_no_features(call: Call) -> Call:
    """Return the call of rows that are empty."""
    given = {n: v[:, :0] if n in ("x", "w") else v for n, v in call.given}
    return replace(call, given=tuple(given.items()))


def _beyond_rounding(function: Function, case: Case, code: Callable[..., Any]) -> bool:
    arrays = case.reals(FLOAT32.dtype)
    wide = arrays.astype(wider(FLOAT32.dtype))
    exact = ask(oracle, function.role, case, wide)
    allowed = allowed_error(function, case, wide, exact, FLOAT32)
    got = _asked(code, call_of(function, case, arrays))[1]

    def judge(y: np.ndarray) -> tuple[int, ...] | None:
        beyond = np.argwhere(~(np.abs(y.astype(exact.dtype) - exact) <= allowed))
        return tuple(beyond[0]) if len(beyond) else None

    return _wrong(got, exact.astype(FLOAT32.dtype), judge)


def _special_values_differ(function: Function, case: Case, code: Callable[..., Any]) -> bool:
    """Return whether NaN and infinity end up in other places; at most one array holds some."""
    arrays = case.reals(FLOAT32.dtype)
    if function.family == "smooth" and not isinstance(case.layer, CrossEntropy):
        return False
    for name in call_of(function, case, arrays).arrays:
        if name in function.indices:
            continue
        spoilt = arrays[name].copy()
        spoilt.ravel()[[0, -1]] = np.nan, np.inf
        call = call_of(function, case, arrays.but(**{name: spoilt}))
        got, expected = (_asked(asked, call)[1] for asked in (code, _right(function.name)))
        if not isinstance(got, np.ndarray) or got.shape != expected.shape:
            return True
        for place in (np.isnan, np.isposinf, np.isneginf):
            if not np.array_equal(place(got), place(expected)):
                return True
    return False


def _shares_memory(function: Function, case: Case, code: Callable[..., Any]) -> bool:
    """Return whether an answer lies in the memory of what was given, or of the next answer."""
    call = call_of(function, case, case.reals(FLOAT32.dtype))
    positive = call_of(function, case, call.arrays.map(np.abs))
    other = call_of(function, case, case.reals(FLOAT32.dtype, seed=1))
    for asked in (call, positive):
        given, got = _asked(code, asked)
        if not isinstance(got, np.ndarray):
            return True
        if any(np.shares_memory(got, array) for array in given.values()):
            return True
        again = _asked(code, other)[1]
        if isinstance(again, np.ndarray) and np.shares_memory(got, again):
            return True
    return False


def _answers_an_illegal_call(function: Function, case: Case, code: Callable[..., Any]) -> bool:
    call = call_of(function, case, case.reals(FLOAT32.dtype))
    given = dict(call.given)
    if isinstance(case.layer, CrossEntropy):
        beyond = np.full_like(given["target"], case.input_shape[1] + 255)
        illegal = replace(call, given=tuple({**given, "target": beyond}.items()))
        return isinstance(_asked(code, illegal)[1], np.ndarray)
    if function.role != "forward" or function.stem != "conv":
        return False
    x = given["x"]
    for wrong in (np.concatenate([x, x], axis=1), x[:, :, :0], x[(..., *(slice(1),) * 2)]):
        illegal = replace(call, given=tuple({**given, "x": wrong}.items()))
        refused = isinstance(_asked(_right(function.name), illegal)[1], ConvProofError)
        if refused and isinstance(_asked(code, illegal)[1], np.ndarray):
            return True
    return False


def _asked(code: Callable[..., Any], call: Call) -> tuple[Arrays, Any]:
    """Return the arrays as the code left them, and its answer or what it raised."""
    given = Arrays({n: lay(a.copy(), call.layout) for n, a in call.arrays.items()})
    try:
        with np.errstate(all="ignore"):
            return given, code(*(given.get(n, v) for n, v in call.given), **call.options)
    except Exception as raised:  # a mutant may raise anything
        return given, raised


def _wrong(got: Any, expected: np.ndarray, judge: Callable[[np.ndarray], object]) -> bool:
    if isinstance(got, UnsupportedError):
        return False
    if not isinstance(got, np.ndarray) or got.dtype != FLOAT32.dtype:
        return True
    return got.shape != expected.shape or judge(got) is not None


def _same(one: Any, two: Any) -> bool:
    if not isinstance(one, np.ndarray) or not isinstance(two, np.ndarray):
        return type(one) is type(two)
    return one.shape == two.shape and one.dtype == two.dtype and one.tobytes() == two.tobytes()
