"""A run: errors before times, nothing wrong timed, nothing lost."""

from typing import Any

import pytest

from convproof.errors import UnsupportedError
from convproof.implementation import load_implementation
from convproof.layers import Layer
from convproof_gpu.measuring import arrays, run
from convproof_gpu.measuring.ratios import NAMES
from convproof_gpu.measuring.rivals import Rival, calls_of
from tests.gpu.measuring.fake import FakeDevice
from tests.gpu.measuring.small import bench, row

tensors: Any = load_implementation("tensors")


class Side:
    """An implementation that counts its calls and does something to its answer."""

    def __init__(self, change: Any = None) -> None:
        self.calls = 0
        self._change = change

    def forward(self, layer: Layer, *operands: Any) -> Any:
        self.calls += 1
        y = tensors.forward(layer, *operands)
        return y if self._change is None else self._change(y)


def refused(error: Exception) -> Any:
    def change(y: Any) -> None:
        del y
        raise error

    return change


def test_a_right_row_has_a_time_and_an_error_of_every_side() -> None:
    (record,) = bench().measured(row("conv"))

    assert record["status"] == "measured"
    for side in (record["ours"], *record["rivals"]):
        assert side["us"] > 0
        assert 0 < side["error"]["rel_l2"] < 1e-5
    assert tuple(record["ratios"]) == NAMES
    assert record["flops"] == 2 * 3 * 12 * 9 * 6  # batch, taps, positions, channels
    assert record["roofline"] == pytest.approx(record["floor_us"] / record["ours"]["us"], abs=1e-4)


def test_a_wrong_answer_is_told_and_never_timed() -> None:
    """Two calls for the error, and none that is timed; no rival is either."""
    side, device = Side(lambda y: y * 1.01), FakeDevice()
    (record,) = bench(device, implementation=side).measured(row("conv"))

    assert record["status"] == "wrong"
    assert record["why"].endswith(f"over {record['ours']['allowed']:.1e}")
    assert "us" not in record["ours"]
    assert "ratios" not in record
    assert side.calls == 2
    assert device.order == []


@pytest.mark.parametrize(
    ("error", "status"),
    [(UnsupportedError("no such geometry"), "not offered"), (RuntimeError("launch"), "failed")],
)
def test_what_our_side_refuses_is_told_with_its_reason(error: Exception, status: str) -> None:
    (record,) = bench(implementation=Side(refused(error))).measured(row("conv"))

    assert (record["status"], record["why"]) == (status, f"{type(error).__name__}: {error}")


def test_a_precision_that_is_not_offered_is_a_row_that_says_so() -> None:
    """And the rows of one layer come in the order in which they were asked for."""
    found = bench(precisions=("tf32", "bfloat16", "float32")).measured(row("norm"))

    assert [record["precision"] for record in found] == ["tf32", "bfloat16", "float32"]
    assert [record["status"] for record in found] == ["not offered", "measured", "measured"]
    assert found[0]["why"] == "a LocalResponseNorm multiplies no weights"


def test_tf32_is_measured_of_an_implementation_that_is_asked_for_it() -> None:
    """And of no other: a float32 that is silently TF32 would be compared as if it were exact."""
    plain, words = Side(), Side()
    plain.with_precision = {"tf32": words}.__getitem__  # type: ignore[attr-defined]
    (record,) = bench(precisions=("tf32",), implementation=plain).measured(row("conv"))

    assert record["status"] == "measured"
    assert (plain.calls, words.calls > 2) == (0, True)


