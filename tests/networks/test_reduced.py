"""A network made narrower and smaller keeps its graph and its geometry."""

import pytest

from convproof.errors import NetworkError
from convproof.layers import Conv, Linear
from convproof.networks import network
from convproof.networks.names import NAMES, named
from convproof.networks.reduced import reduced
from tests.networks.whole import SIZES, small


@pytest.mark.parametrize("name", NAMES)
def test_nodes_taps_strides_and_groups_stay(name: str) -> None:
    net, less = named(name), small(name)
    assert [(n.name, n.reads, type(n.layer)) for n in less] == [
        (n.name, n.reads, type(n.layer)) for n in net
    ]
    for before, after in zip(net, less, strict=True):
        if type(before.layer) is Conv and type(after.layer) is Conv:
            kept = ("kernel_size", "stride", "padding", "dilation", "bias")
            assert [getattr(after.layer, k) for k in kept] == [
                getattr(before.layer, k) for k in kept
            ]
            depthwise = before.layer.groups == before.layer.in_channels > 1
            assert after.layer.groups == (
                after.layer.in_channels if depthwise else before.layer.groups
            )
    assert less.outputs == net.outputs


def test_nothing_is_changed_unless_it_is_asked() -> None:
    assert reduced(named("googlenet")) == named("googlenet")


def test_widths_are_divided_and_rounded_up_to_what_groups_need() -> None:
    """ceil(10 / 4) = 3, and the next even number; the channels of the image stay."""
    net = network("n", "input(8, 3) conv(3, 10) conv(3, 6, g2) fc(5)")
    less = reduced(net, divisor=4)
    assert less.shapes["conv1"] == (4, 6, 6)
    assert less.shapes["conv2"] == (2, 4, 4)
    layer = less["fc1"].layer
    assert isinstance(layer, Linear)
    assert (layer.in_features, layer.out_features) == (32, 2)


def test_maxout_finds_whole_units() -> None:
    less = reduced(network("n", "input(8, 1) conv(3, 12) maxout(3)"), divisor=5)
    assert less.shapes["maxout1"] == (1, 6, 6)


def test_a_depthwise_convolution_stays_one() -> None:
    less = reduced(network("n", "input(8, 1) conv(3, 12) conv(3, 12, g12)"), divisor=4)
    layer = less["conv2"].layer
    assert isinstance(layer, Conv)
    assert (layer.in_channels, layer.out_channels, layer.groups) == (3, 3, 3)


def test_a_pool_over_a_whole_map_stays_one() -> None:
    """avg(7) of GoogLeNet on 7x7 cells; one that is padded keeps its size."""
    less = reduced(named("googlenet"), divisor=32, size=64)
    assert less.shapes[less["avg1"].reads[0]] == (32, 2, 2)
    assert less.shapes["avg1"] == (32, 1, 1)


def test_a_layer_that_does_not_fit_is_named() -> None:
    with pytest.raises(NetworkError, match=r"alexnet, reduced: pool3 \(MaxPool\): "):
        reduced(named("alexnet"), size=66)
    with pytest.raises(NetworkError, match="divisor must be at least 1, got divisor=0"):
        reduced(named("alexnet"), divisor=0)
    assert SIZES["alexnet"][1] == 67
