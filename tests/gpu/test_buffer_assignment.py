"""Buffers share a place where no step has both while they live, whoever asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof_gpu import prepared
from convproof_gpu.buffer_assignment import assigned
from convproof_gpu.inference import program

COUNT = 6
USES = st.lists(st.frozensets(st.integers(0, COUNT - 1), max_size=4), max_size=8)
SIZES = st.lists(st.integers(0, 99), min_size=COUNT, max_size=COUNT)
THROUGHOUT = st.frozensets(st.integers(0, COUNT - 1), max_size=2)


def alive(uses: list[frozenset[int]], throughout: frozenset[int], step: int) -> set[int]:
    """Return the buffers that were had by now and are had from now on."""
    before = frozenset[int]().union(*uses[: step + 1])
    after = frozenset[int]().union(*uses[step:])
    return {*throughout, *(before & after)}


@given(uses=USES, sizes=SIZES, throughout=THROUGHOUT)
def test_no_two_buffers_that_live_at_once_share_a_place(
    uses: list[frozenset[int]], sizes: list[int], throughout: frozenset[int]
) -> None:
    """place(a) != place(b) for a, b alive at one step, with no more places than are alive."""
    found = assigned(uses, sizes, throughout)
    counts = [len(throughout)]
    for step in range(len(uses)):
        live = alive(uses, throughout, step)
        assert len({found.place_of[buffer] for buffer in live}) == len(live)
        counts.append(len(live))
    assert len(found.largest) == max(counts)


@given(uses=USES, sizes=SIZES, throughout=THROUGHOUT)
def test_a_place_is_as_large_as_its_largest_buffer(
    uses: list[frozenset[int]], sizes: list[int], throughout: frozenset[int]
) -> None:
    """size(place) = max size(b) over its buffers; a buffer that no step has is in none."""
    found = assigned(uses, sizes, throughout)
    had = throughout.union(*uses)
    assert [place is not None for place in found.place_of] == [b in had for b in range(COUNT)]
    for place, largest in enumerate(found.largest):
        assert found.place_of[largest] == place
        inside = [sizes[b] for b in range(COUNT) if found.place_of[b] == place]
        assert sizes[largest] == max(inside)


@pytest.mark.parametrize("user", [prepared, program])
def test_prepared_calls_and_networks_ask_the_one_function(user: object) -> None:
    assert vars(user)["assigned"] is assigned
