"""The results of shards as one: of the same sweep, none twice, and what is missing named."""

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from convproof import evidence
from convproof.errors import EvidenceError
from convproof.verify.sweep.document import documented
from convproof.verify.sweep.plan import LAYERS
from convproof.verify.sweep.unit import DIGEST

_SAME = ("version", "packages", "target", "versions", "supports", "lacks", "wanted", "units")
_HEAD = ("schema", *_SAME)
Values = dict[str, Any]


def schema() -> Values:
    """Return the JSON schema of a result; of failures it says what that of evidence says."""
    text = files(__package__).joinpath("sweep.schema.json").read_text(encoding="utf-8")
    own: Values = json.loads(text)
    return {**own, "$defs": {**evidence.schema()["$defs"], **own["$defs"]}}


def read(path: str | Path) -> Values:
    """Return the document that a sweep wrote.

    Raises:
        EvidenceError: if the file cannot be read or is no such document.
    """
    document = evidence.read_document(path, schema(), "result of a sweep")
    fault = _fault(document)
    if fault:
        msg = f"{str(path)!r} is no whole result of a sweep: {fault}."
        raise EvidenceError(msg)
    return document


def _fault(document: Values) -> str:
    """Return what does not fit together, or ""."""
    shards = [tuple(map(int, text.split("/"))) for text in document["shards"]]
    for number, (i, n) in enumerate(shards):
        if i > n:
            return f"shards[{number}] is {i}/{n}, expected i/n with 1 <= i <= n"
    units, seen = document["units"], set[int]()
    for number, result in enumerate(document["results"]):
        unit, place = result["unit"], f"results[{number}]"
        if unit >= units:
            return f"{place}.unit is {unit}, expected one of the {units} units, 0 to {units - 1}"
        if not any(unit % n == i - 1 for i, n in shards):
            return f"{place}.unit is {unit}, expected one of {' and '.join(document['shards'])}"
        if unit in seen:
            return f"{place}.unit is {unit}, expected another, for it is there before"
        seen.add(unit)
        if result["layer"] not in LAYERS:
            return f"{place}.layer is {_told(result['layer'])}, expected one of {', '.join(LAYERS)}"
        if "lost" not in result:
            fault = _miscounted(result)
            if fault:
                return f"{place}.{fault}"
    return ""


def _miscounted(result: Values) -> str:
    """Return which count of a unit is not the sum that it should be, or ""."""
    geometries, failing = len(result["digests"]) // (2 * DIGEST), result["failing"]
    if result["geometries"] != geometries:
        return f"geometries is {result['geometries']}, expected as many as digests: {geometries}"
    by_name = sum(result["failing_functions"].values())
    if failing != by_name:
        return f"failing is {failing}, expected the sum of failing_functions: {by_name}"
    counted = failing + result["weak"] + result["unsupported"]
    if counted > geometries:
        return f"geometries is {geometries}, expected at least those that are counted: {counted}"
    return ""


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
