"""Files that are whole, or what they were before.

A file is written beside its place, flushed to the disk and moved there: a full disk or a lost
process leaves what was there, with its mode. A link stays, and what it leads to is written. A
device or a pipe is no file that could be replaced: it is opened once, when all is ready.
"""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType


class Draft:
    """What is to be at a path, from when it is found to be writable until it is there.

    Args:
        path: of a file, of a device or of a pipe.

    Raises:
        OSError: of the path's name, if it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._contents = b""
        self._file: Path | None = None
        with _named(path):
            mode = _mode(path)
            if mode is not None and not stat.S_ISREG(mode):
                _check_writable(path, mode)
                return
            self._place = path.resolve()
            handle, name = tempfile.mkstemp(
                prefix=f".{self._place.name[:40]}.", dir=self._place.parent
            )
            os.close(handle)
            self._file = Path(name)

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def fill(self, contents: bytes) -> None:
        """Write the contents beside their place.

        Raises:
            OSError: of the path's name, if there is no room.
        """
        self._contents = contents
        if self._file is None:
            return
        with _named(self._path):
            with self._file.open("wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            mode = _mode(self._place)
            self._file.chmod(_usual() if mode is None else mode & 0o777)

    def put(self) -> None:
        """Move the contents to their place.

        Raises:
            OSError: of the path's name, if they cannot be there.
        """
        with _named(self._path):
            if self._file is None:
                self._path.write_bytes(self._contents)
            else:
                self._file.replace(self._place)


def write(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write files beside their places, then move all there; if one cannot be, none is written.

    Raises:
        OSError: of the name of the file that cannot be written.
    """
    with ExitStack() as stack:
        drafts = [stack.enter_context(Draft(path)) for path, _ in files]
        for draft, (_, contents) in zip(drafts, files, strict=True):
            draft.fill(contents)
        for draft in drafts:
            draft.put()


def _mode(path: Path) -> int | None:
    """Return the mode of what a path leads to; None if there is nothing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _usual() -> int:
    """Return the mode of a file that is opened to be written."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _check_writable(path: Path, mode: int) -> None:
    """Refuse what no bytes can be written to; a pipe is not opened, for its reader sees the end."""
    if not stat.S_ISFIFO(mode):
        with path.open("wb"):
            return
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Give an error the name that was asked for, in place of the draft's."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
