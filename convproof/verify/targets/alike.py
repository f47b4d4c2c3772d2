"""Axes that are alike: what is not asked of a target that knows one number for all of them.

===============  ======================================================================
word             a target that lacks it is asked nothing where these differ between axes
===============  ======================================================================
``anisotropic``  kernel size, stride, padding, dilation, output padding, output size
``rectangular``  these, and the sizes of the input
===============  ======================================================================

Cases are drawn so (``convproof.strategies``); a law that turns one into another that is not so is
not asked. Each option has one entry per axis all the same.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

from convproof.calls import given_names
from convproof.errors import UnsupportedError
from convproof.functions import Function

WORDS = frozenset({"anisotropic", "rectangular"})
WINDOW = ("kernel_size", "stride", "padding", "dilation", "output_padding", "output_size")
_IMAGES = ("x", "input_size")


def differing(
    function: Function, given: Mapping[str, Any], options: Mapping[str, Any]
) -> tuple[str, str]:
    """Return the word of what differs between axes, and what it is; ``("", "")`` if nothing does.

    Args:
        function: which one is called.
        given: its positional arguments by name.
        options: its keywords.
    """
    for name, sizes in _of_windows(function, given, options):
        if len(set(sizes)) > 1:
            return "anisotropic", f"{name} {sizes}"
    for name, sizes in _of_images(function, given, options):
        if len(set(sizes)) > 1:
            return "rectangular", f"{name} {sizes}"
    return "", ""


def alike_only(
    call: Callable[..., Any], function: Function, lacks: Collection[str]
) -> Callable[..., Any]:
    """Return a function that refuses what the words that it lacks are about.

    Args:
        call: what answers.
        function: which one it is.
        lacks: words of what it has not.
    """
    if not WORDS & {*lacks}:
        return call

    @wraps(call)
    def alike(*given: Any, **options: Any) -> Any:
        refuse_unlike(function, lacks, given, options)
        return call(*given, **options)

    return alike


def refuse_unlike(
    function: Function, lacks: Collection[str], given: Sequence[Any], options: Mapping[str, Any]
) -> None:
    """Raise if a call is one of those that the words which a target lacks are about.

    Raises:
        UnsupportedError: if it is.
    """
    refused = WORDS if "rectangular" in lacks else WORDS & {*lacks}
    if refused:
        named = dict(zip(given_names(function), given, strict=False))
        word, told = differing(function, named, options)
        if word in refused:
            msg = f"the target lacks {word}, asked for {told}."
            raise UnsupportedError(msg)


def _of_windows(
    function: Function, given: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for name in WINDOW:
        if isinstance(options.get(name), tuple) and (function.stem, name) != (
            "fold",
            "output_size",
        ):
            yield name, options[name]
    if function.dims is not None:
        yield from (("kernel", sizes) for sizes in _spatial(given, ("w", "weight_size")))


def _of_images(
    function: Function, given: Mapping[str, Any], options: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    if function.stem == "fold":
        yield "output_size", tuple(options.get("output_size", ()))
    elif function.dims is not None or function.stem in ("unfold", "local_response_norm"):
        read = ("y_bar",) if function.role == "bias" else _IMAGES
        yield from (("input", sizes) for sizes in _spatial(given, read))


def _spatial(given: Mapping[str, Any], names: Collection[str]) -> Iterator[tuple[int, ...]]:
    for name in names:
        if name in given:
            yield tuple(getattr(given[name], "shape", given[name]))[2:]
