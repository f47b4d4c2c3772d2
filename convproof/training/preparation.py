"""What is done to every image before a network sees it: ``x = (image - mean) / scale``.

The mean image is that of the training part (lecture 7, "pipeline": "center vectors by subtracting
mean over the training samples"): an image of another part says nothing about the mean.
"""

from dataclasses import dataclass

import numpy as np

from convproof.training.data import Dataset
from convproof.training.recipe import Pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Preparation:
    """The centre and the scale.

    Attributes:
        mean: of every pixel over the training part, ``(C, H, W)``.
        scale: what 1 is afterwards.
    """

    mean: np.ndarray
    scale: float

    @classmethod
    def of(cls, train: Dataset, pixels: Pixels, dtype: type = np.float32) -> "Preparation":
        """Return what the training part says."""
        wide = np.int64 if train.images.dtype.kind in "iu" else np.float64
        mean = train.images.sum(axis=0, dtype=wide) / len(train)
        return cls(mean=mean.astype(dtype), scale=float(train.white) if pixels == "unit" else 1.0)

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Return the images as the network reads them, of the mean's dtype."""
        prepared: np.ndarray = (images.astype(self.mean.dtype) - self.mean) / self.scale
        return prepared.astype(self.mean.dtype, copy=False)
