"""What a person sees of a verification as it goes: a bar in a terminal, and lines elsewhere."""

import io
import sys

import pytest

from convproof.functions import Function
from convproof.theorems import THEOREMS
from convproof.verify.progress import Progress
from convproof.verify.runner import Outcome


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def told(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what is written while two laws of one function are asked, and one of another."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr(sys, "stderr", stream)
    with Progress("mine", 3) as progress:
        for name in ("conv1d", "conv1d", "conv2d"):
            function = Function.named(name)
            progress.tell(
                Outcome(function=function, theorem=THEOREMS[0], dtype="float32", status="pass")
            )
    return stream.getvalue()


def test_elsewhere_a_line_is_written_of_each_function(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = "mine: conv1d float32\nmine: conv2d float32\n"
    assert told(io.StringIO(), monkeypatch) == expected


def test_in_a_terminal_a_bar_counts_the_laws(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = told(_Terminal(), monkeypatch)
    assert "mine conv2d" in shown
    assert "3/3" in shown
