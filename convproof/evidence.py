"""The evidence file: what was tested, on what, with which verdicts; JSON, versioned.

Values only: ``convproof verify --json`` writes it, ``convproof replay`` and reports read it. Its
schema is ``evidence.schema.json`` beside this module.
"""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from convproof.errors import EvidenceError

SCHEMA = "convproof/evidence/1"


def schema() -> dict[str, Any]:
    """Return the JSON schema of an evidence file."""
    text = files("convproof").joinpath("evidence.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def read(path: str | Path) -> dict[str, Any]:
    """Return the document of an evidence file.

    Raises:
        EvidenceError: if the file cannot be read, or is no evidence of this version.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror}."
        raise EvidenceError(msg) from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, or brackets without end
        msg = f"{str(path)!r} is no evidence file: it is no JSON ({error})."
        raise EvidenceError(msg) from None
    found = document.get("schema") if isinstance(document, dict) else None
    if found != SCHEMA:
        msg = f"{str(path)!r} is no evidence file of this version: its schema is {found!r}, not "
        raise EvidenceError(msg + f"{SCHEMA!r}.")
    if not isinstance(document.get("targets"), list):
        msg = f"{str(path)!r} is no evidence file: it has no list of targets."
        raise EvidenceError(msg)
    return dict(document)
