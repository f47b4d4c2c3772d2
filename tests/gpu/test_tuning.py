"""Tuning: the clock decides among tiles that are exact enough, and nothing else does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convproof_gpu import candidates
from convproof_gpu.bounds import bound
from convproof_gpu.choices import Choice, Question, by_table
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring.rows import rows, summands
from convproof_gpu.planning import planned
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import FLAT, SMALL, TENSOR_TILES, TILES, TensorTile, is_allowed
from convproof_gpu.tuning import Outcome, TuningError, lawful, questions
from convproof_gpu.wing import Wing
from tests.gpu.clocked import LAYER, ROW, tuner

NARROW = TensorTile(16, 128)
QUESTION = questions(ROW, "float32")[0]
EVERY = [
    (row, precision)
    for precision in ("float32", "tf32", "bfloat16")
    for row in rows(("vgg16", "alexnet", "special", "lenet5"), batch=32)
    if row.weight_shape is not None
]


class Few:
    """A family of a few tiles, so that few kernels are compiled."""

    tiles: tuple[Any, ...] = (FLAT, SMALL, NARROW)

    def choices(self, question: Question) -> Iterator[Choice]:
        del question
        yield from map(Choice, self.tiles)

    def coefficient(self, question: Question, choice: Choice) -> None:
        del question, choice


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "FAMILIES", (Few(),))


def tuned(favourite: Any, wrong: Any = None) -> Outcome:
    """Return what comes of a clock that one tile's launches are fast on."""

    def has(tile: Any) -> Any:
        return lambda kernel: tile is not None and tile.argument in kernel.arguments

    def rule(kernel: Kernel) -> float:
        is_product = any("Tile<" in argument for argument in kernel.arguments)
        return 10.0 * is_product * (1.0 if has(favourite)(kernel) else 2.0)

    (outcome,) = tuner(rule, has(wrong)).tuned(ROW, "float32", {})
    return outcome


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("favourite", [SMALL, NARROW])
def test_the_tile_that_the_clock_prefers_is_kept_and_answers_exactly(favourite: Any) -> None:
    """argmin of the times; ``y = W x`` of integers, and it is what is launched."""
    outcome = tuned(favourite)
    table = by_table(QUESTION).tile
    assert outcome.entry.choice.tile == favourite
    assert outcome.ratio == (1.0 if favourite == table else 2.0)
    assert (outcome.tried, outcome.failed) == (3, {})

    found = {outcome.question: outcome.entry.choice}
    rng = np.random.default_rng(0)
    x = rng.integers(-4, 5, ROW.input_shape).astype(np.float32)
    w = rng.integers(-4, 5, LAYER.weight_shape).astype(np.float32)
    y = Wing(Simulated()).with_choices(found).forward(LAYER, x, w)
    assert np.array_equal(y, np.einsum("oc,nchw->nohw", w[:, :, 0, 0], x))
    (launch,) = planned(ROW, "float32", found).products
    assert (launch.tile, launch.choice) == (favourite.argument, "measured")


@pytest.mark.parametrize("operation", ["forward", "input_vjp", "weight_vjp"])
def test_parts_that_were_measured_are_launched(operation: str) -> None:
    """Of a product whose depth the table does not share, and of one that it does."""
    for number in (9, 13):
        (row,) = rows(operations=[operation], batch=32, pattern=f"vgg16/conv{number}")
        (question,) = questions(row, "float32")
        by = {parts: Choice(TENSOR_TILES[0], parts) for parts in (1, 2, 4)}
        found = {n: planned(row, "float32", {question: choice}) for n, choice in by.items()}
        assert {n: [e.parts for e in plan.products] for n, plan in found.items()} == {
            n: [n] for n in by
        }


def test_parts_that_were_measured_are_summed_exactly() -> None:
    """``y = W x`` of integers, of two parts of 48 products."""
    rng = np.random.default_rng(1)
    x = rng.integers(-4, 5, ROW.input_shape).astype(np.float32)
    w = rng.integers(-4, 5, LAYER.weight_shape).astype(np.float32)
    machine = Wing(Simulated()).with_choices({QUESTION: Choice(TensorTile(64, 64), 2)})
    assert planned(ROW, "float32", machine.choices).products[0].parts == 2
    y = machine.forward(LAYER, x, w)
    assert np.array_equal(y, np.einsum("oc,nchw->nohw", w[:, :, 0, 0], x))


@pytest.mark.usefixtures("few")
def test_where_the_clock_sees_no_difference_the_table_stays() -> None:
    outcome = tuned(None)
    assert outcome.best is outcome.table
    assert outcome.entry.choice == by_table(QUESTION)


