"""How far a training is, on standard error: a bar in a terminal, and nothing elsewhere."""

from rich.progress import TimeRemainingColumn

from convproof import progress
from convproof.training.state import State


class Bar(progress.Bar):
    """Tells a person how far a training is: the ``progress`` of ``convproof.training.train``.

    Args:
        epochs: of the training.
        doing: what is trained, in a few words.
    """

    def __init__(self, epochs: int, doing: str) -> None:
        super().__init__(epochs, doing, TimeRemainingColumn())
        self._doing = doing

    def __call__(self, state: State) -> None:
        """Show where the training stands."""
        last = f", loss {state.curve[-1]['loss']:.4f}" if state.curve else ""
        self.says(f"{self._doing}{last}", state.epoch)
