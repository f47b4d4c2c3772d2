"""The document of a run, the merging of its parts, and the short table."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import geometric_mean
from typing import Any

from convproof.cli import terminal
from convproof.errors import EvidenceError
from convproof_gpu.measuring import wholes
from convproof_gpu.measuring.ratios import LEGEND, NAMES, ratios
from convproof_gpu.measuring.rows import Row

Document = dict[str, Any]
_SCHEMA = "convproof/bench/1"
_HEADING = (
    "layer", "operation", "precision", "us", "eager", "error", "roofline",
    "best us", "error", *NAMES,
)  # fmt: skip
_WORDS = 3


def read(path: str) -> Document:
    """Return the document of a file that ``convproof bench gpu --json`` wrote.

    Its ratios are computed anew of its times and errors: they may be of another version's kinds.

    Raises:
        EvidenceError: if it is none.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{path!r} cannot be read: {error.strerror}."
        raise EvidenceError(msg) from None
    except ValueError:
        document = None
    head = document if isinstance(document, dict) else {}
    none = EvidenceError(f"{path!r} is no result of `convproof bench gpu --json`.")
    if head.get("schema") != _SCHEMA or head.get("on") != "gpu":
        raise none
    try:
        rows = [_compared(row) for row in head["rows"]]
        found = head | {"rows": rows, "networks": _networks(head)}
        text(merged([found]))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        raise none from None
    return found


def merged(documents: Sequence[Document]) -> Document:
    """Return one document of several: every row once, a measured one rather than one that is not.

    Of a row that was measured twice the first time stays, with the others under ``again``. Facts
    and ceilings of each part are kept, in order.
    """
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for document in documents:
        for row in document["rows"]:
            key = (row["name"], row["operation"], row["precision"], str(row["input_shape"]))
            before = rows.get(key)
            if before is None or (before["status"] != "measured" and row["status"] == "measured"):
                rows[key] = dict(row)
            elif row["status"] == "measured":
                before["again"] = [*before.get("again", ()), _shortly(row), *row.get("again", ())]
    return {
        "runs": [run for document in documents for run in document["runs"]],
        "rows": list(rows.values()),
        "networks": wholes.merged([each for d in documents for each in _networks(d)]),
    }


def begun(path: str | None) -> Document:
    """Return the runs, and what was measured, of a file that may not be there yet.

    Raises:
        EvidenceError: if it is a file of something else.
    """
    if path is None or not Path(path).is_file():
        return {"runs": [], "rows": [], "networks": []}
    document = read(path)
    rows = [row for row in document["rows"] if not _is_missing(row)]
    networks = [each for each in document["networks"] if not wholes.failed(each)]
    return {"runs": document["runs"], "rows": rows, "networks": networks}


def is_in(rows: Sequence[dict[str, Any]], row: Row, precisions: Sequence[str]) -> bool:
    """Return whether rows hold a row in each of the precisions."""
    shape = list(row.input_shape)
    held = {
        r["precision"]
        for r in rows
        if (r["name"], r["operation"], r["input_shape"]) == (row.name, row.operation, shape)
    }
    return held >= set(precisions)


def text(document: Document, columns: int | None = None) -> str:
    """Return facts, what the columns are, table and summary.

    Args:
        document: of a run.
        columns: that there is room for; None: any number.
    """
    lines = []
    for run in document["runs"]:
        lines.append(", ".join(f"{name} {value}" for name, value in run["facts"].items()))
        lines.append(f"ceilings: {_ceilings(run['rates'])}")
    if document["rows"] or not _networks(document):
        lines += ["", *legend().splitlines(), ""]
    lines = [part for line in lines for part in _folded(line, columns)]
    if document["rows"] or not _networks(document):
        lines += [table(document["rows"], columns), ""]
        told = summary(document["rows"]).splitlines()
        lines += [part for line in told for part in _folded(line, columns)]
    if networks := _networks(document):
        lines += ["", wholes.table(networks, columns)]
    return "\n".join(lines)


