"""``convproof derive``: the options' grammar, and the three forms of output."""

import json
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from click.testing import CliRunner, Result

from convproof.cli.derive import command
from convproof.errors import GeometryError, UnsupportedError
from convproof.layers import AvgPool, Conv
from convproof.symbolic import derive


def run(arguments: str, **options: Any) -> Result:
    return CliRunner(**options).invoke(command, arguments.split())


def output(arguments: str) -> str:
    result = run(arguments)
    assert result.exit_code == 0, result.output
    return result.output


def record(arguments: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(output(f"{arguments} --json"))
    return loaded


def test_the_text_is_the_derivations() -> None:
    layer = Conv(
        in_channels=1, out_channels=1, kernel_size=(3,), stride=(2,), padding=((0, 0),),
        dilation=(1,),
    )  # fmt: skip
    derivation = derive(layer, (7,))
    arguments = "conv --input 7 --kernel 3 --stride 2"
    assert output(f"{arguments} --width 80") == derivation.text(80) + "\n"
    assert output(f"{arguments} --latex") == derivation.latex() + "\n"


@pytest.mark.parametrize(
    ("arguments", "sizes"),
    [
        ("conv --input 7 --kernel 3", ([1, 7], [1, 1, 3], [1, 5])),
        ("conv --input 5,5 --kernel 3", ([1, 5, 5], [1, 1, 3, 3], [1, 3, 3])),
        ("conv --input 5x4x3 --kernel 2", ([1, 5, 4, 3], [1, 1, 2, 2, 2], [1, 4, 3, 2])),
        ("conv --input 5x4 --kernel 3,1 --stride 1x2", ([1, 5, 4], [1, 1, 3, 1], [1, 3, 2])),
        (
            "conv --input 4 --kernel 3 --in-channels 2 --out-channels 4 --groups 2",
            ([2, 4], [4, 1, 3], [4, 2]),
        ),
        ("conv --input 7 --kernel 3 --dilation 2", ([1, 7], [1, 1, 3], [1, 3])),
        (
            "conv_transpose --input 4 --kernel 3 --stride 2 --padding 1 --output-padding 1",
            ([1, 4], [1, 1, 3], [1, 8]),
        ),
        ("locally_connected --input 4 --kernel 2", ([1, 4], [1, 1, 3, 2], [1, 3])),
        ("avg_pool --input 4 --kernel 2 --in-channels 3", ([3, 4], None, [3, 2])),
        ("avg_pool --input 5 --kernel 2 --ceil-mode", ([1, 5], None, [1, 3])),
        ("convolve --input 4 --kernel 3", ([4], [3], [6])),
        ("convolve --input 4x3 --kernel 3 --mode valid", ([4, 3], [3, 3], [2, 1])),
    ],
)
def test_every_variant_has_its_sizes(arguments: str, sizes: tuple[Any, Any, Any]) -> None:
    """Numbers broadcast to the axes of --input."""
    found = record(arguments)["sizes"]
    assert (found["input"], found["weight"], found["output"]) == sizes


@pytest.mark.parametrize(
    ("padding", "pairs"),
    [
        ("1", [[1, 1], [1, 1]]),
        ("1,2", [[1, 1], [2, 2]]),
        ("1x2", [[1, 1], [2, 2]]),
        ("1:2", [[1, 2], [1, 2]]),
        ("0:1,2:2", [[0, 1], [2, 2]]),
        ("0:1,2", [[0, 1], [2, 2]]),
        ("same", [[1, 1], [1, 1]]),
        ("valid", [[0, 0], [0, 0]]),
        ("tensorflow_same", [[1, 1], [1, 1]]),
    ],
)
def test_padding_has_every_form(padding: str, pairs: list[list[int]]) -> None:
    geometry = record(f"conv --input 5,6 --kernel 3 --padding {padding}")["geometry"]
    assert [axis["padding"] for axis in geometry["axes"]] == pairs


def test_circular_padding_wraps() -> None:
    found = record("conv --input 3 --kernel 3 --padding 1 --padding-mode circular")
    assert found["matrices"]["T"][0] == ["w_2", "w_3", "w_1"]


def test_the_divisor_can_leave_the_padding_out() -> None:
    arguments = "avg_pool --input 3 --kernel 2 --padding 1"
    assert record(arguments)["matrices"] == {"T": [["1/2", "0", "0"], ["0", "1/2", "1/2"]]}
    alone = record(f"{arguments} --no-count-include-pad")["matrices"]
    assert alone == {"T": [["1", "0", "0"], ["0", "1/2", "1/2"]]}


def test_json_is_alone_and_says_what_it_is() -> None:
    """Keys, and matrices that SymPy reads back."""
    found = record("conv --input 7 --kernel 3 --stride 2")
    assert list(found) == [
        "schema", "version", "command", "verdict", "geometry", "sizes", "matrices",
    ]  # fmt: skip
    assert (found["schema"], found["command"]) == ("convproof/derive/1", "derive")
    assert found["geometry"]["variant"] == "conv"
    assert (found["sizes"]["weights"], found["sizes"]["products"]) == (3, 9)
    assert found["sizes"]["law"][0].endswith("= ⌊(7 + 0 + 0 - 3)/2⌋ + 1 = 3")
    T, U, D = (sp.Matrix(found["matrices"][name]) for name in "TUD")
    x, w, da = (sp.Matrix(sp.symbols(names)) for names in ("x_1:8", "w_1:4", "da_1:4"))
    assert T * x == U * w
    assert (U.T * da).expand() == (D * x).expand()


def test_json_to_a_file_leaves_the_text(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    arguments = ["conv", "--input", "4", "--kernel", "2"]
    result = CliRunner().invoke(command, [*arguments, "--json", str(path)])
    assert result.output == CliRunner().invoke(command, arguments).output
    assert json.loads(path.read_text())["verdict"] == "passed"


def test_json_and_latex_cannot_share_standard_output() -> None:
    result = run("conv --input 4 --kernel 2 --latex --json")
    assert result.exit_code == 2
    assert "give one a FILE" in result.output


def test_latex_to_a_file_leaves_the_text(tmp_path: Path) -> None:
    path = tmp_path / "d.tex"
    arguments = ["conv", "--input", "4", "--kernel", "2"]
    latex = CliRunner().invoke(command, [*arguments, "--latex"])
    result = CliRunner().invoke(command, [*arguments, "--latex", str(path)])
    assert result.output == CliRunner().invoke(command, arguments).output
    assert path.read_text(encoding="utf-8") == latex.output


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ("conv --input a --kernel 3", "--input"),
        ("conv --input 5, --kernel 3", "--input"),
        ("conv --input 5 --kernel 3.0", "--kernel"),
        ("conv --input 5 --kernel 3 --stride 1,1", "--stride"),
        ("conv --input 5,5 --kernel 3,3,3", "--kernel"),
        ("conv --input 5 --kernel 3 --padding 1:2:3", "--padding"),
        ("conv --input 5 --kernel 3 --padding some", "--padding"),
        ("conv --input 5 --kernel 3 --padding 1,2", "--padding"),
        ("conv_transpose --input 5 --kernel 3 --padding same", "--padding"),
        ("conv --input 5 --kernel 3 --groups two", "--groups"),
        ("conv --input 5 --kernel 3 --width 0", "--width"),
        ("conv_transpose --input 5 --kernel 3 --output-padding x", "--output-padding"),
        ("convolve --input 5 --kernel 3 --mode some", "--mode"),
    ],
)
def test_a_malformed_value_names_its_option(arguments: str, option: str) -> None:
    result = run(arguments)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.output


