"""The audit's files: the document, and lecture.json beside it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from convproof import __version__, whole
from convproof.report.model import Document
from convproof.report.pdf import ReportError
from convproof.report.write import Format, write

NAME = "lecture"


def write_audit(
    document: Document,
    record: Mapping[str, Any],
    directory: Path,
    formats: Sequence[Format] | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Write the document and its JSON; return where they are.

    Args:
        document: the audit to read.
        record: the audit as JSON's values.
        directory: made if it is not there.
        formats: of the document; None: all that can be made here.
        tell: told what is done.

    Raises:
        ReportError: if a file cannot be made or written.
    """
    written = write(document, directory, NAME, formats, tell=tell)
    held = {"schema": "convproof/report-lecture/1", "version": __version__, **record}
    place = directory / f"{NAME}.json"
    text = json.dumps(held, indent=2, ensure_ascii=False) + "\n"
    try:
        whole.write([(place, text.encode())])
    except OSError as error:
        msg = f"{str(error.filename or place)!r} cannot be written: {error.strerror}."
        raise ReportError(msg) from None
    tell(str(place))
    return (*written, place)
