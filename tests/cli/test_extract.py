"""``convproof extract``: the matrix of a black box as text, LaTeX, SVG and JSON."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from convproof import Axis
from convproof.cli import run
from convproof.cli.extract import command
from convproof.triples import Triples

TARGETS = """
import numpy as np

from convproof import get_implementation

right = get_implementation("numpy")


def conv1d(x, w, bias=None, **options):
    return right.conv1d(x, np.ascontiguousarray(w[..., ::-1]), bias, **options)


def conv1d_weight(x, weight_size, y_bar, **options):
    print("noise")
    return right.conv1d_weight(x, weight_size, y_bar, **options)


def conv2d(x, w, bias=None, **options):
    return right.conv2d(x, w, bias, **options)[..., :-1]


def conv2d_input(input_size, w, y_bar, **options):
    raise RuntimeError("not today")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mine.py").write_text(TARGETS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def extract(arguments: str) -> int:
    return run(["extract", "--in-process", *arguments.split()])


def test_a_right_target_is_decided_and_exits_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("numpy --input 3 --kernel 2") == 0
    assert capsys.readouterr().out == (
        "conv1d of numpy: y = T x\n"
        "x (3, 1, 3)  w (1, 1, 2)  bias no  stride (1,)  padding (0,)  dilation (1,)  groups 1\n"
        "\n"
        "target     derived\n"
        "w0 w1 .    w0 w1 .\n"
        ".  w0 w1   .  w0 w1\n"
        "\n"
        "the target computes the derived matrix: given bilinearity (tested by `convproof verify`), "
        "this geometry is decided\n"
    )


def test_a_wrong_target_has_its_cells_marked_and_exits_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert extract("mine.py --input 3 --kernel 2") == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:6] == [
        "target        derived",
        "!w1 !w0 .     w0 w1 .",
        ".   !w1 !w0   .  w0 w1",
    ]
    assert "  ! (y[0, 0], x[0, 0]) has w[0, 0, 1], should have w[0, 0, 0]" in lines
    assert lines[-1] == "4 of 6 cells are wrong"


def test_a_narrow_terminal_gets_one_matrix_above_the_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    assert extract("numpy --input 9 --kernel 2") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("derived") > lines.index("target")
    matrix = [line for line in lines if re.fullmatch(r"[w01. ]+", line)]
    assert len(matrix) == 16
    assert max(map(len, matrix)) <= 30


def test_where_there_is_no_room_the_first_wrong_cell_is_in_view(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert extract("mine.py --input 40 --kernel 2 --padding 1 --width 20") == 1
    out = capsys.readouterr().out
    assert "!w0" in out
    assert "shown are rows 0..39 of 41 and columns 0..3 of 40; --svg draws all" in out
    assert "  ..." in out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("--input 3 --kernel 2 --of input", "w0 . w0 ."),
        ("--input 3 --kernel 2 --of weight", "x0 x1 x0 x1"),
        ("--layer linear --input 2 --out-channels 2", "w0 w1 w0 w1"),
        ("--layer linear --input 2 --out-channels 2 --of weight", "x0 x1 x0 x1"),
        ("--layer unfold --input 2x2 --kernel 2", "1 . . . 1 . . ."),
        ("--layer avg_pool --input 4 --kernel 2", "1/2 1/2 . . 1/2 1/2 . ."),
        ("--layer avg_pool --input 2 --kernel 2 --of input --in-channels 2", "1/2 . 1/2 ."),
        ("--layer conv_transpose --input 2 --kernel 2 --stride 2", "w0 . w0 ."),
        ("--layer conv_transpose --input 2 --kernel 2 --of weight", "y0 y1 y0 y1"),
        ("--input 3 --kernel 3 --padding 1:2 --padding-mode circular", "w1 w2 w0 w1 w2 w0"),
        (
            "--input 1 --kernel 1 --in-channels 2 --out-channels 2 --groups 2",
            "w0 . w0 .",
        ),
    ],
)
def test_every_layer_and_role_is_recovered(
    arguments: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(f"numpy {arguments}") == 0
    out = capsys.readouterr().out
    assert line in [" ".join(each.split()) for each in out.splitlines()]
    assert "this geometry is decided" in out


def test_a_sum_of_taps_has_both_names(capsys: pytest.CaptureFixture[str]) -> None:
    """Circular padding can give one entry two weights."""
    assert extract("numpy --input 2 --kernel 3 --padding 1 --padding-mode circular") == 0
    assert "w1    w0+w2" in capsys.readouterr().out


def test_no_answer_is_told_by_the_law_and_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("mine.py --input 3x3 --kernel 2") == 1
    assert "the shape must be (9, 1, 2, 2), got (9, 1, 2, 1)" in capsys.readouterr().out
    assert extract("mine.py --input 3x3 --kernel 2 --of input --json") == 1
    told = capsys.readouterr()
    document = json.loads(told.out)
    assert document["verdict"] == "failed"
    assert "it raised RuntimeError: not today" in document["reason"]
    assert "shows no matrix" in told.err


def test_json_holds_both_matrices_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert extract("mine.py --input 3 --kernel 2 --json") == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["verdict"]) == ("convproof/extract/1", "failed")
    assert document["matrices"] == {
        "target": [["w1", "w0", "0"], ["0", "w1", "w0"]],
        "derived": [["w0", "w1", "0"], ["0", "w0", "w1"]],
    }
    assert document["wrong"][0] == {
        "at": "(y[0, 0], x[0, 0])", "target": "w[0, 0, 1]", "derived": "w[0, 0, 0]",
    }  # fmt: skip
    assert document["sentence"] == "4 of 6 cells are wrong"


