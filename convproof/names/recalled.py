"""Calls whose arguments were read before: what depends on shapes alone is checked once.

A call is known by its plain arguments and by the types and shapes of its arrays. If an equal one
went well, its spec and the order of its arrays are recalled, and only the verb is asked.
"""

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from convproof.implementation import Implementation
from convproof.layers import Layer, Shape

_MOST_KEPT = 4096  # calls of one function
_PLAIN = frozenset({int, bool, float, str, type(None)})
_NAMELESS = ("",) * 32  # the builder's arguments, by position


class Recalled:
    """A verb of a layer, and which of a call's arguments are its arrays.

    Args:
        verb: its name.
        layer: the spec.
        size: the shape in place of the input, or None.
        places: of each array, in the verb's order: its position, or its name as an option.
        like: which of the arrays names the implementation.
    """

    __slots__ = ("_before", "_like", "_places", "_verb")

    def __init__(
        self, verb: str, layer: Layer, size: Shape | None, places: Sequence[int | str], like: int
    ) -> None:
        self._verb = verb
        self._before = (layer,) if size is None else (layer, size)
        self._places = tuple(places)
        self._like = like

    def __call__(
        self,
        choose: Callable[[Any], Implementation],
        args: Sequence[Any],
        options: dict[str, Any],
    ) -> Any:
        """Return what the implementation answers."""
        arrays = [args[at] if isinstance(at, int) else options[at] for at in self._places]
        return getattr(choose(arrays[self._like]), self._verb)(*self._before, *arrays)


@dataclass(frozen=True, slots=True)
class Operands:
    """Which arguments of a function a verb takes.

    Attributes:
        verb: its name.
        own: all arguments but the builder's, in order.
        arrays: those that are the verb's arrays, in its order.
        size: the one that is a shape in place of the input; "": none is.
        like: which of the arrays names the implementation.
    """

    verb: str
    own: tuple[str, ...]
    arrays: tuple[str, ...]
    size: str = ""
    like: int = 0

    def recalled(
        self, layer: Layer, args: Sequence[Any], options: dict[str, Any]
    ) -> Recalled | None:
        """Return a call as it is recalled, or None if its arrays have no batch axis."""
        given = dict(zip(self.own, args, strict=False)) | options
        first = given[self.size] if self.size else given[self.arrays[0]].shape
        if layer.input_axes not in (None, len(first) - 1):
            return None
        names = [name for name in self.arrays if given.get(name) is not None]
        places = [name if name in options else self.own.index(name) for name in names]
        return Recalled(self.verb, layer, tuple(first) if self.size else None, places, self.like)


class Calls:
    """The calls of one function that went well."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Recalled] = {}

    def known(self, key: Hashable) -> Recalled | None:
        """Return the call of this key, or None."""
        try:
            return self._kept.get(key)
        except TypeError:  # a shape of symbols has no hash
            return None

    def keep(self, key: Hashable, call: Recalled) -> None:
        """Keep a call, if its key can be found again."""
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        with suppress(TypeError):
            self._kept[key] = call


def key_of(operands: Operands, args: Sequence[Any], options: dict[str, Any]) -> Hashable | None:
    """Return what a call depends on apart from its arrays' numbers, or None if that is not plain.

    Equal numbers of different types, as 1, 1.0 and True, are told apart: not all are accepted. Only
    what stands in an array's place is known by its shape: a stride that is an array is a number.
    """
    key: list[Any] = []
    named = zip((*operands.own, *_NAMELESS[: len(args) - len(operands.own)]), args, strict=False)
    for name, value in (*named, *options.items()) if options else named:
        kind = type(value)
        key.append(kind)
        if kind in _PLAIN:
            key.append(value)
        elif issubclass(kind, tuple | list):
            if not all(type(each) is int for each in value):
                return None
            key.append(tuple(value))
        else:
            shape = getattr(value, "shape", None)
            if not isinstance(shape, tuple) or name not in operands.arrays:
                return None
            key.append(shape)
    if options:
        key += options
    key.append(len(args))
    return tuple(key)
