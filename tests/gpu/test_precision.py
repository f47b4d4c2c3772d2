"""A precision is what was asked for: float32 is never TF32, and TF32 is where it may be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from convproof import functional, get_implementation, nn
from convproof.cases import Case
from convproof.errors import DTypeError, UnsupportedError
from convproof.functions import Function
from convproof.layers import Conv, ConvTranspose, Layer, Linear, Shape
from convproof.names import TorchNames
from convproof.verify.runner import Plan, failures, run
from convproof.verify.targets.find import target_of
from convproof.verify.targets.subject import TargetSubject
from convproof_gpu import choices, device, tensors
from convproof_gpu.fused import Fused
from convproof_gpu.machine import Kernel, Promised
from convproof_gpu.measuring.rows import rows
from convproof_gpu.prepared import Outline, prepared
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.tiles import TensorTile
from convproof_gpu.wing import ROOMS, Wing, sim, sim_tf32
from tests.gpu.kernels.fused_cases import POOL
from tests.gpu.kernels.tensor_cases import (
    OPERANDS,
    Held,
    Verb,
    conv_of,
    forward,
    input_vjp,
    layer_of,
    of_verbs,
    right,
    weight_vjp,
)  # fmt: skip
from tests.gpu.kernels.test_tensor_reals import excess, normal, reals

LARGE = replace(  # just enough for the tensor cores, in every verb
    Case(layer=layer_of((96, 96), (1, 1)), input_shape=(1, 96, 9, 10), seed=3),
    layer=replace(layer_of((96, 96), (1, 1)), bias=False),
)
Asked = tuple[Layer, Shape]
CAPITALS: Any = "TF32"


def of_wing(wing: Wing, verb: Verb, case: Case, held: Held) -> np.ndarray:
    """Return what an implementation answers, which chooses its tiles itself."""
    layer = conv_of(case)
    if verb is forward:
        return np.asarray(wing.forward(layer, held["x"], held["w"]))
    if verb is input_vjp:
        return np.asarray(wing.input_vjp(layer, case.input_shape, held["y_bar"], held["w"]))
    return np.asarray(wing.weight_vjp(layer, held["x"], held["y_bar"]))


def launched(layer: Any, shape: Shape, precision: str, dtype: str = "float32") -> list[Kernel]:
    """Return every kernel of every verb."""
    recorder = Recorder()
    wing = Wing(recorder).with_precision(precision)
    x, y_bar = blank(shape, dtype), blank(layer.output_shape(shape), dtype)
    w = blank(layer.parameter_shapes["weight"], dtype)
    wing.forward(layer, x, w)
    wing.input_vjp(layer, shape, y_bar, w)
    wing.weight_vjp(layer, x, y_bar)
    if isinstance(layer, Conv):
        wing.forward(Fused(conv=layer), x, w)
        if len(shape) == 4 and min(layer.output_shape(shape)[2:]) > 1:
            wing.forward(Fused(conv=layer, pool=POOL), x, w)
    return list(recorder.kernels)


def tiles(kernels: list[Kernel], precision: str) -> set[str]:
    """Return the kernels, by name, that have a tile of a precision."""
    word = f"{precision.upper()}>"
    return {k.name for k in kernels if any(argument.endswith(word) for argument in k.arguments)}


@st.composite
def large_layers(draw: st.DrawFn) -> Asked:
    """Layers of up to some hundred channels, most of which are worth the tensor cores."""
    batch = draw(st.integers(1, 64))
    if draw(st.booleans()):
        inner, outer = draw(st.integers(1, 4096)), draw(st.integers(1, 4096))
        return Linear(in_features=inner, out_features=outer, bias=False), (batch, inner)
    dims, groups = draw(st.integers(1, 3)), draw(st.sampled_from([1, 1, 1, 2, 16]))
    kernel = tuple(draw(st.integers(1, 5)) for _ in range(dims))
    taps = [{"size": k, "stride": draw(st.integers(1, 3))} for k in kernel]
    sizes = tuple(each["size"] + draw(st.integers(0, 60 // dims)) for each in taps)
    inner, outer = (groups * draw(st.integers(1, 300)) for _ in range(2))
    common: dict[str, Any] = {
        "in_channels": inner, "out_channels": outer, "kernel_size": kernel, "groups": groups,
        "stride": tuple(each["stride"] for each in taps), "dilation": (1,) * dims, "bias": False,
    }  # fmt: skip
    if draw(st.booleans()):
        layer: Layer = Conv(**common, padding=tuple((k // 2, k // 2) for k in kernel))
    else:
        layer = ConvTranspose(**common, padding=((0, 0),) * dims, output_padding=(0,) * dims)
    return layer, (batch, inner, *sizes)


@given(large_layers())
def test_float32_never_launches_a_tile_of_tf32_and_tf32_none_of_float32(asked: Asked) -> None:
    """The default's kernels have no TF32 in them, whatever the sizes; nor do prepared launches."""
    layer, shape = asked
    plain = launched(layer, shape, "float32")
    assert tiles(plain, "tf32") == set()
    words = launched(layer, shape, "tf32")
    assert tiles(words, "float32") == set()


