"""Lines and windows of channels: their maps print, and the claims of mutants are refuted."""

from typing import Any

import numpy as np
import pytest
import sympy as sp

from convproof.index_maps.lines import Strided
from convproof.index_maps.norm import Window
from convproof.symbolic.integers import SymbolicInt, term_of
from convproof.symbolic.sizes import index, size
from convproof.symbolic.solver import decide
from convproof.theorems.addresses import lines, norm


def test_a_map_prints() -> None:
    """``C floor(l / I) I + c I + l mod I``, and ends of windows, as LaTeX of one line."""
    c, inner, channels, window = (SymbolicInt(size(name)) for name in ("c", "I", "C", "z"))
    element = Strided(channels, inner).element(SymbolicInt(index("l")), c)
    found = Window(SymbolicInt(size("N")), channels, inner, window)
    for term in (element, found.begin(c), found.end(c), found.end_of_readers(c)):
        text = sp.latex(term_of(term))
        assert "SymbolicInt" not in text
        assert "\n" not in text
    assert sp.latex(term_of(Strided(channels, inner).place(c))).count("mod") == 1


@pytest.mark.parametrize("size_", range(1, 9))
def test_the_readers_of_a_channel_are_those_that_read_it(size_: int) -> None:
    """``{(c, j) : j is read by c}`` twice, of up to twelve channels."""
    for channels in range(1, 13):
        window, (c, j) = Window(1, channels, 1, size_), np.ix_(range(channels), range(channels))
        reads = (window.begin(c) <= j) & (j < window.end(c))
        read = (window.begin_of_readers(j) <= c) & (c < window.end_of_readers(j))
        expected = (c - size_ // 2 <= j) & (j < c - size_ // 2 + size_)
        assert np.array_equal(reads, expected)
        assert np.array_equal(read, expected)


class Packed(Strided):
    """Lines whose elements lie side by side."""

    def element(self, line: Any, e: Any) -> Any:
        return self.first(line) + e


class Late(Window):
    """Windows whose readers begin one channel late, where a size is even."""

    def begin_of_readers(self, j: Any) -> Any:
        return super().begin_of_readers(j + 1 - self.size % 2)


@pytest.mark.parametrize(
    ("room", "name", "mutant", "step"),
    [(lines, "Strided", Packed, "an element of a line"),
     (norm, "Window", Late, "the channels that read a channel")],
)  # fmt: skip
def test_the_claim_of_a_mutant_is_refuted(
    room: Any, name: str, mutant: Any, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By small numbers."""
    monkeypatch.setattr(room, name, mutant)
    (claim,) = (held for held in room.PROOF.steps() if held.name == step)
    refuted = [finding for finding in decide(claim) if finding.status == "refuted"]
    assert refuted
    assert all(finding.counterexample for finding in refuted)
