"""Parameters, operations and output shapes of the specs: the lecture's counting."""

from typing import Any

import pytest

from convproof.errors import GeometryError, ShapeError
from convproof.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv,
    ConvTranspose,
    CrossEntropy,
    Fold,
    GlobalAvgPool,
    Layer,
    Linear,
    LocallyConnected,
    LocalResponseNorm,
    Maxout,
    MaxPool,
    MaxUnpool,
    ReLU,
    Softmax,
    Unfold,
    pooling,
)


def _conv(r: int, k: int, k_out: int, **more: Any) -> Conv:
    ones = (1, 1)
    sizes = {"stride": ones, "padding": ((0, 0), (0, 0)), "dilation": ones, **more}
    return Conv(in_channels=k, out_channels=k_out, kernel_size=(r, r), **sizes)


def _pool(r: int) -> MaxPool:
    return MaxPool(kernel_size=(r, r), stride=(r, r), padding="valid", dilation=(1, 1))


@pytest.mark.parametrize(
    ("layer", "shape", "parameters", "operations"),
    [
        (_conv(5, 1, 32), (1, 28, 28), 832, 479_232),
        (_pool(2), (32, 24, 24), 0, 18_432),
        (_conv(5, 32, 64), (32, 12, 12), 51_264, 3_280_896),
        (_pool(2), (64, 8, 8), 0, 4_096),
        (Linear(in_features=1024, out_features=100), (1024,), 102_500, 102_500),
        (Linear(in_features=100, out_features=10), (100,), 1_010, 1_010),
        (_conv(5, 3, 32), (3, 32, 32), 2_432, 1_906_688),
        (_conv(5, 32, 64), (32, 14, 14), 51_264, 5_126_400),
    ],
)
def test_the_rows_of_the_lectures_first_table(
    layer: Layer, shape: tuple[int, ...], parameters: int, operations: int
) -> None:
    """(r^2 k + 1) k' parameters, (r^2 k + 1) v' operations; pooling counts its input volume."""
    assert (layer.parameters, layer.operations((1, *shape))) == (parameters, operations)


def test_groups_divide_weights_and_operations() -> None:
    """(r^2 k / g + 1) k' and (r^2 k / g + 1) v'."""
    layer = _conv(3, 4, 6, groups=2)
    assert layer.parameters == (9 * 2 + 1) * 6
    assert layer.operations((7, 4, 5, 5)) == (9 * 2 + 1) * 6 * 9


def test_a_layer_without_bias_counts_none() -> None:
    assert _conv(3, 1, 1, bias=False).parameters == 9
    assert _conv(3, 1, 1, bias=False).operations((1, 1, 3, 3)) == 9


def test_unshared_weights_cost_parameters_but_no_operations() -> None:
    """r k k' n' + k' parameters; the operations are the convolution's."""
    common: dict[str, Any] = {
        "in_channels": 2, "out_channels": 3, "kernel_size": (3,), "stride": (1,),
        "padding": ((0, 0),), "dilation": (1,),
    }  # fmt: skip
    local = LocallyConnected(output_size=(5,), **common)
    assert local.parameters == 3 * 2 * 5 * 3 + 3
    assert local.operations((1, 2, 7)) == Conv(**common).operations((1, 2, 7))


def test_a_transposed_convolution_counts_every_input_times_every_tap() -> None:
    layer = ConvTranspose(
        in_channels=2, out_channels=3, kernel_size=(4,), stride=(2,), padding=((1, 1),),
        dilation=(1,), output_padding=(0,),
    )  # fmt: skip
    assert layer.output_shape((1, 2, 5)) == (1, 3, 10)
    assert layer.parameters == 2 * 3 * 4 + 3
    assert layer.operations((1, 2, 5)) == 3 * 4 * 2 * 5 + 3 * 10


_WINDOW: dict[str, Any] = {"kernel_size": (2,), "stride": (1,), "dilation": (1,)}


