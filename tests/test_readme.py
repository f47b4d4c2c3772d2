"""The README's table is the committed kill table's summary, and says what it says.

``.ci/full`` makes the table anew, and asks these of it.
"""

import json
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ZOO = json.loads((ROOT / "reports" / "zoo.json").read_text(encoding="utf-8"))


def test_the_readme_holds_the_summary_of_the_committed_kill_table() -> None:
    """One row per law: how many mutants it refutes, and how many of them others miss."""
    table = README.partition("<!-- zoo -->")[2].partition("<!-- /zoo -->")[0]
    laws = dict.fromkeys(row["refuted_by"] for row in ZOO["mutants"])
    for law in laws:
        held = [row for row in ZOO["mutants"] if row["refuted_by"] == law]
        missed = (
            sum(row[name] == "missed" for row in held)
            for name in ("allclose", "gradcheck_slow", "gradcheck_fast")
        )
        assert f"| {' | '.join([law, str(len(held)), *map(str, missed)])} |" in table
    assert f"{len(ZOO['mutants'])} of {len(ZOO['mutants'])} mutants refuted" in table


def test_the_zoo_is_as_large_as_it_says() -> None:
    """Every row is a mutant that is registered today."""
    from convproof.verify.zoo import mutants

    assert {row["mutant"] for row in ZOO["mutants"]} == {mutant.name for mutant in mutants()}


def test_every_mutant_of_the_zoo_is_refuted_by_its_own_law() -> None:
    """And none because it is not even CUDA C++."""
    from convproof.verify.zoo import mutants

    laws = {mutant.name: mutant.theorem for mutant in mutants()}
    assert {row["mutant"]: row["refuted_by"] for row in ZOO["mutants"]} == laws
    assert not [row["mutant"] for row in ZOO["mutants"] if "SourceError" in row["told"]]
