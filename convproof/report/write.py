"""Writing a document: every file is whole, or what was there before stays."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, get_args

from convproof import whole
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
        formats: which; None: all. A PDF where there is no TeX is one line about what to install,
            and the other two in its place.
        tell: told what is done.

    Raises:
        ReportError: if a file cannot be made or written.
    """
    wanted = FORMATS if formats is None else tuple(formats)
    if "pdf" in wanted and not has_tex():
        wanted = ("html", "tex")
        tell(f"no PDF: there is no pdflatex; {PACKAGES}")
    made = _made(document, wanted, tell)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        places = [(directory / f"{name}.{each}", content) for each, content in made.items()]
        whole.write(places)
    except OSError as error:
        msg = f"{str(error.filename or directory)!r} cannot be written: {error.strerror}."
        raise ReportError(msg) from None
    for place, _ in places:
        tell(str(place))
    return tuple(place for place, _ in places)


def _made(
    document: Document, wanted: Sequence[Format], tell: Callable[[str], None]
) -> dict[Format, bytes]:
    """Return the contents; TeX is at work while the page is made."""
    made: dict[Format, bytes] = {}
    source = latex(document) if "tex" in wanted or "pdf" in wanted else ""
    with ThreadPoolExecutor(1) as beside:
        setting = beside.submit(pdf, source) if "pdf" in wanted else None
        if "html" in wanted:
            made["html"] = html(document).encode()
        if "tex" in wanted:
            made["tex"] = source.encode()
        if setting is not None:
            made["pdf"], log = setting.result()
            for box, what in (("h", "lines of the PDF are too wide"), ("v", "pages are too high")):
                overfull = log.count(rf"Overfull \{box}box")
                if overfull:
                    tell(f"{overfull} {what}")
    return made
