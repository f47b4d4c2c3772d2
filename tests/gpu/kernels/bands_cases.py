"""Square poolings that run in bands, and small bands to run them in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st

from convproof.layers import AvgPool, MaxPool
from convproof.layers.pooling import Pool
from convproof_gpu import bands
from convproof_gpu.bands import SQUARES, of_inputs, of_windows
from tests.numeric.cases import Case, with_data

few = settings(max_examples=max(4, settings().max_examples // 5))
some = settings(max_examples=settings().max_examples // 2)
of_each = pytest.mark.parametrize("kind", [MaxPool, AvgPool], ids=lambda kind: kind.__name__)


@st.composite
def squares(draw: st.DrawFn, kind: type[Pool], most: int = 9) -> Case:
    """Draw a pooling whose windows are squares that run in bands, with integers."""
    side, stride = draw(st.sampled_from(SQUARES))
    axes = [draw(axis_of(side, most)) for _ in range(2)]
    options: dict[str, Any] = {}
    if kind is AvgPool:
        override = draw(st.none() | st.sampled_from([1, 3, -2]))
        options = {"count_include_pad": draw(st.booleans()), "divisor_override": override}
    layer = kind(
        kernel_size=(side, side), stride=(stride, stride), padding=tuple(p for _, p in axes),
        dilation=(1, 1), ceil_mode=draw(st.booleans()), **options,
    )  # fmt: skip
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 3)), *(size for size, _ in axes))
    return draw(with_data(layer, shape, unit=1 if kind is MaxPool else 36))


@st.composite
def axis_of(draw: st.DrawFn, side: int, most: int) -> tuple[int, tuple[int, int]]:
    """Draw a size and a padding of which every window reads some input."""
    low, high = draw(st.integers(0, side - 1)), draw(st.integers(0, side - 1))
    least = max(1, side - low - high)
    return draw(st.integers(least, least + most)), (low, high)


@contextmanager
def cut_small(staged: int) -> Iterator[None]:
    """Plan as if so few elements fit: small planes are cut, some blocks have several of them."""
    with patch.object(bands, "STAGED", staged), patch.object(bands, "FILLED", 2):
        _forget()
        try:
            yield
        finally:
            _forget()


def _forget() -> None:
    of_windows.cache_clear()
    of_inputs.cache_clear()


@contextmanager
def without_bands() -> Iterator[None]:
    """Run the kernels of windows of any kind."""
    with patch.object(bands, "SQUARES", ()):
        _forget()
        try:
            yield
        finally:
            _forget()
