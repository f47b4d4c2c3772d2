"""Derivation reports: every number and formula is the library's."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from typing import TypeVar

import pytest

from convproof.report import laws
from convproof.report.derivation.document import booklet, laws_of, report
from convproof.report.derivation.forms import agrees, forms_of, simpler
from convproof.report.derivation.properties import table as properties
from convproof.report.derivation.variants import VARIANTS, spec
from convproof.report.facts import theorem_facts
from convproof.report.html import html
from convproof.report.kept import Became
from convproof.report.latex import latex
from convproof.report.laws import law, prove
from convproof.report.model import (
    Document,
    Equation,
    Matrix,
    Section,
    Table,
    Text,
    TheoremRecord,
    Verdict,
    Window,
    plain,
    walk,
)
from convproof.symbolic import derive
from convproof.symbolic.index_sum.iverson import divisor_and_dividend
from convproof.symbolic.size_law import LATEX, size_law
from convproof.theorems.proof import KINDS
from convproof.theorems.proofs import proofs

Kind = TypeVar("Kind")
_MOVED = "each row is the one before it, moved"

# along two axes quickly for one variant, and in full for all
ALL = [
    pytest.param(name, dims, marks=() if dims == 1 or name == "padded" else pytest.mark.full)
    for name in VARIANTS
    for dims in (1, 2)
]
WITH_WEIGHTS = [each for each in ALL if each.values[0] != "pooling"]


@cache
def _report(name: str, dims: int) -> Document:
    layer, sizes = spec(VARIANTS[name], dims)
    return report(VARIANTS[name], layer, sizes, command="c", version="v")


def _of(document: Document, kind: type[Kind]) -> Iterator[Kind]:
    return (block for block in walk(document.blocks) if isinstance(block, kind))


def _cells(table: Table) -> list[list[str]]:
    return [
        [str(cell) if isinstance(cell, int) else plain(cell) for cell in row] for row in table.rows
    ]


@pytest.mark.parametrize(("name", "dims"), ALL)
def test_a_report_holds_the_librarys_sizes_matrices_forms_and_laws(name: str, dims: int) -> None:
    """The law of every axis, T, T^T and both forms of dw, every closed form, every proof."""
    layer, sizes = spec(VARIANTS[name], dims)
    derivation, document = derive(layer, sizes), _report(name, dims)
    lines = [line for e in _of(document, Equation) for line in e.lines]
    assert set(size_law(derivation.axes[0], LATEX)) <= set(lines)
    shapes = [block.shape for block in _of(document, Matrix)]
    T = derivation.toeplitz.shape
    wanted = [T, T[::-1]]
    if derivation.has_weights:
        wanted += [derivation.unfold.shape[::-1], derivation.star.shape]
    else:
        wanted += [T, T[::-1]]  # the selection of the maxima
    assert shapes == wanted
    titles = [plain(block.title) for block in _of(document, Section)]
    for form in forms_of(layer, dims):
        title = form.name.rpartition("convolution, ")[2]
        assert title[0].upper() + title[1:] in titles
    records = [block.name for block in _of(document, TheoremRecord)]
    assert records == list(VARIANTS[name].laws)
    verdicts = [block.badge.word for block in _of(document, Verdict)]
    assert set(verdicts) == {"equal"}


@pytest.mark.parametrize("name", [n for n in VARIANTS if n != "pooling"])
def test_a_form_that_lost_a_condition_differs_and_is_told_so(name: str) -> None:
    r"""Without ``s \mid u`` or a range the sums are others, at sizes where these say something."""
    layer, sizes = spec(VARIANTS[name], 1)
    stride, dilation = (2,), (2,)
    if name != "grouped":
        layer, sizes = replace(layer, stride=stride, dilation=dilation, padding=((1, 1),)), (9,)  # type: ignore[call-arg]
    derivation = derive(layer, sizes)
    found = 0
    for form in forms_of(layer, 1):
        assert agrees(form, layer, derivation)
        for guard in form.guards:
            if divisor_and_dividend(guard) is None or name == "grouped":
                continue
            assert not agrees(form.without(guard), layer, derivation)
            found += 1
    assert found == (0 if name == "grouped" else 2)


@pytest.mark.parametrize("name", ["padded", "pooling"])
def test_names_of_pictures_are_read_without_latex(name: str) -> None:
    """a = T x and a_1 = w_2 x_1 are told in letters, not as commands and braces."""
    page = html(_report(name, 1))
    names = re.findall(r'aria-label="([^"]*)"|<title[^>]*>([^<]*)</title>', page)
    told = [first or second for first, second in names]
    assert len(told) > 10
    assert [each for each in told if set("\\{}$") & set(each)] == []
    assert "Forward, a = T x." in told


@pytest.mark.parametrize(("name", "dims"), ALL)
def test_every_bracket_of_a_form_is_a_condition_in_its_table(name: str, dims: int) -> None:
    """As many rows as brackets: of each divisibility one, of each range one."""
    document, layer = _report(name, dims), spec(VARIANTS[name], dims)[0]
    tables = [block for block in _of(document, Table) if block.caption == "The conditions"]
    forms = [form for form in forms_of(layer, dims) if form.guards]
    assert len(tables) == len(forms)
    for table, form in zip(tables, forms, strict=True):
        divisors = [pair for guard in form.guards if (pair := divisor_and_dividend(guard))]
        told = [row[0] for row in _cells(table)]
        assert sum("|" in each for each in told) == len(divisors)
        assert len(told) == form.latex.count(r"\left[")


@pytest.mark.parametrize("name", ["standard", "padded", "strided", "dilated", "transposed"])
def test_what_is_put_into_a_form_leaves_it_true(name: str) -> None:
    """With s = 1, t = 1 or p = 0 put in, the sum is still the layer's."""
    layer, sizes = spec(VARIANTS[name], 1)
    derivation = derive(layer, sizes)
    for form in forms_of(layer, 1):
        here = simpler(form, derivation)
        assert here is not None
        assert agrees(here, layer, derivation)


