"""Files of examples: read whole, or refused by an error of ours that says the broken law."""

import gzip
import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from convproof.training import DataError, datasets, idx
from convproof.training.cifar10 import cifar10
from convproof.training.mnist import mnist

written_here = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def _idx(array: np.ndarray) -> bytes:
    """Write the format out, as its definition says."""
    kind = array.dtype.str[1:]
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, _CODES[kind], array.ndim, *array.shape)
    return head + array.astype(f">{kind}").tobytes()


arrays = st.sampled_from(sorted(_CODES)).flatmap(
    lambda kind: hnp.arrays(np.dtype(kind), hnp.array_shapes(max_dims=4, min_side=0, max_side=5))
)


@written_here
@given(arrays, st.booleans())
def test_an_idx_file_gives_back_its_array(tmp_path: Path, array: np.ndarray, zipped: bool) -> None:
    """Every type of the format, every number of axes, gzipped or not, in the machine's order."""
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(_idx(array)) if zipped else _idx(array))
    found = idx.read(path)
    assert found.dtype == array.dtype
    assert found.dtype.isnative
    np.testing.assert_array_equal(found, array)


@written_here
@given(arrays, st.booleans(), st.data())
def test_a_file_cut_anywhere_is_refused(
    tmp_path: Path, array: np.ndarray, zipped: bool, data: st.DataObject
) -> None:
    path, held = tmp_path / "file", _idx(array)
    held = gzip.compress(held) if zipped else held
    path.write_bytes(held[: data.draw(st.integers(0, len(held) - 1))])
    with pytest.raises(DataError):
        idx.read(path)


@written_here
@given(arrays, st.booleans(), st.binary(min_size=1, max_size=9))
def test_a_file_that_goes_on_is_refused(
    tmp_path: Path, array: np.ndarray, zipped: bool, more: bytes
) -> None:
    path, held = tmp_path / "file", _idx(array) + more
    path.write_bytes(gzip.compress(held) if zipped else held)
    with pytest.raises(DataError, match="goes on after"):
        idx.read(path)


@written_here
@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda more: b"\x1f\x8b\x08" + more)
       | st.binary(max_size=60).map(gzip.compress)
       | st.binary(max_size=60).map(lambda more: b"\0\0\x08" + more))  # fmt: skip
def test_any_bytes_are_an_array_or_an_error_of_ours(tmp_path: Path, held: bytes) -> None:
    """Nothing else is ever raised."""
    path = tmp_path / "file"
    path.write_bytes(held)
    with suppress(DataError):
        assert idx.read(path).nbytes <= len(held) or held[:2] == b"\x1f\x8b"


@written_here
@given(st.data(), arrays)
def test_a_gzip_file_with_wrong_bytes_is_an_array_or_an_error(
    tmp_path: Path, data: st.DataObject, array: np.ndarray
) -> None:
    path, held = tmp_path / "file", bytearray(gzip.compress(_idx(array)))
    place = data.draw(st.integers(2, len(held) - 1))
    held[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(held))
    with suppress(DataError):
        np.testing.assert_array_equal(idx.read(path), array)  # a byte of the name or the time


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("sizes", [(2**32 - 1,) * 3, (2**31 - 1,), (1, 2**30, 1), (0, 2**32 - 1)])
def test_absurd_sizes_take_no_memory(tmp_path: Path, sizes: tuple[int, ...], zipped: bool) -> None:
    """Memory is taken for what a file holds, not for what it says."""
    path = tmp_path / "file"
    held = struct.pack(f">BBBB{len(sizes)}I", 0, 0, 8, len(sizes), *sizes) + bytes(100)
    path.write_bytes(gzip.compress(held) if zipped else held)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"more than|ends after|goes on after"):
            idx.read(path)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


