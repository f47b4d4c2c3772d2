"""What a zoo's file must hold to be shown."""

from typing import Any

_TEXT = {"type": "string"}
_WORD = {"enum": ["seen", "missed", "not asked"]}
_MUTANT: dict[str, Any] = {
    "type": "object",
    "required": [
        "function", "fault", "origin", "refuted_by", "examples", "allclose", "gradcheck_slow",
        "gradcheck_fast",
    ],
    "properties": {
        "function": _TEXT, "fault": _TEXT, "origin": _TEXT,
        "refuted_by": {"type": ["string", "null"]},
        "examples": {"type": "integer", "minimum": 0},
        "allclose": _WORD, "gradcheck_slow": _WORD, "gradcheck_fast": _WORD,
    },
}  # fmt: skip
ZOO_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["schema", "seed", "profile", "mutants"],
    "properties": {
        "schema": {"const": "convproof/zoo/1"},
        "seed": {"type": "integer"},
        "profile": _TEXT,
        "mutants": {"type": "array", "minItems": 1, "items": _MUTANT},
    },
}
