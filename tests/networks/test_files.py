"""Files of other programs: state dicts of torch in every type of numbers, and what is none."""

import os
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


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    """So a file that is to lie on another disk lies there."""
    (tmp_path / "there").mkdir()
    place, link = tmp_path / "there" / "n.safetensors", tmp_path / "link"
    link.symlink_to(place)
    for _ in range(2):  # it is made, and replaced
        write(link, {"a": np.ones(2)})
        assert link.is_symlink()
        assert read(place)["a"].tolist() == [1, 1]


def test_a_pipe_is_written_to_and_no_file_takes_its_place(tmp_path: Path) -> None:
    """Nor that of a device."""
    pipe, place = tmp_path / "pipe", tmp_path / "n.safetensors"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    for each in (pipe, place):
        write(each, {"a": np.ones(2)})
    assert os.read(end, 1 << 16) == place.read_bytes()
    os.close(end)
    assert pipe.is_fifo()


def test_a_file_may_be_read_by_those_who_may_read_any_other(tmp_path: Path) -> None:
    """Its mode is that of a file that is opened to be written."""
    write(tmp_path / "n.safetensors", {"a": np.ones(2)})
    (tmp_path / "other").write_bytes(b"")
    modes = {each.stat().st_mode for each in tmp_path.iterdir()}
    assert len(modes) == 1
