"""What all kernels of a convolution are given alike: arrays of its sizes, in slices, an epilogue.

Offsets are 32-bit integers: a batch whose arrays have more elements is taken in slices.
"""

from collections.abc import Iterator
from dataclasses import replace
from math import prod
from typing import Any, Literal

import numpy as np

from convproof.errors import UnsupportedError
from convproof.index_maps import Sizes
from convproof_gpu.machine import Kernel, LaunchLawError, Machine, blocks_of, launch

Activation = Literal["none", "relu", "tanh"]
MOST = 2**31 - 2**16  # elements that an int addresses, with a tile beyond them
_PER_LAUNCH = MOST
_ACTIVATIONS = ("none", "relu", "tanh")
_EPILOGUE = np.dtype([("activation", "<i4"), ("amplitude", "<f4"), ("slope", "<f4")])


def epilogue(activation: Activation, amplitude: float, slope: float) -> bytes:
    """Return the struct ``Epilogue`` of ``epilogue.cuh``; ``tanh`` alone is scaled."""
    held = np.array((_ACTIVATIONS.index(activation), amplitude, slope), _EPILOGUE)
    return held.tobytes()


def check_dims(dims: int) -> None:
    """Raise ``UnsupportedError`` unless kernels are compiled for so many axes."""
    if not 1 <= dims <= 3:
        msg = f"the kernels have 1 to 3 spatial axes, not {dims}."
        raise UnsupportedError(msg)


def check_counts(
    sizes: Sizes,
    inputs: dict[str, Any],
    answers: dict[str, Any],
    weights: dict[str, Any],
    biases: dict[str, Any] | None = None,
    *,
    shared: bool = True,
    of_inputs: bool = False,
) -> None:
    """Raise ``LaunchLawError`` unless every array has as many elements as the kernel addresses.

    Args:
        sizes: what the kernel is told.
        inputs: the array at the convolution's input, by its name.
        answers: that at its output.
        weights: the weights or their gradient.
        biases: the bias, or None in its place.
        shared: whether the positions share the weights.
        of_inputs: whether the bias belongs to the channels of the input.
    """
    inner, outer = sizes.groups * sizes.in_channels, sizes.groups * sizes.out_channels
    taps = prod(sizes.kernel) * (1 if shared else prod(sizes.output))
    rows = (
        (inputs, "N G C I", sizes.batch * inner * prod(sizes.input)),
        (answers, "N G M O", sizes.batch * outer * prod(sizes.output)),
        (weights, "G M C K" if shared else "G M C O K", outer * sizes.in_channels * taps),
        (biases or {}, "G C" if of_inputs else "G M", inner if of_inputs else outer),
    )
    for named, law, count in rows:
        for name, array in named.items():
            if array is not None and array.size != count:
                msg = (
                    f"{name} must have {law} = {count} elements, but its shape {array.shape} has "
                    f"{array.size}. Give it that many, or other sizes."
                )
                raise LaunchLawError(msg)


def check_splits(splits: int, depth: int) -> None:
    """Raise ``LaunchLawError`` unless ``splits * depth < 2^16 - 2^11``.

    Then the ends of all shares are 32-bit integers (``convproof prove int32_tiles``).

    Args:
        splits: parts of a sum; 0: chosen later, within the law.
        depth: products that a tile takes at a time.
    """
    most = (2**16 - 2**11 - 1) // depth
    if splits > most:
        msg = (
            f"a sum is split into at most {most} parts, whose ends are 32-bit integers, got "
            f"splits={splits}. Take {most}, or 0 for as many as fill a GPU."
        )
        raise LaunchLawError(msg)


def slices(sizes: Sizes, *, shared: bool = True, unit: int = 1) -> Iterator[tuple[slice, Sizes]]:
    """Yield the images that a launch takes, and its sizes; at least one launch, for empty batches.

    Args:
        sizes: of the convolution.
        shared: whether the positions share the weights.
        unit: channels of a group, and outputs, are whole units of so many.

    Raises:
        LaunchLawError: if one image or the weights are too many elements for 32-bit offsets.
    """
    inputs, outputs = prod(sizes.input), prod(sizes.output)
    of_units = (sizes.in_channels, sizes.out_channels, outputs)
    inner, outer, wide = (-(-count // unit) * unit for count in of_units)
    image = max(sizes.groups * inner * inputs, sizes.groups * outer * wide, 1)
    weights = sizes.groups * sizes.out_channels * sizes.in_channels * prod(sizes.kernel)
    weights *= 1 if shared else outputs
    rows = zip(
        sizes.input, sizes.kernel, sizes.output, sizes.stride, sizes.dilation, sizes.low,
        strict=True,
    )  # fmt: skip
    reach = max(i + s * o + abs(t) * k + abs(low) for i, k, o, s, t, low in rows)
    for what, count in (("image", image), ("set of weights", weights), ("axis", reach)):
        if count > MOST:
            msg = (
                f"one {what} has {count} positions, but the kernels address at most {MOST} with "
                "32 bits. Split the layer."
            )
            raise LaunchLawError(msg)
    each = _PER_LAUNCH // image
    for begin in range(0, max(sizes.batch, 1), each):
        images = slice(begin, min(begin + each, sizes.batch))
        yield images, replace(sizes, batch=images.stop - begin)


def add_parts(machine: Machine, element: str, parts: Any, y: Any) -> None:
    """Write ``y``, the sum over the first axis of ``parts``, which are floats.

    Args:
        machine: where the arrays lie.
        element: the C++ type of the elements of ``y``.
        parts: ``(S, *Y)``.
        y: ``(*Y)``.
    """
    args = {"parts": parts, "y": y, "splits": np.int32(len(parts)), "n": np.int32(y.size)}
    launch(machine, Kernel("sum_parts", (element,)), blocks_of(y.size), 256, args, ("y",))