def test_more_axes_than_numpy_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(struct.pack(">BBBB255I", 0, 0, 8, 255, *[1] * 255) + b"\1")
    with pytest.raises(DataError, match="255 axes"):
        idx.read(path)


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        idx.read(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read"):
        idx.read(tmp_path)


def _write_mnist(folder: Path, *, end: str = "", dash: str = "-", **instead: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for stem, n in (("train", 6), ("t10k", 4)):
        images = instead.get(f"{stem}_images", rng.integers(0, 256, (n, 4, 3)).astype(np.uint8))
        labels = instead.get(f"{stem}_labels", np.arange(n).astype(np.uint8))
        for what, array, axes in (("images", images, 3), ("labels", labels, 1)):
            held = gzip.compress(_idx(array)) if end else _idx(array)
            (folder / f"{stem}-{what}{dash}idx{axes}-ubyte{end}").write_bytes(held)


@pytest.mark.parametrize(("end", "dash"), [("", "-"), (".gz", "-"), ("", "."), (".gz", ".")])
def test_mnist_has_one_channel_and_its_own_test_part(tmp_path: Path, end: str, dash: str) -> None:
    _write_mnist(tmp_path, end=end, dash=dash)
    parts = datasets.named(f"mnist:{tmp_path}")
    assert parts.train.images.shape == (6, 1, 4, 3)
    assert parts.test.labels.tolist() == [0, 1, 2, 3]
    expected = np.random.default_rng(0).integers(0, 256, (6, 4, 3))
    np.testing.assert_array_equal(parts.train.images[:, 0], expected)


@pytest.mark.parametrize(
    ("instead", "law"),
    [
        ({"train_labels": np.zeros(5, np.uint8)}, "every image has one label"),
        ({"train_labels": np.full(6, 10, np.uint8)}, "labels are 0 to 9"),
        ({"t10k_images": np.zeros((4, 9), np.uint8)}, "have 3 axes of bytes"),
        ({"t10k_images": np.zeros((4, 3, 3), np.float32)}, "have 3 axes of bytes"),
        ({"t10k_labels": np.zeros((4, 1), np.uint8)}, "have 1 axes of bytes"),
        (
            {"t10k_images": np.zeros((0, 3, 3), np.uint8)},
            r"axes \(N, C, H, W\), none of them empty",
        ),
        (
            {"t10k_images": np.zeros((4, 5, 3), np.uint8)},
            r"shape \(1, 4, 3\), as mnist, training p",
        ),
    ],
)
def test_what_is_not_mnist_is_refused(tmp_path: Path, instead: dict[str, Any], law: str) -> None:
    _write_mnist(tmp_path, **instead)
    with pytest.raises(DataError, match=law):
        mnist(tmp_path)


def test_a_missing_file_of_mnist_is_named(tmp_path: Path) -> None:
    _write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte\.gz"):
        mnist(tmp_path)


def _write_cifar10(folder: Path) -> np.ndarray:
    """Write six files of two records; byte ``j`` of record ``r`` of file ``f`` is known."""
    folder.mkdir(exist_ok=True)
    names = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    records = np.random.default_rng(0).integers(0, 256, (6, 2, 3073)).astype(np.uint8)
    records[:, :, 0] %= 10
    for name, pair in zip(names, records, strict=True):
        (folder / name).write_bytes(pair.tobytes())
    return records


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-bin"])
def test_cifar10_is_label_red_green_blue_row_by_row(tmp_path: Path, inner: str) -> None:
    """images[n, c, i, j] is byte 1 + 1024 c + 32 i + j of record n."""
    records = _write_cifar10(tmp_path / inner)
    parts = datasets.named(f"cifar10:{tmp_path}")
    assert parts.train.images.shape == (10, 3, 32, 32)
    assert len(parts.test) == 2
    flat = records[:5].reshape(10, 3073)
    np.testing.assert_array_equal(parts.train.labels, flat[:, 0])
    for n, c, i, j in [(0, 0, 0, 0), (3, 1, 2, 5), (9, 2, 31, 31)]:
        assert parts.train.images[n, c, i, j] == flat[n, 1 + 1024 * c + 32 * i + j]


@pytest.mark.parametrize("size", [0, 1, 3072, 3074, 2 * 3073 - 1])
def test_parts_of_records_are_refused(tmp_path: Path, size: int) -> None:
    _write_cifar10(tmp_path)
    (tmp_path / "data_batch_3.bin").write_bytes(bytes(size))
    with pytest.raises(DataError, match="records of 3073 bytes"):
        cifar10(tmp_path)


def test_labels_of_cifar100_are_refused(tmp_path: Path) -> None:
    _write_cifar10(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(b"\x0a" + bytes(3072))
    with pytest.raises(DataError, match="record 0 has the label 10"):
        cifar10(tmp_path)
    (tmp_path / "test_batch.bin").unlink()
    with pytest.raises(DataError, match="there is no file"):
        cifar10(tmp_path)
