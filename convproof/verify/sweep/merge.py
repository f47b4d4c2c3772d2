"""The results of shards as one: of the same sweep, none twice, and what is missing named."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convproof.errors import EvidenceError
from convproof.verify.sweep.document import SCHEMA, documented

_SAME = ("version", "packages", "target", "versions", "supports", "lacks", "wanted", "units")
_HEAD = ("schema", *_SAME)
Values = dict[str, Any]


def read(path: str | Path) -> Values:
    """Return the document that a sweep wrote.

    Raises:
        EvidenceError: if the file cannot be read or is no such document.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror}."
        raise EvidenceError(msg) from None
    except ValueError as error:
        msg = f"{str(path)!r} is no result of a sweep: it is no JSON ({error})."
        raise EvidenceError(msg) from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        msg = f"{str(path)!r} is no result of a sweep: its schema is {schema!r}, not {SCHEMA!r}."
        raise EvidenceError(msg)
    absent = sorted({*_SAME, "shards", "results", "seconds"} - set(document))
    if absent:
        msg = f"{str(path)!r} is no whole result of a sweep: it lacks {', '.join(absent)}."
        raise EvidenceError(msg)
    return dict(document)


def merged(documents: Sequence[Values], names: Sequence[str] = ()) -> Values:
    """Return the document of the whole sweep, as far as the parts hold it.

    Args:
        documents: what ``sweep`` returned, or a merge of some.
        names: what to call them in an error; their shards by default.

    Raises:
        EvidenceError: if they are of different sweeps, or hold a unit twice.
    """
    if not documents:
        msg = "there is nothing to merge: give at least one result of a sweep."
        raise EvidenceError(msg)
    names = names or [f"shard {', '.join(document['shards'])}" for document in documents]
    first = documents[0]
    for document, name in zip(documents, names, strict=True):
        for field in _SAME:
            if document[field] != first[field]:
                msg = (
                    f"{names[0]} and {name} are of different sweeps: {field} is "
                    f"{_told(first[field])} and {_told(document[field])}."
                )
                raise EvidenceError(msg)
    held: dict[int, int] = {}
    for number, document in enumerate(documents):
        for result in document["results"]:
            before = held.setdefault(result["unit"], number)
            if before != number:
                msg = (
                    f"{names[before]} and {names[number]} both hold unit {result['unit']}: "
                    "shards are disjoint."
                )
                raise EvidenceError(msg)
    results = [result for document in documents for result in document["results"]]
    head = {name: first[name] for name in _HEAD}
    seconds = sum(float(document["seconds"]) for document in documents)
    return documented({**head, "shards": ["1/1"]}, results, seconds=seconds)


def _told(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
