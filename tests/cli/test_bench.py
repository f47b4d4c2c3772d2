"""``convproof bench cpu``: a quick run has every part, and its table follows from its JSON."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from convproof.benchmarks import machine, parts
from convproof.benchmarks.protocol import QUICK as ONCE
from convproof.cli import USAGE, run

QUICK = ["bench", "cpu", "--quick"]


def test_a_quick_run_has_every_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both sides agree on every layer and matrix; the text is written from the record alone."""
    pytest.importorskip("torch")
    path = tmp_path / "bench.json"
    assert run([*QUICK, "--json", str(path)]) == 0

    document = json.loads(path.read_text())
    assert (document["schema"], document["verdict"]) == ("convproof/bench/1", "measured")
    record = {part: document[part] for part in ("convolutions", "symbolic", "imports")}
    (alexnet,) = record["convolutions"]["runs"]
    assert [layer["name"] for layer in alexnet["layers"]] == [f"conv{i}" for i in range(1, 6)]
    assert all(total["equal"] for total in alexnet["sums"].values())
    assert all(record["symbolic"][rival]["equal"] for rival in ("filling", "jacobian"))
    assert "import convproof" in record["imports"]["seconds"]
    text = f"{machine.text(document['machine'])}\n{parts.text(record)}\n"
    assert capsys.readouterr().out == text


def test_the_record_says_what_it_was_taken_on_but_not_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Versions, BLAS and threads; neither a path nor the host's name."""
    assert run([*QUICK, "--only", "imports", "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    facts = document["machine"]

    assert {"convproof", "python", "numpy", "sympy", "torch"} == set(facts["versions"])
    assert facts["blas"]
    assert facts["cores"] >= 1
    assert "/" not in json.dumps(facts)


def test_a_layer_that_differs_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ratio between unequal results says so."""
    pytest.importorskip("torch")
    from convproof.benchmarks import convolutions
    from convproof.numeric.fast import conv

    right = conv.forward
    monkeypatch.setattr(conv, "forward", lambda layer, x, w: right(layer, x, w) + 1)
    record = convolutions.measure(["alexnet"], [1], ONCE, lambda _: None)

    text = convolutions.text(record)
    assert text.count("UNEQUAL") == len(record["runs"][0]["layers"]) + 1
    forward, *gradients = text.splitlines()[-4:-1]
    assert forward.endswith("NO")
    assert not record["runs"][0]["sums"]["forward"]["equal"]
    assert len(gradients) == 2


def test_without_torch_the_convolutions_are_skipped_or_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Skipped with the line that installs it; asked for by name it is a usage error."""
    monkeypatch.setitem(sys.modules, "torch", None)
    assert run([*QUICK, "--only", "convolutions"]) == USAGE
    assert "pip install 'convproof[torch]'" in capsys.readouterr().err

    asked = parts.Asked(
        parts=("convolutions",), insists=False, networks=("alexnet",), batches=(1,), quick=True
    )
    text = parts.text(parts.measure(asked, lambda _: None))
    assert "skipped: torch is not installed: pip install 'convproof[torch]'" in text


@pytest.mark.parametrize(
    "arguments", [["--only", "all"], ["--networks", "resnet"], ["--batch", "0"], ["--batch", "x"]]
)
def test_a_word_that_is_not_known_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*QUICK, *arguments]) == USAGE
    assert arguments[0] in capsys.readouterr().err


def test_a_whole_network_is_timed_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row, and a document that it is written from."""
    pytest.importorskip("torch")
    monkeypatch.setattr("convproof.benchmarks.wholes._peak_apart", lambda *_: None)
    assert run(["bench", "network", "linear", "--quick", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["on"], document["runs"][0]["network"]) == ("network", "linear")
    assert document["runs"][0]["equal"]
    assert run(["bench", "network", "vgg17", "--quick"]) == USAGE
    assert "no network is called 'vgg17'" in capsys.readouterr().err
