"""The padding argument, in every form it may be written, as one ``(low, high)`` pair per axis.

==================  =====================================================================
``2``               two at both ends of every axis
``(1, 2)``          one entry per axis: 1 around the height, 2 around the width
``((1, 2),)``       a pair is ``(low, high)``: here one axis, 1 below and 2 above
``"valid"``         none
``"same"``          ``span - 1`` in all, the surplus on the high side; stride 1 only
``"tensorflow_same"``  as much as keeps ``output_size = ceil(input_size / stride)``
==================  =====================================================================
"""

from collections.abc import Sequence
from operator import index
from typing import Any

from convproof.axes import Pair, at_least
from convproof.errors import GeometryError

Padding = int | str | Sequence[int | Sequence[int]]
NAMES = ("same", "valid", "tensorflow_same")


def per_axis(value: int | Sequence[int], dims: int, name: str) -> tuple[int, ...]:
    """Return one integer per axis from an integer or a sequence of them, as torch reads it.

    Raises:
        GeometryError: if the sequence has neither one entry nor one per axis.

    Example:
        >>> per_axis(2, 3, "stride"), per_axis((1, 2), 2, "stride")
        ((2, 2, 2), (1, 2))
    """
    value = _listed(value)
    entries = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(entries) not in (1, dims):
        msg = (
            f"{name} must be an integer or have one entry per axis, but {name}={value!r} has "
            f"{len(entries)} entries for {dims} {'axis' if dims == 1 else 'axes'}."
        )
        raise GeometryError(msg)
    return tuple(_whole(entry, name) for entry in entries) * (dims // len(entries))


def pairs(padding: Padding, dims: int) -> tuple[Pair, ...] | str:
    """Return one ``(low, high)`` pair per axis; a name is checked and returned as it is.

    Raises:
        GeometryError: if the argument has none of the forms above.

    Example:
        >>> pairs(((1, 2),), 1), pairs((1, 2), 2)
        (((1, 2),), ((1, 1), (2, 2)))
    """
    if isinstance(padding, str):
        if padding not in NAMES:
            msg = f"padding must be an integer, one entry per axis, or one of {NAMES}: {padding!r}."
            raise GeometryError(msg)
        return padding
    padding = _listed(padding)
    entries = tuple(padding) if isinstance(padding, Sequence) else (padding,)
    if len(entries) not in (1, dims):
        advice = f" Write padding=({padding!r},) for low and high." if dims == 1 else ""
        msg = (
            f"padding must be an integer or have one entry per axis, but padding={padding!r} has "
            f"{len(entries)} entries for {dims} {'axis' if dims == 1 else 'axes'}.{advice}"
        )
        raise GeometryError(msg)
    return tuple(map(_pair, entries)) * (dims // len(entries))


def named_pair(name: str, *, input_size: int, span: int, stride: int) -> Pair:
    """Return the ``(low, high)`` pair that a named padding means along one axis.

    Raises:
        GeometryError: for ``"same"`` with a stride above 1, as in torch.

    Example:
        >>> named_pair("same", input_size=7, span=4, stride=1)
        (1, 2)
        >>> named_pair("tensorflow_same", input_size=7, span=3, stride=2)
        (1, 1)
    """
    at_least(1, input_size=input_size, stride=stride)
    if name == "valid":
        return (0, 0)
    if name == "same":
        if stride != 1:
            msg = (
                f"padding='same' keeps the size only at stride 1, got stride={stride}. "
                f"Use padding='tensorflow_same' for an output of ceil(input_size / stride) = "
                f"{-(-input_size // stride)}."
            )
            raise GeometryError(msg)
        total = span - 1
    else:
        outputs = -(-input_size // stride)
        total = max((outputs - 1) * stride + span - input_size, 0)
    return (total // 2, total - total // 2)


def _listed(value: Any) -> Any:
    """Return an array of integers as a list, anything else as it is."""
    return value.tolist() if hasattr(value, "tolist") else value


def _pair(entry: object) -> Pair:
    if not isinstance(entry, Sequence):
        both = _whole(entry, "padding")
        return (both, both)
    if isinstance(entry, str) or len(entry) != 2:
        msg = f"an entry of padding must be an integer or a (low, high) pair, got {entry!r}."
        raise GeometryError(msg)
    low, high = (_whole(end, "padding") for end in entry)
    return (low, high)


def _whole(value: object, name: str) -> int:
    try:
        return index(value)  # type: ignore[arg-type]  # that is the question
    except TypeError:
        msg = f"{name} must be an integer, got {value!r}."
        raise GeometryError(msg) from None