@pytest.mark.usefixtures("few")
def test_where_the_rounds_overlap_the_table_stays() -> None:
    """Of a clock that runs ever faster, what comes second looks better, and is not."""
    passed = iter(range(10**6))
    drifting = tuner(lambda _: 1000.0 - next(passed) / 10, rounds=3)
    (outcome,) = drifting.tuned(ROW, "float32", {})
    assert outcome.best is outcome.table


@pytest.mark.usefixtures("few")
def test_a_wrong_tile_is_told_and_not_kept_however_fast() -> None:
    outcome = tuned(NARROW, wrong=NARROW)
    assert outcome.best.choice.tile != NARROW
    ((tile, why),) = outcome.failed.items()
    assert tile == NARROW.argument
    assert why.startswith("wrong: ")


@pytest.mark.usefixtures("few")
def test_without_a_table_that_is_right_nothing_is_tuned() -> None:
    table = by_table(QUESTION).tile
    with pytest.raises(TuningError, match="cannot be timed: wrong"):
        tuned(SMALL, wrong=table)


@pytest.mark.usefixtures("few")
def test_what_is_known_is_not_asked_again() -> None:
    tuning = tuner(lambda _: 1.0)
    assert list(tuning.tuned(ROW, "float32", {QUESTION: Choice(FLAT)})) == []


def test_every_candidate_is_as_exact_as_was_promised() -> None:
    """c <= max(N, c of the table's tile), whose parts may lessen it; no TF32 in float32's."""
    wide = 0
    for row, precision in EVERY[2::13]:
        for question in questions(row, precision):
            found = lawful(row, precision, question)
            most, (table, *_) = float(summands(row)), found
            if isinstance(table.choice.tile, TensorTile):
                depth = max(e.extents[3] for e in table.plan.products if e.extents)
                short = {"bfloat16": "words" if "weight" in question.product else "bf16"}
                of_tile = bound(depth, short.get(precision, precision))
                folded = planned(row, precision).coefficient  # adds columns to the bound
                most = max(most, float(of_tile) + 0.01, folded)
            for candidate in found:
                assert candidate.plan.coefficient <= most, (row, candidate.told)
                told = {launch.operands for launch in candidate.plan.products} - {None}
                assert precision != "float32" or told <= {"float32"}, (row, candidate.told)
            wide += most > bound(96, "tf32") and precision == "float32"
    assert wide > 0  # sums so long that the bound alone would let TF32 in


@pytest.mark.parametrize(("channels", "is_tried"), [(20, False), (21, True)])
def test_short_sums_stay_with_floats(channels: int, *, is_tried: bool) -> None:
    """A corner of a 3x3 kernel has four taps: where 4 C < 83, no tensor tile, though 9 C >= 83."""
    layer = replace(LAYER, in_channels=channels, kernel_size=(3, 3), padding=((1, 1), (1, 1)))
    row = replace(ROW, layer=layer, input_shape=(2, channels, 5, 5))
    (question,) = questions(row, "float32")
    tiles = {candidate.choice.tile for candidate in lawful(row, "float32", question)}
    assert any(isinstance(tile, TensorTile) for tile in tiles) == is_tried
    assert is_allowed(question.map_) == is_tried


def test_candidates_launch_what_no_other_does_and_the_table_is_the_first() -> None:
    for row, precision in EVERY[::23]:
        for question in questions(row, precision):
            found = lawful(row, precision, question)
            assert found[0].choice == by_table(question)
            launches = [
                tuple((e.kernel, e.blocks, e.parts) for e in c.plan.launches) for c in found
            ]
            assert len(set(launches)) == len(launches)


def test_all_tiles_and_parts_of_a_product_that_tensor_cores_take_are_candidates() -> None:
    """Five tiles of the precision and three of floats; of a weight's gradient in parts too."""
    (row,) = rows(operations=["weight_vjp"], batch=32, pattern="vgg16/conv9")
    (question,) = questions(row, "float32")
    found = lawful(row, "float32", question)
    tiles = {candidate.choice.tile for candidate in found}
    assert tiles == {t for t in TENSOR_TILES if t.precision == "float32"} | set(TILES)
    assert len({c.parts for c in found if c.choice.tile == TENSOR_TILES[0]}) > 3


def test_a_familys_own_bound_is_planned_and_is_held_to_the_law(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """c of a kernel that ``planning`` knows nothing of; N = 96 is the most of ROW's."""

    class Told(Few):
        tiles = (SMALL,)

        def coefficient(self, question: Question, choice: Choice) -> Any:
            del question, choice
            return bound(96, "tf32")

    monkeypatch.setattr(candidates, "FAMILIES", (Told(), *candidates.FAMILIES))
    plan = planned(ROW, "float32", {QUESTION: Choice(SMALL)})
    assert plan.coefficient >= bound(96, "tf32") > 96
    assert SMALL not in {c.choice.tile for c in lawful(ROW, "float32", QUESTION)[1:]}
