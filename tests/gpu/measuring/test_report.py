"""Costs, ratios, merging and the table."""

import json
import re
from collections import Counter
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof.errors import EvidenceError
from convproof_gpu.measuring import report
from convproof_gpu.measuring.costs import cost
from convproof_gpu.measuring.ratios import NAMES, ratios
from convproof_gpu.measuring.rows import rows
from tests.gpu.measuring.small import row

H200 = {"copy": 4.3e12, "float32": 47e12, "tf32": 390e12, "bfloat16": 790e12}


def side(us: float, error: float = 1e-7, spread: float = 0.0, **more: Any) -> dict[str, Any]:
    errors = {"rel_l2": error, "worst": error, "poisoned": True}
    return {"us": us, "least": us - spread, "most": us + spread, "error": errors, **more}


def measured(name: str = "a/b", us: float = 2.0, **more: Any) -> dict[str, Any]:
    ours, rivals = side(us), [side(4.0, name="cuDNN ieee NHWC", math="ieee")]
    return {
        "name": name, "operation": "forward", "precision": "float32", "input_shape": [1, 2],
        "status": "measured", "why": "", "ours": ours, "rivals": rivals,
        "ratios": ratios(ours, rivals, "float32"), "roofline": 0.5, **more,
    }  # fmt: skip


def missing(name: str = "a/b", status: str = "not measured") -> dict[str, Any]:
    whole = measured(name)
    kept = ("name", "operation", "precision", "input_shape")
    return {key: whole[key] for key in kept} | {"status": status, "why": ""}


def document(*of: dict[str, Any]) -> dict[str, Any]:
    return {"runs": [{"facts": {"date": "today"}, "rates": H200}], "rows": list(of)}


@pytest.mark.parametrize(
    ("name", "gflop", "bytes_us", "tf32_us"),
    [
        ("vgg16/conv2", 237, 382, 607),
        ("vgg16/conv9", 237, 50, 607),
        ("alexnet/conv1", 13.5, 26.5, 34.6),
    ],
)
def test_costs_are_those_of_the_roofline(
    name: str, gflop: float, bytes_us: float, tf32_us: float
) -> None:
    """FLOP = 2 N P Q K R S C / G; bytes of x, w and y, each once; floor = the larger time."""
    (found,) = rows(operations=["forward"], pattern=name)
    costs = cost(found, 4)

    assert costs.flops / 1e9 == pytest.approx(gflop, rel=5e-3)
    assert costs.bytes / 4.3e6 == pytest.approx(bytes_us, rel=5e-3)
    assert costs.floor_us("tf32", H200) == pytest.approx(tf32_us, rel=5e-3)
    assert costs.floor_us("float32", H200) == pytest.approx(3 * tf32_us, rel=5e-3)


def test_the_derivatives_cost_as_many_products_and_read_what_they_need() -> None:
    """3 reads or writes of the same arrays; the derivative of a maximum reads its input too."""
    of = {name: cost(row("conv", name), 4) for name in ("forward", "input_vjp", "weight_vjp")}
    assert len({c.flops for c in of.values()}) == 1
    assert len({c.bytes for c in of.values()}) == 1
    assert cost(row("max", "input_vjp"), 4).bytes > cost(row("avg", "input_vjp"), 4).bytes


RIVALS = [
    side(1.0, 1e-3, name="quick", math="tf32"),
    side(3.0, 1e-4, name="Winograd", math="ieee"),
    side(5.0, 1.9e-7, name="nearly", math="ieee"),
    side(6.0, 1e-7, name="as exact", math="ieee"),
    {"name": "broken", "math": "ieee", "why": "no engine"},
]


@pytest.mark.parametrize(
    ("precision", "best"),
    [("float32", (1.5, "Winograd")), ("tf32", (0.5, "quick")), ("bfloat16", (2.5, "nearly"))],
)
def test_each_ratio_is_against_the_best_of_its_kind(
    precision: str, best: tuple[float, str]
) -> None:
    """ratio = rival / ours; what was asked for float32 is not compared with TF32."""
    found = ratios(side(2.0, 1e-7), RIVALS, precision)
    told = {name: (r["ratio"], r["rival"]) for name, r in found.items() if r}
    assert told == {
        "any": best, "exact": (2.5, "nearly"), "strict": (3.0, "as exact"), "tf32": (0.5, "quick"),
    }  # fmt: skip


@given(
    st.lists(st.tuples(st.floats(1, 9), st.floats(0, 1), st.sampled_from(["ieee", "tf32"]))),
    st.sampled_from(["float32", "tf32"]),
)
def test_what_is_asked_of_a_rivals_error_makes_it_slower(
    drawn: list[tuple[float, float, str]], precision: str
) -> None:
    """any <= exact <= strict, where each is."""
    rivals = [side(us, error, name="r", math=math) for us, error, math in drawn]
    found = ratios(side(2.0, 0.4), rivals, precision)
    told = [inf if found[n] is None else found[n]["ratio"] for n in ("any", "exact", "strict")]  # type: ignore[index]

    assert told == sorted(told)


def test_there_is_no_ratio_without_a_rival() -> None:
    assert ratios(side(1.0), [], "float32") == dict.fromkeys(NAMES)