@pytest.mark.parametrize(
    ("layer", "shape", "out"),
    [
        (AdaptiveAvgPool(output_size=(None, 2)), (1, 3, 7, 5), (1, 3, 7, 2)),
        (GlobalAvgPool(dims=3), (2, 3, 4, 5, 6), (2, 3, 1, 1, 1)),
        (Unfold(padding="same", **_WINDOW), (1, 3, 5), (1, 6, 5)),
        (Fold(output_size=(5,), padding="valid", **_WINDOW), (1, 6, 4), (1, 3, 5)),
        (Maxout(pool_size=2), (1, 6, 4), (1, 3, 4)),
        (LocalResponseNorm(size=3), (1, 6, 4), (1, 6, 4)),
        (Softmax(dim=-1), (2, 3), (2, 3)),
        (CrossEntropy(), (2, 3, 4), ()),
        (CrossEntropy(reduction="none"), (2, 3, 4), (2, 4)),
        (CrossEntropy(reduction="none"), (3,), ()),
        (ReLU(), (), ()),
        (MaxUnpool(kernel_size=(2,), stride=(2,), padding=((0, 0),)), (1, 1, 3), (1, 1, 6)),
        (
            MaxUnpool(kernel_size=(2,), stride=(2,), padding=((0, 0),), output_size=(7,)),
            (1, 1, 3),
            (1, 1, 7),
        ),
    ],
)
def test_output_shapes(layer: Layer, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
    assert layer.output_shape(shape) == out


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (_conv(3, 2, 1), (1, 3, 5, 5), "reads in_channels=2.*has 3"),
        (_conv(3, 2, 1), (2, 5, 5), "takes an input of 4 axes"),
        (Linear(in_features=3, out_features=1), (2, 4), "in_features=3"),
        (Maxout(pool_size=4), (1, 6), "6 mod 4 = 2"),
        (Maxout(pool_size=4), (6,), "batch, channels"),
        (LocalResponseNorm(size=3), (1, 6), "at least 3 axes"),
        (Softmax(dim=2), (1, 6), "dim=2 is not an axis"),
        (CrossEntropy(), (2, 0), "at least one class"),
        (CrossEntropy(), (0, 2), "no mean of the 0 losses"),
        (AdaptiveAvgPool(output_size=(1,)), (1, 2, 0), "at least one position"),
        (Fold(output_size=(5,), padding="valid", **_WINDOW), (1, 5, 4), "5 mod 2 = 1"),
        (Fold(output_size=(5,), padding="valid", **_WINDOW), (1, 6, 3), "holds 3"),
    ],
)
def test_an_input_of_the_wrong_shape_is_refused(
    layer: Layer, shape: tuple[int, ...], words: str
) -> None:
    with pytest.raises(ShapeError, match=words):
        layer.output_shape(shape)


def test_a_window_that_reads_no_input_is_refused_and_the_advice_is_true() -> None:
    """r = 2, padding 2: the first window lies in the padding; 1 = span - 1 suffices."""
    sizes: dict[str, Any] = {"kernel_size": (2,), "stride": (1,), "dilation": (1,)}
    with pytest.raises(GeometryError, match=r"window 0 reads no input.*padding <= 1"):
        AvgPool(padding=((2, 0),), **sizes).output_shape((1, 1, 4))
    assert AvgPool(padding=((1, 1),), **sizes).output_shape((1, 1, 4)) == (1, 1, 5)


def test_windows_that_begin_inside_are_not_asked_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of ``2^39`` windows those that begin in the padding are looked at: ``low / s = 3 / 2``."""
    asked: list[int] = []
    held = vars(pooling)["_reads"]

    def noted(axis: Any, o: int) -> bool:
        asked.append(o)
        return len(asked) < 9 and bool(held(axis, o))

    monkeypatch.setattr(pooling, "_reads", noted)
    layer = MaxPool(kernel_size=(4,), stride=(2,), padding=((3, 3),), dilation=(1,))
    assert layer.output_shape((1, 1, 2**40)) == (1, 1, 2**39 + 2)
    assert asked == [0, 1]


def test_a_dilated_window_that_straddles_the_input_is_refused() -> None:
    """n = 1, r = 2, t = 2, padding (1, 1): the only window's taps are at -1 and 1."""
    layer = MaxPool(kernel_size=(2,), stride=(1,), padding=((1, 1),), dilation=(2,))
    with pytest.raises(GeometryError, match=r"\[-1, 1\].*a dilation <= 1"):
        layer.output_shape((1, 1, 1))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: _conv(3, 1, 1, padding_mode="reflect"), "'zeros' or 'circular'"),
        (lambda: AvgPool(padding="valid", divisor_override=0, **_WINDOW), "must not be zero"),
        (
            lambda: ConvTranspose(
                in_channels=1,
                out_channels=1,
                padding="same",  # type: ignore[arg-type]  # that is what is refused
                output_padding=(0,),
                **_WINDOW,
            ),
            "names no output size",
        ),
        (
            lambda: MaxUnpool(
                kernel_size=(2,), stride=(2,), padding=((0, 0),), output_size=(9,)
            ).output_shape((1, 1, 3)),
            "6 - 2 < size < 6 \\+ 2",
        ),
    ],
)
def test_an_impossible_spec_is_refused(make: Any, words: str) -> None:
    with pytest.raises(GeometryError, match=words):
        make()
