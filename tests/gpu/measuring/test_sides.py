"""Both sides, and the answer in float64 that they are compared with: on a CPU they agree."""

import dataclasses
from typing import Any

import pytest
import torch

from convproof.implementation import load_implementation
from convproof.layers import Layer
from convproof_gpu.measuring import arrays, errors, ours, reference
from convproof_gpu.measuring.rivals import Rival, calls_of, rivals, settings
from convproof_gpu.measuring.rows import Row
from convproof_gpu.wing import sim
from tests.gpu.measuring.small import CONV, LAYERS, ROWS, row

numpys = load_implementation("tensors")
ON_CPU = [
    (each, rival) for each in ROWS for rival in rivals(each, "float32") if rival.function == "plain"
]


def answered(each: Row, seed: int = 1) -> tuple[arrays.Arrays, Any, Any]:
    drawn = arrays.drawn(each, "float32", "cpu", seed)
    return drawn, *reference.answer(each, drawn)


@pytest.mark.parametrize("each", ROWS, ids=str)
def test_our_side_answers_the_row(each: Row) -> None:
    """``|ours - float64| <= allowed * sum |x w|``."""
    drawn, right, scale = answered(each)
    error = errors.of(ours.call_of(numpys, each, drawn), right, scale)

    assert right.shape == arrays.answer_shape(each)
    assert error.worst <= errors.allowed(each, "float32")
    assert error.rel_l2 < 1e-6


@pytest.mark.parametrize(("each", "rival"), ON_CPU, ids=lambda value: value.name)
def test_every_rival_answers_the_row(each: Row, rival: Rival) -> None:
    """In each layout: what is compared is the same operation."""
    drawn, right, scale = answered(each)
    with rival.within():
        (call,) = calls_of(rival, each, [drawn])
        error = errors.of(call, right, scale)

    assert error.rel_l2 < 1e-5


@pytest.mark.parametrize("name", ["conv", "transposed", "line"])
def test_the_scale_is_the_same_sum_of_magnitudes(name: str) -> None:
    """``sum |x w| >= |sum x w|``, with equality where nothing is negative."""
    each = row(name)
    drawn, right, scale = answered(each)
    assert bool((scale >= right.abs() - 1e-9).all())
    magnitudes = arrays.Arrays(x=drawn.x.abs(), w=drawn.w.abs(), b=None, y_bar=None)
    right, scale = reference.answer(each, magnitudes)
    assert torch.equal(right, scale)


def test_many_images_are_unfolded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not depend on how many images are unfolded at a time."""
    for operation in ("forward", "input_vjp", "weight_vjp"):
        each = row("conv", operation)
        whole = answered(each)[1]
        with monkeypatch.context() as patched:
            patched.setattr(reference, "_CHUNK", 1)
            parts = answered(each)[1]
        torch.testing.assert_close(parts, whole, rtol=1e-12, atol=1e-12)


def test_a_padding_of_two_sizes_is_refused() -> None:
    """Neither side's arguments here can say it."""
    uneven = dataclasses.replace(CONV, padding=((1, 0), (0, 0)))
    each = Row(name="small/uneven", layer=uneven, input_shape=(2, 4, 6, 5), operation="forward")
    with pytest.raises(ValueError, match="pads both ends alike, not"):
        reference.answer(each, arrays.drawn(each, "float32", "cpu", 1))


class Wrong:
    """A side that is wrong in one number of many, or writes nothing there."""

    def __init__(self, number: float) -> None:
        self._number = number

    def forward(self, layer: Layer, *arrays: Any) -> Any:
        y = numpys.forward(layer, *arrays)
        y.reshape(-1)[7] += self._number
        return y


@pytest.mark.parametrize("number", [1e-3, float("nan"), float("inf")])
def test_one_wrong_number_is_found(number: float) -> None:
    """An error of a thousandth in one number, and one that is not a number."""
    each = row("conv")
    drawn, right, scale = answered(each)
    wrong: Any = Wrong(number)
    error = errors.of(ours.call_of(wrong, each, drawn), right, scale)

    assert not error.worst <= errors.allowed(each, "float32")


def test_an_answer_that_is_not_written_is_not_that_of_the_call_before() -> None:
    """The memory of a first answer is poisoned: a second call that writes nothing is found."""
    each = row("conv")
    _, right, scale = answered(each)
    held = torch.empty(right.shape)
    first = [True]

    def call() -> Any:
        if first[0]:
            first[0] = False
            held.copy_(right)
        return held

    error = errors.of(call, right, scale)

    assert error.poisoned
    assert error.worst == float("inf")


def test_what_is_allowed_grows_with_the_rounding() -> None:
    """float32 < tf32 and float32 < bfloat16; and with the number of summands."""
    each, longer = row("conv"), row("conv", "weight_vjp")

    assert errors.allowed(each, "float32") < errors.allowed(each, "tf32") < 1e-2
    assert errors.allowed(each, "float32") < errors.allowed(each, "bfloat16") < 1e-2
    assert errors.allowed(each, "float32") < errors.allowed(longer, "float32")


@pytest.mark.parametrize("math", ["ieee", "tf32"])
def test_settings_hold_within_and_are_put_back(math: str) -> None:
    cudnn: Any = torch.backends.cudnn
    before = (cudnn.benchmark, cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision)
    with settings(math, searched=True):
        assert cudnn.benchmark
        assert cudnn.conv.fp32_precision == math
        assert torch.backends.cuda.matmul.fp32_precision == math
    after = (cudnn.benchmark, cudnn.conv.fp32_precision, torch.backends.cuda.matmul.fp32_precision)
    assert after == before


def test_the_rivals_are_every_layout_in_every_arithmetic() -> None:
    """cuDNN of float32: {ieee, tf32} x {NHWC, NCHW}; of other dtypes one arithmetic."""
    assert [rival.name for rival in rivals(row("conv"), "float32")] == [
        "cuDNN ieee NHWC", "cuDNN ieee NCHW", "cuDNN tf32 NHWC", "cuDNN tf32 NCHW",
    ]  # fmt: skip
    assert {rival.math for rival in rivals(row("conv"), "bfloat16")} == {"bfloat16"}
    assert [rival.name for rival in rivals(row("fc"), "float32")] == ["cuBLAS ieee", "cuBLAS tf32"]
    assert [r.name for r in rivals(row("norm"), "float32")] == [
        "torch float32 NCHW", "torch float32 NHWC",
    ]  # fmt: skip
    fused = {rival.function for rival in rivals(row("conv", "fused"), "float32", compiled=True)}
    assert fused == {"plain", "cudnn_convolution_relu", "compiled"}


def test_a_precision_is_offered_by_an_implementation_that_has_a_choice() -> None:
    """TF32 must be asked of it; that of 16 bits is the arrays' own."""
    assert ours.offered(numpys, CONV, "float32") == ours.offered(numpys, CONV, "float16")
    assert ours.offered(numpys, CONV, "float32") == (numpys, "")
    assert ours.offered(numpys, LAYERS["max"][0], "tf32") == (
        None,
        "a MaxPool multiplies no weights",
    )
    without = load_implementation("numpy")
    assert ours.offered(without, CONV, "tf32") == (None, "numpy has no precision='tf32'")
    known, why = ours.offered(sim, CONV, "tf32")
    assert known is not None
    assert (known.name, why) == ("sim-tf32", "")
