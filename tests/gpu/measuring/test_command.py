"""``convproof bench gpu`` without a GPU: refused in a line, and run on a device that is a count."""

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from convproof.cli import USAGE, group, run
from convproof.cli import bench as benchmarks
from convproof_gpu.commands import bench_gpu
from convproof_gpu.cubin import kept
from convproof_gpu.device import cupy_or_why
from convproof_gpu.measuring import prepare, whole
from convproof_gpu.measuring.rows import rows
from tests.gpu.measuring.fake import FakeDevice
from tests.gpu.measuring.small import RATES, bench

_HERE = (
    "--networks", "lenet5", "--layers", "conv1,avg1,fc2", "--operations", "forward", "--batch", "1"
)  # fmt: skip


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command be found whether or not this tree's entry points are installed."""
    entry = type("Entry", (), {"load": staticmethod(lambda: bench_gpu.command)})
    monkeypatch.setattr(benchmarks, "added", lambda _: {"gpu": entry})


@pytest.fixture
def cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand a CPU in for the GPU."""

    def begun(precisions: tuple[str, ...], **more: Any) -> tuple[dict[str, Any], Any]:
        document = {"runs": [{"facts": {"GPU": "none"}, "rates": RATES}], "rows": []}
        return document, bench(FakeDevice(), precisions=precisions, **more)

    monkeypatch.setattr(bench_gpu, "_begun", begun)


def command(*arguments: str) -> int:
    return run(["bench", "gpu", *arguments])


def test_the_command_is_registered() -> None:
    """In this tree's pyproject.toml, under a name of two words."""
    text = (Path(bench_gpu.__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"bench gpu" = "convproof_gpu.commands.bench_gpu:command"' in text
    assert isinstance(group.get_command(click.Context(group), "bench"), click.Group)


@pytest.mark.skipif(not cupy_or_why()[1], reason="there is a GPU")
def test_without_a_gpu_one_line_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Exit code 4, nothing on standard output, and no file."""
    path = tmp_path / "out.json"
    assert command("--json", str(path)) == USAGE == 4

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Error: there is no GPU to run on: ")
    assert len(told.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--part", "3/2"), "'3/2' is no part I/N with 1 <= I <= N"),
        (("--networks", "resnet"), "'resnet' is none of lenet5, alexnet"),
        (("--precision", "float8"), "'float8' is none of float32, tf32"),
        (("--layers", "conv99"), "fits 'conv99'"),
        (("--merge",), "--merge takes the FILES"),
        (("a.json",), "--merge takes the FILES"),
        (("a.json", "--merge", "--batch", "3"), "of FILES, and takes no --batch"),
        (("--whole", "--layers", "vgg16/*"), "--whole measures networks, forward and in float32"),
        (("--whole", "--rounds", "3", "--compile"), "and takes no --rounds, --compile"),
        (("--whole", "--networks", "special"), "--whole measures networks, and special is layers"),
        (("--prepare", "sm_90a", "--seconds", "3"), "measures nothing, and takes no --seconds"),
        (("--prepare", "hopper"), "'hopper' is no architecture as NVRTC spells it"),
        (("--resume",), "--resume goes on with the file of --json: name one"),
        (("--resume", "--json"), "--resume goes on with the file of --json: name one"),
    ],
)
def test_a_mistake_is_a_line(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(*arguments) == USAGE
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("cpu")
def test_a_run_writes_its_document_and_tells_its_table(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "out.json"
    assert command(*_HERE, "--precision", "fp32,tf32", "--json", str(path)) == 0

    document = json.loads(path.read_text())
    assert (document["schema"], document["on"]) == ("convproof/bench/1", "gpu")
    assert {r["status"] for r in document["rows"] if r["precision"] == "float32"} == {"measured"}
    told = capsys.readouterr()
    assert len(told.err.splitlines()) == len(document["rows"])
    assert "lenet5/conv1" in told.out
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("cpu")
def test_fewer_rounds_and_rivals_are_asked_for_by_name(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    asked = ("--layers", "conv1", "--precision", "float32", "--json", str(path))
    assert command(*_HERE, *asked, "--rounds", "2", "--without", "cuDNN tf32 *, *NHWC") == 0

    (found,) = json.loads(path.read_text())["rows"]
    assert [rival["name"] for rival in found["rivals"]] == ["cuDNN ieee NCHW"]
    assert (found["ours"]["rounds"], found["rivals"][0]["rounds"]) == (2, 2)


@pytest.mark.usefixtures("cpu")
def test_to_standard_output_one_document_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(*_HERE, "--layers", "conv1", "--precision", "float32", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 1


@pytest.mark.usefixtures("cpu")
def test_what_was_measured_stays_when_a_run_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is whole after every row: an interruption in the third leaves the first two."""
    path, whole, count = tmp_path / "out.json", bench_gpu._line, [0]

    def line(record: dict[str, Any]) -> str:
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        return whole(record)

    monkeypatch.setattr(bench_gpu, "_line", line)
    assert command(*_HERE, "--precision", "float32", "--json", str(path)) == 2
    assert len(json.loads(path.read_text())["rows"]) == 3
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("cpu")
def test_the_parts_of_a_run_merge_to_the_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(tmp_path / f"{n}.json") for n in (1, 2, 3)]
    for number, path in enumerate(paths, start=1):
        assert (
            command(*_HERE, "--precision", "float32", "--part", f"{number}/3", "--json", path) == 0
        )
    capsys.readouterr()
    assert command("--merge", *paths, "--json") == 0

    found = json.loads(capsys.readouterr().out)
    assert {row["name"] for row in found["rows"]} == {
        r.name for r in rows(["lenet5"], ["forward"], pattern="conv1,avg1,fc2")
    }
    assert len(found["runs"]) == 3


@pytest.mark.usefixtures("cpu")
def test_at_once_over_the_limit_nothing_is_measured(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    assert command(*_HERE, "--seconds", "0", "--json", str(path)) == 0
    assert {row["status"] for row in json.loads(path.read_text())["rows"]} == {"not measured"}


@pytest.mark.usefixtures("cpu")
def test_a_run_is_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a file holds is kept and not measured again, what it lacks is measured."""
    path = tmp_path / "out.json"
    again = (*_HERE, "--precision", "float32", "--resume", "--json", str(path))
    assert command(*again, "--layers", "conv1") == 0
    (first,) = json.loads(path.read_text())["rows"]
    assert command(*again, "--seconds", "0") == 0
    assert command(*again) == 0

    document = json.loads(path.read_text())
    assert document["rows"][0] == first
    assert [row["status"] for row in document["rows"]] == ["measured"] * 3
    assert len(document["runs"]) == 3
    monkeypatch.setattr(bench_gpu, "_line", None)  # it is not asked for a row
    assert command(*again) == 0


@pytest.mark.usefixtures("cpu")
def test_whole_networks_are_measured_in_parts_kept_and_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, and told with a line for each side; what a file holds is not measured again."""
    asked: list[str] = []

    def measured(name: str, batch: int, *_: Any) -> dict[str, Any]:
        asked.append(name)
        sides = {"ours": {"us": 2.0, "eager us": 9.0, "error": 1e-7}, "torch NCHW": {"us": 3.0}}
        return {"network": name, "batch": batch, "sides": sides, "seconds": 0.1}

    monkeypatch.setattr(whole, "measured", measured)
    paths = [str(tmp_path / f"{n}.json") for n in (1, 2)]
    every = ("--whole", "--networks", "lenet5,special,nin", "--batch", "3", "--resume")
    for _ in range(2):
        for number, path in enumerate(paths, start=1):
            assert command(*every, "--part", f"{number}/2", "--json", path) == 0
    assert asked == ["lenet5-simplified", "nin"]
    capsys.readouterr()
    assert command("--merge", *paths) == 0

    told = capsys.readouterr().out
    for name in asked:
        assert re.search(rf"{name} +3 +ours +2.0 +9.0 +1.0e-07 +-\n", told)
        assert re.search(rf"{name} +3 +torch NCHW +3.0 +- +- +1.50\n", told)
    assert command(*every[:-1], "--seconds", "0") == 0
    assert len(asked) == 2


@pytest.mark.usefixtures("cpu")
def test_a_network_that_does_not_run_fails_the_command_and_is_asked_again(tmp_path: Path) -> None:
    """Our side tells why, and the others their times."""
    path = tmp_path / "out.json"
    every = ("--whole", "--networks", "lenet5", "--batch", "2", "--resume", "--json", str(path))
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(whole, "ours", lambda _: None)
        assert command(*every) == 1
    (found,) = json.loads(path.read_text())["networks"]
    assert "why" in found["sides"]["ours"]
    assert found["sides"]["torch NCHW"]["us"] > 0
    assert command(*every) == 0
    (found,) = json.loads(path.read_text())["networks"]
    assert found["sides"]["ours"]["us"] > 0


@pytest.mark.usefixtures("cpu")
def test_a_wrong_row_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1: a broken law, as everywhere."""
    from convproof_gpu.measuring import errors

    monkeypatch.setattr(errors, "allowed", lambda *_: 0.0)
    assert command(*_HERE, "--layers", "conv1", "--precision", "float32") == 1


@pytest.mark.parametrize("more", [("--layers", "conv1"), ("--whole",)])
def test_what_is_prepared_is_told_or_written(
    more: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A line for each kernel; with --json they are those of the document, and it is alone."""
    monkeypatch.setattr(prepare, "compiled", lambda found, _: iter(found))
    asked = ("--networks", "lenet5", "--batch", "2", *more, "--prepare", "sm_90a")
    path = tmp_path / "out.json"
    assert command(*asked, "--json", str(path)) == 0
    lines = capsys.readouterr().out.splitlines()
    document = json.loads(path.read_text())
    assert (document["verdict"], document["on"], document["arch"]) == ("prepared", "gpu", "sm_90a")
    assert [f"{k['file']}: {k['expression']}" for k in document["kernels"]] == lines != []
    assert command(*asked, "--json") == 0
    assert json.loads(capsys.readouterr().out) == document
    assert command("--merge", str(path)) == USAGE


def test_what_is_compiled_for_tf32_is_what_tf32_launches() -> None:
    """And for float32 no tile of TF32."""
    wanted = rows(["vgg16"], pattern="conv5")
    for precision, word, other in (("float32", "FLOAT32>", "TF32>"), ("tf32", "TF32>", "FLOAT32>")):
        tiles = {
            kernel.arguments[-1].split()[-1] for kernel in prepare.kernels(wanted, [precision])
        }
        assert word in tiles
        assert other not in tiles


def test_every_kernel_of_a_row_is_found_to_be_compiled() -> None:
    """For every layer of LeNet-5 and each verb; of each, no kernel is asked for twice."""
    found = prepare.kernels(rows(["lenet5"]), ("float32", "bfloat16"))

    files = {kernel.file for kernel in found}
    assert {"conv_forward", "conv_input_vjp", "linear_weight_vjp", "softmax_forward"} <= files
    assert any("bf16" in k.expression or "bfloat16" in k.expression for k in found)
    asked: list[tuple[str, ...]] = []
    made = list(prepare.compiled(found, "sm_90", lambda *call: asked.append(call)))
    assert made == list(found)
    assert len(set(asked)) == len(asked) == len(found)
    assert callable(kept)
