"""``convproof network``: tables of networks, of ours and of a user's own."""

import json
from pathlib import Path

import pytest

from convproof.cli import run


def test_a_network_is_printed_row_by_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network", "lenet5-simplified"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["input", "0", "0", "32x32x1", "1", "1"]
    assert lines[2].split() == ["conv1", "156", "122,304", "28x28x6", "5", "1"]


def test_json_has_rows_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network", "googlenet", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["totals"]["parameters"] == 6_998_552
    assert document["layers"][1] == {
        "name": "conv1",
        "kind": "conv",
        "parameters": 9472,
        "operations": 118_816_768,
        "multiply_adds": 118_013_952,
        "activations": 112 * 112 * 64,
        "volume": [112, 112, 64],
        "receptive_field": [7, 7],
        "stride": [2, 2],
    }
    assert len(document["auxiliary"]) == 10
    assert document["totals"]["parameters"] == sum(r["parameters"] for r in document["layers"])


def test_json_of_one_network_is_written_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """{name, input, layers, totals}; the table is still printed."""
    path = tmp_path / "lenet5.json"
    assert run(["network", "lenet5", "--json", str(path)]) == 0
    document = json.loads(path.read_text())
    assert (document["name"], document["input"]) == ("lenet5", [32, 32, 1])
    assert document["totals"]["parameters"] == 60_000
    assert document["auxiliary"] == []
    rows = {row["name"]: row for row in document["layers"]}
    assert rows["c3"]["kind"] == "masked_conv"
    assert (rows["c3"]["parameters"], rows["c3"]["volume"]) == (1516, [10, 10, 16])
    assert (rows["c3"]["receptive_field"], rows["c3"]["stride"]) == ([14, 14], [2, 2])
    assert "1,516" in capsys.readouterr().out


def test_auxiliary_classifiers_are_beside_the_totals(capsys: pytest.CaptureFixture[str]) -> None:
    """avg(5,3,p2) conv(1,128) fc(1024) fc(1000), of 512 and of 528 channels on 14x14 cells."""
    dense = 2 * ((128 * 25 + 1) * 1024 + (1024 + 1) * 1000)
    convs = [(512 + 1) * 128, (528 + 1) * 128]
    pooled = 14 * 14 * (512 + 528)
    assert run(["network", "googlenet"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "auxiliary classifiers",
        f"  parameters {dense + sum(convs):,}",
        f"  operations {dense + 25 * sum(convs) + pooled + 2 * 1000:,}",
    ]
    assert run(["network", "vgg16"]) == 0
    assert "auxiliary" not in capsys.readouterr().out


def test_all_networks_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network"]) == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["vgg16", "138,357,544", "15,489,943,504"] in listed


@pytest.mark.parametrize("name", ["googlenet", "vgg16", "lenet5", "input(8,1) conv(3,2) fc(3)"])
def test_a_narrow_terminal_has_no_wider_line(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["network", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40
    assert lines[0].startswith("layer")
    assert all(map(str.strip, lines))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vgg61", "did you mean vgg19"),
        ("input(9,1) conv(3", "^"),
        ("input(9,1) structured(3,2,5)", "Use a kernel_size > 5, or a smaller order"),
        ("input(9,1) masked(3,(1))", "must read input maps of 0..0"),
        ("xyz", "there are linear, "),
    ],
)
def test_a_mistake_is_a_message_and_exit_code_4(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["network", name]) == 4
    assert told in capsys.readouterr().err
