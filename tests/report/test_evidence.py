"""Certificates and kill tables: what a file holds, and nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import run
from convproof.errors import EvidenceError
from convproof.evidence import read_document
from convproof.report.evidence.certificate import certificate
from convproof.report.evidence.kills import kill_table
from convproof.report.evidence.schema import ZOO_SCHEMA
from convproof.report.html import html
from convproof.report.latex import latex
from convproof.report.model import Listing, Section, Table, plain, walk
from tests.report.samples import HOSTILE

ZOO = Path(__file__).parents[2] / "reports" / "zoo.json"


def row(verdict: str, **more: Any) -> dict[str, Any]:
    """Return one law asked of one function."""
    return {
        "function": "conv2d", "dtype": "float32", "theorem": "exact", "precision": "float32",
        "verdict": verdict, "reason": "", "examples": 5, "weak": {"zeros": 2},
        "worst_ratio": 0.25, "failure": None, **more,
    }  # fmt: skip


def evidence(*rows: dict[str, Any]) -> dict[str, Any]:
    """Return an evidence document."""
    target = {
        "target": HOSTILE, "verdict": "failed", "versions": {"numpy": "2"}, "supports": [],
        "lacks": ["groups"], "arrays": "numpy", "device": "cpu", "isolated": True,
        "summary": HOSTILE, "seconds": 1.0, "theorems": list(rows),
    }  # fmt: skip
    absent = {"target": "jax", "verdict": "unsupported", "reason": "not installed"}
    return {
        "schema": "convproof/evidence/1", "version": "1", "command": HOSTILE, "verdict": "failed",
        "created": "2026-01-01T00:00:00+00:00", "python": "3", "platform": "p", "packages": {},
        "profile": "quick", "seed": 7, "targets": [target, absent],
    }  # fmt: skip


FAILURE: dict[str, Any] = {
    "law": "y = w x", "case": {}, "told": "x (1,)", "layout": "channels_last", "silence": None,
    "index": [0, 1], "got": "2.0", "expected": "1.0", "ratio": None, "hint": HOSTILE,
    "snippet": f"x = 1\n# {HOSTILE}",
}  # fmt: skip


def test_a_certificate_has_every_row_and_every_failure_of_the_file() -> None:
    rows = [
        row("pass"),
        row("fail", failure=FAILURE, theorem="rounding"),
        row("weak", theorem="fresh"),
    ]
    document = certificate(evidence(*rows), command="c", version="v")
    tables = [block for block in walk(document.blocks) if isinstance(block, Table)]
    asked = next(table for table in tables if "asked; ratio" in plain(table.caption))
    assert [(r[2], r[4], r[5], r[6]) for r in asked.rows] == [
        (each["theorem"], 5, 2, "0.25") for each in rows
    ]
    (listing,) = [block for block in walk(document.blocks) if isinstance(block, Listing)]
    assert listing.text == FAILURE["snippet"]
    titles = [plain(b.title) for b in walk(document.blocks) if isinstance(b, Section)]
    assert HOSTILE in titles
    assert "jax" in titles
    assert html(document).count("channels last") == 1
    assert r"\input" not in latex(document).replace(r"\usepackage[utf8]{inputenc}", "")


def test_what_was_not_asked_is_told_by_reason_and_counted_in_no_table_of_what_was() -> None:
    rows = [row("not run", reason="an earlier one fails", examples=0, theorem=t) for t in "ab"]
    document = certificate(evidence(*rows), command="c", version="v")
    tables = [block for block in walk(document.blocks) if isinstance(block, Table)]
    (left,) = [table for table in tables if "not asked" in plain(table.caption)]
    assert left.rows[0][2:] == ("an earlier one fails", "conv2d: a, b")
    assert not any("asked; ratio" in plain(table.caption) for table in tables)


def test_no_row_of_what_was_not_asked_is_higher_than_a_page() -> None:
    """A row is not broken between pages: what was longer than one was clipped at its foot."""
    functions = [f"function{n}" for n in range(80)]
    laws = [f"law{n}" for n in range(40)]
    rows = [
        row("unsupported", reason="no such function", theorem=law, function=function)
        for function in functions
        for law in laws
    ]
    document = certificate(evidence(*rows), command="c", version="v")
    tables = [block for block in walk(document.blocks) if isinstance(block, Table)]
    (left,) = [table for table in tables if "not asked" in plain(table.caption)]
    cells = [str(each[3]) for each in left.rows]
    assert max(map(len, cells)) < 40 * 26  # lines of a page, letters of a narrow column
    told = [cell.split(": ") for cell in cells]
    assert [name for names, _ in told for name in names.split(", ")] == functions
    assert all(held == ", ".join(laws) for _, held in told)


def test_the_kill_table_counts_what_the_zoo_holds() -> None:
    zoo = json.loads(ZOO.read_text())
    document = kill_table(zoo, command="c", version="v")
    laws, every = (block for block in walk(document.blocks) if isinstance(block, Table))
    assert len(every.rows) == len(zoo["mutants"]) == zoo["summary"]["mutants"]
    counts = zoo["summary"]
    assert laws.totals[0] == (
        "all", counts["refuted"], counts["allclose_misses"], counts["gradcheck_slow_misses"],
        counts["gradcheck_fast_misses"],
    )  # fmt: skip
    assert sum(r[1] for r in laws.rows if isinstance(r[1], int)) == counts["refuted"]


def test_a_survivor_is_told_in_the_first_line() -> None:
    zoo = json.loads(ZOO.read_text())
    zoo["mutants"][0]["refuted_by"] = ""
    text = html(kill_table(zoo, command="c", version="v"))
    assert "some survive" in text
    assert "survived" in text


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"schema": "x"}, "its schema is 'x'"),
        ({"mutants": []}, "mutants is a list that is empty"),
        ({"mutants": [{}]}, r"mutants\[0\] lacks function"),
        ({"seed": "a"}, "seed is"),
    ],
)
def test_a_file_that_is_no_zoo_is_refused(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    place = tmp_path / "zoo.json"
    place.write_text(json.dumps(json.loads(ZOO.read_text()) | change))
    with pytest.raises(EvidenceError, match=told):
        read_document(place, ZOO_SCHEMA, "zoo's file")


@pytest.mark.parametrize("command", ["evidence", "kill-table"])
@pytest.mark.parametrize("text", [None, "no json", "[]", '{"schema": "another/1"}'])
def test_a_wrong_file_is_told_and_nothing_is_written(
    command: str, text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Missing, no JSON, no object, another schema: exit 4, a line that names the file, no file."""
    place = tmp_path / "held.json"
    if text is not None:
        place.write_text(text)
    assert run(["report", command, str(place), "-o", str(tmp_path / "made")]) == 4
    out, err = capsys.readouterr()
    assert not out
    assert str(place) in err
    assert not (tmp_path / "made").exists()
