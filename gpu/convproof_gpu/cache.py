"""Where what was compiled is kept: ``$CONVPROOF_CACHE``, or ``convproof`` in the user's cache.

The user's cache is ``$XDG_CACHE_HOME`` or ``~/.cache``. Where it cannot be written, a temporary
folder takes its place, and everything is compiled anew by every process.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from functools import cache
from pathlib import Path


def wanted() -> Path:
    """Return the folder that is meant, whether or not it can be written."""
    home = os.environ.get("XDG_CACHE_HOME")
    named = os.environ.get("CONVPROOF_CACHE")
    return Path(named or Path(home or _home() / ".cache") / "convproof")


def is_writable(kind: str = "") -> bool:
    """Return whether what is compiled, or files of one kind, can be kept for another process."""
    return _usable(wanted() / kind)


@cache
def folder(kind: str) -> Path:
    """Return the folder of one kind of compiled files, which exists."""
    place = wanted() / kind
    if _usable(place):
        return place
    place = Path(tempfile.mkdtemp(prefix=f"convproof-{kind}-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait while another process builds or changes this file, and keep others waiting."""
    with path.with_suffix(".lock").open("w") as file:
        flock(file, LOCK_EX)
        yield


def _home() -> Path:
    """Return the user's folder, or what is none and cannot be written, of a user without one."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.devnull)


def _usable(place: Path) -> bool:
    with suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            return True
    return False
