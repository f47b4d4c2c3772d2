"""What a target lacks is not passed to it: a keyword at its neutral value says nothing.

``f(x, w, b, stride=s, padding=p, dilation=1, groups=1) = f(x, w, b, stride=s, padding=p)``

A keyword that a target's signature demands is passed to it all the same, and so is the stride of a
pooling, whose default is its kernel's size.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.names.arguments import argument_names

NEUTRAL = {
    "stride": 1,
    "padding": 0,
    "output_padding": 0,
    "dilation": 1,
    "groups": 1,
    "ceil_mode": False,
    "ignore_index": -100,
    "reduction": "mean",
}
KEYWORDS = {name.removesuffix("_mode"): name for name in NEUTRAL}  # by the words for them


def omitted(function: Function, call: Callable[..., Any], lacks: Collection[str]) -> frozenset[str]:
    """Return the keywords that a function is called without.

    Args:
        function: which one.
        call: what answers it.
        lacks: words of what it has not.
    """
    if function.role == "bias":
        return frozenset()
    keywords = {KEYWORDS[word] for word in lacks if word in KEYWORDS}
    keywords &= {*argument_names(function.layer)}
    if "pool" in function.layer:
        keywords -= {"stride"}
    try:
        parameters = inspect.signature(call).parameters
    except (TypeError, ValueError):
        return frozenset(keywords)  # a builtin does not tell
    needed = {p.name for p in parameters.values() if p.default is p.empty}
    return frozenset(keywords - needed)


def without(call: Callable[..., Any], words: Collection[str], name: str) -> Callable[..., Any]:
    """Return a function that is called without these keywords, and refuses values that say more.

    Args:
        call: the function.
        words: its keywords that are left out.
        name: what it is called in errors.
    """
    if not words:
        return call

    @wraps(call)
    def sparing(*given: Any, **options: Any) -> Any:
        refuse_all(name, words, options)
        return call(*given, **{k: v for k, v in options.items() if k not in words})

    return sparing


def refuse_all(name: str, missing: Collection[str], options: Mapping[str, Any]) -> None:
    """Raise if an option that a target has no argument for leaves its neutral value.

    Raises:
        UnsupportedError: if one does.
    """
    for word in sorted(options.keys() & missing):
        value = options[word]
        entries = value if isinstance(value, tuple) else (value,)
        if word not in NEUTRAL or any(entry != NEUTRAL[word] for entry in entries):
            msg = f"{name} takes no {word}, asked for {word}={value}."
            raise UnsupportedError(msg)