@pytest.mark.parametrize("precision", ["float32", "tf32"])
def test_a_networks_products_are_on_the_tensor_cores_in_just_the_precision(precision: str) -> None:
    """vgg16's layers of many channels are, in all verbs; and what is prepared is so too."""
    other = {"float32": "tf32", "tf32": "float32"}[precision]
    found = 0
    for row in rows(("vgg16", "special"), ("forward",), 8):
        if row.weight_shape is None:
            continue
        kernels = launched(row.layer, row.input_shape, precision)
        assert not tiles(kernels, other), row
        found += len(tiles(kernels, precision)) > 1
        shapes = (row.input_shape, row.weight_shape)
        held = [Outline(i, 0, s, np.dtype(np.float32)) for i, s in enumerate(shapes)]
        promised = Promised().with_precision(precision)  # type: ignore[arg-type]
        calls = prepared(ROOMS[type(row.layer)].forward, row.layer, held, promised)
        assert calls is not None
        once = [launch.kernel for launch in calls.launches]
        assert not tiles(once, other), row
        assert set(once) <= set(kernels)
    assert found > 10


@of_verbs
def test_the_bound_of_tf32_holds_of_reals_and_that_of_float32_does_not(verb: Verb) -> None:
    """So a TF32 that nobody asked for would be seen; of the default's sums both hold."""
    held = reals(verb, LARGE, normal)
    words, plain = (of_wing(wing, verb, LARGE, held) for wing in (sim_tf32, sim))
    assert excess(verb, LARGE, held, words, "tf32") <= 0
    assert excess(verb, LARGE, held, words, "float32") > 0
    assert excess(verb, LARGE, held, plain, "float32") <= 0


@of_verbs
def test_integers_of_eleven_bits_are_exact_in_tf32(verb: Verb) -> None:
    """``rounded(x) == x`` below 2^11, and of 2^11 + 1 it is not."""
    rng, (one, other) = np.random.default_rng(5), OPERANDS[verb]
    shapes = {"x": LARGE.input_shape, "w": conv_of(LARGE).weight_shape, "y_bar": LARGE.output_shape}
    held = {
        one: rng.integers(-(2**11), 2**11 + 1, shapes[one]).astype(np.float32),
        other: rng.integers(-3, 4, shapes[other]).astype(np.float32),
    }
    assert np.array_equal(of_wing(sim_tf32, verb, LARGE, held), right(verb, LARGE, held))
    held[one][:] = 2**11 + 1
    assert not np.array_equal(of_wing(sim_tf32, verb, LARGE, held), right(verb, LARGE, held))


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take every product to the tensor cores, in the precision that is asked for."""

    def tile(_: Any, precision: Any = "float32", *__: Any) -> TensorTile:
        return TensorTile(64, 64, precision)

    monkeypatch.setattr(choices, "tile_of", tile)
    return iter(())


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize(
    "role",
    ["forward", *(pytest.param(role, marks=pytest.mark.full) for role in ("input", "weight"))],
)
def test_the_laws_of_conv2d_hold_in_tf32_and_are_not_those_of_float32(role: Any) -> None:
    """Small integers exactly, and reals within what ``--precision tf32`` allows, no less."""
    function = Function("conv2d", role)
    target = target_of(TorchNames(lambda _: sim_tf32, name="sim-tf32"), "sim-tf32")
    subject = TargetSubject(dict(target.functions), "numpy")

    def outcomes(precision: str, examples: int = 2, *, first: bool = False) -> list[Any]:
        plan = Plan(
            functions=(function,), dtypes=("float32",), examples=(examples,) * 2, seed=1,
            precision=precision, lacks=target.lacks, first=first,
        )  # fmt: skip
        return list(run(subject, target.functions, plan, on=lambda _: None))

    held = outcomes("tf32")
    assert list(failures(held)) == []
    assert {"exact", "rounding"} <= {each.theorem.name for each in held if each.status == "pass"}
    assert list(failures(outcomes("float32", 40, first=True)))


# What a user says, and where.


def test_launches_are_repeated_in_the_precision_that_was_asked_for(cupy: Any) -> None:
    """The same shapes, the same layer, two precisions in turn: two answers in turn."""
    held = reals(forward, LARGE, normal)
    x, w = cupy.asarray(held["x"]), cupy.asarray(held["w"])
    words, plain = (of_wing(wing, forward, LARGE, held) for wing in (sim_tf32, sim))
    assert not np.array_equal(words, plain)
    for _ in range(2):
        for precision, expected in (("float32", plain), ("tf32", words)):
            y = functional.conv2d(x, w, precision=precision)
            assert np.array_equal(cupy.asnumpy(y), expected)
    assert np.array_equal(cupy.asnumpy(get_implementation("gpu-tf32").conv2d(x, w)), words)


@pytest.mark.usefixtures("cupy")
def test_a_machine_of_another_precision_shares_what_is_loaded_and_its_end() -> None:
    """A forked process repeats nothing in any precision."""
    machine = device.Gpu()
    other = machine.with_precision("tf32")
    assert (machine.precision, other.precision) == ("float32", "tf32")
    assert other._kinds == machine._kinds != {}
    machine._repeat_nothing()
    assert other._kinds == {}


def test_a_layer_says_its_precision_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its verbs compute in it; it is a part of what the layer is."""
    held = reals(forward, LARGE, normal)
    monkeypatch.setattr("convproof.nn.module.implementation_for", lambda _: sim)
    layer = nn.Conv2d(96, 96, 1, bias=False, precision="tf32").replace(weight=held["w"])
    x, plain = held["x"], layer.replace(precision="float32")
    y_bar = x[:, ::-1].copy()
    case = {"x": x, "w": held["w"], "y_bar": y_bar}
    for each, wing in ((layer, sim_tf32), (plain, sim)):
        assert np.array_equal(each(x), of_wing(wing, forward, LARGE, case))
        x_bar = each.input_vjp(x, y_bar)
        assert np.array_equal(x_bar, of_wing(wing, input_vjp, LARGE, case))
        assert np.array_equal(each.weight_vjp(x, y_bar), of_wing(wing, weight_vjp, LARGE, case))
    assert layer != plain
    assert "precision='tf32'" in repr(layer)
    assert "precision" not in repr(plain)


