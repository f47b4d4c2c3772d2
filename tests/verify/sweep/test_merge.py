"""Merging: the union of the shards is the whole sweep, and nothing else."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from convproof.errors import EvidenceError
from convproof.verify.sweep import merged, sweep
from convproof.verify.sweep.document import lines
from convproof.verify.sweep.merge import read
from convproof.verify.sweep.plan import Wanted
from tests.verify.sweep.targets import FILE
from tests.verify.sweep.test_sweep import Inline, lasting

WANTED = Wanted(geometries=30, per_unit=5)


@cache
def shard(i: int, n: int, wanted: Wanted = WANTED, target: str = "wrong") -> dict[str, Any]:
    return sweep(f"{FILE}:{target}", wanted=wanted, shard=(i, n), executor=Inline())


def test_the_union_of_the_shards_is_the_whole() -> None:
    whole = shard(1, 1)
    assert lasting(merged([shard(i, 3) for i in (2, 1, 3)])) == lasting(whole)
    assert lasting(merged([merged([shard(3, 3), shard(1, 3)]), shard(2, 3)])) == lasting(whole)


def test_what_is_missing_is_named() -> None:
    part = merged([shard(1, 2)])
    assert part["missing"] == list(range(1, part["units"], 2))
    assert "MISSING units: 1, 3" in "\n".join(lines(part))
    right = merged([shard(1, 2, target="right")])
    assert right["verdict"] == "unknown"


def test_shards_that_share_a_unit_are_refused() -> None:
    part = shard(1, 2)
    with pytest.raises(EvidenceError, match=r"both hold unit 0: shards are disjoint"):
        merged([part, part])


@pytest.mark.parametrize(
    ("other", "field"),
    [(replace(WANTED, seed=1), "wanted"), (replace(WANTED, geometries=31), "wanted")],
)
def test_shards_of_different_sweeps_are_refused(other: Wanted, field: str) -> None:
    with pytest.raises(EvidenceError, match=f"different sweeps: {field} is"):
        merged([shard(1, 2), shard(2, 2, other)])
    with pytest.raises(EvidenceError, match="different sweeps: target is"):
        merged([shard(1, 2), shard(2, 2, target="right")])


def test_nothing_to_merge_is_refused() -> None:
    with pytest.raises(EvidenceError, match="nothing to merge"):
        merged([])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "it is no JSON"),
        ('{"schema": "convproof/evidence/1"}', "its schema is 'convproof/evidence/1'"),
        ('{"schema": "convproof/sweep/1"}', "it lacks lacks, packages"),
        ("[]", "its schema is None"),
    ],
)
def test_what_is_no_result_of_a_sweep_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "part.json"
    path.write_text(text)
    with pytest.raises(EvidenceError, match=message):
        read(path)
    with pytest.raises(EvidenceError, match="cannot be read"):
        read(tmp_path / "nothing.json")


def test_a_document_is_read_as_it_was_written(tmp_path: Path) -> None:
    document, path = shard(1, 2), tmp_path / "part.json"
    path.write_text(json.dumps(document))
    assert read(path) == document
