"""``convproof bench verify``: a quick run has every side, and its text follows from its JSON."""

import json
import sys
from pathlib import Path

import pytest

from convproof.benchmarks import isolating, machine, verifying
from convproof.benchmarks.protocol import QUICK
from convproof.cli import USAGE, run
from convproof.cli.bench import made_small

SIDES = {"exact", "gradcheck slow", "gradcheck fast"}


def test_a_quick_run_has_every_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    path = tmp_path / "bench.json"
    assert run(["bench", "verify", "--quick", "--json", str(path)]) == 0
    document = json.loads(path.read_text())
    assert (document["schema"], document["on"]) == ("convproof/bench/1", "verify")
    for part, geometries in (("drawn", 3), ("single", 1)):
        assert document[part]["sides"].keys() == SIDES
        assert document[part]["geometries"] == geometries
    printed = capsys.readouterr().out
    parts = [machine.text(document["machine"]), verifying.text(document)]
    parts.append(isolating.text(document["isolation"]))
    assert printed == "".join(f"{part}\n" for part in parts)
    assert "zoo not run" in printed


def test_the_word_says_whether_the_ratio_is_reached() -> None:
    sides = {side: {"per_second": 1.0, "ms": 1.0} for side in SIDES}
    part = {"geometries": 2, "sides": sides, "ratio_fast": 0.5, "at_least": 5.0}
    missed = {"mutants": 7, "theorems": 0, "gradcheck_slow": 5, "gradcheck_fast": 6}
    record = {"drawn": {**part, "ratio": 5.0}, "single": {**part, "ratio": 4.9}, "missed": missed}
    text = verifying.text(record)
    drawn, single = (line for line in text.splitlines() if "slow" in line and "mutants" not in line)
    assert drawn.endswith("yes")
    assert single.endswith("NO")
    assert "of 7: 0 by the theorems, 5 by gradcheck, 6 by its fast mode" in text


@pytest.mark.parametrize(
    ("seconds", "case", "word"), [(30.0, "x", "yes"), (30.1, "x", "NO"), (1.0, "", "NO")]
)
def test_a_crash_is_made_small_in_time_or_the_word_is_no(
    seconds: float, case: str, word: str
) -> None:
    """And one that is not found at all is not made small."""
    record = {
        "call": {"isolated_ms": 2.0, "in_process_ms": 1.0},
        "segfaulting": {"seconds": seconds, "case": case, "at_most": 30.0},
    }
    heading, told, smallest = isolating.text(record).splitlines()
    assert heading.endswith("ratio 2.0")
    assert told.endswith(word)
    assert smallest.strip() == case


def test_a_crash_is_made_small() -> None:
    """Groups, and a stride along one axis, are all that is left."""
    seconds, case = made_small(0, "convproof.benchmarks.faulty:segfaulting")
    assert seconds > 0
    assert case.startswith("x (1, 2, 1, 1)  w (2, 1, 1, 1)  bias no")
    assert case.endswith("groups 2")


def test_an_answer_that_is_wrong_ends_the_benchmark() -> None:
    """The exact side is a check, not only a load."""
    pytest.importorskip("torch")
    from convproof.functions import FIRST, Function
    from convproof.theorems import Violation
    from convproof.verify.targets.subject import TargetSubject
    from convproof.verify.targets.torch import implementation

    functions = {}
    for role in FIRST:
        function = Function("conv2d", role)
        functions[function] = lambda *_, **__: implementation  # no array
    with pytest.raises(Violation):
        verifying.measure(TargetSubject(functions, "numpy"), [verifying.SINGLE], QUICK, print)


def test_without_torch_it_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "convproof.verify.targets.torch", raising=False)
    assert run(["bench", "verify", "--quick"]) == USAGE
    assert "pip install 'convproof[torch]'" in capsys.readouterr().err
