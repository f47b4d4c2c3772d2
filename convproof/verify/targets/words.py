"""The words by which a target says what it offers beyond torch's geometries, and what it lacks."""

from collections.abc import Collection
from difflib import get_close_matches

from convproof.errors import TargetError
from convproof.verify.targets.alike import WORDS

SUPPORTS = frozenset({"asymmetric", "circular", "integer", "named", "tensorflow_same"})
LACKS = frozenset(
    {
        "groups",
        "dilation",
        "stride",
        "padding",
        "output_padding",
        "ceil",
        "ignore_index",
        "reduction",
        "layouts",
        "special",
        "rejects",
        "empty",
        "ties",
    }
    | {"float32", "float64", "float16", "bfloat16"}
    | WORDS
)


def check_words(what: str, words: Collection[str], known: frozenset[str]) -> None:
    """Refuse words of which there is none.

    Raises:
        TargetError: with those that there are.
    """
    unknown = sorted(set(words) - known)
    if unknown:
        near = get_close_matches(unknown[0], known, 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        msg = f"{what} names {', '.join(unknown)}; known are {', '.join(sorted(known))}{hint}"
        raise TargetError(msg)
