"""The evidence file: what was tested, on what, with which verdicts; JSON, versioned.

Values only: ``convproof verify --json`` writes it, ``convproof replay`` and reports read it. Its
schema is ``evidence.schema.json`` beside this module. Every file that convproof reads back is held
against its schema first, so that whoever uses it finds what it expects.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any

from convproof.errors import EvidenceError

SCHEMA = "convproof/evidence/1"
_KINDS: dict[str, tuple[type, str]] = {
    "object": (dict, "an object"),
    "array": (list, "a list"),
    "string": (str, "a string"),
    "boolean": (bool, "true or false"),
    "integer": (int, "an integer"),
    "number": (float, "a number"),
    "null": (type(None), "null"),
}
_LONGEST = 40  # characters of a value that are told
Form = Mapping[str, Any]


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
    return read_document(path, schema(), "evidence file")


def read_document(path: str | Path, form: Form, what: str) -> dict[str, Any]:
    """Return the document of a JSON file that is what a schema says, but may hold more.

    Args:
        path: the file.
        form: the schema, which fixes the document's ``schema`` to a constant.
        what: what such a file is called.

    Raises:
        EvidenceError: if the file cannot be read or is no such document; told are the first place
            that is wrong, what is there and what is expected.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse)
        json.dumps(document, ensure_ascii=False).encode()  # what cannot be written, nor printed
    except OSError as error:
        msg = f"{str(path)!r} cannot be read: {error.strerror}."
        raise EvidenceError(msg) from None
    except (ValueError, RecursionError) as error:  # no UTF-8, no JSON, or brackets without end
        msg = f"{str(path)!r} is no {what}: it is no JSON ({error})."
        raise EvidenceError(msg) from None
    found = document.get("schema") if isinstance(document, dict) else None
    wanted = form["properties"]["schema"]["const"]
    if found != wanted:
        told = repr(found) if isinstance(found, str) else _told(found).replace("null", "None")
        msg = f"{str(path)!r} is no {what} of this version: its schema is {told}, not {wanted!r}."
        raise EvidenceError(msg)
    fault = next(_faults(document, form, form.get("$defs", {})), None)
    if fault is not None:
        msg = f"{str(path)!r} is no whole {what}: {fault}."
        raise EvidenceError(msg)
    return dict(document)


def _refuse(word: str) -> None:
    msg = f"{word} is no number"
    raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class _Fault:
    """Where a document is not what its schema says.

    Attributes:
        place: the keys and numbers that lead there.
        found: what is there.
        expected: what should be; "": some keys are absent, which ``found`` names.
    """

    place: tuple[str | int, ...]
    found: str
    expected: str = ""

    def __str__(self) -> str:
        keys = (f"[{key}]" if isinstance(key, int) else f".{_word(key)}" for key in self.place)
        where = "".join(keys).removeprefix(".") or "it"
        if not self.expected:
            return f"{where} lacks {self.found}"
        return f"{where} is {self.found}, expected {self.expected}"


def _faults(
    value: Any, form: Any, held: Form, place: tuple[str | int, ...] = ()
) -> Iterator[_Fault]:
    """Return what is wrong with a value, by the words of JSON Schema that our schemas use.

    An object may hold more than is named, except where nothing may be.

    Args:
        value: what is held against the schema.
        form: the schema, or false: nothing is right.
        held: what ``$ref`` refers to.
        place: where the value is.
    """
    if form is False:
        yield _Fault(place, _told(value), "nothing there")
        return
    if "$ref" in form:
        yield from _faults(value, held[form["$ref"].rpartition("/")[2]], held, place)
    if not _fits(value, form):
        yield _Fault(place, _told(value), _expected(form))
        return
    if isinstance(value, dict):
        absent = [name for name in form.get("required", ()) if name not in value]
        if absent:
            yield _Fault(place, ", ".join(absent))
        named, others = form.get("properties", {}), form.get("additionalProperties") or {}
        for name, each in value.items():
            yield from _faults(each, named.get(name, others), held, (*place, name))
    if isinstance(value, list):
        first = form.get("prefixItems", ())
        for number, each in enumerate(value):
            part = first[number] if number < len(first) else form.get("items", {})
            yield from _faults(each, part, held, (*place, number))
    for each in form.get("allOf", ()):
        yield from _faults(value, each, held, place)
    if "if" in form:
        holds = next(_faults(value, form["if"], held), None) is None
        yield from _faults(value, form.get("then" if holds else "else", {}), held, place)
    if "anyOf" in form:
        found = [next(_faults(value, each, held, place), None) for each in form["anyOf"]]
        yield from _nearest([fault for fault in found if fault], of=len(found))


def _nearest(faults: list[_Fault], *, of: int) -> Iterator[_Fault]:
    """Return what is wrong if no alternative holds: the faults of those that hold the furthest."""
    if len(faults) < of:
        return
    depth = max(len(fault.place) for fault in faults)
    deepest = [fault for fault in faults if len(fault.place) == depth]
    expected = " or ".join(dict.fromkeys(fault.expected for fault in deepest))
    yield _Fault(deepest[0].place, deepest[0].found, expected)


def _fits(value: Any, form: Form) -> bool:
    """Return whether a value alone, without what it holds, is what the schema says."""
    kinds = form.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    right = not kinds or any(_is(value, kind) for kind in kinds)
    listed = form.get("enum", [form["const"]] if "const" in form else [value])
    right = right and any(type(each) is type(value) and each == value for each in listed)
    if isinstance(value, int | float):
        right = right and form.get("minimum", value) <= value <= form.get("maximum", value)
    if isinstance(value, str):
        right = right and len(value) >= form.get("minLength", 0)
        right = right and re.search(form.get("pattern", ""), value) is not None
    if isinstance(value, list):
        right = right and len(value) >= form.get("minItems", 0)
    return bool(right)


def _is(value: Any, kind: str) -> bool:
    if kind != "number":
        return type(value) is _KINDS[kind][0]
    try:
        return type(value) in (int, float) and isfinite(value)
    except OverflowError:  # an integer that no float is near
        return False


def _expected(form: Form) -> str:
    """Return what a schema asks of a value alone, in words."""
    if "const" in form:
        return _told(form["const"])
    if "enum" in form:
        return f"one of {', '.join(map(_word, form['enum']))}"
    kinds = form.get("type", ())
    told = " or ".join(_KINDS[kind][1] for kind in ((kinds,) if isinstance(kinds, str) else kinds))
    low, high = form.get("minimum"), form.get("maximum")
    told += f" from {low}" if low is not None else ""
    told += f" to {high}" if high is not None else ""
    told += f" like {form['pattern']}" if "pattern" in form else ""
    least = form.get("minItems", form.get("minLength"))
    return told + (" that is not empty" if least == 1 else f" of {least}" if least else "")


def _told(value: Any) -> str:
    if isinstance(value, dict | list):
        name = _KINDS["object" if isinstance(value, dict) else "array"][1]
        return name if value else f"{name} that is empty"
    text = json.dumps(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _word(value: Any) -> str:
    """Return a name as it is, if it is one, and all else as JSON writes it."""
    plain = isinstance(value, str) and value.replace("_", "a").isalnum() and value.isascii()
    return value if plain else _told(value)
