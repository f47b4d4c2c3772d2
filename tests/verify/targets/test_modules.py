"""Modules of torch as users write them: layers inside, constructed ones, files of classes."""

from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from convproof.errors import TargetError, UnsupportedError
from convproof.verify.targets.autograd import Autograd
from convproof.verify.targets.find import target_of
from convproof.verify.targets.modules import loaded


class Net(nn.Module):
    """Holds one convolution under a name of its own."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, bias: Any) -> None:
        super().__init__()
        self.conv = nn.Conv1d(in_channels, out_channels, kernel_size, bias=bias)

    def forward(self, x: Any) -> Any:
        return self.conv(x)


class Two(Net):
    """Holds two parameters called weight."""

    def __init__(self) -> None:
        super().__init__(1, 1, 1, bias=True)
        self.more = nn.Conv1d(1, 1, 1)


class Functional(nn.Module):
    """Is told its weights, as a function is."""

    def forward(self, x: Any, w: Any, b: Any, **options: Any) -> Any:
        return nn.functional.conv2d(x, w, b, **options)


def test_the_parameters_of_a_layer_inside_are_weight_and_bias() -> None:
    """conv.weight is weight where no other parameter is called so."""
    asked = Autograd(Net, "conv1d")
    x, w, b = torch.ones(1, 2, 3), torch.ones(1, 2, 2), torch.ones(1)
    assert torch.equal(asked.conv1d(x, w, b), nn.functional.conv1d(x, w, b))
    assert torch.equal(asked.conv1d_weight(x, w.shape, torch.ones(1, 1, 2)), 2 * w)
    assert torch.equal(asked.conv1d_bias(torch.ones(1, 1, 2)), 2 * b)
    two = r"no parameter called weight; it has conv\.weight, conv\.bias, more\.weight, more\.bias"
    with pytest.raises(UnsupportedError, match=two):
        loaded(Two(), {"weight": w})


def test_a_constructed_module_is_refused_with_its_class_named() -> None:
    with pytest.raises(TargetError, match=r"instance of Conv2d, whose geometry is fixed; give the"):
        target_of(torch.nn.Conv2d(3, 4, 3), "here")
    assert target_of(Functional(), "here").functions


def test_a_module_of_classes_names_them() -> None:
    here = ModuleType("here")
    kind = type("Mine", (nn.Module,), {"__module__": "here"})
    vars(here).update(Mine=kind, Imported=nn.Conv2d, Other=int)
    with pytest.raises(TargetError, match=r"; a class is verified by its name: here:Mine\.$"):
        target_of(here, "here")
