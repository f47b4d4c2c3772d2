"""A block takes no more shared memory than the GPU has for one: 99 KiB on sm_86, 227 on sm_90."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from convproof_gpu import device
from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.layers import conv
from convproof_gpu.machine import Kernel, LaunchLawError, launch
from convproof_gpu.measuring.rows import rows
from convproof_gpu.prepared import Outline, prepared
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import MOST_SHARED, TABLES, TENSOR_TILES
from convproof_gpu.wing import Wing
from tests.gpu.static.occupancy import wanted

SMALL = 99 << 10  # bytes of sm_86, sm_89 and sm_120
ROWS = list(rows(("vgg16",), ("forward", "input_vjp", "weight_vjp"), 32, "vgg16/conv*"))


class Little(Recorder):
    """A machine whose blocks have little shared memory."""

    def __init__(self, shared: int) -> None:
        super().__init__()
        self.shared = shared


def launched(shared: int) -> list[Kernel]:
    """Return what VGG-16's convolutions launch, forward and backward."""
    machine = Little(shared)
    wing = Wing(machine)
    for row in ROWS:
        x, w = blank(row.input_shape, "float32"), blank(row.weight_shape or (), "float32")
        y_bar = blank(row.output_shape, "float32")
        wing.forward(row.layer, x, w)
        wing.input_vjp(row.layer, x, y_bar, w)
        wing.weight_vjp(row.layer, x, y_bar)
    return list(machine.kernels)


def tensor_tiles(kernels: list[Kernel]) -> Counter[str]:
    return Counter(a for kernel in kernels for a in kernel.arguments if a.startswith("TensorTile"))


def test_a_tile_that_has_no_room_is_not_chosen() -> None:
    """128 x 128 in float32 wants 96 KiB and its tables; a smaller tile is taken where they lack."""
    large, small = tensor_tiles(launched(MOST_SHARED)), tensor_tiles(launched(SMALL))
    assert large["TensorTile<128, 128, FLOAT32>"] > 0
    assert small["TensorTile<128, 128, FLOAT32>"] == 0
    assert small["TensorTile<64, 128, FLOAT32>"] > 0
    assert all(kernel.shared + TABLES <= SMALL for kernel in launched(SMALL) if kernel.shared)


def test_launches_that_are_prepared_are_of_the_machine() -> None:
    """What is repeated fits too."""
    row = next(row for row in ROWS if row.name == "vgg16/conv5")
    shapes = row.input_shape, row.weight_shape
    held = [Outline(n, 0, shape or (), np.dtype(np.float32)) for n, shape in enumerate(shapes)]
    for shared, there in ((MOST_SHARED, True), (SMALL, False)):
        found = prepared(conv.forward, row.layer, held, Little(shared))
        assert found is not None
        names = tensor_tiles([each.kernel for each in found.launches])
        assert ("TensorTile<128, 128, FLOAT32>" in names) == there


def test_a_launch_that_has_no_room_is_refused() -> None:
    """With the numbers, and what to do."""
    kernel = Kernel("relu_forward", ("float", "int", "4"), shared=SMALL + 1)
    arrays: dict[str, Any] = {"x": np.zeros(4, np.float32), "y": np.zeros(4, np.float32)}
    with pytest.raises(LaunchLawError, match=r"wants 101377 .* has 101376 for one. Take a smaller"):
        launch(Little(SMALL), kernel, 1, 256, arrays, ("y",))


@pytest.mark.skipif(not is_there(), reason="NVRTC is not installed (extra nvrtc)")
def test_the_tables_of_a_tile_are_no_larger_than_reckoned() -> None:
    """Static shared memory, as the assembler says, of the widest spots: three axes."""
    largest = TENSOR_TILES[0].argument
    chosen = [
        kernel.expression
        for kernel in specialisations("conv_tensor")
        if kernel.arguments in (("float", "3", largest), ("3", largest))
    ]
    made = compiled(KERNELS / "conv_tensor.cu", "sm_90a", name_expressions=chosen)
    assert 0 < max(each.shared for each in wanted(made).values()) <= TABLES


def test_a_gpu_is_asked_how_much_it_has(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The device that is current, as the driver says."""
    held = {"sharedMemPerBlockOptin": SMALL}
    monkeypatch.setattr(cupy.cuda.runtime, "getDeviceProperties", lambda _: held)
    assert device.Gpu().shared == SMALL
