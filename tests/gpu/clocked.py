"""A GPU whose clock is a rule: tensors of PyTorch's, kernels in the simulator, no time passes."""

from collections.abc import Callable, Sequence
from typing import Any

from convproof.layers import Conv
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring.clock import Call, Stopwatch
from convproof_gpu.measuring.rows import Row
from convproof_gpu.simulated import Simulated
from convproof_gpu.tuning import Tuner
from convproof_gpu.wing import Wing
from tests.gpu.measuring.fake import FakeDevice

Rule = Callable[[Kernel], float]
LAYER = Conv(
    in_channels=96, out_channels=8, kernel_size=(1, 1), stride=(1, 1), padding=((0, 0), (0, 0)),
    dilation=(1, 1), bias=False,
)  # fmt: skip
ROW = Row(name="small/conv", layer=LAYER, input_shape=(2, 96, 3, 4), operation="forward")


class Clocked(Simulated):
    """The simulator on tensors, which adds up what its launches take by a rule.

    Args:
        rule: microseconds of a launch.
        wrong: of whose answers one is added to.
    """

    def __init__(self, rule: Rule, wrong: Callable[[Kernel], bool] = lambda _: False) -> None:
        self.us = [0.0]
        self._rule, self._wrong = rule, wrong

    def given(self, array: Any) -> Any:
        return super().given(array.numpy() if hasattr(array, "numpy") else array)

    def returned(self, array: Any, like: Any) -> Any:
        if not hasattr(like, "numpy"):
            return array
        import torch

        return torch.from_numpy(array)

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        self.us[0] += self._rule(kernel)
        super().run(kernel, blocks, threads, args, outputs)
        if self._wrong(kernel):
            next(array for array in reversed(args) if hasattr(array, "fill")).fill(1)


class ClockedDevice(FakeDevice):
    """A device whose time is that of a machine."""

    def __init__(self, machine: Clocked) -> None:
        super().__init__()
        self._us = machine.us

    def made(self, call: Call) -> Any:
        before = self._us[0]
        answer = call()
        self.clock += self._us[0] - before
        return answer


def tuner(rule: Rule, wrong: Callable[[Kernel], bool] = lambda _: False, rounds: int = 1) -> Tuner:
    """Return what tunes by a rule."""
    machine = Clocked(rule, wrong)
    brief = Stopwatch(rounds=rounds, fewest=rounds, launches=1, turn_us=0.0)
    return Tuner(device=ClockedDevice(machine), wing=Wing(machine), heats=brief, final=brief)
