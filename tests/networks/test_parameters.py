"""First values, and parameters in files."""

from pathlib import Path

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.layers import Unfold
from convproof.networks import network
from convproof.networks.files import read, write
from convproof.networks.initial import RULES, fans, init
from convproof.networks.names import NAMES
from tests.networks.whole import small

NET = network("n", "input(16, 8) conv(3, 32, p1) fc(64)")


@pytest.mark.parametrize(
    ("rule", "variance"),
    [("gaussian", 1e-4), ("he", 2 / 72), ("xavier", 2 / (72 + 288))],
)
def test_weights_have_the_variance_of_their_rule(rule: str, variance: float) -> None:
    """He et al. 2015, equation 10; Glorot and Bengio 2010, equation 16; five deviations of it."""
    drawn = init(NET, np.random.default_rng(0), rule=rule)["conv1.weight"]  # type: ignore[arg-type]
    spread = 5 * variance * np.sqrt(2 / drawn.size)
    assert abs(float(np.var(drawn)) - variance) < spread


def test_fans_are_counted_in_a_group_of_channels() -> None:
    """An output of conv(3, 32, g4) reads 8 / 4 maps, an input reaches 32 / 4; of fc(64) all."""
    net = network("n", "input(16, 8) conv(3, 32, g4) scale fc(64)")
    assert fans(net["conv1"].layer) == (2 * 9, 8 * 9)
    assert fans(net["scale1"].layer) == (1, 1)
    assert fans(net["fc1"].layer) == (32 * 14 * 14, 64)


def test_lecuns_weights_are_uniform() -> None:
    """LeCun et al. 1998: variance (2.4 / fan_in)^2 / 3, five deviations of its estimate."""
    drawn = init(NET, np.random.default_rng(0), rule="lecun")["conv1.weight"].astype(float)
    bound = 2.4 / 72
    spread = 5 * bound**2 * np.sqrt((1 / 5 - 1 / 9) / drawn.size)
    assert abs(drawn).max() <= bound
    assert abs(float(np.mean(drawn**2)) - bound**2 / 3) < spread


def test_what_has_no_weights_of_a_known_kind_is_named() -> None:
    with pytest.raises(NetworkError, match=r"no rule for the first values of a Unfold"):
        fans(Unfold(kernel_size=(1,), stride=(1,), padding=((0, 0),), dilation=(1,)))


@pytest.mark.parametrize("name", NAMES)
def test_every_network_has_first_values_by_every_rule(name: str) -> None:
    """Finite, of the shapes of the network's parameters; narrow, for it is by layer."""
    net = small(name)
    for rule in RULES:
        drawn = init(net, np.random.default_rng(0), rule=rule)
        assert {n: array.shape for n, array in drawn.items()} == net.parameter_shapes
        assert all(np.isfinite(array).all() for array in drawn.values())


def test_biases_are_zero_and_every_parameter_is_there() -> None:
    drawn = init(NET, np.random.default_rng(0))
    assert {name: array.shape for name, array in drawn.items()} == NET.parameter_shapes
    assert not drawn["conv1.bias"].any()


@pytest.mark.usefixtures("untyped")
def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(NetworkError, match=r"there is no rule 'xavjer'"):
        init(NET, np.random.default_rng(0), rule="xavjer")  # type: ignore[arg-type]


def test_what_is_written_is_read_bit_for_bit(tmp_path: Path) -> None:
    drawn = init(NET, np.random.default_rng(0))
    write(tmp_path / "n.safetensors", drawn, network="n")
    held = read(tmp_path / "n.safetensors")
    assert {n: a.tobytes() for n, a in held.items()} == {n: a.tobytes() for n, a in drawn.items()}
    assert [path.name for path in tmp_path.iterdir()] == ["n.safetensors"]


def test_a_file_that_cannot_be_written_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the old file stays, and no draft is left."""
    place = tmp_path / "n.safetensors"
    write(place, {"a": np.ones(3)})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NetworkError, match=r"cannot be written: No space left on device"):
        write(place, {"a": np.zeros(3)})
    assert read(place)["a"].tolist() == [1, 1, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["n.safetensors"]


@pytest.mark.parametrize("content", [b"", b"\0" * 8, b"not a file of arrays", b"\xff" * 64])
def test_a_damaged_file_is_one_message(content: bytes, tmp_path: Path) -> None:
    place = tmp_path / "n.safetensors"
    place.write_bytes(content)
    with pytest.raises(NetworkError, match=r"is no safetensors file"):
        read(place)


def test_a_missing_file_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"there is no file"):
        read(tmp_path / "n.safetensors")
