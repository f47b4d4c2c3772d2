"""The size laws, at numbers, are what ``convproof.axes``, ``padding`` and ``layers`` compute."""

from itertools import product

import pytest

from convproof.axes import Axis, SignalAxis, TransposedAxis
from convproof.errors import GeometryError
from convproof.layers import AvgPool, Conv, Layer, Linear, MaxPool
from convproof.padding import named_pair
from tests.theorems.shapes.numbers import applies, axes, claims, holds, letters


def test_the_output_size_counts_the_windows_that_fit() -> None:
    """n' = #{o >= 0 : s o + r̂ <= n + p_low + p_high}, and the law holds of the code's n'."""
    law = claims("output_size")["the input sizes of n' outputs"]
    inside = claims("output_size")["the window of an output lies in the padded input"]
    for axis in axes(1, 5):
        size, starts = axis.padded_size, range(0, axis.padded_size, axis.stride)
        assert axis.output_size == sum(start + axis.span <= size for start in starts)
        assert holds(law, **letters(axis))
        assert holds(inside, **letters(axis), o=axis.output_size - 1)
        assert not applies(inside, **letters(axis), o=axis.output_size)


def test_the_input_sizes_that_have_as_many_outputs() -> None:
    """s (n' - 1) + r̂ - p <= n < s n' + r̂ - p."""
    for s, r, n in product((1, 2, 3), (1, 2, 3), (3, 6)):
        wanted = Axis(input_size=n, kernel_size=r, stride=s, padding=(1, 0)).output_size
        sizes = [
            m
            for m in range(r, 20)
            if Axis(input_size=m, kernel_size=r, stride=s, padding=(1, 0)).output_size == wanted
        ]
        least = max(r, s * (wanted - 1) + r - 1)
        assert sizes == list(range(least, s * wanted + r - 1))


