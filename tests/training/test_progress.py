"""A bar in a terminal, and nothing elsewhere."""

import io
import sys

import pytest

from convproof.training import Recipe, train
from convproof.training.progress import Bar
from tests.training.small import net, stripes


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [io.StringIO, _Terminal])
def test_a_bar_is_drawn_in_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    error = stream()
    monkeypatch.setattr(sys, "stderr", error)
    with Bar(2, "tiny, seed 0") as bar:
        train(net(), stripes(), Recipe(epochs=2, batch_size=10), progress=bar)
    assert ("tiny, seed 0" in error.getvalue()) == error.isatty()