def test_derivatives_keep_the_precision_of_their_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of both orders, though autograd asks for them long after it."""
    asked: list[tuple[str, str]] = []
    through = tensors._computed

    def noted(verb: str, layer: Layer, precision: str, *given: Any) -> Any:
        asked.append((verb, precision))
        return through(verb, layer, precision, *given)

    monkeypatch.setattr(tensors, "_computed", noted)
    for precision in ("tf32", "float32"):
        x, w = (torch.ones(1, 2, 4, 4, requires_grad=True) for _ in range(2))
        y = functional.conv2d(x, w, precision=precision)
        (x_bar,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
        x_bar.sum().backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            functional.conv2d(x, w, precision=precision)
        assert {"forward", "input_vjp", "weight_vjp"} <= {verb for verb, _ in asked}
        assert {held for _, held in asked} == {precision}
        asked.clear()


@pytest.mark.usefixtures("untyped")
def test_float32_that_is_asked_for_is_kept_by_an_implementation_of_tf32() -> None:
    """``sim-tf32`` says TF32 of calls that say nothing: a call that says float32 has its bits."""
    held = reals(forward, LARGE, normal)
    x, w = held["x"], held["w"]
    named = {name: get_implementation(name) for name in ("sim", "sim-tf32")}
    own = {name: each.conv2d(x, w) for name, each in named.items()}
    said = named["sim-tf32"].conv2d(x, w, precision="float32")
    assert np.array_equal(said, own["sim"])
    assert not np.array_equal(said, own["sim-tf32"])
    with pytest.raises(UnsupportedError, match="is one of"):
        named["sim"].conv2d(x, w, precision=["tf32"])


def test_what_has_no_choice_is_as_exact_as_before() -> None:
    """NumPy's sums of floats keep the promise of TF32, and more."""
    rng = np.random.default_rng(0)
    x, w = (rng.standard_normal((2, 3, 4)).astype(np.float32) for _ in range(2))
    assert np.array_equal(functional.conv1d(x, w, precision="tf32"), functional.conv1d(x, w))


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda x: functional.linear(x, x, precision="bf16"), DTypeError, "cast them to bfloat16"),
        (lambda x: functional.linear(x, x, precision="f16"), DTypeError, "got float32: cast"),
        (
            lambda x: functional.linear(*(x.astype("f2"),) * 2, precision="bf16"),
            DTypeError,
            "or take precision='f16'",
        ),
        (lambda x: functional.linear(x, x, precision="fp8"), UnsupportedError, "is one of float32"),
        (lambda _: sim.with_precision("bf16"), UnsupportedError, "cast the arrays"),
        (lambda _: nn.Linear(2, 2, precision=CAPITALS), UnsupportedError, "got 'TF32'"),
        (nn.Linear(2, 2, precision="f16"), DTypeError, "got float32"),
        (lambda x: functional.relu(x, precision="tf32"), TypeError, "unexpected keyword"),
    ],
)
def test_a_precision_that_cannot_be_kept_is_refused(
    call: Any, kind: type[Exception], words: str
) -> None:
    """Nothing is rounded to 16 bits behind a caller's back: cast the arrays."""
    with pytest.raises(kind, match=words):
        call(np.ones((2, 2), np.float32))
    half = np.ones((2, 2), np.float16)
    assert functional.linear(half, half, precision="f16").dtype == np.float16
