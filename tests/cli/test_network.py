"""``convproof network``: tables of networks, of ours and of a user's own."""

import json

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
        "volume": [112, 112, 64],
        "receptive_field": [7, 7],
        "stride": [2, 2],
    }
    assert len(document["auxiliary"]) == 10


def test_all_networks_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["network"]) == 0
    assert "vgg16                138,357,544  15,489,943,504" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["googlenet", "vgg16", "input(8,1) conv(3,2) fc(3)"])
def test_a_narrow_terminal_has_no_wider_line(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["network", name]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 40


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vgg61", "did you mean vgg19"),
        ("input(9,1) conv(3", "^"),
        ("xyz", "there are linear, "),
    ],
)
def test_a_mistake_is_a_message_and_exit_code_4(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["network", name]) == 4
    assert told in capsys.readouterr().err