def test_low_and_high_are_told_to_be_written_with_a_colon() -> None:
    assert "written low:high" in run("conv --input 5 --kernel 3 --padding 1,2").output


@pytest.mark.parametrize(
    ("variant", "option"),
    [
        ("conv", "--output-padding 1"),
        ("conv", "--ceil-mode"),
        ("conv", "--mode full"),
        ("conv_transpose", "--padding-mode zeros"),
        ("locally_connected", "--count-include-pad"),
        ("avg_pool", "--groups 1"),
        ("avg_pool", "--out-channels 1"),
        ("convolve", "--stride 1"),
        ("convolve", "--padding 0"),
        ("convolve", "--in-channels 1"),
    ],
)
def test_an_option_of_another_variant_is_refused(variant: str, option: str) -> None:
    result = run(f"{variant} --input 5 --kernel 3 {option}")
    assert result.exit_code == 2
    assert f"{option.split()[0]} does not apply to {variant}" in result.output


@pytest.mark.parametrize(
    ("arguments", "law"),
    [
        ("conv --input 2 --kernel 3", "does not fit"),
        ("conv --input 0 --kernel 3", "input_size must be at least 1"),
        ("conv --input 5 --kernel 0", "must be at least 1"),
        ("conv --input 5 --kernel 3 --stride 2 --padding same", "at stride 1"),
        ("conv --input 5 --kernel 3 --in-channels 3 --groups 2", "multiple of groups"),
        ("conv_transpose --input 5 --kernel 3 --output-padding 1", "output_padding"),
        ("avg_pool --input 5 --kernel 2 --padding 2", "reads no input"),
        ("convolve --input 2 --kernel 3 --mode valid", "keeps no output"),
    ],
)
def test_an_impossible_geometry_is_the_laws_to_refuse(arguments: str, law: str) -> None:
    """The error passes through the command, for the group to print."""
    error = run(arguments).exception
    assert isinstance(error, GeometryError)
    assert law in str(error)


@pytest.mark.parametrize(
    "arguments",
    [
        "conv --input 100000,100000 --kernel 3",
        "avg_pool --input 99999999999 --kernel 2",
        "conv --input 224,224 --kernel 3 --json",
    ],
)
def test_what_cannot_be_written_out_is_refused_before_it_is_tried(arguments: str) -> None:
    error = run(arguments).exception
    assert isinstance(error, UnsupportedError)
    assert "more than" in str(error)


def test_the_terminals_width_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are left out of a matrix rather than wrapped."""
    monkeypatch.setenv("COLUMNS", "40")
    text = output("conv --input 16 --kernel 3")
    assert max(map(len, text.splitlines())) <= 40
    assert "⋯" in text


def test_a_terminal_without_the_signs_gets_letters() -> None:
    """latin-1 has neither subscripts nor tall parentheses; columns stay aligned."""
    result = run("conv --input 3 --kernel 2", charset="latin-1")
    assert result.exit_code == 0
    assert "/a1\\   /w1 w2   \\   /x1\\" in result.output
    assert "r_hat = r + (r - 1)(t - 1) = 2 + 1*0 = 2" in result.output
    result.stdout_bytes.decode("ascii")


def test_average_pooling_strides_by_its_kernel() -> None:
    """As in torch."""
    layer = AvgPool(kernel_size=(2,), stride=(2,), padding=((0, 0),), dilation=(1,))
    arguments = "avg_pool --input 6 --kernel 2 --width 80"
    assert output(arguments) == derive(layer, (6,)).text(80) + "\n"
