"""Files of other programs: state dicts of torch in every type of numbers, and what is none."""

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from convproof.errors import NetworkError
from convproof.networks.files import read, write


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool"]
)
def test_an_array_of_torch_is_read_bit_for_bit(dtype: str, tmp_path: Path) -> None:
    """Of any shape: a number, a row, an empty array; beside one of another type."""
    kind = getattr(torch, dtype)
    tensors = {
        "one": torch.tensor(1, dtype=kind),
        "rows": (torch.arange(6).reshape(2, 3) % 2).to(kind),
        "none": torch.zeros(0, 3, dtype=kind),
        "other": torch.tensor([0.1, -2.5]),
    }
    save_file(tensors, tmp_path / "state.safetensors")
    held = read(tmp_path / "state.safetensors")
    assert held.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert held[name].shape == tuple(tensor.shape)
        assert held[name].dtype == (np.float32 if name == "other" else np.dtype(dtype))
        np.testing.assert_array_equal(held[name].astype(float), tensor.double().numpy())


def test_bfloat16_is_written_and_read(tmp_path: Path) -> None:
    array = np.array([1.5, -3.25]).astype(ml_dtypes.bfloat16)
    write(tmp_path / "n.safetensors", {"a": array})
    held = read(tmp_path / "n.safetensors")["a"]
    assert held.dtype == array.dtype
    assert held.tobytes() == array.tobytes()


def test_arrays_that_do_not_lie_in_rows_are_written_as_they_are(tmp_path: Path) -> None:
    """Transposed, sliced, and with the other order of bytes."""
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    views = {"t": array.T, "s": array[:, ::2], "b": array.astype(">f4")}
    write(tmp_path / "n.safetensors", views)
    for name, held in read(tmp_path / "n.safetensors").items():
        np.testing.assert_array_equal(held, views[name])


def test_eight_bits_are_refused_with_what_is_read(tmp_path: Path) -> None:
    save_file({"a.weight": torch.ones(2, dtype=torch.float8_e4m3fn)}, tmp_path / "n.safetensors")
    with pytest.raises(
        NetworkError, match=r"holds a\.weight as F8_E4M3, which is not read\. Store"
    ):
        read(tmp_path / "n.safetensors")


def test_a_file_of_torch_save_is_told_from_other_damage(tmp_path: Path) -> None:
    """It is not opened: a pickle may run code."""
    torch.save({"a": torch.ones(2)}, tmp_path / "state.pth")
    with pytest.raises(NetworkError, match=r"a file of torch\.save, which may hold code: write"):
        read(tmp_path / "state.pth")


def test_a_file_that_is_cut_off_is_one_message(tmp_path: Path) -> None:
    place = tmp_path / "n.safetensors"
    write(place, {"a": np.ones(100)})
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(NetworkError, match=r"is no safetensors file: .*not fully covered\.$"):
        read(place)


def test_a_directory_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"cannot be read: it is a directory"):
        read(tmp_path)
