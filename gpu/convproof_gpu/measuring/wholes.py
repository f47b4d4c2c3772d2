"""Whole networks in the document of a run: merged, and as a table.

A record is what ``whole.measured`` returns: the sides of a network and a batch, ours and PyTorch's.
"""

from collections.abc import Sequence
from typing import Any

from convproof.cli import terminal

Record = dict[str, Any]
_OURS = "ours"
_WORDS = 3
_HEADING = ("network", "batch", "side", "us", "eager us", "error", "ratio")


def failed(record: Record) -> bool:
    """Return whether our side was not timed, for a reason that it tells."""
    return "us" not in record["sides"][_OURS]


def is_in(records: Sequence[Record], network: str, batch: int) -> bool:
    """Return whether records hold a network with so many images, timed on our side."""
    return any(
        (each["network"], each["batch"]) == (network, batch) and not failed(each)
        for each in records
    )


def merged(records: Sequence[Record]) -> list[Record]:
    """Return each network once: the first that was timed on our side, else the last."""
    found: dict[tuple[str, int], Record] = {}
    for record in records:
        key = record["network"], record["batch"]
        if key not in found or failed(found[key]):
            found[key] = record
    return list(found.values())


def table(records: Sequence[Record], columns: int | None = None) -> str:
    """Return a line for each side; the ratio is a rival's time over ours, each as a graph.

    Where there is no room for so many columns, a record.
    """
    rows = []
    for record in records:
        ours = record["sides"][_OURS].get("us")
        for name, side in record["sides"].items():
            us = side.get("us")
            known = name != _OURS and us is not None and ours is not None
            rows.append(
                (
                    record["network"],
                    str(record["batch"]),
                    name,
                    "-" if us is None else f"{us:.1f}",
                    f"{side['eager us']:.1f}" if "eager us" in side else "-",
                    f"{side['error']:.1e}" if "error" in side else "-",
                    f"{us / ours:.2f}" if known else "-",
                )
            )
    return terminal.table(_HEADING, rows, _WORDS, columns, head=_WORDS)


def line(record: Record) -> str:
    """Return a network in a few words, for who waits."""
    ours = record["sides"][_OURS]
    told = ours.get("why") or f"{ours['us']:.1f} us"
    return f"{record['network']} whole: {told} ({record['seconds']:.1f} s)"
