"""Comparisons with wider arithmetic: ``u`` is the unit roundoff, half the spacing at 1.

NumPy's own accuracy tests allow its exp, tanh and powers 4 units in the last place, so ``8 u``
relative error; a sum of ``n`` terms of one sign adds ``(n - 1) u`` (Jeannerod & Rump 2013), every
other operation one ``u``. Powers of ``u`` above the first are absorbed by one more ``u``.
"""

from typing import NamedTuple

import numpy as np
import pytest

from convproof.implementation import ByLayer
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from tests.numeric.cases import Case, answers


class Precision(NamedTuple):
    """An implementation and a dtype, to be judged by the oracle in a wider dtype."""

    implementation: ByLayer
    dtype: np.dtype
    wide: np.dtype

    @property
    def u(self) -> float:
        """The unit roundoff of the dtype."""
        return float(np.finfo(self.dtype).eps) / 2

    def errors(self, case: Case) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return the oracle's wide answers, and the absolute errors of the narrow ones."""
        narrow = answers(self.implementation, case.astype(self.dtype))
        exact = answers(reference, case.astype(self.wide))
        assert all(array.dtype == self.dtype for array in narrow.values())
        return exact, {verb: abs(narrow[verb] - exact[verb]) for verb in exact}


PRECISIONS = [
    Precision(implementation, np.dtype(dtype), np.dtype(wide))
    for implementation in (reference, fast)
    for dtype, wide in ((np.float32, np.float64), (np.float64, np.longdouble))
]
every_precision = pytest.mark.parametrize(
    "precision", PRECISIONS, ids=lambda each: f"{each.implementation.name}-{each.dtype}"
)