@pytest.mark.parametrize(("name", "dims"), WITH_WEIGHTS)
def test_the_case_of_one_cotangent_is_the_window_of_that_output(name: str, dims: int) -> None:
    """da_i = [i = 4] gives dw = row 4 of U, the lecture's (x_4, x_5, x_6)."""
    derivation = derive(*spec(VARIANTS[name], dims))
    case = min(3, derivation.triples.sizes[0] - 1)
    row = derivation.unfold.spelled("latex")[case]
    lines = [
        line
        for e in _of(_report(name, dims), Equation)
        for line in e.lines
        if line.startswith(r"d\mathbf{w} = \left(")
    ]
    shown = ", ".join(row[:18]) + (r", \dots" if len(row) > 18 else "")
    assert lines == [rf"d\mathbf{{w}} = \left( {shown} \right)"]


def test_the_lectures_case_is_the_lectures() -> None:
    text = latex(_report("standard", 1))
    assert r"d\mathbf{w} = \left( x_{4}, x_{5}, x_{6} \right)" in text


@pytest.mark.parametrize(("padding", "case"), [(0, 4), (1, 3)])
def test_the_case_is_of_an_output_that_reads_something(padding: int, case: int) -> None:
    """Transposed, with the taps 2 apart and of stride 2, every second output reads nothing."""
    given = {"dilation": 2, "padding": padding}
    layer, sizes = spec(VARIANTS["transposed"], 1, given=given)
    *_, unfolded, _ = _of(
        report(VARIANTS["transposed"], layer, sizes, command="", version=""), Matrix
    )
    assert {cell.column for cell in unfolded.cells if cell.marked} == {case}


@pytest.mark.parametrize(("name", "dims"), WITH_WEIGHTS)
def test_the_moving_pattern_is_every_cell_of_one_cotangent(name: str, dims: int) -> None:
    derivation = derive(*spec(VARIANTS[name], dims))
    case = min(3, derivation.triples.sizes[0] - 1)
    *_, unfolded, star = _of(_report(name, dims), Matrix)
    assert {c.column for c in unfolded.cells if c.marked} == {case}
    label = derivation.a.differential().spell(case, "latex")
    assert {c.label for c in star.cells if c.marked} == {label}
    assert sum(c.marked for c in star.cells) == sum(c.label == label for c in star.cells)
    read = {c.column for c in star.cells if c.marked}
    assert star.right is not None
    assert star.right.marked == read


@pytest.mark.parametrize(
    ("name", "held", "without"),
    [
        ("standard", ["every input is read", "weights are shared"], ["the size is preserved"]),
        ("padded", ["the size is preserved"], []),
        ("strided", ["standard, then down-sampled", _MOVED], []),
        ("dilated", ["an up-sampled kernel"], []),
        ("grouped", ["block diagonal"], []),
        ("transposed", ["the transpose of a convolution"], [_MOVED]),
        ("pooling", ["windows tile the input", _MOVED], []),
    ],
)
@pytest.mark.parametrize("dims", [1, 2])
def test_a_variant_has_the_properties_that_it_is_known_for(
    name: str, held: list[str], without: list[str], dims: int
) -> None:
    layer, sizes = spec(VARIANTS[name], dims)
    table = properties(layer, sizes, derive(layer, sizes))
    rows = {row[0]: row[1] for row in _cells(table)}
    assert {each: rows[each] for each in held} == dict.fromkeys(held, "yes")
    assert {each: rows[each] for each in without} == dict.fromkeys(without, "no")


