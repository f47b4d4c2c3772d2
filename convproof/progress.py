"""Progress on standard error: a bar in a terminal, and nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

Shown = TypeVar("Shown", bound="Bar")


class Bar:
    """Tells a person how many things are done.

    Args:
        total: how many there are.
        doing: what is done with them, in a few words.
        time: what is said of the time; that which has passed by default.
    """

    def __init__(self, total: int, doing: str, time: ProgressColumn | None = None) -> None:
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                time or TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,  # it would go to standard error
                redirect_stderr=False,
            )
            self._task = self._bar.add_task(doing, total=total)

    @property
    def is_shown(self) -> bool:
        """Whether a person sees it."""
        return self._bar is not None

    def __enter__(self: Shown) -> Shown:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def ended(self, name: str = "") -> None:
        """Count one more."""
        del name
        if self._bar is not None:
            self._bar.advance(self._task)

    def says(self, doing: str, completed: int | None = None) -> None:
        """Show what is done now, and how many are done if that is told."""
        if self._bar is not None:
            self._bar.update(self._task, description=doing, completed=completed)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let something be printed above the bar."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        sys.stdout.flush()
        self._bar.start()