def test_a_target_in_a_process_of_its_own_shows_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["extract", "mine.py", "--input", "3", "--kernel", "2"]) == 1
    isolated = capsys.readouterr().out
    assert extract("mine.py --input 3 --kernel 2") == 1
    assert capsys.readouterr().out == isolated


def test_what_a_target_prints_stays_out_of_the_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert extract("mine.py --input 3 --kernel 2 --of weight --json") == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "passed"


def test_latex_fills_before_it_labels_and_frames_the_wrong_cells(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert extract("mine.py --input 3 --kernel 2 --latex") == 1
    text = capsys.readouterr().out
    assert text.startswith("% \\usepackage{amsmath,xcolor,tikz}\n")
    assert text.count(r"\begin{tikzpicture}") == text.count(r"\end{tikzpicture}") == 2
    target = text.split(r"\end{tikzpicture}")[0]
    assert target.rindex(r"\fill") < target.index(r"\node") < target.index(r"\draw[very thick")
    assert "{$w_{1}!$}" in target
    assert target.count(r"\draw[very thick") == 4


def test_latex_labels_no_more_cells_than_tex_can(tmp_path: Path) -> None:
    assert extract("numpy --input 25 --kernel 3 --latex out.tex") == 0
    text = (tmp_path / "out.tex").read_text()
    assert r"\node" not in text
    assert text.count(r"\fill") == 2 * 23 * 3


def test_the_svg_is_whole_and_needs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract("mine.py --input 3 --kernel 2 --svg out.svg") == 1
    assert "4 of 6 cells are wrong" in capsys.readouterr().out
    text = (tmp_path / "out.svg").read_text()
    tags = [element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()]
    assert not {"script", "image", "use", "style"} & set(tags)
    assert "href" not in text
    labels = re.findall(r">([^<>]+)</text>", text)
    assert labels.count("!w1") == 2
    assert labels.count("w1") == 2
    assert "w1, should be w0" in text


def test_colour_is_for_terminals_and_never_the_only_sign(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    extract("mine.py --input 3 --kernel 2")
    plain = capsys.readouterr().out
    assert "\x1b" not in plain
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    extract("mine.py --input 3 --kernel 2")
    coloured = capsys.readouterr().out
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain
    monkeypatch.setenv("NO_COLOR", "1")
    extract("mine.py --input 3 --kernel 2")
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("numpy --input 3", "Missing option '--kernel': conv has a window"),
        ("numpy --kernel 3", "Missing option '--input'"),
        ("numpy --input a --kernel 2", "Invalid value for '--input'"),
        ("numpy --input 3 --layer linear --kernel 2", "--kernel does not apply to linear"),
        ("numpy --input 3x3 --layer linear", "linear has one --input"),
        ("numpy --input 3 --kernel 2 --output-padding 1", "does not apply to conv"),
        ("numpy --input 3x3 --kernel 2 --layer unfold --groups 2", "does not apply to unfold"),
        ("numpy --input 3 --kernel 2 --json --latex", "--latex and --json both write"),
        ("numpy --input 2 --kernel 3", "does not fit"),
        ("numpy --input 3 --kernel 2 --layer avg_pool --of weight", "has no weights"),
        ("numpy --input 64x64 --kernel 3", "entries, more than the 1000000"),
        ("numpy --input 3 --kernel 2 --svg missing/out.svg", "cannot be written"),
        ("mine.py --input 3 --kernel 2 --layer avg_pool", "has no function avg_pool1d"),
        ("absent --input 3 --kernel 2", "no target is called 'absent'"),
    ],
)
def test_a_mistake_is_one_clear_line_and_exits_4(
    arguments: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert extract(arguments) == 4
    assert words in capsys.readouterr().err


def test_a_failed_run_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "out.svg").write_text("before")
    assert extract("mine.py --input 3 --kernel 2 --layer avg_pool --svg out.svg") == 4
    assert (tmp_path / "out.svg").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".out")] == []


def test_a_fault_of_our_own_is_unknown_and_exits_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = Axis.triples

    def without_one(axis: Axis) -> Triples:
        found = right(axis)
        return Triples(found.output[1:], found.tap[1:], found.input[1:], sizes=found.sizes)

    monkeypatch.setattr(Axis, "triples", without_one)
    assert extract("numpy --input 3 --kernel 2 --json") == 1
    told = capsys.readouterr()
    assert "fault of convproof, not of the target" in told.err
    assert json.loads(told.out)["verdict"] == "unknown"


def test_the_options_are_those_of_derive() -> None:
    """Every option of ``derive`` that describes a layer has the same name and type here."""
    from convproof.cli.derive import command as derive

    ours = {parameter.name: parameter for parameter in command.params}
    shared = {p.name for p in derive.params} - {"variant", "mode"}
    assert shared <= set(ours)
    for parameter in derive.params:
        if parameter.name in shared:
            assert ours[parameter.name].opts == parameter.opts
