"""The parts of a sum on the tensor cores, simulated, are the model's of the bound, bit for bit.

``convproof_gpu.bounds`` says how far that model may be off: here the kernels are held to its words,
instructions, slabs and parts.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from unittest.mock import patch

import ml_dtypes
import numpy as np
import pytest

from convproof.cases import Case
from convproof_gpu.bounds import products, slab_of
from convproof_gpu.machine import Kernel
from convproof_gpu.mutants.patched import Patched
from convproof_gpu.simulated import Simulated
from tests.gpu.kernels import tensor_cases
from tests.gpu.kernels.tensor_cases import (
    LEAST,
    Held,
    Verb,
    forward,
    in_parts,
    input_vjp,
    layer_of,
    weight_vjp,
    without_bias,
)
from tests.gpu.tensor_core import as_they_are, rounded, summed, three

WORDS = {"float32": three, "tf32": rounded}
PARTS, INNER, OUTER, BATCH, POSITIONS = 2, 150, 141, 3, 47


class Watched(Simulated):
    """A simulator that keeps the parts of sums."""

    parts: np.ndarray

    def run(
        self, kernel: Kernel, blocks: int, threads: int, args: Sequence[Any], outputs: Sequence[str]
    ) -> None:
        """Run it."""
        super().run(kernel, blocks, threads, args, outputs)
        if tuple(outputs) == ("parts",):
            self.parts = args[2].copy()


class WatchedPatch(Watched, Patched):
    """The same of a kernel with a fault."""


def _case(verb: Verb) -> Case:
    """Return a convolution of one tap whose sums are of three slabs or more."""
    of: dict[Verb, tuple[int, int, int, int]] = {
        forward: (INNER, 5, 2, 3),
        input_vjp: (5, OUTER, 2, 3),
        weight_vjp: (6, 5, BATCH, POSITIONS),
    }
    inner, outer, batch, positions = of[verb]
    layer = layer_of((inner, outer), (1,), low=(0,), stride=(1,), dilation=(1,))
    return without_bias(Case(layer=layer, input_shape=(batch, inner, positions), seed=0))


def _operands(verb: Verb, held: Held) -> tuple[np.ndarray, np.ndarray]:
    """Return what is summed along the last axis, for all results: of columns, and of rows."""
    x, w, y_bar = (held[name] for name in ("x", "w", "y_bar"))
    if verb is forward:  # y[n, r, q] of x[n, c, q] and w[r, c]
        return np.moveaxis(x, 1, -1)[:, None], w[:, None, :, 0]
    if verb is input_vjp:
        return np.moveaxis(y_bar, 1, -1)[:, None], w.T[0, :, None]
    return (  # w_bar[r, c] of x[c, n q] and y_bar[r, n q]
        np.moveaxis(x, 1, 0).reshape(x.shape[1], -1),
        np.moveaxis(y_bar, 1, 0).reshape(y_bar.shape[1], 1, -1),
    )


def is_the_models(on: Watched, verb: Verb, dtype: Any, precision: str) -> bool:
    """Return whether every bit of the parts is."""
    case, rng = _case(verb), np.random.default_rng(0)
    shapes = {name: array.shape for name, array in tensor_cases.integers(case).items()}
    held = {name: rng.standard_normal(shape).astype(dtype) for name, shape in shapes.items()}
    tile = replace(LEAST, precision="tf32" if precision == "tf32" else "float32")
    with patch.object(tensor_cases, "SIM", on), in_parts(PARTS):
        verb(case, held, tile)
    wide = {name: array.astype(np.float32) for name, array in held.items()}
    a, b = np.broadcast_arrays(*_operands(verb, wide))
    depth, slab = a.shape[-1], slab_of(precision)
    each = -(-depth // (slab * PARTS)) * slab
    assert depth > 2 * slab
    for part, begin in enumerate(range(0, depth, each)):
        at = (..., slice(begin, begin + each))
        expected = summed(
            a[at], b[at], WORDS.get(precision, as_they_are), slab=slab,
            products=products(precision), least=-14 if precision == "f16" else -126,
        )  # fmt: skip
        found = on.parts[part].ravel()
        if verb is weight_vjp:
            found = found.reshape(expected.shape[0], -1)[:, : expected.shape[1]].ravel()
        if not np.array_equal(found.view(np.uint32), expected.ravel().view(np.uint32)):
            return False
    return True


HALVES = [(np.float16, "f16"), (ml_dtypes.bfloat16, "bf16")]
EVERY = [
    *((verb, np.float32, "float32") for verb in (forward, input_vjp, weight_vjp)),
    *((verb, np.float32, "tf32") for verb in (forward, weight_vjp)),
    *((verb, *half) for verb in (forward, input_vjp) for half in HALVES),
    *((weight_vjp, dtype, "words") for dtype, _ in HALVES),
]
QUICK = [(forward, np.float32, "float32"), (forward, np.float16, "f16")]


@pytest.mark.parametrize(
    ("verb", "dtype", "precision"),
    [row if row in QUICK else pytest.param(*row, marks=pytest.mark.full) for row in EVERY],
)
def test_every_bit_of_a_part_is_the_models(verb: Verb, dtype: Any, precision: str) -> None:
    """``parts[s] == sum of slabs``, each by instructions of ``n`` products that start at zero."""
    assert is_the_models(Watched(), verb, dtype, precision)


@pytest.mark.full
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("s > 0 || add);\n            warpgroup_multiply(part, high[s], low", "true);\n"
         "            warpgroup_multiply(part, high[s], low"),
        ("STEPS = 4", "STEPS = 3"),
        ("& 0xffffe000u)) + 0x1000u;", "& 0xffffe000u));"),
    ],
    ids=["a slab begins where the last one ended", "a step less", "a low word is cut"],
)  # fmt: skip
def test_another_order_or_word_is_seen(old: str, new: str) -> None:
    """The comparison can fail."""
    assert not is_the_models(machine(old, new), forward, np.float32, "float32")


@cache  # its folder lasts as long as the tests
def machine(old: str, new: str) -> WatchedPatch:
    return WatchedPatch("tensor_contraction.cuh", old, new)
