"""Other images of the same classes: each one changed a little, by its own draw.

==============  ===================================================================================
change          what is drawn
==============  ===================================================================================
affine          an image is read at ``A (p - centre) + centre + b``, between its pixels bilinearly:
                a rotation by at most ``degrees``, each axis stretched by a factor of at least
                ``1 - scale`` and at most ``1 + scale``, ``shear`` and ``translate`` at most
                (Simard et al. 2003, section 2; names of torchvision's ``RandomAffine``)
``crop``        an image is padded by zeros and a window of its size cut anywhere: shifted by
                ``-crop .. crop`` positions along each axis (He et al. 2016, section 4.2)
``flip``        mirrored left to right with probability one half (Krizhevsky et al. 2012, 4.1)
==============  ===================================================================================
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Shaped

from convproof.training.errors import TrainingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Augmentation:
    """Which changes are drawn.

    Attributes:
        crop: positions that an image is shifted at most.
        flip: whether it may be mirrored.
        degrees: that it is rotated at most, to either side.
        scale: by which the factor of each axis differs from 1 at most.
        shear: columns per row, at most.
        translate: positions that an affine map shifts it at most, whole or not.
    """

    crop: int = 0
    flip: bool = False
    degrees: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    translate: float = 0.0

    def __post_init__(self) -> None:
        for name in ("crop", "degrees", "scale", "shear", "translate"):
            value = getattr(self, name)
            if not 0 <= value < (1 if name == "scale" else 360):
                msg = f"an augmentation needs {name} >= 0, and a scale below 1, got {name}={value}."
                raise TrainingError(msg)

    def __call__(
        self, images: Shaped[np.ndarray, "n c h w"], rng: np.random.Generator
    ) -> Shaped[np.ndarray, "n c h w"]:
        """Return the images, each with its own changes."""
        if self.degrees or self.scale or self.shear or self.translate:
            images = warped(images, *self._affine(len(images), rng))
        if self.crop:
            images = shifted(images, rng.integers(-self.crop, self.crop + 1, (len(images), 2)))
        if self.flip:
            mirrored = rng.integers(0, 2, len(images)).astype(bool)
            images = np.where(mirrored[:, None, None, None], images[..., ::-1], images)
        return images

    def _affine(
        self, n: int, rng: np.random.Generator
    ) -> tuple[Float[np.ndarray, "n 2 2"], Float[np.ndarray, "n 2"]]:
        """Return ``A = rotation * stretch + shear`` and ``b``; axes are rows, then columns."""
        angle = np.deg2rad(rng.uniform(-self.degrees, self.degrees, n))
        down, right = 1 + rng.uniform(-self.scale, self.scale, (2, n))
        shear = rng.uniform(-self.shear, self.shear, n)
        cos, sin = np.cos(angle), np.sin(angle)
        maps = np.array([[cos * down, sin * right], [shear - sin * down, cos * right]])
        return maps.transpose(2, 0, 1), rng.uniform(-self.translate, self.translate, (n, 2))


def shifted(
    images: Shaped[np.ndarray, "n c h w"], shifts: Shaped[np.ndarray, "n 2"]
) -> Shaped[np.ndarray, "n c h w"]:
    """Return ``y[n,c,i,j] = x[n, c, i + a_n, j + b_n]``, zero outside the image."""
    _, _, height, width = images.shape
    border = int(np.abs(shifts).max(initial=0))
    padded = np.pad(images, ((0, 0), (0, 0), (border, border), (border, border)))
    rows = border + shifts[:, :1] + np.arange(height)
    columns = border + shifts[:, 1:] + np.arange(width)
    return _picked(padded, rows[:, :, None], columns[:, None, :])


def warped(
    images: Shaped[np.ndarray, "n c h w"],
    maps: Float[np.ndarray, "n 2 2"],
    shifts: Float[np.ndarray, "n 2"],
) -> Float[np.ndarray, "n c h w"]:
    """Return ``y[n,c,p] = x[n, c, A_n (p - centre) + centre + b_n]``, in float32.

    Between pixels ``x`` is bilinear, outside the image it is zero.
    """
    height, width = images.shape[2:]
    centre = (np.array([height, width]) - 1) / 2
    p = (
        np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"))
        - centre[:, None, None]
    )
    at = np.einsum("nab,bij->anij", maps, p) + (centre + shifts).T[:, :, None, None]
    low = np.floor(at)
    share = (at - low).astype(np.float32)[:, :, None]
    limits = np.array([height, width])[:, None, None, None]
    low = np.clip(low, -2, limits).astype(int) + 2  # two zeros around: both neighbours are there
    padded = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))).astype(np.float32)
    y = np.zeros(images.shape, np.float32)
    for i in (0, 1):
        for j in (0, 1):
            rows, columns = (s if up else 1 - s for s, up in zip(share, (i, j), strict=True))
            y += rows * columns * _picked(padded, low[0] + i, low[1] + j)
    return y


def _picked(
    padded: Shaped[np.ndarray, "n c p q"], rows: np.ndarray, columns: np.ndarray
) -> Shaped[np.ndarray, "n c h w"]:
    """Return ``padded[n, :, rows[n,i,j], columns[n,i,j]]``, channels first."""
    n = np.arange(len(padded))[:, None, None]
    picked: np.ndarray = padded.transpose(0, 2, 3, 1)[n, rows, columns]
    return np.ascontiguousarray(picked.transpose(0, 3, 1, 2))
