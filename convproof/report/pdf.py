"""From LaTeX to PDF, where TeX is installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from convproof.errors import ConvProofError

PACKAGES = "apt-get install texlive-latex-base texlive-pictures lmodern"
_MOST_RUNS = 4
_AGAIN = re.compile(r"Rerun to get|Rerun LaTeX|undefined references|Table widths have changed")
_SAME_EVERY_TIME = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "max_print_line": "1000"}


class ReportError(ConvProofError):
    """A report cannot be made or written."""


def has_tex() -> bool:
    """Return whether ``pdflatex`` is installed."""
    return shutil.which("pdflatex") is not None


def pdf(tex: str) -> tuple[bytes, str]:
    """Return the PDF of a document and the log of the last run of ``pdflatex``.

    Raises:
        ReportError: if there is no TeX, or it fails; told is the first line of its complaint.
    """
    if not has_tex():
        msg = f"there is no pdflatex to make a PDF: {PACKAGES}."
        raise ReportError(msg)
    with TemporaryDirectory(prefix="convproof-") as directory:
        place = Path(directory)
        (place / "report.tex").write_text(tex, encoding="utf-8")
        for _ in range(_MOST_RUNS):
            before = _notes(place)
            log = _run(place)
            if not _AGAIN.search(log) and _notes(place) == before:
                break
        return (place / "report.pdf").read_bytes(), log


def _notes(place: Path) -> list[bytes]:
    """Return what TeX noted for its next run; of a first run that noted nothing, the same."""
    files = (place / f"report.{suffix}" for suffix in ("toc", "out"))
    return [file.read_bytes() for file in files if file.is_file() and file.stat().st_size]


def _run(place: Path) -> str:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape"]
    ended = subprocess.run(
        [*command, "report.tex"], cwd=place, env=os.environ | _SAME_EVERY_TIME, check=False,
        stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    file = place / "report.log"
    log = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    if ended.returncode:
        told = next((line for line in log.splitlines() if line.startswith("!")), "no reason given")
        msg = f"pdflatex failed: {told.removeprefix('! ')} (the .tex is kept with --format tex)."
        raise ReportError(msg)
    return log
