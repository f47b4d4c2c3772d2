"""The audit finds every disagreement that is there, and accuses no true statement."""

import re
from fractions import Fraction

import pytest

from convproof.networks.count import rows, total
from convproof.networks.names import NAMES
from convproof.networks.names import named as network_named
from convproof.report.lecture.audit import audit, claims, unjudged
from convproof.report.lecture.claim import CLASSES, Claim, Fault, Formula, Law, Rule, Table
from convproof.report.lecture.formulas import value
from convproof.report.lecture.judging import judged, proofs_of
from convproof.theorems.proofs import proofs
from tests.networks.test_lecture import ERRATA, TABLES
from tests.report.lecture.judged import answer, frozen, named, whole

# every disagreement that is not the transcription's, by name
EXPECTED = {
    "arithmetic": {"vgg16.1", "inception.naive.operations"},
    "claim": {
        "two-layer.width",
        "prior.mixture",
        "pool.padding",
        "convnet.relu",
        "caffenet.relu",
        "googlenet.kernels",
        "googlenet.fewer",
        "googlenet.faster",
    },
    "convention": {
        "mnist-convnet.7",
        "cifar10-convnet.7",
        "lenet5.subsampling",
        "lenet5.rbf",
        "lenet5.limited",
        "alexnet.limited",
    },
    "outside source": {
        "lenet5.first",
        "lenet5.tanh",
        "zfnet.error",
        "googlenet.classifier.padding",
    },
}
# channels and images that are told beside the figures which are judged
TOLD = {"1728", "1024", "1000", "150000", "100000", "22000"}


def test_claims_have_names_of_their_own() -> None:
    assert len({claim.id for claim in claims()}) == len(claims())


def test_what_disagrees_is_what_carries_a_fault() -> None:
    """A claim that agrees carries none; one that disagrees says why."""
    for finding in whole().all:
        assert (finding.verdict == "disagree") == (finding.claim.fault is not None), (
            finding.claim.id
        )


def _of_class(name: str) -> set[str]:
    claims_of = [finding.claim for finding in whole().of("disagree")]
    return {c.id for c in claims_of if c.fault is not None and c.fault.of == name}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_disagreements_are_those_that_are_known(name: str) -> None:
    found = whole().of("disagree")
    assert {f.claim.id for f in found if f.claim.fault and f.claim.fault.of == name} == EXPECTED[
        name
    ]


def test_every_other_disagreement_is_the_transcriptions() -> None:
    """Matrices and frames: never a number of the tables."""
    lost = [
        f for f in whole().of("disagree") if f.claim.fault and f.claim.fault.of == "transcription"
    ]
    assert len(lost) == len(whole().of("disagree")) - sum(map(len, EXPECTED.values()))
    assert not [f.claim.id for f in lost if f.claim.kind == "number"]
    assert sum(whole().classes.values()) == len(whole().of("disagree"))


def _differing(claim_id: str) -> list[tuple[object, object]]:
    """Return what is stated beside what is computed, where they differ."""
    stated, computed = (_leaves(each) for each in (named(claim_id).stated, answer(claim_id)))
    return [pair for pair in zip(stated, computed, strict=True) if pair[0] != pair[1]]


def _leaves(value: object) -> list[object]:
    if isinstance(value, tuple):
        return [leaf for each in value for leaf in _leaves(each)]
    return [value]


@pytest.mark.parametrize(
    "claim_id", [c.id for c in claims() if c.fault is not None and c.fault.arithmetic]
)
def test_the_arithmetic_of_a_correction_gives_the_correction(claim_id: str) -> None:
    """What is written as right is a figure that is computed where the lecture's differs."""
    fault = named(claim_id).fault
    assert fault is not None
    figure = value(fault.arithmetic, {})
    assert figure in [Fraction(str(computed)) for _, computed in _differing(claim_id)]


@pytest.mark.parametrize(
    "claim_id", [c.id for c in claims() if c.fault is not None and c.fault.origin]
)
def test_the_origin_of_a_figure_gives_the_lectures_figure(claim_id: str) -> None:
    fault = named(claim_id).fault
    assert fault is not None
    assert value(fault.origin, {}) in [stated for stated, _ in _differing(claim_id)]


def test_figures_that_are_told_in_words_are_figures_of_the_library() -> None:
    """A number with thousands, in a reason or a note, is some network's total or row, or judged."""
    known: set[int] = set()
    for network in NAMES:
        counted = total(network_named(network))
        known |= {counted.parameters, counted.operations}
    for claim in claims():
        told = [claim.note, claim.by] + ([claim.fault.why] if claim.fault else [])
        judged_here = {str(leaf) for leaf in [*_leaves(claim.stated), *_leaves(answer(claim.id))]}
        for figure in re.findall(r"\d{1,3}(?:,\d{3})+", " ".join(told)):
            number = figure.replace(",", "")
            assert int(number) in known or number in judged_here | TOLD, (claim.id, figure)


def _operations(network: str, kind: str) -> int:
    return sum(r.operations for r in rows(network_named(network)) if r.name.startswith(kind))


