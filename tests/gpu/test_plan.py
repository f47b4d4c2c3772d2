"""What ``convproof plan`` tells is what would be launched, and what was derived of it."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import pytest

from convproof import nn
from convproof.cli import run
from convproof.index_maps import Sizes
from convproof.index_maps.depthwise import of_three_axes
from convproof.index_maps.few_channels import QUAD, Gradient
from convproof_gpu.bounds import bound
from convproof_gpu.choices import Choice
from convproof_gpu.commands import plan as plan_command
from convproof_gpu.few_channels_plans import gradient_plan
from convproof_gpu.halo_plans import HALO_TILES
from convproof_gpu.layers.conv import sizes_of
from convproof_gpu.measuring.rows import Row, rows, summands
from convproof_gpu.planning import Launch, Plan, planned
from convproof_gpu.tiles import MOST_SHARED, TENSOR_TILES

TILES = {tile.argument: tile for tile in TENSOR_TILES}
GEOMETRY = ["32x128x56x56", "conv(3, 256, p1)"]  # vgg16/conv5
UNIT = 4  # channels


@cache
def plans() -> dict[str, Plan]:
    found = rows(("alexnet", "special"), batch=32)
    return {str(row): planned(row) for row in found if row.weight_shape}


def on_tensor_cores() -> list[tuple[Plan, Launch]]:
    found = [(plan, each) for plan in plans().values() for each in plan.launches if each.extents]
    assert len(found) > 20
    return found


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["plan", *arguments, "--json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def test_the_blocks_cover_the_products_once_for_each_part() -> None:
    """blocks = parts G ceil(R / rows) ceil(J / columns): the sizes are those of the launch."""
    for plan, launch in on_tensor_cores():
        assert launch.extents is not None
        products, over_rows, columns, _ = launch.extents
        once = products * TILES[launch.tile].covering(over_rows, columns)
        assert launch.blocks == launch.parts * once, plan.row


def test_the_products_of_a_launch_are_the_flops_of_the_row() -> None:
    """2 G R J D = flops, where no channels are filled up with zeros and every output is met."""
    checked = 0
    for plan, launch in on_tensor_cores():
        channels = plan.row.input_shape[1]
        if plan.row.operation == "forward" and len(plan.products) == 1 and channels % UNIT == 0:
            assert launch.extents is not None
            products, over_rows, columns, depth = launch.extents
            assert 2 * products * over_rows * columns * depth == plan.cost.flops, plan.row
            checked += 1
    assert checked > 5


def test_a_bound_is_below_that_of_a_sum_of_floats_just_on_tensor_cores() -> None:
    """c < N there, and for the weights of few channels; c = N elsewhere."""
    for plan in plans().values():
        if any(launch.extents or launch.additions for launch in plan.launches):
            assert plan.coefficient < summands(plan.row), plan.row
        else:
            assert plan.coefficient == summands(plan.row), plan.row


def test_a_bound_is_the_derived_one_of_the_depth_and_its_parts() -> None:
    """bound <= c < bound + 1/100."""
    (row,) = rows(operations=["forward"], batch=32, pattern="vgg16/conv5")
    in_parts = plans()["alexnet/conv3 forward"]
    for plan, depth, parts in ((planned(row), 1152, 1), (in_parts, 256 * 9, 2)):
        derived = bound(depth, "float32", splits=parts)
        assert derived <= Fraction(plan.coefficient) + Fraction(1, 2**40)
        assert plan.coefficient < derived + Fraction(1, 100)


def _of_the_busiest_lane(three: Sizes, plan: Gradient) -> int:
    """Return the most outputs of a lane in a part, as the source's loops go over them."""
    strips = three.batch * three.output[0] * plan.bands * plan.tiles
    of_a_part = -(-strips // plan.splits)
    outputs: Counter[tuple[int, int]] = Counter()
    for strip in range(strips):
        column = strip % plan.tiles * QUAD * plan.quads
        band = strip // plan.tiles % plan.bands * plan.lines
        for quad in range(plan.lines * plan.quads):
            line, beside = quad // plan.quads, QUAD * (quad % plan.quads)
            if band + line < three.output[1]:
                left = three.output[2] - column - beside
                outputs[strip // of_a_part, quad % 32] += max(0, min(QUAD, left))
    return max(outputs.values())


@pytest.mark.parametrize(
    ("layer", "shape", "is_whole"),
    [
        (nn.Conv2d(3, 64, 3, padding=1), (8, 3, 64, 64), True),
        (nn.Conv2d(1, 64, 5), (8, 1, 67, 45), False),
        (nn.Conv2d(1, 96, 11, stride=4), (4, 1, 227, 227), False),
    ],
)
def test_a_weight_of_few_channels_passes_the_additions_of_its_lane_of_the_lanes_and_of_parts(
    layer: Any, shape: tuple[int, ...], *, is_whole: bool
) -> None:
    """h = outputs of a lane + 5 + parts - 1 is no more than c, and all of it without ends."""
    spec = replace(layer.spec, bias=False)
    row = Row(name="conv1", layer=spec, input_shape=shape, operation="weight_vjp")
    plan, three = planned(row), of_three_axes(sizes_of(spec, shape))
    (launch,) = plan.products
    chosen = gradient_plan(three)
    assert (launch.kernel.file, chosen is None) == ("few_channels_weight_vjp", False)

    assert launch.additions is not None
    assert chosen is not None
    passed = _of_the_busiest_lane(three, chosen) + 5 + launch.parts - 1
    assert passed <= launch.additions <= plan.coefficient < summands(row)
    assert not is_whole or passed == launch.additions


@pytest.mark.parametrize(
    ("layer", "shape", "taps"),
    [
        (nn.Conv2d(3, 64, 3, padding=1), (32, 3, 224, 224), 3 * 3),
        (nn.Conv2d(3, 96, 11, stride=4), (32, 3, 227, 227), 3 * 3),
    ],
)
def test_an_input_of_few_channels_passes_the_additions_of_what_it_meets(
    layer: Any, shape: tuple[int, ...], taps: int
) -> None:
    """h = M prod ceil(K / s) is no more than c, and nearly c; nothing predicts its time."""
    spec = replace(layer.spec, bias=False)
    plan = planned(Row(name="conv1", layer=spec, input_shape=shape, operation="input_vjp"))
    (launch,) = plan.products
    assert (launch.kernel.file, launch.parts, plan.us) == ("few_channels_input_vjp", 1, None)
    products = spec.out_channels * taps
    assert launch.additions == products
    assert products <= plan.coefficient <= products * (1 + 2 * products * 2.0**-24) + 0.01


@pytest.mark.parametrize("operation", ["forward", "input_vjp", "weight_vjp"])
def test_a_precision_is_planned_with_its_own_tiles_time_and_bound(
    operation: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of words, and of 16 bits; a time is the shorter the fewer the instructions are."""
    (row,) = rows(operations=[operation], batch=32, pattern="vgg16/conv5")
    us, pairs = [], operation == "weight_vjp"
    for precision in ("float32", "tf32", "float16", "bfloat16"):
        (plan,) = told(capsys, *GEOMETRY, "--operation", operation, "--precision", precision)[
            "plans"
        ]
        (launch,) = (launch for launch in plan["launches"] if launch["tile"])
        (planned_launch,) = planned(row, precision).products
        words = "FLOAT32" if precision == "float32" else "TF32"
        assert plan["precision"] == precision
        assert launch["tile"].endswith(f"{words}>")

        assert planned_launch.extents is not None
        short = {"float16": "f16", "bfloat16": "bf16"}
        of = "words" if pairs and precision in short else short.get(precision, precision)
        assert launch["operands"] == ("tf32" if of == "words" else precision)
        derived = bound(planned_launch.extents[3], of, splits=launch["parts"])
        assert derived <= Fraction(plan["bound"]) + Fraction(1, 2**30)
        assert plan["bound"] < derived + Fraction(1, 100)
        assert 0 < plan["roofline"] < 1
        us.append(plan["us"])
    assert us[0] > us[1]
    assert us[2] == us[3]
    assert us[1] == us[2] if pairs else us[1] > us[2]


@pytest.mark.parametrize(
    ("short", "spelled_out"), [("bf16", "bfloat16"), ("f16", "float16"), ("fp16", "float16")]
)
def test_a_dtype_is_told_as_torch_spells_it_and_may_be_given_in_short(
    short: str, spelled_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also in the template of a kernel, whose tile is that of words, but for gradients of weights.

    Where elements of 16 bits are multiplied there is no TF32.
    """
    (one,), (other,) = (
        told(capsys, *GEOMETRY, "--operation", "forward", "--precision", name)["plans"]
        for name in (short, spelled_out)
    )
    assert one == other
    assert one["precision"] == spelled_out
    for operation, tile in (("forward", spelled_out), ("weight_vjp", "TF32")):
        assert run(["plan", *GEOMETRY, "--operation", operation, "--precision", short]) == 0
        out = capsys.readouterr().out
        launches = out[out.index("launches") :]
        assert re.findall(r"TensorTile<\d+, \d+, (\w+)>", launches) == [tile]


@pytest.mark.parametrize("columns", [60, 200])
@pytest.mark.parametrize("target", [("lenet5",), GEOMETRY, ("vgg16", "--precision", "f16")])
def test_no_line_is_wider_than_the_terminal(
    target: Sequence[str],
    columns: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A table where there is room, else a record of each row, with the same numbers."""
    monkeypatch.delenv("COLUMNS", raising=False)
    assert run(["plan", *target]) == 0
    piped = capsys.readouterr().out
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["plan", *target]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= columns
    assert Counter(re.findall(r"\d[\d.]*", piped)) == Counter(re.findall(r"\d[\d.]*", out))
    assert (out == piped) == (columns == 200)


def test_what_is_left_to_floats_is_as_exact_in_tf32(capsys: pytest.CaptureFixture[str]) -> None:
    """c = N of a depthwise layer, whatever was allowed."""
    for precision in ("float32", "tf32"):
        target = ("special/depthwise3x3", "--operation", "forward", "--precision", precision)
        (plan,) = told(capsys, *target)["plans"]
        assert plan["bound"] == 9


def test_slices_of_a_batch_are_bounded_as_one_sum_in_any_order() -> None:
    """The weights of a batch beyond 2^31 elements take two launches, and c is of all slabs."""
    (row,) = rows(operations=["weight_vjp"], batch=6144, pattern="vgg16/conv6")
    plan = planned(row)

    assert len(plan.products) == 3
    assert plan.coefficient >= bound(summands(row), "float32")


def test_a_time_is_predicted_for_the_parts_that_were_chosen_and_no_others() -> None:
    for plan, launch in on_tensor_cores():
        times = [replace(launch, parts=parts).us for parts in (launch.parts, launch.parts + 1)]
        assert None in times
        if plan.us is not None:
            assert plan.roofline is not None
            assert 0 < plan.roofline < 1, plan.row
    assert all(
        plan.us is None for plan in plans().values() if not any(e.extents for e in plan.launches)
    )


def test_every_launch_is_told_with_those_that_multiply_apart() -> None:
    """The source and weights are laid out before, and the parts of a sum added after."""
    plan = plans()["alexnet/conv3 forward"]
    names = [launch.kernel.name for launch in plan.launches]

    before = ["conv_tensor_source", "conv_tensor_weights"]
    assert names == [*before, "conv_tensor_parts", "conv_tensor_finish"]
    assert [launch.kernel.name for launch in plan.products] == ["conv_tensor_parts"]
    assert [launch.parts for launch in plan.launches] == [1, 1, 2, 1]


def test_a_layer_of_a_network_and_the_same_one_written_out_are_planned_alike(
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = told(capsys, "vgg16/conv5", "--batch", "32")
    written = told(capsys, *GEOMETRY)

    assert (named["schema"], named["verdict"]) == ("convproof/plan/1", "passed")
    assert [each["operation"] for each in named["plans"]] == ["forward", "input_vjp", "weight_vjp"]
    assert [{**each, "name": "conv1"} for each in named["plans"]] == written["plans"]
    launch = named["plans"][0]["launches"][-1]
    assert launch["blocks"] == TILES[launch["tile"]].covering(256, 32 * 56 * 56)


@pytest.mark.usefixtures("pipe")
def test_a_table_has_every_layer_with_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "lenet5", "--operation", "forward"]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines[1:-3]]
    assert names == [f"lenet5/{name}" for name in ("conv1", "conv2", "conv3", "fc1", "fc2")]
    assert "launches" not in "".join(lines)
    assert run(["plan", *GEOMETRY, "--operation", "forward"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("32x128x56x56 -> 32x256x56x56 Conv 3x3 in float32\n")
    (tile,) = (
        tile
        for tile in TENSOR_TILES
        if f"{tile.rows}x{tile.columns} tensor" in out and tile.precision == "float32"
    )
    blocks = tile.covering(256, 32 * 56 * 56)
    told = f"{blocks} blocks of {tile.threads} threads, {tile.shared} bytes shared"
    assert f"{tile.argument}>  {told}" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vgg17"], "no network is called 'vgg17': did you mean vgg19"),
        (["vgg16/conv55"], "vgg16 has no layer with weights called 'conv55': did you mean conv5"),
        (["vgg16/pool1"], "vgg16 has no layer with weights called 'pool1'"),
        (["8x3x8x8x8x8", "conv(3, 4)"], "'8x3x8x8x8x8' is no input NxF, NxCxL, NxCxHxW or"),
        (["0x3x8x8", "conv(3, 4)"], "'0x3x8x8' is no input NxF, NxCxL, NxCxHxW or"),
        (["8x3x8", "input(8, 3) conv(3, 4)"], "its input is said once, first"),
        (["8x3", "conv(3, 4)"], "it takes an image"),
        (["1x3x8x8", "pool(2)"], "1x3x8x8 has no layer with weights: it has none at all"),
        (["1x3x8x8", "conv(9, 4)"], "does not fit"),
        (["1x3x8x8", "conv(3"], "an argument or ')' is expected here"),
        ([*GEOMETRY, "--batch", "4"], "the batch of '32x128x56x56' is its first number"),
        (["vgg16", "--operation", "fused"], "'fused' is not one of"),
        (["vgg16", "--batch", f"{2**50}"], "x224x224 has more bytes than addresses reach: 2^63"),
        ([f"{10**20}x3x8x8", "conv(3, 4)"], "Take a smaller batch"),
    ],
)
def test_a_mistake_is_told_clearly_and_exits_4(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", *arguments]) == 4
    assert words in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_layers_of_one_axis_to_three_are_planned(
    axes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 N M C K^d O^d operations of ``d`` axes, written by their input as ``NxCxL``."""
    target = "x".join(map(str, (4, 8, *(10,) * axes)))
    (plan,) = told(capsys, target, "conv(3, 16)", "--operation", "forward")["plans"]
    assert plan["flops"] == 2 * 4 * 16 * 8 * 3**axes * 8**axes
    outputs = "x".join(map(str, (4, 16, *(8,) * axes)))
    assert plan["geometry"] == f"{target} -> {outputs} Conv {'x'.join('3' * axes)}"


@pytest.mark.usefixtures("pipe")
def test_equal_launches_are_one_row_with_their_count(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the slices of a batch: the counts add up to the launches, and no row stands twice."""
    asked = ["vgg16/conv6", "--batch", "6144", "--operation", "forward"]
    (plan,) = told(capsys, *asked)["plans"]
    assert run(["plan", *asked]) == 0
    out = capsys.readouterr().out
    lines = out[out.index("launches") :].splitlines()[1:]
    rows_ = [re.fullmatch(r"  (?:(\d+) x )?(\S.*)", line) for line in lines]
    assert all(rows_)
    assert len({row[2] for row in rows_ if row}) == len(rows_) == 5
    assert sum(int(row[1] or 1) for row in rows_ if row) == len(plan["launches"]) == 9
    assert "  3 x conv_tensor_weights<float>" in lines[1]


def test_a_kernel_without_a_tile_has_no_choice_of_one(capsys: pytest.CaptureFixture[str]) -> None:
    """choice is null where tile is, and - in the table."""
    asked = ["special/depthwise3x3", "--operation", "forward"]
    (launch,) = told(capsys, *asked)["plans"][0]["launches"]
    assert (launch["tile"], launch["choice"]) == (None, None)
    for plan in plans().values():
        assert all((launch.choice == "") == (launch.tile == "") for launch in plan.launches)


@pytest.mark.usefixtures("pipe")
def test_a_tile_is_told_by_its_rows_and_columns(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A HaloTile<128, 2> is 128 channels by the 256 pixels of two warpgroups."""
    (row,) = rows(operations=["forward"], batch=32, pattern="vgg16/conv5")
    (question,) = planned(row, "tf32").questions
    choices = {question: Choice(HALO_TILES[1])}
    monkeypatch.setattr(plan_command, "_here", lambda: (choices, MOST_SHARED))
    assert run(["plan", *GEOMETRY, "--operation", "forward", "--precision", "tf32"]) == 0
    out = capsys.readouterr().out
    assert HALO_TILES[1].argument == "HaloTile<128, 2>"
    assert "conv_halo 128x256 halo measured" in " ".join(out.split())
    assert out.count(", measured") == 1  # not of what lays the operands out


def test_channels_are_filled_up_to_units_in_the_depth() -> None:
    """D = K ceil(C / 4) 4, and c is of it: 29 channels are 32, and so are the weights' columns."""
    for operation, at in (("forward", 3), ("weight_vjp", 2)):
        (row,) = rows(operations=[operation], batch=32, pattern="vgg16/conv5")
        layer = replace(row.layer, in_channels=29)  # type: ignore[call-arg]
        plan = planned(replace(row, layer=layer, input_shape=(32, 29, 56, 56)))
        (launch,) = plan.products

        assert launch.extents is not None
        assert launch.extents[at] == 9 * 32


def test_a_bias_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    """2 N P Q M C R S operations, and bytes of x, w and y."""
    (plan,) = told(capsys, *GEOMETRY, "--operation", "forward")["plans"]

    assert plan["flops"] == 2 * 32 * 56 * 56 * 256 * 128 * 9
    assert plan["bytes"] == 4 * (32 * 56 * 56 * (128 + 256) + 256 * 128 * 9)


def test_no_time_is_predicted_of_one_position_to_an_image() -> None:
    """No rate was measured of the strides of a fully connected layer."""
    for name in ("fc1", "fc2", "fc3"):
        plan = plans()[f"alexnet/{name} forward"]
        assert any(launch.extents for launch in plan.launches)
        assert plan.us is None


def test_a_time_is_of_all_launches_or_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A phase of the adjoint is one part, also where ``parted`` would take more."""
    sizes = ("8x256x28x28", "conv(3, 256, s2, p1)", "--operation", "input_vjp")
    (plan,) = told(capsys, *sizes)["plans"]
    times = [each["us"] for each in plan["launches"] if each["tile"]]

    assert len(times) == 4
    assert 0 < times.count(None) < 4
    assert plan["us"] is None
