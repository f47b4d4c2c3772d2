"""A sweep: the same geometries everywhere, nothing lost, what is weak or wrong counted."""

import json
import os
import select
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from convproof.errors import EvidenceError, TargetError
from convproof.functions import Function
from convproof.strategies import EXTRAS
from convproof.theorems import DisagreementError
from convproof.verify.record import to_case
from convproof.verify.sweep import coverage, run, sweep, unit
from convproof.verify.sweep.document import PASSING, failures_of
from convproof.verify.sweep.draw import Source
from convproof.verify.sweep.plan import LAYERS, Wanted, of_shard, planned, shares
from convproof.verify.targets.find import find_target
from convproof.verify.xfail import Expected
from tests.processes import printed_whatever_is_imported
from tests.verify.sweep.targets import FILE, Right

RIGHT, WRONG = f"{FILE}:right", f"{FILE}:wrong"
FEW = Wanted(geometries=24, per_unit=6)
MORE = Wanted(geometries=40, per_unit=5)


def lasting(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document without what differs from run to run."""
    return {name: value for name, value in document.items() if name not in PASSING}


@cache
def swept(target: str) -> dict[str, Any]:
    """Return what a sweep of a few geometries finds, with which others are compared."""
    return sweep(target, wanted=FEW, executor=Inline())


class Inline(Executor):
    """Does a unit when it is handed out."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def test_the_same_seed_draws_the_same_geometries_whatever_a_process_has_imported() -> None:
    code = (
        "from convproof.verify.sweep.draw import Source; from convproof.strategies import EXTRAS;"
        "print([str((c, c.seed)) for c in Source('conv2d', EXTRAS, 30, 'a').drawn()])"
    )
    here = [str((c, c.seed)) for c in Source("conv2d", EXTRAS, 30, "a").drawn()]
    assert printed_whatever_is_imported(code) == f"{here}\n"
    assert [str((c, c.seed)) for c in Source("conv2d", EXTRAS, 30, "b").drawn()] != here


@pytest.mark.parametrize("layer", LAYERS)
def test_a_unit_has_as_many_distinct_geometries_as_it_was_asked_for(layer: str) -> None:
    drawn = Source(layer, EXTRAS, 20, "0").drawn()
    assert len(drawn) == 20
    assert all(case.layer.output_shape(case.input_shape) for case in drawn)


def test_two_runs_write_the_same() -> None:
    one, two = swept(RIGHT), sweep(RIGHT, wanted=FEW, executor=Inline())
    assert lasting(one) == lasting(two)
    assert one["verdict"] == "passed"
    assert one["summary"]["geometries"] == 24
    assert one["layers"].keys() == {"conv1d", "relu"}
    assert lasting(sweep(RIGHT, wanted=replace(FEW, seed=1), executor=Inline())) != lasting(one)


def test_starting_the_target_anew_changes_nothing() -> None:
    one = swept(RIGHT)
    two = sweep(RIGHT, wanted=replace(FEW, recycle=1), executor=Inline())
    assert lasting(one) == lasting(two)


def test_the_document_is_made_of_plain_values() -> None:
    document = swept(WRONG)
    assert json.loads(json.dumps(document)) == document


def test_a_wrong_derivative_is_counted_shrunk_and_recorded() -> None:
    """Every stride above 1 fails; the smallest has one input, one tap, and stride 2."""
    document = sweep(WRONG, wanted=Wanted(geometries=40, only=("conv1d",)), executor=Inline())
    strided = document["layers"]["conv1d"]["coverage"]["stride > 1"]
    summary = document["summary"]
    assert document["verdict"] == "failed"
    assert 0 < summary["failing"] <= strided  # a zero answer has no sign
    (failure,) = failures_of(document)
    assert (failure["function"], failure["theorem"]) == ("conv1d_weight", "exact")
    case = to_case(failure["failure"]["case"])
    assert case.input_shape == (1, 1, 1)
    assert case.layer.stride == (2,)  # type: ignore[attr-defined]
    assert failure["failure"]["hint"]
    assert "assert y[0, 0, 0] ==" in failure["failure"]["snippet"]


def test_what_a_target_does_not_offer_is_counted_as_unsupported() -> None:
    document = sweep(WRONG, wanted=Wanted(geometries=40, only=("relu",)), executor=Inline())
    assert document["summary"]["unsupported_checks"]["no vectors"] > 0
    assert document["summary"]["unsupported"] == 0  # the forward was asked
    assert document["verdict"] == "passed"


def test_a_known_failure_is_counted_apart() -> None:
    known = Expected(
        target=WRONG, versions=(), function="conv1d_w*", theorem="exact", reason="strides"
    )
    plain = swept(WRONG)
    document = sweep(WRONG, wanted=FEW, executor=Inline(), expected=[known])
    assert document["verdict"] == "passed"
    assert (document["summary"]["known"], document["summary"]["failing"]) == (
        plain["summary"]["failing"],
        0,
    )
    assert not failures_of(document)


def test_a_function_that_kills_its_process_is_spared_after_a_few_geometries() -> None:
    wanted = Wanted(geometries=5, only=("conv1d",))
    document = sweep(f"{FILE}:crasher", wanted=wanted, executor=Inline())
    assert document["summary"]["failing"] == 3
    assert document["summary"]["not_asked"] == 2
    (failure,) = failures_of(document)
    assert failure["function"] == "conv1d_bias"
    assert failure["failure"]["silence"] == "crashed"


def test_a_geometry_counts_as_weak_only_if_all_its_checks_are() -> None:
    document = sweep(RIGHT, wanted=replace(FEW, only=("relu",)), executor=Inline())
    weak = document["summary"]["weak"]
    assert weak <= sum(document["summary"]["weak_checks"].values()) <= 2 * 24


def test_units_share_out_all_geometries_and_shards_all_units() -> None:
    units = planned("right", _Found(), Wanted(geometries=777))
    assert sum(u.geometries for u in units) == 777
    assert [u.number for u in units] == list(range(len(units)))
    parts = [of_shard(units, (i, 3)) for i in (1, 2, 3)]
    assert sorted((u for part in parts for u in part), key=lambda u: u.number) == units
    assert sum(shares(LAYERS, 1000)) == 1000


class _Found:
    functions = {f: None for f in Function.all() if hasattr(Right, f.name)}  # noqa: RUF012
    supports = frozenset[str]()
    lacks = frozenset({"groups"})


def test_a_target_without_the_layer_is_refused() -> None:
    with pytest.raises(TargetError, match=r"has none of conv3d: it offers conv1d"):
        sweep(RIGHT, wanted=Wanted(only=("conv3d",)), executor=Inline())


def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    """Only what is not in the journal is done, a line cut in two is done again."""
    journal = tmp_path / "sweep.json.journal"
    whole = sweep(RIGHT, wanted=MORE, executor=Inline())
    done: list[int] = []

    def interrupt(number: int, total: int) -> None:
        done.append(number)
        if number == total - 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(RIGHT, wanted=MORE, executor=Inline(), journal=journal, on=interrupt)
    text = journal.read_bytes()
    journal.write_bytes(text[:-9])
    resumed: list[int] = []
    document = sweep(
        RIGHT,
        wanted=MORE,
        executor=Inline(),
        journal=journal,
        on=lambda number, total: resumed.append(number),  # noqa: ARG005
    )
    assert lasting(document) == lasting(whole)
    assert len(resumed) == 3
    with pytest.raises(EvidenceError, match="of another sweep"):
        sweep(RIGHT, wanted=replace(MORE, geometries=41), executor=Inline(), journal=journal)
    sweep(RIGHT, wanted=FEW, executor=Inline(), journal=journal, resume=False)


def test_a_worker_that_is_killed_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool breaks once; what it had in hand is done by the next."""
    monkeypatch.setenv("CONVPROOF_TEST_MARKS", str(tmp_path))
    monkeypatch.setenv("CONVPROOF_TEST_KILLS", "1")
    document = sweep(f"{FILE}:killer", wanted=FEW, workers=2)
    assert [path.name for path in tmp_path.iterdir()] == ["killed0"]
    assert document["results"] == swept(RIGHT)["results"]


def test_a_unit_that_is_lost_every_time_is_named_and_the_others_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONVPROOF_TEST_MARKS", str(tmp_path))
    monkeypatch.setenv("CONVPROOF_TEST_KILLS", "3")
    document = sweep(f"{FILE}:killer", wanted=Wanted(geometries=8))
    lost = [result for result in document["results"] if "lost" in result]
    assert [result["layer"] for result in lost] == ["conv1d"]
    assert document["summary"]["lost_units"] == 1
    assert document["layers"].keys() == {"relu"}
    assert document["verdict"] == "unknown"


def test_a_future_that_fails_is_handed_out_again() -> None:
    seen: list[tuple[int, int]] = []

    def perform(asked: unit.Unit, attempt: int) -> dict[str, Any]:
        seen.append((asked.number, attempt))
        if asked.number == 1 and attempt < 2:
            raise OSError
        return {"unit": asked.number}

    units = planned("right", _Found(), Wanted(geometries=150))
    found = list(run.performed(units, executor=Inline(), perform=perform))
    assert sorted(result["unit"] for result in found) == [u.number for u in units]
    assert [attempt for number, attempt in seen if number == 1] == [0, 1, 2]


def test_a_fault_of_our_own_ends_the_sweep() -> None:
    units = planned("right", _Found(), FEW)

    def perform(asked: unit.Unit, attempt: int) -> dict[str, Any]:
        del attempt
        return {"unit": asked.number, "error": "DisagreementError", "message": "they differ"}

    with pytest.raises(DisagreementError, match="they differ"):
        list(run.performed(units, executor=Inline(), perform=perform))


def test_threads_will_do_as_workers() -> None:
    """Each thread keeps a target of its own, for it ends with the thread."""
    whole = swept(RIGHT)
    for _ in range(2):
        with ThreadPoolExecutor(2) as threads:
            assert lasting(sweep(RIGHT, wanted=FEW, executor=threads)) == lasting(whole)


def test_a_cluster_of_dask_will_do_as_workers() -> None:
    distributed = pytest.importorskip("distributed")
    whole = swept(RIGHT)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
        client.get_executor() as executor,
    ):
        assert lasting(sweep(RIGHT, wanted=FEW, executor=executor)) == lasting(whole)


def test_every_feature_turns_up_among_the_drawn_geometries() -> None:
    """The table has no gap: every zero would be a corner that no sweep looks into."""
    found = {
        layer: coverage.counted(Source(layer, EXTRAS, 60, "coverage").drawn()) for layer in LAYERS
    }
    heading, *rows = coverage.table(found)
    assert [row[0] for row in rows] == list(coverage.FEATURES)
    assert heading[2:] == (*coverage.COLUMNS, coverage.REST)
    for feature, *cells in rows:
        assert cells[0] != "0", feature
    assert all(cell != "0" for _, *cells in rows for cell in cells[:4])


def test_results_of_other_code_are_not_gone_on_with(tmp_path: Path) -> None:
    """The digest of a target's file is part of what a sweep's results are of."""
    file = tmp_path / "kernel.py"
    heads = []
    for tail in ("", "# changed"):
        file.write_text(f"def relu(x):\n    return x * (x > 0)\n{tail}", encoding="utf-8")
        heads.append(find_target(str(file)).versions)
    assert heads[0].keys() == heads[1].keys() == {"kernel.py"}
    assert heads[0] != heads[1]


@pytest.mark.skipif(sys.platform != "linux", reason="prctl and pidfd are Linux's")
def test_a_killed_sweep_leaves_no_process() -> None:
    """A pool's process, which would wait for its next unit for ever, dies with the sweep."""
    code = (
        "import os, sys\nfrom concurrent.futures import ProcessPoolExecutor\n"
        "from multiprocessing import get_context\n"
        "from convproof.verify.sweep.run import _undisturbed\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(1, mp_context=get_context('spawn'),\n"
        "        initializer=_undisturbed, initargs=(os.getpid(),))\n"
        "    print(pool.submit(os.getpid).result(), flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        worker = os.pidfd_open(int(owner.stdout.readline()))
        try:
            owner.kill()
            owner.wait()
            ended, _, _ = select.select([worker], [], [], 20)
            assert ended == [worker]
        finally:
            os.close(worker)