def test_alexnet_as_published_differs_from_its_table_by_its_groups_and_by_its_norms() -> None:
    """With the groups alone it is 725,700,624 operations, and 363,776 are of larger norms."""
    table, published = (total(network_named(n)).operations for n in ("caffenet", "alexnet"))
    more = {k: _operations("alexnet", k) - _operations("caffenet", k) for k in ("conv", "norm")}
    assert table + more["conv"] == 725700624
    assert more["norm"] == 220416 + 143360
    assert table + sum(more.values()) == published
    fault = named("googlenet.faster").fault
    assert fault is not None
    assert f"with groups and the norms before the pools, {published:,}" in fault.why


PICTURES = [claim for claim in claims() if ".cells" in claim.id]


@pytest.mark.parametrize("claim", PICTURES, ids=lambda claim: claim.id)
def test_a_picture_is_compared_with_the_number_that_its_letters_give(claim: Claim) -> None:
    """``n + 2p`` of what is padded, else ``n``; of an output ``n'``."""
    held = answer(claim.id)
    assert isinstance(held, tuple)
    letters = "n'" if "output" in claim.id else "n + 2p" if "padded" in claim.id else "n"
    assert claim.by == f"{letters} = {held[0]} positions"
    assert claim.fault is None or "n = 7, r = 3" in claim.fault.why


def test_a_figure_that_a_convention_contradicts_stands_in_the_table() -> None:
    """What is said to be the table's is stated by a row of the table."""
    for claim_id, places in {
        "lenet5.rbf": ("lenet5-simplified.7",),
        "lenet5.limited": ("lenet5-simplified.3",),
        "lenet5.subsampling": ("lenet5-simplified.2", "lenet5-simplified.4"),
        "alexnet.limited": ("caffenet.4", "caffenet.8", "caffenet.9"),
    }.items():
        parameters = [_leaves(named(row).stated)[0] for row in places]
        assert _leaves(named(claim_id).stated) == parameters


def test_a_disagreement_about_a_number_shows_where_the_right_one_comes_from() -> None:
    """Of an arithmetic fault both the correction and the lecture's figure are reconstructed."""
    for finding in whole().of("disagree"):
        fault = finding.claim.fault
        if fault is not None and fault.of == "arithmetic":
            assert fault.arithmetic
            assert fault.origin


def test_an_engine_that_gives_up_accuses_nobody() -> None:
    """A law whose proof is not found is undecided, whichever way it is stated."""
    for claim_id in ("signals.lti", "prior.mixture"):
        for became in ("unknown", "refuted", "unsound"):
            law = named(claim_id).stated
            assert isinstance(law, Law)
            assert judged(named(claim_id), {law.proof: became}).verdict == "undecided"
    assert judged(named("signals.lti"), {}).verdict == "undecided"


def test_a_fault_makes_no_verdict() -> None:
    """A true statement that is accused agrees all the same: verdicts are computed."""
    accused = frozen(named("vgg16.2"), fault=Fault(of="arithmetic", why="a slander"))
    assert judged(accused, {}).verdict == "agree"


def test_laws_are_proofs_of_ours() -> None:
    assert set(proofs_of(claims())) <= set(proofs())


def test_the_tables_are_those_that_the_networks_are_tested_with() -> None:
    """Every row, and no other; where the networks' tests know an erratum the audit disagrees."""
    for network, text in TABLES.items():
        lines = [line.split() for line in text.strip().splitlines()]
        for place, (layer, parameters, operations, volume) in enumerate(lines):
            claim = named(f"{network}.{place}")
            assert isinstance(claim.stated, tuple)
            extents = claim.stated[2] if isinstance(claim.stated[2], tuple) else (claim.stated[2],)
            assert claim.quote.replace(" ", "") == layer
            assert claim.stated[:2] == (int(parameters), int(operations))
            assert "x".join(map(str, extents)) == volume
            assert (claim.fault is not None) == ((network, place) in ERRATA)
        assert not [c for c in claims() if c.id == f"{network}.{len(lines)}"]


def test_formulas_and_matrices_are_compared_with_their_own_kind() -> None:
    for claim in claims():
        held = answer(claim.id)
        assert isinstance(claim.stated, Formula) == isinstance(held, Rule), claim.id
        assert isinstance(claim.stated, Table) == isinstance(held, Table), claim.id


def test_what_is_not_judged_is_told_by_kind() -> None:
    """No sentence stands in it twice, and none is a claim besides."""
    told = [(each.place, each.quote) for each in unjudged()]
    assert len(set(told)) == len(told)
    assert not {(c.place, c.quote) for c in claims()} & set(told)
    assert set(whole().classes) == set(CLASSES)


@pytest.mark.full
def test_the_engines_find_every_proof_that_the_audit_rests_on() -> None:
    """Nothing is undecided, and the verdicts are those with every proof taken as found."""
    found = audit()
    assert not found.of("undecided")
    assert [f.verdict for f in found.all] == [f.verdict for f in whole().all]
