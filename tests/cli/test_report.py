"""``convproof report``: documents, and clear words for what cannot be made."""

import html
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from convproof.cli import run
from convproof.cli.report import derivation
from tests.report.test_evidence import evidence, row

FAST = ["--no-proofs", "--format", "html,tex"]


def test_a_derivation_is_written_and_its_places_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "a <b> & 50%"
    assert run(["report", "derivation", "strided", "-o", str(directory), *FAST]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(directory / f"derivation-strided.{each}") for each in ("html", "tex")
    ]


def test_sizes_of_your_own_are_in_the_document_and_its_command(tmp_path: Path) -> None:
    """n' = floor((9 + 0 + 0 - 5)/3) + 1 = 2."""
    sizes = ["--input", "9", "--kernel", "5", "--stride", "3"]
    assert run(["report", "derivation", "strided", *sizes, "-o", str(tmp_path), *FAST]) == 0
    text = (tmp_path / "derivation-strided.tex").read_text()
    assert r"\left\lfloor \frac{9 + 0 + 0 - 5}{3} \right\rfloor + 1 = 2" in text
    page = (tmp_path / "derivation-strided.html").read_text()
    command = "convproof report derivation strided --input 9 --kernel 5 --stride 3 --no-proofs"
    assert f"<code>{command}</code>" in page
    assert str(tmp_path) not in page


@pytest.mark.parametrize(
    "words",
    [
        ["network", "input(8, 1) a_b = conv(3, 4, p1) fc(2) softmax"],
        ["evidence", "it's & <odd>.json"],
        ["derivation", "standard", "--input", "3", "--padding", "0:1", "--no-proofs"],
    ],
)
def test_the_command_in_a_document_makes_it_again(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a shell reads it, and to the same bytes."""
    monkeypatch.chdir(tmp_path)
    Path("it's & <odd>.json").write_text(json.dumps(evidence(row("pass", function="conv2d"))))
    assert run(["report", *words, "-o", "first", "--format", "html"]) == 0
    (page,) = Path("first").iterdir()
    told = re.findall("<code>(convproof report .*?)</code>", page.read_text())
    program, *again = shlex.split(html.unescape(told[0]))
    assert program == "convproof"
    assert run([*again, "-o", "second", "--format", "html"]) == 0
    assert Path("second", page.name).read_bytes() == page.read_bytes()


def test_two_axes_have_a_name_of_their_own(tmp_path: Path) -> None:
    assert run(["report", "derivation", "padded", "--dims", "2", "-o", str(tmp_path), *FAST]) == 0
    assert (tmp_path / "derivation-padded-2d.html").is_file()


def test_the_defaults_of_a_derivation_are_the_variants_own() -> None:
    """strided has s = 2, grouped two groups: no number is the default, and names are ours."""
    options = [param for param in derivation.params if isinstance(param, click.Option)]
    told = {option.opts[0]: option.help or "" for option in options}
    own = {"--input", "--kernel", "--stride", "--padding", "--dilation", "--groups"}
    own |= {"--in-channels", "--out-channels"}
    assert {name for name in told if "default the variant's own" in told[name]} == own
    assert not re.search("avg_pool|conv_transpose|[Dd]efault [01]", " ".join(told.values()))
    assert told["--ceil-mode"].startswith("pooling: ")
    assert told["--output-padding"].startswith("transposed: ")
    assert not any(option.required for option in options)


def test_laws_are_proved_unless_they_are_not_asked(tmp_path: Path) -> None:
    words = ["report", "derivation", "transposed", "-o", str(tmp_path), "--format", "html"]
    assert run([*words, "--no-proofs"]) == 0
    assert "not asked" in (tmp_path / "derivation-transposed.html").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["derivation", "strided", "--format", "doc"], "'doc' is none of html, tex, pdf"),
        (["derivation", "strided", "--format", ","], "there are none of html, tex, pdf"),
        (["derivation", "sideways"], "'sideways' is not one of"),
        (["derivation", "stride"], "Did you mean strided?"),
        (["derivation", "strided", "--kernel", "9"], "does not fit into the padded input"),
        (["derivation", "strided", "--input", "7", "--dims", "2"], "--input has 1 axis"),
        (["derivation", "strided", "--input", "5x5x5", "--no-proofs"], "one or two axes, not 3"),
        (["derivation", "pooling", "--groups", "2"], "--groups does not apply"),
        (["derivation", "strided", "--stride", "1"], "not strided, but standard. Use stride >= 2"),
        (["derivation", "padded", "--padding", "valid"], "Use padding >= 1, or the variant stand"),
        (["derivation", "standard", "--input", "900x900", "--no-proofs"], "more than the"),
        (["network", "vgg17"], "did you mean"),
        (["evidence", "absent.json"], "cannot be read"),
        (["kill-table", "absent.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_made_is_refused_with_exit_code_4(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", *words]) == 4
    error = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert told in error
    assert "Traceback" not in error
    assert not [*tmp_path.iterdir()]


def test_a_pdf_without_tex_is_a_page_and_its_latex_and_one_line_of_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 0: what was asked for is there to be set where TeX is."""
    monkeypatch.setattr("convproof.report.pdf.shutil.which", lambda _: None)
    words = ["report", "network", "linear", "-o", str(tmp_path), "--format", "pdf"]
    assert run(words) == 0
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if "apt-get install" in line] == told[:1]
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == ["network-linear.html", "network-linear.tex"]


@pytest.mark.parametrize("under", ["", "deeper/still"])
def test_a_folder_that_cannot_be_made_is_refused_before_the_work(
    under: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 4, no law is asked, and the file in its place is what it was."""
    monkeypatch.setattr("convproof.report.laws.run", pytest.fail)
    (tmp_path / "taken").write_text("mine")
    assert run(["report", "derivations", "-o", str(tmp_path / "taken" / under)]) == 4
    assert "is a file" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_without_permission_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("convproof.report.laws.run", pytest.fail)
    monkeypatch.setattr("convproof.cli.reporting.os.access", lambda *_: False)
    assert run(["report", "lecture", "-o", str(tmp_path / "new")]) == 4
    assert "no permission" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert not [*tmp_path.iterdir()]


def test_a_network_of_your_own_and_all_of_ours_are_written(tmp_path: Path) -> None:
    out = ["-o", str(tmp_path), "--format", "html"]
    assert run(["report", "network", "input(8, 1) conv(3, 4) fc(2) softmax", *out]) == 0
    assert run(["report", "networks", *out]) == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["network-network.html", "networks.html"]


def test_a_certificate_and_a_kill_table_are_written_from_their_files(tmp_path: Path) -> None:
    """An odd name is the name of a file, and text in the page."""
    place = tmp_path / "odd <na&me>.json"
    place.write_text(json.dumps(evidence(row("pass", function="conv2d"))))
    out = ["-o", str(tmp_path), "--format", "html"]
    assert run(["report", "evidence", str(place), *out]) == 0
    assert "odd &lt;na&amp;me&gt;" in (tmp_path / "odd <na&me>-certificate.html").read_text()
    assert run(["report", "kill-table", "reports/zoo.json", *out]) == 0
    assert (tmp_path / "kill-table.html").is_file()
