"""Progress on standard error: a bar in a terminal, and nothing elsewhere."""

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from convproof.training.state import State


class Bar:
    """Tells a person how far a training is: the ``progress`` of ``convproof.training.train``.

    Args:
        epochs: of the training.
        doing: what is trained, in a few words.
    """

    def __init__(self, epochs: int, doing: str) -> None:
        self._doing = doing
        self._bar: Progress | None = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,  # it would go to standard error
                redirect_stderr=False,
            )
            self._task = self._bar.add_task(doing, total=epochs)

    def __enter__(self) -> "Bar":
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

    def __call__(self, state: State) -> None:
        """Show where the training stands."""
        if self._bar is None:
            return
        last = f", loss {state.curve[-1]['loss']:.4f}" if state.curve else ""
        self._bar.update(self._task, completed=state.epoch, description=f"{self._doing}{last}")
