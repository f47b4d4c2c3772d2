"""A batch normalisation in evaluation: a scale and a shift, which fold into the convolution."""

from dataclasses import replace

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.implementation import load_implementation
from convproof.layers import Conv
from convproof.networks import Network, Node
from convproof.networks.evaluate import forward
from convproof.networks.zoo import torchvision_state
from convproof.networks.zoo.torchvision_state import folded, placed


def _answers(net: Network, parameters: dict[str, np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    tape = forward(net, load_implementation("numpy"), parameters, x)
    return [tape.values[name] for name in net.outputs]


def _one_norm() -> tuple[Network, dict[str, np.ndarray], np.ndarray]:
    """Return a convolution and its normalisation, with numbers that are exact in binary."""
    conv = Conv(in_channels=1, out_channels=2, kernel_size=(1, 1), stride=(1, 1),
                padding=((0, 0), (0, 0)), dilation=(1, 1), bias=False)  # fmt: skip
    norm = replace(conv, in_channels=2, groups=2, bias=True)
    nodes = (
        Node(name="a.conv", layer=conv, reads=("input",)),
        Node(name="a.bn", layer=norm, reads=("a.conv",)),
    )
    state = {
        "a.conv.weight": np.array([3.0, -5]).reshape(2, 1, 1, 1),
        "a.bn.weight": np.array([4.0, 6]),
        "a.bn.bias": np.array([1.0, -2]),
        "a.bn.running_mean": np.array([8.0, 7]),
        "a.bn.running_var": np.array([4 - 0.001, 16 - 0.001]),
        "a.bn.num_batches_tracked": np.array(9),
    }
    return Network(name="n", input_shape=(1, 1, 1), nodes=nodes), state, np.full((1, 1, 1, 1), 2.0)


def test_a_normalisation_is_a_scale_and_a_shift_that_fold_into_the_convolution() -> None:
    """s = weight / sqrt(var + eps) = 2 and 3/2, t = bias - s mean = -15 and -25/2."""
    net, state, x = _one_norm()
    joined, parameters = folded(*placed(state, net))

    assert [node.name for node in joined] == ["a.conv"]
    assert joined.outputs == ("a.conv",)
    assert parameters["a.conv.weight"].ravel().tolist() == [6, -7.5]
    assert parameters["a.conv.bias"].tolist() == [-15, -12.5]
    assert _answers(joined, parameters, x)[0].ravel().tolist() == [12 - 15, -15 - 12.5]


def test_another_eps_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of torch's own default: 1e-5."""
    net, state, x = _one_norm()
    right = _answers(*placed(state, net), x)
    monkeypatch.setattr(torchvision_state, "EPS", 1e-5)
    assert not np.array_equal(_answers(*placed(state, net), x), right)


def test_a_convolution_with_a_bias_scales_it() -> None:
    """(s w) x + (s b + t)."""
    net, state, x = _one_norm()
    conv = replace(net["a.conv"].layer, bias=True)  # type: ignore[call-arg]
    net = replace(net, nodes=(replace(net.nodes[0], layer=conv), net.nodes[1]))
    unfolded = placed(state | {"a.conv.bias": np.array([5.0, 3])}, net)
    np.testing.assert_array_equal(_answers(*folded(*unfolded), x), _answers(*unfolded, x))


def test_a_convolution_that_something_else_reads_is_not_folded() -> None:
    net, state, x = _one_norm()
    net = replace(net, outputs=("a.bn", "a.conv"))
    kept, parameters = folded(*placed(state, net))
    assert [node.name for node in kept] == ["a.conv", "a.bn"]
    np.testing.assert_array_equal(_answers(kept, parameters, x), _answers(*placed(state, net), x))


@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_a_variance_below_zero_is_refused(wrong: float) -> None:
    net, state, _ = _one_norm()
    state["a.bn.running_var"][1] = wrong
    with pytest.raises(NetworkError, match=r"a\.bn\.running_var must be >= 0, but one is"):
        placed(state, net)