def _folded(line: str, columns: int | None) -> list[str]:
    """Return a line as several, of which an empty one stays."""
    return terminal.folded(line, columns, 4) or [""]


def legend() -> str:
    """Return what each column of ratios is against."""
    told = "".join(f"\n  {name:<{max(map(len, NAMES))}}  {LEGEND[name]}" for name in NAMES)
    return (
        "a rival's time over ours, above 1 we are ahead; in parentheses: the rounds overlap, a tie."
        f"{told}\nbest us, error: of the rival of {NAMES[0]!r}; errors: |y - float64| / |float64|."
    )


def table(rows: Sequence[dict[str, Any]], columns: int | None = None) -> str:
    """Return one line for each row, see ``legend``, or a record where there is no room for it."""
    return terminal.table(_HEADING, [_cells(row) for row in rows], _WORDS, columns, head=_WORDS)


def summary(rows: Sequence[dict[str, Any]]) -> str:
    """Return the geometric mean of the ratios per operation and precision, and what is missing."""
    lines = []
    groups = dict.fromkeys((row["operation"], row["precision"]) for row in rows)
    for operation, precision in groups:
        of = [r for r in rows if (r["operation"], r["precision"]) == (operation, precision)]
        means = []
        for name in NAMES:
            found = [r["ratios"][name]["ratio"] for r in of if (r.get("ratios") or {}).get(name)]
            if found:
                ahead = sum(ratio > 1 for ratio in found)
                means.append(f"{name} {geometric_mean(found):.2f} ({ahead} of {len(found)} ahead)")
        if means:
            lines.append(f"{operation} {precision}: {', '.join(means)}")
    counts = Counter(row["status"] for row in rows)
    lines.append(", ".join(f"{number} {status}" for status, number in counts.items()))
    missing = [f"{r['name']} {r['operation']} {r['precision']}" for r in rows if _is_missing(r)]
    if missing:
        lines.append(f"not measured: {', '.join(missing)}")
    return "\n".join(lines)


def _networks(document: Document) -> list[dict[str, Any]]:
    """Return the networks that were measured whole; a file of before has none."""
    found: list[dict[str, Any]] = document.get("networks", [])
    return found


def _compared(row: dict[str, Any]) -> dict[str, Any]:
    if row["status"] != "measured":
        return row
    return row | {"ratios": ratios(row["ours"], row["rivals"], row["precision"])}


def _is_missing(row: dict[str, Any]) -> bool:
    return bool(row["status"] == "not measured")


def _cells(row: dict[str, Any]) -> list[str]:
    head = [row["name"], row["operation"], row["precision"]]
    if row["status"] != "measured":
        return [*head, row["status"], *["-"] * (len(_HEADING) - len(head) - 1)]
    ours, against = row["ours"], row["ratios"]
    name = (against[NAMES[0]] or {}).get("rival")
    best = next((rival for rival in row["rivals"] if rival["name"] == name), None)
    return [
        *head,
        f"{ours['us']:.1f}",
        f"{ours['eager_us']:.1f}" if "eager_us" in ours else "-",
        f"{ours['error']['rel_l2']:.1e}",
        f"{row['roofline']:.0%}",
        f"{best['us']:.1f}" if best else "-",
        f"{best['error']['rel_l2']:.1e}" if best else "-",
        *(_told(against[name]) for name in NAMES),
    ]


def _told(ratio: dict[str, Any] | None) -> str:
    if ratio is None:
        return "-"
    return f"({ratio['ratio']:.2f})" if ratio["tie"] else f"{ratio['ratio']:.2f}"


def _ceilings(rates: dict[str, float]) -> str:
    words = [f"copy {rates['copy'] / 1e12:.2f} TB/s"]
    words += [f"{name} {rate / 1e12:.0f} TFLOP/s" for name, rate in rates.items() if name != "copy"]
    return ", ".join(words)


def _shortly(row: dict[str, Any]) -> dict[str, Any]:
    return {"us": row["ours"]["us"], "ratios": row["ratios"]}
