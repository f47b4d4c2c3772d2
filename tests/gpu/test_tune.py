"""``convproof tune`` without a GPU: refused in a line, and run on a clock that is a rule."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from convproof.cli import USAGE, run
from convproof.cli import group as commands
from convproof_gpu import candidates, tuned
from convproof_gpu.choices import Choice
from convproof_gpu.commands import plan, tune
from convproof_gpu.cubin import kept
from convproof_gpu.device import cupy_or_why
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring import prepare
from convproof_gpu.tiles import FLAT, MOST_SHARED, SMALL
from convproof_gpu.tuning import questions
from tests.gpu.clocked import ROW, tuner
from tests.gpu.test_tuning import Few

ARGUMENTS = ("1x3x8x8", "conv(3, 4)", "--operation", "forward")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is measured here, and find the command whether or not it is installed."""
    monkeypatch.setattr(tuned, "folder", lambda _: tmp_path)
    before = vars(commands.__class__)["get_command"]

    def found(self: Any, ctx: Any, name: str) -> Any:
        return tune.command if name == "tune" else before(self, ctx, name)

    monkeypatch.setattr(commands.__class__, "get_command", found)
    return tmp_path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand a machine in for the GPU on which the smallest tile is fast."""

    def rule(kernel: Kernel) -> float:
        return 5.0 if SMALL.argument in kernel.arguments else 10.0

    def begun() -> tuple[Any, Any]:
        made = tuner(rule)
        return made.wing, made

    monkeypatch.setattr(tune, "_begun", begun)
    monkeypatch.setattr(candidates, "FAMILIES", (Few(),))
    for module in (tune, plan):
        monkeypatch.setattr(module, "rows_of", lambda *_: [ROW])


def test_the_command_is_registered() -> None:
    text = (Path(tune.__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert 'tune = "convproof_gpu.commands.tune:command"' in text


@pytest.mark.skipif(not cupy_or_why()[1], reason="there is a GPU")
def test_without_a_gpu_one_line_says_so(capsys: pytest.CaptureFixture[str], place: Path) -> None:
    """Exit code 4, as of ``bench gpu``; nothing on standard output, and no file."""
    assert run(["tune", *ARGUMENTS, "--json", str(place / "out.json")]) == USAGE == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Error: there is no GPU to run on: ")
    assert len(told.err.splitlines()) == 1
    assert list(place.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("vgg17",), "no network is called 'vgg17'"),
        ((*ARGUMENTS, "--batch", "4"), "the batch of '1x3x8x8' is its first number"),
        ((*ARGUMENTS, "--precision", "float8"), "'float8' is none of float32, tf32, bfloat16"),
        ((*ARGUMENTS, "--prepare", "hopper"), "'hopper' is no architecture as NVRTC spells it"),
        ((*ARGUMENTS, "--prepare", "sm_90a", "--again"), "measures nothing, and takes no --again"),
    ],
)
def test_a_mistake_is_a_line(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["tune", *arguments]) == USAGE
    assert told in " ".join(capsys.readouterr().err.split())


@pytest.mark.usefixtures("clock")
@pytest.mark.usefixtures("pipe")
def test_the_fastest_is_told_and_kept_and_not_measured_again(
    capsys: pytest.CaptureFixture[str], place: Path
) -> None:
    """Once, and once more where it is asked for."""
    assert run(["tune", *ARGUMENTS]) == 0
    told = capsys.readouterr()
    assert len(told.err.splitlines()) == 1
    (path,) = place.glob("*.json")
    assert f"1 of 1 faster than the table's choice; kept in {path}" in told.out
    assert f"{FLAT.argument}  {SMALL.argument}" in told.out
    (entry,) = json.loads(path.read_text())["entries"]
    assert (entry["tile"], entry["us"], entry["table_us"]) == (SMALL.argument, 5, 10)

    for more, number in (((), 0), (("--again",), 1)):
        assert run(["tune", *ARGUMENTS, *more, "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["schema"], document["verdict"]) == ("convproof/tune/1", "passed")
        assert len(document["outcomes"]) == number
    assert [(o["ratio"], o["bound"]) for o in document["outcomes"]] == [(2.0, 96.0)]
    assert document["facts"] == json.loads(path.read_text())["facts"]


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("tile", [FLAT, SMALL])
def test_a_tile_that_is_wrong_fails_the_command(
    tile: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    """Exit code 1; of the table's, nothing is kept, and the other layers are tuned all the same."""
    made = tuner(lambda _: 1.0, lambda kernel: tile.argument in kernel.arguments)
    monkeypatch.setattr(tune, "_begun", lambda: (made.wing, made))
    assert run(["tune", *ARGUMENTS, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == "failed"
    of_table = tile == FLAT
    assert [len(document["errors"]), len(document["outcomes"])] == [of_table, not of_table]
    assert len(list(place.glob("*.json"))) == len(document["outcomes"])


@pytest.mark.usefixtures("clock")
@pytest.mark.usefixtures("pipe")
def test_plan_says_of_a_launch_whose_choice_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table's before, and what was measured after."""
    assert run(["plan", *ARGUMENTS, "--json"]) == 0
    (launch,) = json.loads(capsys.readouterr().out)["plans"][0]["launches"]
    assert (launch["tile"], launch["choice"]) == (FLAT.argument, "table")

    assert run(["tune", *ARGUMENTS]) == 0
    facts = tuned.facts_of({})
    choices = {question: entry.choice for question, entry in tuned.read(facts).items()}
    monkeypatch.setattr(plan, "_here", lambda: (choices, MOST_SHARED))
    capsys.readouterr()
    assert run(["plan", *ARGUMENTS]) == 0
    told = capsys.readouterr().out
    assert "16x16  measured" in told
    assert "threads, measured" in told


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("columns", [60, 200])
def test_no_line_is_wider_than_a_terminal(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tuned, "folder", Path)
    monkeypatch.setattr(tuned, "added", lambda *_: None)
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["tune", *ARGUMENTS]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    assert ("small/conv forward" in lines) == (columns == 60)


def test_every_candidate_can_be_compiled_beforehand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Path
) -> None:
    """Without a GPU, each kernel once; told, or written as the document of --json."""
    made: list[tuple[str, str]] = []

    def compiled(found: Any, arch: str) -> Any:
        for kernel in found:
            made.append((kernel.expression, arch))
            yield kernel

    assert prepare.compiled.__defaults__ == (kept,)
    monkeypatch.setattr(prepare, "compiled", compiled)
    layer = ("8x96x8x8", "conv(1, 64)", "--operation", "forward")
    assert run(["tune", *layer, "--prepare", "sm_90a"]) == 0
    tiles = {name for name, arch in made if "TensorTile" in name and arch == "sm_90a"}
    assert len(capsys.readouterr().out.splitlines()) == len(set(made)) == len(made)
    assert len(tiles) == 5

    path = place / "out.json"
    assert run(["tune", *layer, "--prepare", "sm_90a", "--json", str(path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(made) // 2
    document = json.loads(path.read_text())
    assert (document["verdict"], document["arch"]) == ("prepared", "sm_90a")
    assert [each["expression"] for each in document["kernels"]] == [
        name for name, _ in made[len(made) // 2 :]
    ]
    assert run(["tune", *layer, "--prepare", "sm_90a", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == document


def test_where_no_tile_is_chosen_there_is_nothing_to_compile_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A depthwise convolution has one kernel."""
    asked = ("special/depthwise3x3", "--prepare", "sm_90a")
    assert run(["tune", *asked]) == 0
    assert "there is nothing to tune" in capsys.readouterr().out
    assert run(["tune", *asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kernels"] == []


@pytest.mark.usefixtures("clock")
@pytest.mark.usefixtures("pipe")
def test_where_nothing_is_measured_that_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of products whose choices are kept already, and of none that has a choice."""
    assert run(["tune", *ARGUMENTS]) == 0
    capsys.readouterr()
    assert run(["tune", *ARGUMENTS]) == 0
    assert "nothing was measured: no product of these has a choice" in capsys.readouterr().out
    monkeypatch.setattr(Few, "choices", lambda *_: iter(()))
    assert run(["tune", *ARGUMENTS, "--again"]) == 0
    assert "nothing was measured" in capsys.readouterr().out


@pytest.mark.usefixtures("clock")
def test_what_another_process_measured_meanwhile_is_not_lost() -> None:
    """A newer answer to a question that was read before the start stays as it is."""
    made = tuner(lambda _: 1.0)
    (question,) = questions(ROW, "float32")
    other = replace(question, sizes=replace(question.sizes, batch=99))
    older, newer = (tuned.Entry(Choice(tile), 1.0, 2.0) for tile in (FLAT, SMALL))
    facts = tuned.facts_of(made.wing.versions)
    tuned.added(facts, {other: older})
    kept_ = tune._Kept(made.wing, again=False)
    tuned.added(facts, {other: newer})
    (outcome,) = made.tuned(ROW, "float32", kept_.choices)
    kept_.add(outcome)
    assert tuned.read(facts) == {other: newer, question: outcome.entry}
