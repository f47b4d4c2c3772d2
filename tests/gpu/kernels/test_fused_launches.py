"""What a convolution launches with what follows it, in one kernel or layer by layer."""

from dataclasses import replace

import pytest

from convproof.layers import Shape
from convproof_gpu.fused import Fused
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.wing import Wing
from tests.gpu.kernels.fused_cases import POOL, Asked, conv_of, ends


def launched(layer: Fused, batch: int, positions: Shape, precision: str = "float32") -> list[str]:
    """Return the kernels of a layer, without the arrays' memory."""
    recorder = Recorder()
    x = (layer.conv.in_channels, *positions)
    x = (*x[1:], x[0]) if layer.reads_last else x
    shapes = (batch, *x), *layer.parameter_shapes.values()
    Wing(recorder).with_precision(precision).forward(layer, *(blank(s, "float32") for s in shapes))
    return [kernel.name or kernel.file for kernel in recorder.kernels]


@pytest.mark.parametrize("precision", ["float32", "tf32"])
@pytest.mark.parametrize("batch", [1, 64])
def test_activations_that_lie_last_are_not_turned_round(precision: str, batch: int) -> None:
    """One kernel beside the weights', or two of sums in parts; in TF32 the same rounds to words."""
    for asked in ends(Asked(Fused(conv=conv_of((128, 256))), batch, (56, 56))):
        layer = asked.layer
        last = "conv_tensor_last" if layer.writes_last else "conv_tensor"
        writes = ["conv_tensor_pooled" if layer.pool else last]
        if batch == 1:
            is_fused = layer.writes_last or layer.pool
            adds = "conv_tensor_finish_fused" if is_fused else "conv_tensor_finish"
            writes = ["conv_tensor_parts", adds]
        lays = [] if layer.reads_last else ["conv_tensor_source"]
        found = launched(layer, batch, (56, 56), precision)
        assert found == [*lays, "conv_tensor_weights", *writes]


OTHERS: dict[str, tuple[Fused, Shape, list[str]]] = {
    "few channels": (
        Fused(conv=conv_of((3, 64)), pool=POOL, writes_last=True),
        (112, 112),
        ["few_channels_forward", "max_pool_forward_bands", "layout"],
    ),
    "depthwise": (
        Fused(conv=conv_of((64, 64), groups=64), pool=POOL),
        (56, 56),
        ["depthwise_strips_forward", "max_pool_forward_bands"],
    ),
    "a small product": (
        Fused(conv=conv_of((4, 8)), reads_last=True, writes_last=True),
        (4, 4),
        ["layout", "conv_forward", "layout"],
    ),
    "a pooling of three": (
        Fused(
            conv=conv_of((64, 128)),
            pool=replace(POOL, kernel_size=(3, 3)),
            reads_last=True,
            writes_last=True,
        ),
        (57, 57),
        ["conv_tensor_weights", "conv_tensor", "max_pool_forward_bands", "layout"],
    ),
    "a pooling that rounds up": (
        Fused(conv=conv_of((64, 128)), pool=replace(POOL, ceil_mode=True)),
        (57, 56),
        ["conv_tensor_source", "conv_tensor_weights", "conv_tensor", "max_pool_forward_bands"],
    ),
    "one that has nothing to round up": (
        Fused(conv=conv_of((64, 128)), pool=replace(POOL, ceil_mode=True)),
        (56, 56),
        ["conv_tensor_source", "conv_tensor_weights", "conv_tensor_pooled"],
    ),
    "a pooling with indices": (
        Fused(conv=conv_of((64, 128)), pool=replace(POOL, return_indices=True)),
        (56, 56),
        ["conv_tensor_source", "conv_tensor_weights", "conv_tensor", "max_pool_forward"],
    ),
    "three axes": (
        Fused(conv=conv_of((64, 128), (3, 3, 3)), reads_last=True, writes_last=True),
        (8, 28, 28),
        ["conv_tensor_weights", "conv_tensor", "layout"],
    ),
    "a circular border": (
        Fused(
            conv=conv_of((64, 128), padding_mode="circular"),
            pool=POOL,
            reads_last=True,
            writes_last=True,
        ),
        (56, 56),
        [
            "layout", "wrap_forward", "conv_tensor_source", "conv_tensor_weights", "conv_tensor",
            "max_pool_forward_bands", "layout",
        ],
    ),
    "one position": (
        Fused(conv=conv_of((512, 1024), (7, 7), low=0), reads_last=True, writes_last=True),
        (7, 7),
        ["conv_tensor_weights", "conv_tensor_parts", "conv_tensor_finish"],
    ),
    "fully connected": (
        Fused(conv=conv_of((512, 1024), (1, 1), low=0), reads_last=True, writes_last=True),
        (1, 1),
        ["conv_tensor_parts", "conv_tensor_finish"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", OTHERS)
def test_what_is_not_fused_is_launched_layer_by_layer(which: str) -> None:
    """The kernels of each, in order."""
    layer, positions, names = OTHERS[which]
    assert launched(layer, 32, positions) == list(dict.fromkeys(names))
