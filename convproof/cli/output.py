"""Writing results: to a file that is whole or not there, or to standard output."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any

import click

from convproof import __version__
from convproof.whole import Draft

STDOUT = "-"

json_option = click.option(
    "--json",
    "json_path",
    metavar="[FILE]",
    is_flag=False,
    flag_value=STDOUT,
    help="Write the result as JSON to FILE, or to standard output alone.",
)


class Place:
    """A place for one text, found to be writable before the work starts.

    If the work fails, what was there before stays.

    Args:
        path: a file, ``"-"`` for standard output, or None for nowhere.
        option: the option that named it.

    Raises:
        click.BadParameter: if the file cannot be written.
    """

    def __init__(self, path: str | None, option: str) -> None:
        self._path = path
        self._draft: Draft | None = None
        if path is None or path == STDOUT:
            return
        try:
            self._draft = Draft(Path(path))
        except OSError as error:
            msg = f"{path!r} cannot be written: {error.strerror}."
            raise click.BadParameter(msg, param_hint=option) from None

    @property
    def owns_stdout(self) -> bool:
        """Whether standard output is for the text alone."""
        return self._path == STDOUT

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be written at all."""
        return self._path is not None

    def __enter__(self) -> "Place":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._draft is not None:
            self._draft.__exit__(kind, error, traceback)

    def write_text(self, text: str) -> None:
        """Write the text, whole or not at all."""
        self.write_bytes(text.encode())

    def write_bytes(self, contents: bytes) -> None:
        """Write a file's bytes, whole or not at all."""
        if self._path == STDOUT:
            click.echo(contents, nl=False)
        if self._draft is None:
            return
        try:
            self._draft.fill(contents)
            self._draft.put()
        except OSError as error:
            msg = f"{self._path!r} cannot be written: {error.strerror}."
            raise click.ClickException(msg) from None


class Output(Place):
    """A place for one JSON document."""

    def __init__(self, path: str | None) -> None:
        super().__init__(path, "--json")

    def __enter__(self) -> "Output":
        return self

    def write(self, command: str, verdict: str, **contents: Any) -> None:
        """Write the document of a command, with its schema and version."""
        head = {"schema": f"convproof/{command}/1", "version": __version__}
        self.write_document({**head, "command": command, "verdict": verdict, **contents})

    def write_document(self, document: dict[str, Any]) -> None:
        """Write a document as it is."""
        self.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
