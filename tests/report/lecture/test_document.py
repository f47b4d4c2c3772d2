"""The audit as a document and as JSON: every claim and both figures of every disagreement."""

import json
from collections.abc import Iterator

from convproof.report.formulas import mathml
from convproof.report.lecture.audit import CHAPTERS, audit
from convproof.report.lecture.claim import UNJUDGED
from convproof.report.lecture.document import document
from convproof.report.lecture.record import record, summary
from convproof.report.model import (
    Code,
    Equation,
    Items,
    Math,
    Prose,
    Section,
    Table,
    Text,
    plain,
    runs,
    spoken,
    walk,
)
from tests.report.lecture.judged import whole


def test_every_claim_has_its_row() -> None:
    made = document(whole())
    found = {
        next(run.text for run in runs(row[0]) if isinstance(run, Code))
        for block in walk(made.blocks)
        if isinstance(block, Table)
        for row in block.rows
        if not isinstance(row[0], int) and isinstance(runs(row[0])[0], Code)
    }
    assert found == {finding.claim.id for finding in whole().all}


def test_what_is_not_judged_is_called_so_everywhere() -> None:
    """Measurements are among it: it is not without claims."""
    words = summary(whole())[-1]
    blocks = document(whole()).blocks
    assert words == f"{len(whole().unjudged)} sentences are not judged"
    assert isinstance(blocks[0], Text)
    assert f"; {words}." in plain(blocks[0].prose)
    assert isinstance(blocks[-1], Section)
    opening = blocks[-1].blocks[0]
    assert isinstance(opening, Text)
    assert plain(opening.prose).startswith("Sentences that are not judged, ")


def _shown() -> dict[tuple[str, ...], Section]:
    """Return the sections about disagreements, by the names of the claims in their titles."""
    disagree = document(whole()).blocks[3]
    assert isinstance(disagree, Section)
    classes = [block for block in disagree.blocks if isinstance(block, Section)]
    parts = [part for each in classes for part in each.blocks if isinstance(part, Section)]
    return {tuple(run.text for run in runs(p.title) if isinstance(run, Code)): p for p in parts}


def test_a_disagreement_is_shown_with_both_figures_and_where_they_come_from() -> None:
    """The VGG-16 row: 89,915,390 and 89,915,392 = (9*3 + 1)*224**2*64."""
    _, facts = _shown()["vgg16.1",].blocks
    assert isinstance(facts, Items)
    text = "\n".join(map(plain, facts.items))
    for word in ("89,915,390", "89,915,392", "(9 · 3 + 1) · 224² · 64", "convproof network vgg16"):
        assert word in text


def test_disagreements_are_shown_by_class_and_as_many_as_there_are() -> None:
    assert sum(map(len, _shown())) == len(whole().of("disagree"))


def test_frames_with_one_fault_are_shown_once_and_a_matrix_beside_the_right_one() -> None:
    """Of the padded matrix five frames lack the same rows, and one an entry."""
    names = ("padded.matrix.frame1", "frame3", "frame5", "frame6", "frame7")
    heading, equation, _ = _shown()[names].blocks
    assert isinstance(heading, Text)
    assert "frames 1, 3, 5, 6 and 7" in plain(heading.prose)
    assert isinstance(equation, Equation)
    assert equation.lines[0].count(r"\begin{matrix}") == 2


def test_what_is_quoted_stands_as_mathematics_and_words_as_words() -> None:
    """No sign of LaTeX's is left in the text of the document."""
    for line in _lines():
        for run in runs(line):
            assert not (isinstance(run, str) and set("_^{}\\&") & set(run)), run


def _lines() -> Iterator[Prose]:
    """Yield every paragraph, item and cell of the document."""
    for block in walk(document(whole()).blocks):
        if isinstance(block, Text):
            yield block.prose
        elif isinstance(block, Items):
            yield from block.items
        elif isinstance(block, Table):
            yield from (cell for row in block.rows for cell in row if not isinstance(cell, int))


def test_every_formula_of_the_audit_is_told_in_html_and_in_letters() -> None:
    """No formula is left as LaTeX: neither in the page nor in its accessible names."""
    held = {run.latex for line in _lines() for run in runs(line) if isinstance(run, Math)}
    for block in walk(document(whole()).blocks):
        held |= set(block.lines) if isinstance(block, Equation) else set()
    assert len(held) > 30
    for latex in held:
        assert mathml(latex, display=False) is not None, latex
        assert not set("\\{}$") & set(spoken(latex)), latex


def test_json_lists_every_claim_with_place_and_verdict() -> None:
    held = json.loads(json.dumps(record(whole())))
    assert held["summary"]["claims"] == len(held["claims"]) == len(whole().all)
    by_id = {claim["id"]: claim for claim in held["claims"]}
    naive = by_id["inception.naive.operations"]
    assert (naive["stated"], naive["computed"]) == (271418048, "287,091,392")
    assert naive["place"] == {"slide": "inception module", "occurrence": 2}
    assert (naive["verdict"], naive["class"], naive["kind"]) == ("disagree", "arithmetic", "number")
    assert by_id["vgg16.2"]["class"] is None
    assert {claim["chapter"] for claim in held["claims"]} == set(CHAPTERS.values())
    assert {each["why"] for each in held["not judged"]} == set(UNJUDGED)


def test_without_proofs_laws_are_undecided_and_blamed_for_nothing() -> None:
    """The refuted statement about the prior is then no disagreement."""
    found = audit({})
    claims = {claim["id"]: claim for claim in record(found)["claims"]}
    assert claims["prior.mixture"]["verdict"] == "undecided"
    assert claims["prior.mixture"]["class"] is None
    assert not any(claim["class"] for claim in claims.values() if claim["verdict"] != "disagree")
    told = "are undecided, for no proof of them was asked, or found;"
    texts = [block for block in walk(document(found).blocks) if isinstance(block, Text)]
    assert told in plain(texts[0].prose)


def test_the_summary_adds_up() -> None:
    lines = summary(whole())
    assert lines[0] == (
        f"{len(whole().all)} claims: {len(whole().of('agree'))} agree, "
        f"{len(whole().of('disagree'))} disagree, 0 undecided"
    )