@pytest.mark.parametrize(("spread", "tie"), [(0.4, False), (0.6, True)])
def test_rounds_that_overlap_are_a_tie(spread: float, tie: bool) -> None:
    rival = side(3.0, spread=spread, name="r", math="ieee")
    found = ratios(side(2.0, spread=spread), [rival], "float32")
    assert found["any"] is not None
    assert found["any"]["tie"] is tie


def test_a_document_of_before_is_told_in_the_ratios_of_today(tmp_path: Path) -> None:
    """They are computed anew of times and errors, whatever the file says."""
    path = tmp_path / "old.json"
    old = measured(ratios={"best": None})
    head = {"schema": "convproof/bench/1", "on": "gpu"}
    path.write_text(json.dumps(head | document(old, missing("c"))))

    first, second = report.read(str(path))["rows"]
    assert first == measured()
    assert second == missing("c")


def test_the_legend_names_every_column_of_ratios() -> None:
    heading = report.table([]).split()
    assert tuple(heading[-len(NAMES) :]) == NAMES
    assert all(f"  {name} " in report.legend() for name in NAMES)


def test_merging_keeps_every_row_once() -> None:
    """A measured one rather than one that is not, in either order; the first of two times."""
    for order in (1, -1):
        parts = [document(missing()), document(measured("a/b", 3.0), missing("c"))][::order]
        merged = report.merged(parts)
        assert [(r["name"], r["status"]) for r in merged["rows"]] in (
            [("a/b", "measured"), ("c", "not measured")],
        )
        assert len(merged["runs"]) == 2
    twice = report.merged([document(measured(us=u)) for u in (2.0, 3.0, 4.0)])["rows"]
    assert [r["ours"]["us"] for r in twice] == [2.0]
    assert [other["us"] for other in twice[0]["again"]] == [3.0, 4.0]


def test_merging_is_associative() -> None:
    """merge(merge(a, b), c) == merge(a, merge(b, c))."""
    a, b, c = (document(measured(us=u), missing(str(u))) for u in (2.0, 3.0, 4.0))

    left = report.merged([report.merged([a, b]), c])
    assert left == report.merged([a, report.merged([b, c])])


def test_a_row_of_another_batch_is_another_row() -> None:
    found = report.merged([document(measured(), measured() | {"input_shape": [9, 2]})])
    assert len(found["rows"]) == 2


def test_the_table_tells_times_errors_ratios_and_what_is_missing() -> None:
    text = report.text(document(measured(), missing("c/d"), missing("e/f", "wrong")))

    assert "ceilings: copy 4.30 TB/s, float32 47 TFLOP/s, tf32 390 TFLOP/s" in text
    lines = text.splitlines()
    line = next(x for x in lines if x.startswith("a/b")).split()
    assert line == [
        "a/b",
        "forward",
        "float32",
        "2.0",
        "-",
        "1.0e-07",
        "50%",
        "4.0",
        "1.0e-07",
        *["2.00"] * 3,
        "-",
    ]
    assert next(x for x in lines if x.startswith("e/f")).split()[3:5] == ["wrong", "-"]
    assert "forward float32: any 2.00 (1 of 1 ahead), exact 2.00" in text
    assert "1 measured, 1 not measured, 1 wrong" in text
    assert lines[-1] == "not measured: c/d forward float32"


def test_no_line_is_wider_than_the_terminal() -> None:
    """Records of the same numbers where there is no room for a table, of rows and of networks."""
    sides = {"ours": {"us": 2.0, "eager us": 9.0, "error": 1e-7}, "torch NCHW": {"us": 3.0}}
    network = {"network": "lenet5-simplified", "batch": 3, "sides": sides, "seconds": 0.1}
    whole = document(measured(), missing("c/d")) | {"networks": [network]}
    wide, narrow = report.text(whole), report.text(whole, 60)
    assert max(map(len, narrow.splitlines())) <= 60 < max(map(len, wide.splitlines()))
    assert report.text(whole, 200) == wide
    numbers = [Counter(re.findall(r"(?<![\w.])\d[\d.]*", text)) for text in (wide, narrow)]
    assert numbers[0] == numbers[1]
    assert "a/b forward float32\n  us 2.0, eager -," in narrow
    assert "lenet5-simplified 3 ours\n  us 2.0, eager us 9.0," in narrow


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"schema": "convproof/bench/1", "on": "cpu"}',
        '{"schema": "convproof/bench/1", "on": "gpu", "verdict": "prepared"}',
        '{"schema": "convproof/bench/1", "on": "gpu", "runs": [], "rows": 3}',
        '{"schema": "convproof/bench/1", "on": "gpu", "runs": [], "rows": [{}]}',
        '{"schema": "convproof/bench/1", "on": "gpu", "rows": []}',
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(EvidenceError, match="is no result of `convproof bench gpu --json`"):
        report.read(str(path))
    with pytest.raises(EvidenceError, match="cannot be read: No such file"):
        report.read(str(tmp_path / "none.json"))


def test_a_document_is_plain_json() -> None:
    """It is the same after a round trip."""
    whole = document(measured(), missing("c"))
    assert json.loads(json.dumps(whole)) == whole
