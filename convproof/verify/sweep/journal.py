"""What is done already: one JSON line per unit, flushed as it comes, beside the output.

The first line tells which sweep it is of. A line that was cut off in the middle is dropped.
"""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from convproof.errors import EvidenceError

Values = dict[str, Any]


class Journal:
    """The results of a sweep so far.

    Args:
        path: where they are kept; None: nowhere.
        identity: what tells the sweep from others.
        resume: whether to go on with what is there.

    Attributes:
        done: the results that were found, by unit number.

    Raises:
        EvidenceError: if what is there belongs to another sweep, or cannot be read or written.
    """

    def __init__(self, path: Path | None, identity: Values, *, resume: bool) -> None:
        self.done: dict[int, Values] = {}
        self._path = path
        self._file: Any = None
        if path is None:
            return
        head = json.dumps({"sweep": identity}, sort_keys=True)
        try:
            kept = self._kept(path, head) if resume and path.exists() else 0
            self._file = path.open("r+b" if kept else "wb")
            self._file.truncate(kept)
            self._file.seek(kept)
            if not kept:
                self._write(head)
        except OSError as error:
            msg = f"the journal {str(path)!r} cannot be kept: {error.strerror}."
            raise EvidenceError(msg) from None

    def _kept(self, path: Path, head: str) -> int:
        """Read the whole lines of a journal; return how many bytes they have."""
        first, *lines = path.read_bytes().splitlines(keepends=True) or [b""]
        if not first.endswith(b"\n"):
            return 0
        if first.decode("utf-8", "replace").rstrip("\n") != head:
            msg = (
                f"{str(path)!r} is the journal of another sweep (other target, versions, seed or "
                "shard): give --no-resume to begin anew, or another --json."
            )
            raise EvidenceError(msg)
        kept = len(first)
        for line in lines:
            try:
                found = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                found = None
            if not isinstance(found, dict) or "unit" not in found:
                break
            self.done[found["unit"]] = found
            kept += len(line)
        return kept

    def add(self, found: Values) -> None:
        """Keep the result of a unit."""
        self.done[found["unit"]] = found
        if self._file is not None:
            self._write(json.dumps(found, ensure_ascii=False))

    def _write(self, line: str) -> None:
        self._file.write(f"{line}\n".encode())
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