def test_a_property_that_does_not_hold_is_told_so() -> None:
    """A stride above the kernel size leaves inputs unread; r > s makes windows overlap."""
    layer, _ = spec(VARIANTS["standard"], 1, given={"kernel_size": 1, "stride": 3})
    table = properties(layer, (7,), derive(layer, (7,)))
    rows = {row[0]: row[1:] for row in _cells(table)}
    holds, how = rows["every input is read"]
    assert holds == "no"
    assert "x₂, x₃, x₅, x₆" in how


def test_the_record_of_a_law_is_its_proofs_and_says_when_it_was_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(laws, "_held", {})
    record, proof = law("transposed_size"), proofs()["transposed_size"]
    assert (record.statement, record.latex) == (proof.statement, proof.latex)
    assert record.verdict.word == "not asked"
    assert not {"holds for", "steps"} & dict(theorem_facts(record)).keys()
    prove(["transposed_size"], workers=1)
    proved = law("transposed_size")
    assert proved.verdict.word == "proved"
    assert {"holds for", "steps"} <= dict(theorem_facts(proved)).keys()
    assert proved.steps[0] == proved.steps[1] == sum(count for _, count in proved.engines) > 0
    assert proved.changed == proof.twin().changed
    assert proved.counterexample


def test_a_document_says_how_far_its_proofs_reach_and_who_decided_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As many of each kind as there are, and the versions recorded with the proofs."""
    monkeypatch.setattr(laws, "_held", {})
    monkeypatch.setattr(laws, "_versions", {})
    names = ("linearity", "adjoint", "max_invariance")
    assert "None of them was asked" in plain(laws.reach(names).prose)
    became = Became(
        verdict="proved", steps=(1, 1), engines=(("z3+cvc5", 1),), changed="", counterexample=""
    )
    laws.recall(dict.fromkeys(names[1:], became))
    assert f"cvc5 {version('cvc5')}" in plain(laws.reach(names).prose)
    laws.recall({}, {"z3-solver": "1.2", "cvc5": "3"})
    assert plain(laws.reach(names).prose) == (
        f"Proved are 2 of 3: 1 for {KINDS['machine']}; 1 for {KINDS['rule']}. "
        "Decided by Z3 1.2, cvc5 3."
    )


@pytest.mark.parametrize("name", ["standard", "pooling"])
def test_a_report_says_with_which_engines_its_laws_were_decided(name: str) -> None:
    names = VARIANTS[name].laws
    assert laws.reach(names) in list(_of(report_again(name), Text))


def report_again(name: str) -> Document:
    """Return a report as it is now: what became of laws is not that of a cached one."""
    layer, sizes = spec(VARIANTS[name], 1)
    return report(VARIANTS[name], layer, sizes, command="c", version="v")


def test_a_window_that_is_too_large_to_be_drawn_is_told() -> None:
    layer, _ = spec(VARIANTS["standard"], 1)
    for size, shown in ((120, True), (121, False)):
        made = report(VARIANTS["standard"], layer, (size,), command="c", version="v")
        told = [plain(t.prose) for t in _of(made, Text) if "up to 120 positions" in plain(t.prose)]
        assert (len(list(_of(made, Window))), len(told)) == (shown, not shown)


def test_every_law_that_is_shown_is_proved_by_us() -> None:
    assert set(laws_of(VARIANTS.values())) <= set(proofs())


def test_the_booklet_has_every_variant_along_one_axis_and_two() -> None:
    ended: list[str] = []
    chosen = (VARIANTS["padded"], VARIANTS["pooling"])
    document = booklet(chosen, command="c", version="v", ended=ended.append)
    assert ended == ["padded, 1-d", "padded, 2-d", "pooling, 1-d", "pooling, 2-d"]
    records = [block.name for block in _of(document, TheoremRecord)]
    assert records == list(laws_of(chosen))


def test_circular_padding_has_its_own_forms() -> None:
    layer, sizes = spec(
        VARIANTS["padded"], 1, given={"kernel_size": 3, "padding": 1, "padding_mode": "circular"}
    )
    derivation = derive(layer, sizes)
    assert all(agrees(form, layer, derivation) for form in forms_of(layer, 1))
