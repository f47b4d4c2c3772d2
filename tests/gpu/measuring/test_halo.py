"""What staging a source once is worth: measured on a device that is none, and predicted."""

import json
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convproof.layers import Conv
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.measuring.clock import Stopwatch
from convproof_gpu.measuring.halo import AS_IS, TILES, main, measured, name_of
from convproof_gpu.measuring.rows import Row
from convproof_gpu.simulated import Simulated
from tests.gpu.measuring.fake import FakeDevice

torch: Any = import_module("torch")
LAYER = Conv(
    in_channels=16, out_channels=9, kernel_size=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)),
    dilation=(1, 1), bias=False,
)  # fmt: skip


class OnTensors(Simulated):
    """The simulator, which is given PyTorch's tensors."""

    wrong = 1.0

    def given(self, array: Any) -> Any:
        return super().given(array.numpy())

    def returned(self, array: Any, like: Any) -> Any:
        del like
        return torch.from_numpy(array * np.float32(self.wrong))


def row(operation: str) -> Row:
    return Row(name="small/conv", layer=LAYER, input_shape=(2, 16, 7, 6), operation=operation)


@pytest.mark.full
@pytest.mark.parametrize("operation", ["forward", "input_vjp"])
def test_every_tile_has_an_error_and_a_time(operation: str) -> None:
    """Beside ours as it is chosen; the model's time stands beside those of the tiles."""
    asked, stopwatch = row(operation), Stopwatch(rounds=1, fewest=1, launches=1, turn_us=1)
    sizes = sizes_of(LAYER, asked.input_shape)
    found = measured(OnTensors(), FakeDevice(), asked, sizes, "tf32", stopwatch)["sides"]
    assert list(found) == [AS_IS, *map(name_of, TILES)]
    for name, side in found.items():
        assert 0 <= side["error"]["rel_l2"] < 2**-10
        assert side["us"] > 0
        assert (side.get("predicted us", 0) > 0) == (name != AS_IS)


@pytest.mark.full
def test_a_side_that_is_wrong_is_not_timed() -> None:
    machine = OnTensors()
    machine.wrong = 1.1
    asked = row("forward")
    sizes, stopwatch = sizes_of(LAYER, asked.input_shape), Stopwatch(rounds=1, fewest=1)
    found = measured(machine, FakeDevice(), asked, sizes, "tf32", stopwatch)["sides"]
    assert all("us" not in side and side["why"].startswith("wrong") for side in found.values())


def test_the_model_predicts_vgg16_without_a_gpu(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for every convolution that is taken: fewer bytes, and more operations a second."""
    main(["predict", "vgg16", "32"])
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    large = [line for line in lines if AS_IS in line["predicted"]]
    assert len(large) >= 2 * 2 * 7
    for line in large:
        as_is = line["predicted"].pop(AS_IS)
        assert min(each["bytes"] for each in line["predicted"].values()) < as_is["bytes"] / 1.5
        assert max(each["TFLOP/s"] for each in line["predicted"].values()) > as_is["TFLOP/s"]
