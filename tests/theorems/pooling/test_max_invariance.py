"""When the maximum over a window survives a shift: numbers, beside the proof's three symbols."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st


@given(st.data(), st.integers(2, 6))
def test_a_maximum_over_a_window_is_kept_exactly_as_the_proof_says(
    data: st.DataObject, r: int
) -> None:
    """``max(B, L) = max(E, B)  <=>  E, L <= B  or  E = L``, from the parts of two windows."""
    c = data.draw(st.integers(1, r - 1))
    a = data.draw(st.integers(c, c + 3))
    x = np.array(data.draw(st.lists(st.integers(0, 3), min_size=a + r, max_size=a + r)))
    moved = np.roll(x, c)
    enter, stay, leave = x[a - c : a].max(), x[a : a + r - c].max(), x[a + r - c : a + r].max()

    kept = x[a : a + r].max() == moved[a : a + r].max()

    assert kept == ((enter <= stay and leave <= stay) or enter == leave)
