"""A block takes no more shared memory than the GPU has for one: 99 KiB on sm_86, 227 on sm_90."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from convproof.index_maps import Sizes
from convproof.layers import Conv
from convproof_gpu import device, products
from convproof_gpu.cubin import KERNELS, compiled, is_there
from convproof_gpu.halo_plans import HALO_TILES, HaloTile, refused
from convproof_gpu.layers import conv
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.machine import Kernel, LaunchLawError, launch
from convproof_gpu.measuring.rows import rows
from convproof_gpu.prepared import Outline, prepared
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.specialisations import specialisations
from convproof_gpu.tiles import MOST_SHARED, TABLES, TENSOR_TILES
from convproof_gpu.tuning import lawful, questions
from convproof_gpu.wing import Wing
from tests.gpu.static.occupancy import wanted

SMALL = 99 << 10  # bytes of sm_86, sm_89 and sm_120
MIDDLE = 163 << 10  # of sm_80
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


@pytest.mark.parametrize("shared", [SMALL, MIDDLE, MOST_SHARED])
@pytest.mark.parametrize("operation", ["forward", "input_vjp"])
def test_a_halo_is_planned_for_the_memory_that_the_machine_has(operation: str, shared: int) -> None:
    """As many blocks as registers hold have room, each with 1 KiB more; or it is refused.

    Of the four tiles none has room on sm_86, and all but that of 128 rows and one warpgroup on
    sm_80.
    """
    taken = 0
    for row in ROWS:
        if row.operation != operation:
            continue
        assert isinstance(row.layer, Conv)
        sizes, machine = sizes_of(row.layer, row.input_shape), Little(shared)
        x, w, y = (
            blank(shape or (), "float32")
            for shape in (row.input_shape, row.weight_shape, row.output_shape)
        )
        verb: Any = products.conv_forward
        arrays = (x, w, None, y)
        if operation == "input_vjp":
            verb, arrays = products.conv_input_vjp, (y, w, None, x)
        for tile in HALO_TILES:
            why = refused(sizes, "float", tile, is_adjoint=operation == "input_vjp", shared=shared)
            if why:
                room = (shared + 1024) // tile.resident - 1024
                assert f"is staged in {room} bytes" in why
                with pytest.raises(LaunchLawError, match=f"is staged in {room} bytes"):
                    verb(machine, sizes, *arrays, tile=tile)
                continue
            taken += 1
            verb(machine, sizes, *arrays, tile=tile)
            for kernel in machine.kernels:
                if kernel.file == "conv_halo" and kernel.arguments[-1] == tile.argument:
                    assert tile.resident * (kernel.shared + 1024) <= shared + 1024
    every = sum(row.operation == operation for row in ROWS)
    assert taken == every * {SMALL: 0, MIDDLE: 3, MOST_SHARED: 4}[shared]


def test_where_the_fastest_plan_has_no_room_a_halo_is_launched_in_another() -> None:
    """Of 1 x 7 taps, 4 apart: 108032 bytes twice do not fit on sm_80, and 64352 do."""
    sizes = Sizes(
        batch=2, groups=1, in_channels=64, out_channels=64, input=(224, 224), kernel=(1, 7),
        output=(224, 224), stride=(1, 1), dilation=(4, 4), low=(0, 12),
    )  # fmt: skip
    x, w = blank((2, 64, 224, 224), "float32"), blank((64, 64, 1, 7), "float32")
    found = []
    for shared in (MIDDLE, MOST_SHARED):
        machine = Little(shared)
        products.conv_forward(machine, sizes, x, w, None, x, tile=HaloTile(64, 1))
        found += [kernel.shared for kernel in machine.kernels if kernel.file == "conv_halo"]
    assert found == [64352, 108032]


def test_tuning_leaves_room_for_the_tables_of_a_tile() -> None:
    """96 KiB and TABLES is the least of 128 x 128, and not a byte less."""
    (row,) = rows(("vgg16",), ("forward",), 32, "vgg16/conv5")
    (question,) = questions(row, "float32")
    large = TENSOR_TILES[0]
    for less in (0, 1):
        found = lawful(row, "float32", question, shared=large.shared + TABLES - less)
        assert (large.argument in {c.choice.tile.argument for c in found}) == (less == 0)


def test_tuning_tries_the_halos_that_the_machine_has_room_for() -> None:
    """Of a block's memory: none of 99 KiB, some of 163, more of 227; and no kernel is larger."""
    (row,) = rows(("vgg16",), ("forward",), 32, "vgg16/conv5")
    (question,) = questions(row, "tf32")
    counts = []
    for shared in (SMALL, MIDDLE, MOST_SHARED):
        found = lawful(row, "tf32", question, shared=shared)
        counts.append(sum(candidate.choice.tile in HALO_TILES for candidate in found))
        assert all(e.kernel.shared <= shared for c in found for e in c.plan.launches)
    assert counts[0] == 0 < counts[1] < counts[2]


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
