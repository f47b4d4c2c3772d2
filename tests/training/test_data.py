"""Splits, centring and augmentation, and what each must not do."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.errors import MissingExtraError
from convproof.training import (
    Augmentation,
    DataError,
    Dataset,
    Preparation,
    Split,
    TrainingError,
    datasets,
    split,
)
from convproof.training.augmentation import shifted, warped
from tests.training.small import stripes


def _numbered(labels: list[int]) -> Dataset:
    """Images that are their own numbers."""
    images = np.arange(len(labels)).reshape(-1, 1, 1, 1)
    return Dataset(name="numbered", images=images, labels=np.array(labels), classes=5)


@given(st.lists(st.integers(0, 4), min_size=2, max_size=60), st.floats(0.01, 0.99),
       st.integers(0, 3))  # fmt: skip
def test_a_split_takes_every_example_once_and_each_class_alike(
    labels: list[int], share: float, seed: int
) -> None:
    """|n_c - n N_c / N| < 1 for every class c, and the parts are a partition."""
    whole = _numbered(labels)
    n = int(np.ceil(share * len(labels)))
    if n == len(labels):
        with pytest.raises(DataError):
            split(whole, test=share, seed=seed)
        return
    parts = split(whole, test=share, seed=seed)
    numbers = np.concatenate([parts.train.images.ravel(), parts.test.images.ravel()])
    assert sorted(numbers) == list(range(len(labels)))
    assert len(parts.test) == n
    for part in (parts.train, parts.test):
        np.testing.assert_array_equal(np.array(labels)[part.images.ravel()], part.labels)
    for label in range(5):
        of_all, of_test = labels.count(label), int((parts.test.labels == label).sum())
        assert abs(of_test * len(labels) - n * of_all) < len(labels)


def test_two_parts_of_other_classes_are_refused() -> None:
    """A network has one number of outputs."""
    five, four = _numbered([0, 1]), replace(_numbered([0, 1]), classes=4)
    with pytest.raises(DataError, match="so many classes: 5, as numbered has; numbered has 4"):
        Split(train=five, test=four)


def test_a_split_is_a_function_of_its_seed() -> None:
    whole = _numbered([0, 1, 2, 3] * 10)
    chosen = [tuple(split(whole, seed=seed).test.images.ravel()) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_the_mean_is_that_of_the_training_part_alone() -> None:
    """x = (image - mean_train) / white; the mean of all images is another one."""
    train, test = stripes(20, 0), stripes(7, 1)
    prepare = Preparation.of(train, "unit", np.float64)
    expected = np.array([image.astype(float) for image in train.images]).mean(axis=0)
    np.testing.assert_allclose(prepare.mean, expected, rtol=20 * 2.0**-53, atol=0)
    np.testing.assert_array_equal(prepare(test.images), (test.images - prepare.mean) / 255)

    both = np.concatenate([train.images, test.images])
    leaked = Dataset(name="both", images=both, labels=np.zeros(27, int), classes=3)
    assert np.any(Preparation.of(leaked, "unit", np.float64).mean != prepare.mean)


def test_stored_pixels_are_centred_and_no_more() -> None:
    train = stripes()
    prepare = Preparation.of(train, "stored")
    assert prepare(train.images).dtype == np.float32
    assert prepare.scale == 1
    assert prepare(train.images).max() > 100


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_shifted_image_has_zeros_where_nothing_was(a: int, b: int) -> None:
    """y[i, j] = x[i + a, j + b], zero outside."""
    x = np.arange(1, 13).reshape(1, 1, 3, 4)
    y = shifted(x, np.array([[a, b]]))
    for i, j in np.ndindex(3, 4):
        inside = 0 <= i + a < 3 and 0 <= j + b < 4
        assert y[0, 0, i, j] == (x[0, 0, i + a, j + b] if inside else 0)


def test_an_affine_map_is_read_at_the_place_it_names() -> None:
    """Whole shifts, quarter turns and halves between pixels are exact in small integers."""
    x = np.random.default_rng(0).integers(0, 9, (3, 2, 4, 4)).astype(np.uint8)
    identity, none = np.tile(np.eye(2), (3, 1, 1)), np.zeros((3, 2))
    np.testing.assert_array_equal(warped(x, identity, none), x)

    shifts = np.array([[1, 0], [0, -2], [-9, 1]])
    np.testing.assert_array_equal(warped(x, identity, shifts.astype(float)), shifted(x, shifts))

    turn = np.tile(np.array([[0.0, 1.0], [-1.0, 0.0]]), (3, 1, 1))  # y[i, j] = x[j, 3 - i]
    turned = np.array([[x[:, :, j, 3 - i] for j in range(4)] for i in range(4)])
    np.testing.assert_array_equal(warped(x, turn, none), turned.transpose(2, 3, 0, 1))

    half = warped(x, identity, np.tile([0.0, 0.5], (3, 1)))
    right = np.concatenate([x[..., 1:], np.zeros((3, 2, 4, 1))], axis=-1)
    np.testing.assert_array_equal(half, (x + right) / 2)


def test_an_affine_map_is_drawn_within_its_limits() -> None:
    """A is a rotation, a stretch of each axis and a shear of columns by rows."""
    drawn = Augmentation(degrees=10.0, scale=0.125, translate=0.5)
    maps, shifts = drawn._affine(500, np.random.default_rng(0))
    stretch = np.linalg.norm(maps, axis=1)
    assert np.abs(stretch - 1).max() <= 0.125 + 4 * 2.0**-53
    assert np.abs(shifts).max() <= 0.5
    angles = np.rad2deg(np.arctan2(maps[:, 0, 1], maps[:, 1, 1]))
    assert 9 < np.abs(angles).max() <= 10 * (1 + 16 * 2.0**-53)

    sheared, _ = Augmentation(shear=0.25)._affine(500, np.random.default_rng(0))
    np.testing.assert_array_equal(sheared[:, [0, 0, 1], [0, 1, 1]], np.tile([1, 0, 1], (500, 1)))
    assert 0.2 < np.abs(sheared[:, 1, 0]).max() <= 0.25


def test_every_image_is_changed_by_its_own_draw() -> None:
    """All shifts of -1 .. 1 along both axes and both mirrorings occur, and nothing else."""
    x = np.tile(np.arange(1, 10).reshape(1, 1, 3, 3), (600, 1, 1, 1))
    found = Augmentation(crop=1, flip=True)(x, np.random.default_rng(0))
    shifts = [np.array([[a, b]]) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    possible = {shifted(x[:1], s)[..., ::step].tobytes() for s in shifts for step in (1, -1)}
    assert {image[None].tobytes() for image in found} == possible
    assert len(possible) == 18


def test_no_augmentation_leaves_the_images() -> None:
    x = stripes().images
    assert Augmentation()(x, np.random.default_rng(0)) is x
    with pytest.raises(TrainingError, match="crop >= 0"):
        Augmentation(crop=-1)
    with pytest.raises(TrainingError, match="scale below 1"):
        Augmentation(scale=1.0)


@pytest.mark.parametrize(
    ("images", "labels", "law"),
    [
        (np.zeros((3, 2, 2)), np.zeros(3, int), "axes"),
        (np.zeros((0, 1, 2, 2)), np.zeros(0, int), "axes"),
        (np.zeros((3, 1, 2, 2)), np.zeros(2, int), "one label"),
        (np.zeros((3, 1, 2, 2)), np.array([0, 1, 2]), "labels are 0 to 1"),
        (np.zeros((3, 1, 2, 2)), np.array([0, 1, -1]), "labels are 0 to 1"),
    ],
)
def test_what_is_no_dataset_is_refused(images: np.ndarray, labels: np.ndarray, law: str) -> None:
    with pytest.raises(DataError, match=law):
        Dataset(name="wrong", images=images, labels=labels, classes=2)


def test_the_digits_are_the_ones_of_scikit_learn() -> None:
    """1797 images of 8x8, 0 to 16; 360 of them are the test part, each class with its share."""
    parts = datasets.named("digits")
    assert (len(parts.train), len(parts.test)) == (1437, 360)
    assert parts.train.images.shape[1:] == (1, 8, 8)
    assert parts.train.images.max() == parts.train.white == 16
    assert set(np.bincount(parts.test.labels)) <= {35, 36, 37}


def test_faces_and_pictures_are_bundled() -> None:
    parts = datasets.named("faces")
    assert np.bincount(parts.test.labels).tolist() == [20, 20]
    assert datasets.picture("camera").shape == (1, 512, 512)
    assert datasets.picture("china").shape == (3, 427, 640)
    with pytest.raises(DataError, match="no picture is called"):
        datasets.picture("cats")


@pytest.mark.parametrize(("package", "text"), [("sklearn.datasets", "digits"),
                                               ("skimage.data", "faces")])  # fmt: skip
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, package: str, text: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'convproof\[data\]'"):
        datasets.named(text)


@pytest.mark.parametrize("text", ["", "mnist", "mnist:", "digits:here", "cifar100:here"])
def test_no_data_set_of_the_name(text: str) -> None:
    with pytest.raises(DataError, match="no data set is called"):
        datasets.named(text)
