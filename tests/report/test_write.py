"""Writing: whole or not at all, and alike at every run."""

import re
from pathlib import Path

import pytest

from convproof import whole
from convproof.report import write as writing
from convproof.report.derivation.document import report
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.latex import latex
from convproof.report.model import Code, Text
from convproof.report.pdf import ReportError, has_tex, pdf
from convproof.report.write import write
from tests.report.samples import document

needs_tex = pytest.mark.skipif(not has_tex(), reason="there is no pdflatex")


def test_both_back_ends_write_their_files(tmp_path: Path) -> None:
    told: list[str] = []
    places = write(document(), tmp_path / "new", "odd & name", ("html", "tex"), tell=told.append)
    assert [place.name for place in places] == ["odd & name.html", "odd & name.tex"]
    assert told == [str(place) for place in places]
    assert all(place.stat().st_size for place in places)


def test_a_back_end_that_fails_leaves_the_old_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is made before TeX fails, and is not written."""

    def broken(tex: str) -> tuple[bytes, str]:
        raise ReportError(tex[:1])

    monkeypatch.setattr(writing, "pdf", broken)
    for each in ("html", "tex", "pdf"):
        (tmp_path / f"a.{each}").write_text("old")
    with pytest.raises(ReportError):
        write(document(), tmp_path, "a", ("html", "tex", "pdf"))
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        f"a.{each}": "old" for each in ("html", "tex", "pdf")
    }


def test_a_place_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("old")
    (tmp_path / "a.tex").mkdir()
    with pytest.raises(ReportError, match="Is a directory"):
        write(document(), tmp_path, "a", ("html", "tex"))
    assert (tmp_path / "a.html").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "a.tex"]


def test_an_interrupt_leaves_the_old_files_and_no_drafts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C before the last file is made, and when all drafts are written and none is moved."""

    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    (tmp_path / "a.html").write_text("old")
    for place in ("convproof.report.write.latex", "convproof.whole.os.umask"):
        with monkeypatch.context() as then:
            then.setattr(place, interrupted)
            with pytest.raises(KeyboardInterrupt):
                write(document(), tmp_path, "a", ("html", "tex"))
        assert [p.name for p in tmp_path.iterdir()] == ["a.html"]
        assert (tmp_path / "a.html").read_text() == "old"


def test_a_draft_that_cannot_be_moved_is_removed(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        whole.write([(tmp_path / "a", b"x"), (tmp_path / "absent" / "b", b"y")])
    assert not [*tmp_path.iterdir()]


def test_without_tex_two_files_are_written_and_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told: list[str] = []
    places = write(document(), tmp_path, "a", tell=told.append)
    assert [place.suffix for place in places] == [".html", ".tex"]
    assert "texlive-latex-base" in told[0]
    asked = write(document(), tmp_path, "a", ("pdf",), tell=told.append)
    assert asked == places
    with pytest.raises(ReportError, match="texlive-latex-base"):
        pdf("")


def test_the_environments_of_the_latex_are_closed_in_their_order() -> None:
    body = latex(document()).partition(r"\begin{document}")[2]
    names = re.findall(r"\\(begin|end)\{(\w+\*?)\}", body)
    stack = ["document"]
    for what, name in names:
        if what == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []


@needs_tex
def test_the_pdf_of_every_block_has_no_overfull_box() -> None:
    r"""``Overfull \hbox`` is what TeX says of a line that reaches into the margin."""
    source = latex(document())
    made, log = pdf(source)
    assert "Overfull \\hbox" not in log, re.findall(r"Overfull \\hbox.*", log)
    assert "Missing character" not in log
    assert made.startswith(b"%PDF")


@pytest.mark.full
@needs_tex
def test_the_pdf_is_the_same_at_every_run() -> None:
    """No time, no place and no random number is in it."""
    source = latex(document(Text("text")))
    assert pdf(source)[0] == pdf(source)[0]


@pytest.mark.full
@needs_tex
def test_every_letter_of_a_name_can_be_printed() -> None:
    """Whatever a name has in it, TeX ends and reports no missing character."""
    letters = [chr(code) for code in range(0x20, 0x250)] + list("αβλ→≤≥⌊⌋漢字🙂")
    blocks = [Text(" ".join(letters[k : k + 40])) for k in range(0, len(letters), 40)]
    made, log = pdf(latex(document(*blocks, Text(Code("".join(letters))))))
    assert made.startswith(b"%PDF")
    assert "Missing character" not in log


@pytest.mark.full
@needs_tex
@pytest.mark.parametrize("name", list(VARIANTS))
@pytest.mark.parametrize("dims", [1, 2])
def test_no_box_of_a_derivations_pdf_is_overfull(name: str, dims: int) -> None:
    layer, sizes = spec(VARIANTS[name], dims)
    made = report(VARIANTS[name], layer, sizes, command="c", version="v")
    assert "Overfull" not in pdf(latex(made))[1]


@needs_tex
def test_a_line_that_is_too_wide_is_found_in_the_log() -> None:
    """The check of the test above could have failed."""
    body = r"\begin{document}\noindent\rule{30cm}{1pt}\end{document}"
    assert "Overfull \\hbox" in pdf(rf"\documentclass{{article}}{body}")[1]


@needs_tex
def test_tex_that_is_wrong_is_told_by_its_first_complaint() -> None:
    with pytest.raises(ReportError, match="Undefined control sequence"):
        pdf(r"\documentclass{article}\begin{document}\absent\end{document}")
