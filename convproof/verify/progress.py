"""Progress on standard error: a bar in a terminal, else a line when a function is done."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from convproof.verify.runner import Outcome


class Progress:
    """Tells a person which theorem of which function is being asked.

    Args:
        spec: the target.
        total: how many theorems there are.
    """

    def __init__(self, spec: str, total: int) -> None:
        self._spec = spec
        self._stream = sys.stderr
        self._here: tuple[str, str] | None = None
        self._bar: Bar | None = None
        if self._stream.isatty():
            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(spec, total=total)

    def __enter__(self) -> "Progress":
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

    def tell(self, outcome: Outcome) -> None:
        """Say that one theorem has been asked."""
        here = (outcome.function.name, outcome.dtype)
        if self._bar is not None:
            self._bar.update(self._task, advance=1, description=f"{self._spec} {here[0]}")
        elif here != self._here and outcome.status != "unsupported":
            self._stream.write(f"{self._spec}: {' '.join(here)}\n")
            self._stream.flush()
        self._here = here
