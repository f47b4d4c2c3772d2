"""Arrays between launches share memory where they do not live at once, and nowhere else."""

from dataclasses import replace
from math import prod
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.layers import Conv
from convproof_gpu import operands
from convproof_gpu import prepared as preparing
from convproof_gpu.layers import conv
from convproof_gpu.lifetimes import Life, places
from convproof_gpu.measuring.rows import rows
from convproof_gpu.prepared import Outline, Prepared, prepared
from convproof_gpu.wing import ROOMS

LIVES = st.one_of(
    st.none(), st.tuples(st.integers(0, 6), st.integers(0, 4)).map(lambda l: (l[0], l[0] + l[1]))
)
LAYER = Conv(
    in_channels=66, out_channels=64, kernel_size=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)),
    dilation=(1, 1), bias=False,
)  # fmt: skip
SHAPES = (8, 66, 128, 128), LAYER.weight_shape


@given(st.lists(LIVES, max_size=8))
def test_arrays_that_live_at_once_have_places_of_their_own(lives: list[Life | None]) -> None:
    """And there are no more places than live at once."""
    found = places(lives)
    assert [place is None for place in found] == [life is None for life in lives]
    at_once = [
        [place for place, v in zip(found, lives, strict=True) if v and v[0] <= step <= v[1]]
        for step in range(12)
    ]
    assert all(len(set(here)) == len(here) for here in at_once)
    most = max(map(len, at_once))
    assert set(found) - {None} == set(range(most))


@pytest.mark.parametrize("slices", [1, 3])
@pytest.mark.parametrize("operation", ["forward", "input_vjp", "weight_vjp"])
def test_a_buffer_that_is_shared_holds_each_array_while_it_lives(
    operation: str, slices: int
) -> None:
    """Of two that live at once none has the other's, and none is larger than its buffer."""
    shared = 0
    for row in rows(("alexnet", "special", "lenet5"), [operation], 12):
        shapes = {"x": row.input_shape, "w": row.weight_shape, "y_bar": row.output_shape}
        names = {"forward": "xw", "input_vjp": ["x", "y_bar", "w"], "weight_vjp": ["x", "y_bar"]}
        given_ = [shapes[name] for name in names[operation]]
        if None in given_:
            continue
        held = [Outline(n, 0, s, np.dtype(np.float32)) for n, s in enumerate(given_) if s]
        verb = getattr(ROOMS[type(row.layer)], operation)
        image = max(prod(row.input_shape[1:]), prod(row.output_shape[1:]))
        with patch.object(operands, "_PER_LAUNCH", 12 * 2 * image // slices):
            after = prepared(verb, row.layer, held)
            with patch.object(preparing, "_sharing", lambda found: found):
                before = prepared(verb, row.layer, held)
        assert before is not None
        assert after is not None
        shared += len(before.allocated) - len(after.allocated)
        buffers: dict[int, int] = {}
        lives: dict[int, list[int]] = {}
        for step, (one, other) in enumerate(zip(before.launches, after.launches, strict=True)):
            for old, new in zip(one.args, other.args, strict=True):
                if not isinstance(old, Outline) or old.buffer < before.given:
                    assert new == old
                    continue
                assert replace(new, buffer=old.buffer) == old
                assert buffers.setdefault(old.buffer, new.buffer) == new.buffer
                lives.setdefault(old.buffer, []).append(step)
        for old, steps in lives.items():
            assert bytes_of(after, buffers[old]) >= bytes_of(before, old)
            for other_, theirs in lives.items():
                apart = steps[-1] < theirs[0] or theirs[-1] < steps[0]
                assert old == other_ or apart or buffers[old] != buffers[other_]
        assert tuple(buffers.get(each) for each in before.answers) == after.answers
    assert shared > 0 or (operation, slices) != ("forward", 3)


def bytes_of(found: Prepared, buffer: int) -> int:
    shape, dtype = found.allocated[buffer - found.given]
    return prod(shape) * dtype.itemsize


def of_batch(slices: int) -> tuple[Prepared, int]:
    """Return what a convolution of so many slices prepares, and its bytes between launches."""
    held = [Outline(n, 0, shape, np.dtype(np.float32)) for n, shape in enumerate(SHAPES)]
    image = 68 * 128**2  # elements, in whole units
    with patch.object(operands, "_PER_LAUNCH", image * 8 // slices):
        found = prepared(conv.forward, LAYER, held)
    assert found is not None
    names = [launch.kernel.name for launch in found.launches]
    assert names.count("conv_tensor_source") == slices
    buffers = set(range(found.given, found.given + len(found.allocated)))
    return found, sum(bytes_of(found, each) for each in buffers - set(found.answers))


def test_slices_of_a_batch_lay_out_their_sources_in_the_same_memory() -> None:
    """Peak = one slice's source and weights: half and a quarter of it, and the weights once."""
    weights = 4 * 64 * 9 * 68
    whole = of_batch(1)[1] - weights
    assert whole == 4 * 8 * 68 * 128**2
    assert [of_batch(slices)[1] - weights for slices in (2, 4)] == [whole // 2, whole // 4]


def test_an_answer_shares_its_memory_with_nothing() -> None:
    found, _ = of_batch(2)
    (answer,) = found.answers
    assert found.allocated[answer - found.given] == ((8, 64, 128, 128), np.dtype(np.float32))
    for launch in found.launches:
        used: list[Any] = [arg for arg in launch.args if isinstance(arg, Outline)]
        assert (answer in {arg.buffer for arg in used}) == (launch.outputs == ("y",))