def test_ceil_mode_is_floors_size_or_one_more() -> None:
    """n'_c = n' + [s does not divide N][s n' < n + p_low] where p_high < r̂."""
    steps = claims("ceil_mode")
    seen = set()
    for axis in axes(1, 2, 5):
        low, high = axis.padding
        if high >= axis.span:
            continue
        up = Axis(
            input_size=axis.input_size, kernel_size=axis.kernel_size, stride=axis.stride,
            dilation=axis.dilation, padding=axis.padding, ceil_mode=True,
        )  # fmt: skip
        slack = axis.padded_size - axis.span
        numbers = {
            **letters(axis), "N": slack, "ρ": slack % axis.stride, "n'_c": up.output_size,
            "q": -(-slack // axis.stride) + 1, "o": 0, "o'": up.output_size - 1,
        }  # fmt: skip
        assert all(holds(step, **numbers) for step in steps.values()), axis
        counted = [
            o
            for o in range(slack + 2)
            if axis.stride * (o - 1) < slack and axis.stride * o < axis.input_size + low
        ]
        assert counted == list(range(up.output_size))
        seen.add(up.output_size - axis.output_size)
    assert seen == {0, 1}


def test_half_the_kernel_preserves_the_size() -> None:
    """r = 2 l + 1 and p = t l: n' = n, or ceil(n/s)."""
    steps = claims("same_padding")
    for n, s, t, l in product((1, 2, 5, 8), (1, 2, 3), (1, 2), (0, 1, 2)):
        axis = Axis(
            input_size=n, kernel_size=2 * l + 1, stride=s, dilation=t, padding=(t * l, t * l)
        )
        assert axis.output_size == -(-n // s)
        for step in list(steps.values())[0 if s == 1 else 1 : 3 if s == 1 else 2]:
            assert holds(step, **letters(axis), l=l)


def test_torchs_same_is_the_padding_that_preserves_the_size() -> None:
    """p_low + p_high = r̂ - 1."""
    exactly = claims("same_padding")["which paddings preserve the size"]
    for n, r, t in product((1, 4, 5), (1, 2, 3, 4), (1, 2)):
        pair = named_pair("same", input_size=n, span=t * (r - 1) + 1, stride=1)
        axis = Axis(input_size=n, kernel_size=r, dilation=t, padding=pair)
        assert axis.output_size == n
        assert holds(exactly, **letters(axis))


def test_tensorflows_same_divides_and_rounds_up() -> None:
    """n' = ceil(n/s), and the code's padding is the law's."""
    steps = claims("tensorflow_same")
    for n, r, s, t in product(range(1, 8), (1, 2, 3), (1, 2, 3), (1, 2)):
        pair = named_pair("tensorflow_same", input_size=n, span=t * (r - 1) + 1, stride=s)
        axis = Axis(input_size=n, kernel_size=r, stride=s, dilation=t, padding=pair)
        numbers = {**letters(axis), "p": sum(pair), "q": -(-n // s)}
        for name, step in steps.items():
            assert holds(step, **numbers) or (s > 1 and name.startswith("at stride 1"))


@pytest.mark.parametrize("mode", ["full", "valid"])
def test_full_and_valid_are_those_of_signals(mode: str) -> None:
    """n + r - 1 and n - r + 1."""
    for n, r in product(range(1, 7), (1, 2, 3)):
        padding = (r - 1) * (mode == "full")
        if n < r and mode == "valid":
            with pytest.raises(GeometryError):
                SignalAxis(input_size=n, kernel_size=r, mode="valid")
            continue
        axis = Axis(input_size=n, kernel_size=r, padding=(padding, padding))
        signal = SignalAxis(input_size=n, kernel_size=r, mode="full" if padding else "valid")
        assert axis.output_size == signal.output_size
        assert holds(claims("full_and_valid")[mode], **letters(axis))


def test_full_padding_keeps_just_the_outputs_that_read_an_input() -> None:
    """Every output of the full convolution is a leg of some triple."""
    for n, r in product((1, 2, 5), (1, 2, 4)):
        axis = Axis(input_size=n, kernel_size=r, padding=(r - 1, r - 1))
        assert set(axis.triples().output.tolist()) == set(range(axis.output_size))


def test_a_transposed_axis_gives_back_the_size() -> None:
    """n' of n, transposed with p_out = N mod s, is n."""
    steps = claims("transposed_size")
    for axis in axes(1, 5):
        slack = axis.padded_size - axis.span
        extra = slack % axis.stride
        back = TransposedAxis(
            input_size=axis.output_size, kernel_size=axis.kernel_size, stride=axis.stride,
            dilation=axis.dilation, padding=axis.padding, output_padding=extra,
        )  # fmt: skip
        assert back.output_size == axis.input_size
        assert all(holds(step, **letters(axis), p_out=extra) for step in steps.values())


def test_pooling_divides_the_size() -> None:
    """r = s: floor(n/s); VGG's five halvings take 224 to 7."""
    steps = claims("pooling_size")
    for n, s in product(range(3, 9), (1, 2, 3)):
        layer = MaxPool(kernel_size=(s,), stride=(s,), padding="valid", dilation=(1,))
        assert layer.output_shape((1, 1, n))[2] == n // s
        assert holds(steps["the size is divided"], n=n, r=s, s=s)
        assert holds(steps["up to a rest"], **{"n": n, "s": s, "n'": n // s})
    shape: tuple[int, ...] = (1, 1, 224)
    for _ in range(5):
        shape = MaxPool(kernel_size=(2,), stride=(2,), padding="valid", dilation=(1,)).output_shape(
            shape
        )
    assert shape == (1, 1, 7)


def test_two_layers_have_the_size_of_one() -> None:
    """Span r̂_1 + (r̂_2 - 1) s_1, stride s_1 s_2, padding p_1 + p_2 s_1."""
    size = claims("stacked_sizes")["the sizes are equal"]
    for first, (r, s, p) in product(axes(4), ((1, 2, 0), (2, 1, 1), (3, 2, 0))):
        m = first.output_size
        if m + p < r:
            continue
        second = Axis(input_size=m, kernel_size=r, stride=s, padding=(p, 0))
        low, high = first.padding
        one = Axis(
            input_size=first.input_size, kernel_size=first.span + (r - 1) * first.stride,
            stride=first.stride * s, padding=(low + p * first.stride, high),
        )  # fmt: skip
        assert one.output_size == second.output_size
        assert holds(size, **{
            "n": first.input_size, "r̂_1": first.span, "s_1": first.stride, "p_1": low + high,
            "r̂_2": r, "s_2": s, "p_2": p, "n'_1": m, "n'_2": second.output_size,
            "s": one.stride, "r̂": one.span, "p": sum(one.padding),
        })  # fmt: skip


def test_a_fully_connected_layer_is_a_convolution_of_the_inputs_size() -> None:
    """r = n: one output; and as many parameters as the linear layer has."""
    one = claims("fully_connected_size")["one output"]
    for n, s in product((1, 2, 5), (1, 2)):
        axis = Axis(input_size=n, kernel_size=n, stride=s)
        assert axis.output_size == 1
        assert holds(one, **letters(axis))
        conv = _conv(n, 3, 4)
        linear = Linear(in_features=3 * n * n, out_features=4)
        assert conv.parameters == linear.parameters
        assert conv.operations((1, 3, n, n)) == linear.operations((1, 3 * n * n))


def test_lenets_last_convolution_allows_larger_inputs() -> None:
    """floor((N - 32)/4) + 1 outputs of N positions."""
    law = claims("fully_connected_size")["LeNet-5 of a larger input"]
    pool = AvgPool(kernel_size=(2, 2), stride=(2, 2), padding="valid", dilation=(1, 1))
    layers: list[Layer] = [_conv(5, 1, 6), pool, _conv(5, 6, 16), pool, _conv(5, 16, 120)]
    for N in (32, 33, 35, 36, 47, 64):
        shape: tuple[int, ...] = (1, 1, N, N)
        for layer in layers:
            shape = layer.output_shape(shape)
        assert shape == (1, 120, (N - 32) // 4 + 1, (N - 32) // 4 + 1)
        assert holds(law, N=N)


def _conv(r: int, k: int, k_out: int) -> Conv:
    return Conv(
        in_channels=k, out_channels=k_out, kernel_size=(r, r), stride=(1, 1), padding="valid",
        dilation=(1, 1),
    )  # fmt: skip
