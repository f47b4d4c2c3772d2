"""Writing a document: every file is whole, or what was there before stays."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, get_args

from convproof.report.html import html
from convproof.report.latex import latex
from convproof.report.model import Document
from convproof.report.pdf import PACKAGES, ReportError, has_tex, pdf

Format = Literal["html", "tex", "pdf"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write(
    document: Document,
    directory: Path,
    name: str,
    formats: Sequence[Format] | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Write a document as ``directory/name.html``, ``.tex`` and ``.pdf``; return where it is.

    Nothing is written before everything is made.

    Args:
        document: what is written.
        directory: made if it is not there.
        name: of the files, without an ending.
        formats: which; None: all that can be made here, and one line about those that cannot.
        tell: told what is done.

    Raises:
        ReportError: if a file cannot be made or written, or a PDF is asked for and there is no TeX.
    """
    wanted = FORMATS if formats is None else tuple(formats)
    if formats is None and not has_tex():
        wanted = ("html", "tex")
        tell(f"no PDF: there is no pdflatex; {PACKAGES}")
    made = _made(document, wanted, tell)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        places = [(directory / f"{name}.{each}", content) for each, content in made.items()]
        replace_all(places)
    except OSError as error:
        msg = f"{str(error.filename or directory)!r} cannot be written: {error.strerror}."
        raise ReportError(msg) from None
    for place, _ in places:
        tell(str(place))
    return tuple(place for place, _ in places)


def _made(
    document: Document, wanted: Sequence[Format], tell: Callable[[str], None]
) -> dict[Format, bytes]:
    made: dict[Format, bytes] = {}
    if "html" in wanted:
        made["html"] = html(document).encode()
    if "tex" in wanted or "pdf" in wanted:
        source = latex(document)
        if "tex" in wanted:
            made["tex"] = source.encode()
        if "pdf" in wanted:
            made["pdf"], log = pdf(source)
            overfull = log.count("Overfull \\hbox")
            if overfull:
                tell(f"{overfull} lines of the PDF are too wide")
    return made


def replace_all(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write files beside their places, then move all there; if one cannot be, none is written."""
    drafts: list[tuple[Path, Path]] = []
    try:
        for place, content in files:
            if place.is_dir():
                raise IsADirectoryError(None, "Is a directory", str(place))
            handle, draft = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
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
