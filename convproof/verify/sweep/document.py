"""The result of a sweep: as JSON, ``convproof/sweep/1``, and as text.

All but ``PASSING`` follows from target, versions, seed and geometries: two runs write the same, and
so do a whole sweep and its merged shards.
"""

import platform
import shlex
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from importlib import metadata
from typing import Any

from convproof import __version__
from convproof.verify.failure import printed
from convproof.verify.sweep.coverage import table
from convproof.verify.sweep.plan import Wanted
from convproof.verify.sweep.unit import DIGEST, DTYPE
from convproof.verify.xfail import Expected

SCHEMA = "convproof/sweep/1"
PASSING = ("command", "created", "seconds", "platform", "python")
_PACKAGES = ("numpy", "hypothesis", "ml_dtypes")  # what draws and judges
_LAWS = ("exact", "shape")  # by these names a list of known failures calls what a sweep asks
_COUNTS = ("geometries", "failing", "weak", "unsupported")
Values = dict[str, Any]


def head_of(
    spec: str, target: Any, wanted: Wanted, *, units: int, shard: tuple[int, int]
) -> Values:
    """Return what is known of a sweep before it begins."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "packages": {name: metadata.version(name) for name in _PACKAGES},
        "target": spec,
        "versions": dict(target.versions),
        "supports": sorted(target.supports),
        "lacks": sorted(target.lacks),
        "wanted": wanted.record(),
        "units": units,
        "shards": [f"{shard[0]}/{shard[1]}"],
    }


def identity_of(head: Values) -> Values:
    """Return what must agree for results to be of one sweep, shards included."""
    return dict(head)


def documented(
    head: Values, found: Iterable[Values], expected: Sequence[Expected] = (), *, seconds: float
) -> Values:
    """Return the document of the results of some units.

    Args:
        head: see ``head_of``.
        found: what ``perform`` returned, in any order.
        expected: failures that are known.
        seconds: they took.
    """
    spoken = [e for e in expected if e.speaks_of(head["target"], head["versions"])]
    results = []
    for result in sorted(found, key=lambda result: int(result["unit"])):
        plain = {name: value for name, value in result.items() if name != "seconds"}
        known = {} if "lost" in plain else _known(plain, spoken)
        results.append({**plain, **({"known": known} if known else {})})
    done = [result for result in results if "lost" not in result]
    held = {result["unit"] for result in results}
    document = {
        **head,
        "command": shlex.join(["convproof", *sys.argv[1:]]),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "seconds": round(seconds, 2),
        "missing": [number for number in _of_shards(head) if number not in held],
        "summary": _summary(done, len(results) - len(done)),
        "layers": _by_layer(done),
        "results": results,
    }
    return {**document, "verdict": _verdict(document)}


def _of_shards(head: Values) -> Iterable[int]:
    """Return the units that the shards of a document should hold."""
    shards = [tuple(map(int, text.split("/"))) for text in head["shards"]]
    return (u for u in range(head["units"]) if any(u % n == i - 1 for i, n in shards))


def _known(result: Values, expected: Sequence[Expected]) -> dict[str, str]:
    """Return the failing functions whose failure is known, with the reasons."""
    known = {}
    for name in {n for names in result["failing_functions"] for n in names.split()}:
        for entry in expected:
            if entry.theorem in _LAWS and _covers(entry, name):
                known[name] = entry.reason
                break
    return dict(sorted(known.items()))


def _covers(entry: Expected, name: str) -> bool:
    return fnmatchcase(name, entry.function) and fnmatchcase(DTYPE, entry.dtype)


def _unexpected(result: Values) -> int:
    """Return how many geometries fail by a function whose failure is not known."""
    known = set(result.get("known", ()))
    return sum(n for names, n in result["failing_functions"].items() if set(names.split()) - known)


def failures_of(document: Values) -> list[Values]:
    """Return the records of failures that are not known."""
    return [
        failure
        for result in document["results"]
        for failure in result.get("failures", ())
        if failure["function"] not in result.get("known", ())
    ]


def _summary(done: Sequence[Values], lost: int) -> Values:
    totals: Values = {name: sum(result[name] for result in done) for name in _COUNTS}
    unexpected = sum(map(_unexpected, done))
    distinct = {d for result in done for d in _digests(result["digests"])}
    return {
        **totals,
        "distinct": len(distinct),
        "checks": sum(result["checks"] for result in done),
        "not_asked": sum(result["not_asked"] for result in done),
        "failing": unexpected,
        "known": totals["failing"] - unexpected,
        "lost_units": lost,
        "weak_checks": dict(sorted(_added(done, "weak_checks").items())),
        "unsupported_checks": dict(sorted(_added(done, "unsupported_checks").items())),
    }


def _by_layer(done: Sequence[Values]) -> Values:
    layers: Values = {}
    for name in dict.fromkeys(result["layer"] for result in done):
        mine = [result for result in done if result["layer"] == name]
        counts = {count: sum(result[count] for result in mine) for count in _COUNTS}
        layers[name] = {**counts, "coverage": dict(_added(mine, "coverage"))}
    return layers


def _added(done: Sequence[Values], name: str) -> Counter[str]:
    total = Counter[str]()
    for result in done:
        for word, number in result[name].items():
            total[word] += number
    return total


def _digests(text: str) -> Iterable[str]:
    return (text[at : at + 2 * DIGEST] for at in range(0, len(text), 2 * DIGEST))


def _verdict(document: Values) -> str:
    summary = document["summary"]
    if summary["failing"]:
        return "failed"
    idle = summary["weak"] + summary["unsupported"] == summary["geometries"]
    unsure = document["missing"] or summary["lost_units"] or idle
    return "unknown" if unsure else "passed"


def coverage_rows(document: Values) -> list[tuple[str, ...]]:
    """Return the coverage table's rows, the heading first."""
    return table({name: layer["coverage"] for name, layer in document["layers"].items()})