def test_a_rival_without_an_engine_is_told_and_the_others_are_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rival that raises has a reason in place of a time."""
    whole = calls_of

    def calls(rival: Rival, *more: Any) -> Any:
        if rival.nhwc:
            msg = "FIND was unable to find an engine"
            raise RuntimeError(msg)
        return whole(rival, *more)

    monkeypatch.setattr(run, "calls_of", calls)
    (record,) = bench().measured(row("conv"))

    told = {rival["name"]: rival.get("why", "timed") for rival in record["rivals"]}
    assert told["cuDNN ieee NHWC"] == "RuntimeError: FIND was unable to find an engine"
    assert told["cuDNN ieee NCHW"] == "timed"
    assert record["ratios"]["any"]["rival"] == "cuDNN ieee NCHW"


def test_a_rival_that_is_left_out_is_not_asked() -> None:
    """By its name, or a pattern of names."""
    (record,) = bench(without=["cuDNN tf32 *", "torch"]).measured(row("conv"))

    assert [rival["name"] for rival in record["rivals"]] == ["cuDNN ieee NHWC", "cuDNN ieee NCHW"]
    assert record["ratios"]["tf32"] is None


def test_a_rivals_nonsense_is_no_rival(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rival is kept whatever its rounding, and left out if its answer is another one."""
    whole = calls_of

    def calls(rival: Rival, *more: Any) -> Any:
        factor = {"ieee": 1.01, "tf32": 2.0}[rival.math]
        return [lambda call=call: call() * factor for call in whole(rival, *more)]

    monkeypatch.setattr(run, "calls_of", calls)
    (record,) = bench().measured(row("conv"))

    assert {rival["math"]: "us" in rival for rival in record["rivals"]} == {
        "ieee": True,
        "tf32": False,
    }
    assert record["ratios"]["tf32"] is None
    assert record["ratios"]["exact"] is None


def test_after_the_limit_every_row_is_told_as_not_measured() -> None:
    """No row is begun after the limit, and none is left out."""
    clock = iter([0.0, 0.0, 5.0, 11.0, 12.0])
    rows = [row("conv"), row("fc"), row("max"), row("avg")]
    found = list(bench(precisions=("float32", "tf32")).run(rows, 10.0, now=lambda: next(clock)))

    status = [[record["status"] for record in records] for records in found]
    assert status == [
        ["measured", "measured"],
        ["measured", "measured"],
        ["not measured"] * 2,
        ["not measured"] * 2,
    ]
    assert found[2][0]["why"] == "the limit of 10 s was reached"


def test_after_a_crash_of_the_gpu_nothing_is_measured() -> None:
    """What lost the context is told; the rows after it are left to another process."""
    device = FakeDevice(1e6)

    def crash(y: Any) -> None:
        del y
        device.alive = False
        msg = "an illegal memory access was encountered"
        raise RuntimeError(msg)

    side: Any = Side(crash)
    (first,), (second,) = bench(device, implementation=side).run([row("conv"), row("fc")])

    assert (first["status"], second["status"]) == ("failed", "not measured")
    assert second["why"] == "the GPU's context was lost by small/conv forward"


def test_a_row_that_needs_too_much_memory_does_not_end_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drawn(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(arrays, "drawn", drawn)
    found = [record["status"] for (record,) in bench().run([row("conv"), row("fc")])]

    assert found == ["failed", "failed"]


def test_the_latency_of_one_call_is_told_of_lenet_alone() -> None:
    (small,) = bench().measured(row("conv", network="lenet5"))
    (other,) = bench().measured(row("conv"))

    assert small["ours"]["eager_us"] > small["ours"]["us"]
    assert all("eager_us" in rival for rival in small["rivals"])
    assert "eager_us" not in other["ours"]


def test_the_timed_data_is_not_the_checked_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every draw has a seed of its own, and another row draws others."""
    seeds: list[int] = []
    whole = arrays.drawn

    def drawn(row: Any, dtype: str, device: str, seed: int) -> Any:
        seeds.append(seed)
        return whole(row, dtype, device, seed)

    monkeypatch.setattr(arrays, "drawn", drawn)
    for _ in range(2):
        bench().measured(row("conv"))

    assert len(seeds) > 2
    assert len(set(seeds)) == len(seeds)
