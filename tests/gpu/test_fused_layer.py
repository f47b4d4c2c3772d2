"""The spec of a convolution with what follows it: its shapes are those of its parts in turn."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from convproof.errors import ConvProofError, GeometryError, ShapeError, UnsupportedError
from convproof.implementation import load_implementation
from convproof.layers import LocallyConnected, MaxPool, ReLU
from convproof_gpu.fused import Fused
from convproof_gpu.planning import _Notes
from convproof_gpu.recording import blank
from convproof_gpu.tiles import TENSOR_TILES, TensorTile, parted
from convproof_gpu.wing import Wing
from tests.gpu.kernels.fused_cases import (
    POOL,
    Asked,
    conv_of,
    ends,
    fused_layers,
    right,
    taking,
)


@given(fused_layers())
def test_its_output_is_that_of_its_parts(asked: Asked) -> None:
    """``pool(relu(conv(x)))`` of an input with its channels first or last."""
    layer, (batch, channels, *positions) = asked.layer, asked.first
    given_ = (batch, *positions, channels) if layer.reads_last else asked.first
    assert layer.channels_first(given_) == asked.first
    shape = layer.conv.output_shape(asked.first)
    operations = layer.conv.operations(asked.first)
    operations += ReLU().operations(shape) if layer.relu else 0
    operations += layer.pool.operations(shape) if layer.pool else 0
    shape = layer.pool.output_shape(shape) if layer.pool else shape
    last = (shape[0], *shape[2:], shape[1])
    assert layer.output_shape(given_) == (last if layer.writes_last else shape)
    assert layer.operations(given_) == operations
    assert layer.parameters == layer.conv.parameters


CONV = conv_of((8, 16))
PER_POSITION = LocallyConnected(
    in_channels=8, out_channels=16, kernel_size=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)),
    dilation=(1, 1), output_size=(4, 4),
)  # fmt: skip
OF_ONE_AXIS = MaxPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))


@pytest.mark.parametrize(
    ("told", "error", "message"),
    [
        ({"conv": PER_POSITION}, UnsupportedError, "got a LocallyConnected: call it alone"),
        ({"conv": replace(CONV, groups=2), "reads_last": True}, UnsupportedError, "got groups=2"),
        ({"conv": replace(CONV, groups=8), "writes_last": True}, UnsupportedError, "groups = 1"),
        ({"conv": CONV, "pool": OF_ONE_AXIS}, GeometryError, "the convolution's 2 axes, got"),
        (
            {"conv": CONV, "pool": replace(POOL, return_indices=True), "writes_last": True},
            UnsupportedError,
            "use writes_last=False",
        ),
    ],
)
def test_what_is_impossible_is_refused(
    told: dict[str, Any], error: type[ConvProofError], message: str
) -> None:
    """With what to change."""
    with pytest.raises(error, match=message):
        Fused(**told)


def test_an_input_of_other_channels_is_refused() -> None:
    """The law of a convolution."""
    with pytest.raises(ShapeError, match="in_channels=8"):
        Fused(conv=CONV, reads_last=True).output_shape((1, 4, 4, 9))


def test_arrays_of_cupy_stay_cupys(cupy: Any) -> None:
    """On a stand-in for a GPU: as it is asked first, and as it was prepared."""
    for asked in ends(Asked(Fused(conv=conv_of((4, 8))), 1, (4, 5))):
        held = asked.integers()
        x, *weights = map(cupy.asarray, held.values())
        if asked.layer.reads_last:
            x = cupy.asarray(np.ascontiguousarray(np.moveaxis(held["x"], 1, -1)))
        with taking(TensorTile(64, 64)):
            for _ in range(2):
                found = load_implementation("gpu").forward(asked.layer, x, *weights)
                assert isinstance(found, cupy.ndarray)
                assert np.array_equal(cupy.asnumpy(found), right(asked.layer, held))


@pytest.mark.parametrize("positions", [(56, 56), (57, 55)])
def test_a_fused_launch_is_planned_of_the_columns_that_it_has(positions: tuple[int, int]) -> None:
    """``4 N floor(O / 2)`` if it is pooled, ``N O`` if not; its time is that of the products."""
    for pool in (None, POOL):
        notes = _Notes({})
        layer = Fused(conv=conv_of((256, 256)), pool=pool, reads_last=True, writes_last=True)
        shapes = (32, *positions, 256), *layer.parameter_shapes.values()
        Wing(notes).forward(layer, *(blank(shape, "float32") for shape in shapes))
        side = 2 if pool else 1
        windows = positions[0] // side * (positions[1] // side)
        extents = (1, 256, 32 * windows * side**2, 256 * 9)
        assert notes.launches[-1].extents == extents
        (tile,) = (t for t in TENSOR_TILES if t.argument == notes.launches[-1].tile)
        assert notes.launches[-1].us == parted(tile, *extents)[0]
