"""Hunt for faults of launchers: every verb, at the sizes where a launcher changes its mind.

python -m tests.gpu.kernels.hunt --launches 20000 --seed 1

Integers, in every format, on the simulator: what it reports is a find, and so is whatever NumPy
answers otherwise. A find is shrunk, by halving sizes while it still fails, and told with the lines
that reproduce it. Exit code 1 if there are finds, 2 if a kernel was not reached.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, replace
from math import prod
from random import Random
from time import perf_counter
from typing import Any

from convproof import layers
from convproof.errors import ConvProofError
from convproof.layers import Layer, Shape
from convproof_gpu.fused import Fused
from convproof_gpu.machine import Kernel, Machine
from convproof_gpu.specialisations import files, specialisations
from convproof_gpu.wing import ROOMS
from tests.gpu.kernels.at_thresholds import FORMATS, OTHERS
from tests.gpu.kernels.halo_cases import TILES
from tests.gpu.kernels.products_at_thresholds import PRODUCTS
from tests.gpu.kernels.trials import Counting, Trial, wrong

VERBS = ("forward", "input_vjp", "weight_vjp", "bias_vjp")
SLICED = (layers.Conv, layers.ConvTranspose, Fused)
KINDS = (*PRODUCTS, *OTHERS)
MOST_FINDS, MOST_SHRINKS, EVERY = 5, 300, 20


def verbs_of(layer: Layer, shape: Shape) -> list[str]:
    """Return the verbs that a layer has."""
    found = [verb for verb in VERBS if hasattr(ROOMS[type(layer)], verb)]
    if isinstance(layer, layers.Softmax) and len(shape) == 2 and shape[1]:
        found += ["cross_entropy"] * 2
    if isinstance(layer, layers.LocalResponseNorm):
        found += ["layout"]
    return found


def drawn(seed: int, number: int) -> Trial:
    """Return the trial of a number."""
    rng = Random(f"{seed} {number}")
    layer, shape, few, halo = KINDS[number % len(KINDS)](rng)
    trial = Trial(
        layer=layer, shape=shape, verb=rng.choice(verbs_of(layer, shape)),
        dtype=rng.choice(FORMATS), seed=rng.randrange(2**20),
        begin=rng.choice((0, 0, 0, 1, 2, 4)), wide=rng.random() < 0.2, few=few,
        adversary=rng.choice((None, None, rng.randrange(2**20))),
        halo=1 + rng.randrange(len(TILES)) if halo else 0,
    )  # fmt: skip
    summed = isinstance(layer, layers.LocallyConnected) and trial.verb == "weight_vjp"
    if not isinstance(layer, SLICED) or shape[0] < 2 or summed:
        return trial
    images = rng.choice((0, 0, 1, 2))
    return replace(trial, images=images, shape=(5, *shape[1:]) if images else shape)


def smaller(trial: Trial) -> Iterator[Trial]:
    """Yield legal trials that are simpler in one number: halved, less by one, or the least."""
    plain = {"adversary": None, "begin": 0, "images": 0, "wide": False, "dtype": "float32"}
    plain |= {"halo": 0}
    for name, value in plain.items():
        if getattr(trial, name) != value:
            yield replace(trial, **{name: value})  # type: ignore[arg-type]
    for shape in _less(trial.shape, 0):
        yield from _legal(trial, trial.layer, shape)
    if isinstance(trial.layer, Fused):
        yield from _of_conv(trial, trial.layer)
    for field in fields(trial.layer):
        value = getattr(trial.layer, field.name)
        for less in _less(value, 0):
            try:
                layer = replace(trial.layer, **{field.name: less})
            except (ConvProofError, ZeroDivisionError):
                continue
            yield from _legal(trial, layer, trial.shape)


def _of_conv(trial: Trial, fused: Fused) -> Iterator[Trial]:
    """Yield trials whose convolution is simpler, or which have no pooling."""
    without = replace(fused, pool=None)
    yield from _legal(trial, without, trial.shape)
    inner = replace(trial, layer=fused.conv, shape=fused.channels_first(trial.shape))
    for each in smaller(inner):
        shape = each.shape
        last = (shape[0], *shape[2:], shape[1]) if fused.reads_last else shape
        if isinstance(each.layer, layers.Conv):
            yield from _legal(trial, replace(fused, conv=each.layer), last)


def _less(value: Any, least: int) -> Iterator[Any]:
    if isinstance(value, tuple):
        for at, part in enumerate(value):
            for less in _less(part, least):
                yield (*value[:at], less, *value[at + 1 :])
    elif isinstance(value, bool):
        if value:
            yield False
    elif isinstance(value, int):
        yield from (n for n in sorted({least, 1, value // 2, value - 1}) if least <= n < value)


def _legal(trial: Trial, layer: Any, shape: Shape) -> Iterator[Trial]:
    """Yield the trial of a layer and a shape, made to fit each other, if they are legal."""
    try:
        if isinstance(layer, Fused):
            channels = layer.conv.in_channels
            first = (shape[0], channels, *layer.channels_first(shape)[2:])
            shape = (first[0], *first[2:], channels) if layer.reads_last else first
        elif isinstance(layer, layers.Conv | layers.ConvTranspose):
            shape = (shape[0], layer.in_channels, *shape[2:])
        elif isinstance(layer, layers.Linear):
            shape = (*shape[:-1], layer.in_features)
        elif isinstance(layer, layers.Bias):
            layer = replace(layer, channels=shape[layer.channel_axis])
        elif isinstance(layer, layers.Fold):
            channels = max(shape[1] // prod(trial.layer.kernel_size), 1)  # type: ignore[attr-defined]
            shape = layer.unfold.output_shape((shape[0], channels, *layer.output_size))
        if isinstance(layer, layers.LocallyConnected):
            sizes = tuple(axis.output_size for axis in layer.axes(shape[2:]))
            layer = replace(layer, output_size=sizes)
        layer.output_shape(shape)
    except (ConvProofError, ZeroDivisionError):
        return
    found = replace(trial, layer=layer, shape=shape)
    if min(shape[1:], default=1) > 0 and found != trial:
        yield found


def shrunk(trial: Trial, on: Machine) -> Trial:
    """Return the smallest trial that is found to fail by halving."""
    left, progress = MOST_SHRINKS, True
    while progress and left > 0:
        progress = False
        for other in smaller(trial):
            left -= 1
            if left < 0:
                break
            if wrong(other, on):
                trial, progress = other, True
                break
    return trial


def counted(counts: Counter[Kernel]) -> tuple[list[str], list[str]]:
    """Return a line for every kernel with its launches, and the names of those not reached."""
    by_name: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for kernel, count in counts.items():
        by_name[kernel.name or kernel.file] += count
        kinds[kernel.name or kernel.file] += 1
    names = sorted({(f, k.name or k.file) for f in files() for k in specialisations(f)})
    told = [
        f"{file}.cu {name}: {by_name[name]} launches of {kinds[name]} specialisations"
        for file, name in names
    ]
    return told, [name for _, name in names if not by_name[name]]


def hunt(on: Counting, launches: int, seed: int) -> tuple[list[Trial], int]:
    """Return what fails, and how many calls there were."""
    number, told = 0, perf_counter()
    finds: list[Trial] = []
    while on.counts.total() < launches and len(finds) < MOST_FINDS:
        trial = drawn(seed, number)
        fault = wrong(trial, on)
        number += 1
        if fault:
            least = shrunk(trial, on)
            finds.append(least)
            sys.stdout.write(
                f"FIND, call {number - 1} of seed {seed}: {fault}\n"
                f"{wrong(least, on)}\n{least.lines}\n"
            )
            sys.stdout.flush()
        if perf_counter() - told > EVERY:
            told = perf_counter()
            sys.stderr.write(f"{on.counts.total()} launches, {number} calls, {len(finds)} finds\n")
    return finds, number


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--launches", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    begin = perf_counter()
    on = Counting()
    finds, calls = hunt(on, asked.launches, asked.seed)
    told, missing = counted(on.counts)
    kernels = len(told)
    seconds = perf_counter() - begin
    if missing:
        told.append(f"not reached: {', '.join(missing)}")
    verdict = "failed" if finds or missing else "passed"
    told.append(
        f"{on.counts.total()} launches of {calls} calls, which reached {kernels - len(missing)} "
        f"of {kernels} kernels, {seconds:.0f} s, seed {asked.seed}: {len(finds)} finds, {verdict}"
    )
    sys.stdout.write("\n".join(told) + "\n")
    return 1 if finds else 2 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
