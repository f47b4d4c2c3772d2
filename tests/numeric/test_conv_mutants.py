"""Faults planted in the products of a convolution, each refuted by equality with the oracle."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import Phase, find, settings

from convproof import layers
from convproof.cases import Case as ConvCase
from convproof.cases import ask
from convproof.functions import FIRST
from convproof.layers import Layer
from convproof.numeric.fast import border, columns, locally_connected, products, unfold
from convproof.numeric.fast import implementation as fast
from convproof.numeric.reference import implementation as reference
from convproof.strategies import cases
from tests.numeric.cases import CASES, Case, answers, differences

SEARCH = settings(max_examples=400, derandomize=True, phases=[Phase.generate], database=None)


class Mutant(NamedTuple):
    """A function of a module and the wrong one to put in its place."""

    module: Any
    name: str
    wrong: Callable[..., Any]

    def __str__(self) -> str:
        return self.wrong.__name__


def ends_exchanged(x: Any, ends: Any, mode: Any, pad: Any = border.pad) -> Any:
    return pad(x, tuple(end[::-1] for end in ends), mode)


def border_cropped_where_it_wraps(padded: Any, ends: Any, mode: Any) -> Any:
    del mode
    return UNPAD(padded, ends, "zeros")


def kernel_not_flipped(w: Any, groups: int) -> Any:
    m, per_group, *taps = w.shape
    grouped = w.reshape(groups, m // groups, per_group, *taps).swapaxes(1, 2)
    return grouped.reshape(groups * per_group, m // groups, *taps)


def groups_in_the_wrong_order(
    w: Any, groups: int, mirrored: Any = products._mirrored_kernel
) -> Any:
    return np.ascontiguousarray(mirrored(w, groups)[::-1])


def strided_too(relation: Any, mirrored: Any = products._mirrored) -> Any:
    return mirrored(replace(relation, stride=(1,) * len(relation.stride)))


def first_tap_only(windows: Any, entries: Any, relation: Any) -> None:
    here: tuple[Any, ...] = (slice(None), *(0 for _ in relation.kernel_size))
    windows[here] += entries[here]


def last_image_of_a_block(cotangents: Any, block: Any) -> Any:
    images, groups, channels, _ = cotangents.shape
    last = cotangents[-1:].repeat(images, axis=0)[block.images, :, :, block.cells]
    return last.transpose(1, 2, 0, 3).reshape(groups, channels, last.shape[0] * last.shape[3])


def weights_shared(layer: Any, w: Any, by_cell: Any = locally_connected._weights_by_cell) -> Any:
    weights = by_cell(layer, w)
    return np.broadcast_to(weights[:1], weights.shape)


UNPAD = border.unpad
OF_CONV = [
    Mutant(columns, "pad", ends_exchanged),
    Mutant(columns, "unpad", border_cropped_where_it_wraps),
    Mutant(columns, "add_taps", first_tap_only),
    Mutant(products, "_mirrored_kernel", kernel_not_flipped),
    Mutant(products, "_mirrored_kernel", groups_in_the_wrong_order),
    Mutant(products, "_mirrored", strided_too),
    Mutant(products, "_flat", last_image_of_a_block),
]
OF_RELATIVES = [
    (layers.ConvTranspose, Mutant(columns, "pad", ends_exchanged)),
    (layers.ConvTranspose, Mutant(products, "_mirrored", strided_too)),
    (layers.LocallyConnected, Mutant(locally_connected, "_weights_by_cell", weights_shared)),
    (layers.LocallyConnected, Mutant(locally_connected, "add_taps", first_tap_only)),
    (layers.Unfold, Mutant(unfold, "add_taps", first_tap_only)),
]


@pytest.mark.parametrize("mutant", OF_CONV, ids=str)
def test_equality_with_the_oracle_refutes_a_wrong_convolution(
    mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some small case tells the mutant from the oracle, and none tells the original."""
    monkeypatch.setattr(products, "_copying_pays", lambda *_: True)
    monkeypatch.setattr(mutant.module, mutant.name, mutant.wrong)

    refuted = find(cases("conv2d"), _conv_differs, settings=SEARCH)
    monkeypatch.undo()
    assert not _conv_differs(refuted)


@pytest.mark.parametrize(("kind", "mutant"), OF_RELATIVES, ids=str)
def test_equality_with_the_oracle_refutes_a_wrong_relative(
    kind: type[Layer], mutant: Mutant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for its relatives."""
    monkeypatch.setattr(products, "_copying_pays", lambda *_: True)
    monkeypatch.setattr(mutant.module, mutant.name, mutant.wrong)

    refuted = find(CASES[kind], _differs, settings=SEARCH)
    monkeypatch.undo()
    assert not _differs(refuted)


def _conv_differs(case: ConvCase) -> bool:
    """Whether a verb disagrees with the oracle, or breaks off."""
    arrays = case.integers()
    for role in FIRST:
        expected = ask(reference, role, case, arrays)
        try:
            if not np.array_equal(ask(fast, role, case, arrays), expected):
                return True
        except (ValueError, TypeError):
            return True
    return False


def _differs(case: Case) -> bool:
    expected = answers(reference, case)
    try:
        return differences(answers(fast, case), expected) != []
    except (ValueError, TypeError):
        return True
