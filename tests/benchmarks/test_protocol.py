"""The protocol of a comparison, and the tables and networks it is used with."""

from math import prod

from convproof.benchmarks.networks import ALEXNET, VGG16
from convproof.benchmarks.protocol import QUICK, Protocol
from convproof.benchmarks.tables import aligned


def test_sides_take_turns_and_each_is_warmed_up() -> None:
    """Two rounds of A A B B: one call that is not timed before each that is."""
    calls: list[str] = []
    protocol = Protocol(rounds=2, patience=0.0, pause=0.0, calls=1, seconds=9.0)
    times = protocol.compare(lambda: calls.append("a"), lambda: calls.append("b"))

    assert calls == list("aabbaabb")
    assert all(0 < side["best"] <= side["median"] for side in times)


def test_a_slow_side_is_called_once_a_turn() -> None:
    """No call is begun after the turn's time, but the first one is."""
    calls: list[int] = []
    Protocol(rounds=3, patience=0.0, pause=0.0, calls=4, seconds=0.0).compare(
        lambda: calls.append(1)
    )

    assert len(calls) == 3 * (1 + 1)


def test_quick_calls_get_more_turns() -> None:
    """Until the patience is over."""
    calls: list[int] = []
    Protocol(rounds=1, patience=0.05, pause=0.01).compare(lambda: calls.append(1))

    assert len(calls) > 2 * Protocol().calls


def test_a_quick_comparison_is_one_call_and_its_warm_up() -> None:
    calls: list[int] = []
    QUICK.compare(lambda: calls.append(1))

    assert len(calls) == 2


def test_the_networks_are_those_published() -> None:
    """VGG-16 has 14,710,464 convolution weights, AlexNet 2,332,704 and 666 million products."""
    assert sum(prod(conv.layer.weight_shape) for conv in VGG16) == 14_710_464
    assert sum(prod(conv.layer.weight_shape) for conv in ALEXNET) == 2_332_704
    shapes = [(1, conv.in_channels, conv.size, conv.size) for conv in ALEXNET]
    products = [c.layer.operations(shape) for c, shape in zip(ALEXNET, shapes, strict=True)]
    assert products == [105_415_200, 223_948_800, 149_520_384, 112_140_288, 74_760_192]


def test_numbers_are_aligned_to_the_right() -> None:
    table = aligned(["layer", "ms"], [["a", "1.0"], ["longer", "100.0"]])

    assert table.splitlines() == ["layer      ms", "a         1.0", "longer  100.0"]