def lines(document: Values) -> list[str]:
    """Return the counts as sentences."""
    summary, wanted = document["summary"], document["wanted"]
    asked = summary["geometries"]
    share = 100 * summary["weak"] / asked if asked else 0.0
    told = [
        f"{document['target']}: {asked} geometries, {summary['distinct']} distinct, over "
        f"{len(document['layers'])} layers, {summary['checks']} checks (shards "
        f"{', '.join(document['shards'])}, seed {wanted['seed']})",
        f"failing {summary['failing']}, known to fail {summary['known']}, weak "
        f"{summary['weak']} ({share:.1f} %), unsupported {summary['unsupported']}",
    ]
    told += [f"  {count} checks unsupported: {why}" for why, count in _most(summary)]
    if summary["not_asked"]:
        told.append(f"{summary['not_asked']} checks not asked: the function kills its process")
    told += [
        f"LOST unit {result['unit']} ({result['layer']}): {result['lost']}"
        for result in document["results"]
        if "lost" in result
    ]
    if document["missing"]:
        told.append(f"MISSING units: {_ranges(document['missing'])} of {document['units']}")
    return told


def _most(summary: Values) -> list[tuple[str, int]]:
    return Counter[str](summary["unsupported_checks"]).most_common(5)


def _ranges(numbers: Sequence[int]) -> str:
    """Return sorted numbers in short.

    Example:
        >>> _ranges([0, 1, 2, 5, 7, 8])
        '0-2, 5, 7-8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def failure_lines(failure: Values) -> list[str]:
    """Return a failure as verify tells it."""
    found = failure["failure"]
    rows = [f"FAIL {failure['function']} ({failure['dtype']}): {failure['theorem']}"]
    rows += [f"  law:   {found['law']}", f"  case:  {found['told']}"]
    if found["index"] is not None:
        place = ", ".join(map(str, found["index"]))
        rows.append(f"  first differing: [{place}] is {found['got']}, not {found['expected']}")
    if found["hint"]:
        rows.append(f"  hint:  {found['hint']}")
    return [*rows, "  reproduce:", *(f"    {line}" for line in printed(found["snippet"]))]
