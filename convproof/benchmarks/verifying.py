"""The exact law against gradcheck: geometries per second, of ``conv2d`` with its derivatives.

=============  =============================================================================
side           does, for each geometry
=============  =============================================================================
exact          equality in integers of forward, ``x_bar``, ``w_bar`` and ``b_bar``, in float32
gradcheck      ``torch.autograd.gradcheck`` of ``F.conv2d`` in float64, its default (slow) mode
... fast       the same with ``fast_mode=True``, which projects on random vectors
=============  =============================================================================

All take the same geometries in the same process, on one thread, and both ask torch. The exact side
derives every expected answer twice; each of its turns has other data, so that nothing it derived
before is used again. Drawing the geometries is no side's and is told apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np

from convproof.benchmarks.protocol import Call, Protocol
from convproof.benchmarks.tables import aligned
from convproof.cases import Case
from convproof.errors import MissingExtraError
from convproof.functions import FIRST, Function
from convproof.layers import Conv
from convproof.names.arguments import arguments_of
from convproof.theorems import THEOREMS, Request, Subject

DRAWN_AT_LEAST, SINGLE_AT_LEAST = 5.0, 10.0  # exact geometries for one of slow gradcheck
SINGLE = Case(
    layer=Conv(
        in_channels=4,
        out_channels=4,
        kernel_size=(3, 3),
        stride=(1, 1),
        padding=((0, 0), (0, 0)),
        dilation=(1, 1),
    ),
    input_shape=(2, 4, 8, 8),
)
Record = dict[str, Any]
On = Callable[[str], None]
_FUNCTIONS = tuple(Function("conv2d", role) for role in FIRST)
_REQUEST = Request(dtype=np.dtype(np.float32), precision="float32")
_EXACT = {f: next(t for t in THEOREMS if t.name == "exact" and t.speaks_of(f)) for f in _FUNCTIONS}


def measure(subject: Subject, drawn: Sequence[Case], protocol: Protocol, on: On) -> Record:
    """Return the two comparisons.

    Args:
        subject: torch's functions, called in this process.
        drawn: geometries of ``conv2d``.
        protocol: how they are timed.
        on: told what is measured.

    Raises:
        MissingExtraError: if torch is not installed.
    """
    on(f"{len(drawn)} drawn geometries")
    many = _compared(subject, drawn, protocol, DRAWN_AT_LEAST)
    on(f"one geometry, {SINGLE}")
    single = _compared(subject, [SINGLE], protocol, SINGLE_AT_LEAST)
    return {"drawn": many, "single": {**single, "case": str(SINGLE)}}


def text(record: Record) -> str:
    """Return the table, and what each side misses."""
    heading = ["conv2d of torch", "side", "geometries/s", "ms each", "exact / it", "at least", ""]
    rows = []
    for what, title in (("drawn", "drawn"), ("single", "2x4x8x8, 4x4x3x3")):
        part = record[what]
        name = f"{title} ({part['geometries']})" if what == "drawn" else title
        for side in ("exact", "gradcheck slow", "gradcheck fast"):
            found = part["sides"][side]
            rows.append(
                [
                    name,
                    side,
                    f"{found['per_second']:.1f}",
                    f"{found['ms']:.2f}",
                    *_ratio(part, side),
                ]
            )
    draw = record.get("draw_ms")
    lines = [aligned(heading, rows, words=2)]
    if draw is not None:
        lines.append(f"drawing takes {draw:.2f} ms a geometry besides")
    return "\n".join([*lines, _zoo(record.get("missed"))])


def _ratio(part: Record, side: str) -> list[str]:
    if side == "exact":
        return ["", "", ""]
    if side == "gradcheck fast":
        return [f"{part['ratio_fast']:.1f}", "", ""]
    word = "yes" if part["ratio"] >= part["at_least"] else "NO"
    return [f"{part['ratio']:.1f}", f"{part['at_least']:g}", word]


def _zoo(missed: Record | None) -> str:
    if missed is None:
        return "mutants missed: zoo not run"
    return (
        f"mutants missed, of {missed['mutants']}: {missed['theorems']} by the theorems, "
        f"{missed['gradcheck_slow']} by gradcheck, {missed['gradcheck_fast']} by its fast mode"
    )


def _compared(
    subject: Subject, cases: Sequence[Case], protocol: Protocol, at_least: float
) -> Record:
    turn = count()
    names = ("exact", "gradcheck slow", "gradcheck fast")
    found = protocol.compare(
        lambda: _exact(subject, cases, next(turn)),
        _gradchecks(cases, fast=False),
        _gradchecks(cases, fast=True),
    )
    sides = {
        name: {
            "ms": round(times["best"] / len(cases), 4),
            "median_ms": round(times["median"] / len(cases), 4),
            "per_second": round(1e3 * len(cases) / times["best"], 2),
        }
        for name, times in zip(names, found, strict=True)
    }
    exact = sides["exact"]["per_second"]
    return {
        "geometries": len(cases),
        "sides": sides,
        "ratio": round(exact / sides["gradcheck slow"]["per_second"], 2),
        "ratio_fast": round(exact / sides["gradcheck fast"]["per_second"], 2),
        "at_least": at_least,
    }


def _exact(subject: Subject, cases: Sequence[Case], turn: int) -> None:
    """Ask the exact law of every function of every geometry, on data of this turn."""
    for case in cases:
        asked = replace(case, seed=case.seed + (turn + 1) * 2**32)
        for function, theorem in _EXACT.items():
            theorem.check(subject, function, asked, _REQUEST)


def _gradchecks(cases: Sequence[Case], *, fast: bool) -> Call:
    """Return what asks gradcheck of every geometry; the tensors are made beforehand."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message

    asked: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    for case in cases:
        arrays, options = (
            case.reals(np.dtype(np.float64)),
            arguments_of(case.layer, case.input_shape),
        )
        held = [arrays[name] for name in ("x", "w", "b") if name in arrays]

        def layer(*tensors: Any, options: dict[str, Any] = options) -> Any:
            return torch.nn.functional.conv2d(*tensors, **options)

        asked.append((layer, tuple(torch.from_numpy(a).requires_grad_() for a in held)))

    def check() -> None:
        for layer, tensors in asked:
            torch.autograd.gradcheck(layer, tensors, fast_mode=fast)

    return check
