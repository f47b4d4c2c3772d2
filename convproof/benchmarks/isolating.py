"""What a process of its own costs: of a call, and until a crash or a hang is made small.

=============  =============================================================================
row            is
=============  =============================================================================
a call         ``conv2d`` of the NumPy implementation in a worker, against the same in this
               process: 2x4x8x8 by 4x4x3x3, arrays copied and compared on both sides
segfaulting    from the start of a verification to its smallest case, of a ``conv2d`` that
               segfaults where groups meet a stride
hanging        the same of one that never ends there
=============  =============================================================================
"""

from collections.abc import Callable

import numpy as np

from convproof.benchmarks.protocol import Protocol
from convproof.benchmarks.verifying import SINGLE, On, Record
from convproof.calls import call_of
from convproof.cases import Arrays
from convproof.functions import Function
from convproof.theorems import Subject

Verified = Callable[[str], tuple[float, str]]
AT_MOST = {"segfaulting": 30.0, "hanging": 60.0}  # seconds
_CONV2D = Function("conv2d")


def measure(
    isolated: Subject, inside: Subject, protocol: Protocol, verified: Verified | None, on: On
) -> Record:
    """Return the costs.

    Args:
        isolated: the NumPy implementation in a process of its own.
        inside: the same in this one.
        protocol: how a call is timed.
        verified: verifies a target, and returns the seconds and the smallest case that failed, or
            "" if none did; None: no crash and no hang is made small, which takes a minute.
        on: told what is measured.
    """
    on("a call in a process of its own")
    arrays = {name: a.astype(np.float32) for name, a in SINGLE.integers().items()}
    call = call_of(_CONV2D, SINGLE, Arrays(arrays))
    found = protocol.compare(lambda: isolated.ask(call), lambda: inside.ask(call))
    apart, within = (round(times["best"], 4) for times in found)
    record: Record = {"call": {"isolated_ms": apart, "in_process_ms": within}}
    if verified is None:
        return record
    for name, most in AT_MOST.items():
        on(f"a {name} conv2d")
        seconds, case = verified(f"convproof.benchmarks.faulty:{name}")
        record[name] = {"seconds": round(seconds, 2), "case": case, "at_most": most}
    return record


def text(record: Record) -> str:
    """Return the costs as lines."""
    apart, within = record["call"]["isolated_ms"], record["call"]["in_process_ms"]
    lines = [
        f"a call in a process of its own takes {apart:.2f} ms, in this one {within:.2f} ms: "
        f"ratio {apart / within:.1f}"
    ]
    for name in AT_MOST:
        if name in record:
            found = record[name]
            word = "yes" if found["case"] and found["seconds"] <= found["at_most"] else "NO"
            lines += [
                f"a {name} conv2d is made small in {found['seconds']:.1f} s "
                f"(at most {found['at_most']:g})  {word}",
                f"  {found['case']}",
            ]
    return "\n".join(lines)
