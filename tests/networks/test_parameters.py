"""First values, and parameters in files."""

from pathlib import Path

import numpy as np
import pytest

from convproof.errors import NetworkError
from convproof.networks import network
from convproof.networks.files import read, write
from convproof.networks.initial import init

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
