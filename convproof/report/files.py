"""Files that are whole, or not touched."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path


def replace_all(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write files beside their places, then move all there; if one cannot be, none is written."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for place, content in files:
            if place.is_dir():
                raise IsADirectoryError(None, "Is a directory", str(place))
            handle, draft = tempfile.mkstemp(prefix=f".{place.name[:40]}.", dir=place.parent)
            drafts.append((Path(draft), place))
            with os.fdopen(handle, "wb") as file:
                file.write(content)
        mask = os.umask(0)
        os.umask(mask)
        for draft_path, place in drafts:
            draft_path.chmod(0o666 & ~mask)
            draft_path.replace(place.resolve())
    finally:
        for draft_path, _ in drafts:
            draft_path.unlink(missing_ok=True)
