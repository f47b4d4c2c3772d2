"""Progress on standard error: a bar in a terminal, else a line when a function is done."""

import sys

from convproof.progress import Bar
from convproof.verify.runner import Outcome


class Progress(Bar):
    """Tells a person which theorem of which function is being asked.

    Args:
        spec: the target.
        total: how many theorems there are.
    """

    def __init__(self, spec: str, total: int) -> None:
        super().__init__(total, spec)
        self._spec = spec
        self._stream = sys.stderr
        self._here: tuple[str, str] | None = None

    def tell(self, outcome: Outcome) -> None:
        """Say that one theorem has been asked."""
        here = (outcome.function.name, outcome.dtype)
        if self.is_shown:
            self.ended()
            self.says(f"{self._spec} {here[0]}")
        elif here != self._here and outcome.status != "unsupported":
            self._stream.write(f"{self._spec}: {' '.join(here)}\n")
            self._stream.flush()
        self._here = here
