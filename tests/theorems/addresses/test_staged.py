"""What ``staged`` assumes of the launcher is what ``convproof_gpu.bands`` does."""

from hypothesis import given
from hypothesis import strategies as st

from convproof.theorems.addresses import int32_bands, staged
from convproof.theorems.addresses.int32_tiles import LIMIT
from convproof_gpu import bands


def test_the_launcher_has_the_windows_and_the_limits_of_the_proofs() -> None:
    """The same squares; 2^28 positions, 2^24 elements that a block owns, 2^12 that it stages."""
    limits = bands.MOST, bands.MOST_OWNED, bands.STAGED, bands.MOST_PLANE
    assert bands.SQUARES == staged.SQUARES
    assert limits == (int32_bands.MOST, int32_bands.BAND, int32_bands.RUN, LIMIT)


@given(st.integers(1, 200), st.integers(1, 40))
def test_the_launcher_asks_the_bands_of_the_proof(size: int, rows: int) -> None:
    """Of the bands that there are, those below four."""
    cut = [range(b, min(b + rows, size)) for b in range(0, size, rows)]
    assert {*cut[: staged.ASKED]} <= {*bands._bands(size, rows)}
