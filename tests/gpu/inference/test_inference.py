"""A network by launches that are prepared, folded and captured computes what its layers compute."""

from collections import Counter
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from convproof.errors import DTypeError, NetworkError, ShapeError, UnsupportedError
from convproof.layers import Conv, Linear, ReLU
from convproof.networks import Network, evaluate
from convproof.networks.build import network
from convproof.networks.graph import Node
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof.networks.wiring import Concat
from convproof_gpu.fused import Fused
from convproof_gpu.inference import Inference
from convproof_gpu.inference.building import Building
from convproof_gpu.inference.fusing import fused_nodes
from convproof_gpu.inference.program import constants, is_constant, offsets
from convproof_gpu.inference.written_arguments import written_arguments
from convproof_gpu.machine import Kernel, LaunchLawError
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.simulated import Simulated, simulated
from convproof_gpu.wing import sim
from tests.gpu.stand_in import Graph
from tests.networks.whole import SIZES, Arrays, small

pytestmark = pytest.mark.usefixtures("untyped")
QUICK = ("two-layer", "lenet5-simplified", "vgg11")
DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16]
ON_TENSOR_CORES = network(
    "n", "input(8, 8, 16) conv(3, 64, p1) conv(3, 64, p1) pool(2, s2) conv(3, 32, p1) fc(16)"
)


def drawn(net: Network, dtype: Any = np.float32, images: int = 2) -> tuple[Arrays, np.ndarray]:
    rng = np.random.default_rng(0)
    parameters = {name: array.astype(dtype) for name, array in init(net, rng).items()}
    return parameters, rng.standard_normal((images, *net.input_shape)).astype(dtype)


def one_by_one(net: Network, parameters: Arrays, x: np.ndarray, precision: str) -> np.ndarray:
    verbs = sim.with_precision(precision)
    answer: np.ndarray = evaluate.forward(net, verbs, parameters, x).answer
    return answer


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.full) for n in SIZES]
)
def test_a_networks_bits_are_those_of_its_layers(name: str) -> None:
    """y = f_k(... f_1(x)), and of other images by the same object."""
    net = small(name)
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    for images in (x, np.roll(x, 1), x):
        assert np.array_equal(run(images), one_by_one(net, parameters, images, "float32"))


@pytest.mark.parametrize("precision", ["float32", "tf32"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_they_are_of_every_format_and_precision(dtype: Any, precision: str) -> None:
    """On the tensor cores, in parts and pooled."""
    parameters, x = drawn(ON_TENSOR_CORES, dtype, images=3)
    run = Inference(ON_TENSOR_CORES, parameters, x, implementation="sim", precision=precision)
    assert np.array_equal(run(x), one_by_one(ON_TENSOR_CORES, parameters, x, precision))


def test_weights_are_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the object is made; no call does it again."""
    launched: list[Kernel] = []
    held = Simulated.run

    def noted(self: Simulated, kernel: Kernel, *rest: Any) -> None:
        launched.append(kernel)
        held(self, kernel, *rest)

    monkeypatch.setattr(Simulated, "run", noted)
    parameters, x = drawn(ON_TENSOR_CORES)
    run = Inference(ON_TENSOR_CORES, parameters, x, implementation="sim")
    assert [kernel.name for kernel in launched] == ["conv_tensor_weights"] * run.folded
    assert run.folded > 0
    for _ in range(2):
        launched.clear()
        run(x)
        assert len(launched) == run.launches
        assert all(kernel.name != "conv_tensor_weights" for kernel in launched)


def test_the_parameters_are_those_of_when_it_was_made() -> None:
    net = small("two-layer")
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    right = one_by_one(net, parameters, x, "float32")
    for array in parameters.values():
        array[...] = 0
    assert np.array_equal(run(x), right)


def test_an_answer_is_not_overwritten_by_the_next() -> None:
    net = small("two-layer")
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    first = run(x)
    kept = first.copy()
    run(np.roll(x, 1))
    assert np.array_equal(first, kept)


def test_activations_share_memory() -> None:
    """VGG's small sister needs less than all its activations take."""
    net = small("vgg11")
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    tape = evaluate.forward(net, sim, parameters, x)
    assert run.bytes < sum(value.nbytes for value in tape.values.values()) / 2


@pytest.mark.usefixtures("cupy")
def test_on_a_gpu_a_call_is_one_graph() -> None:
    """The stand-in's, which launches in the simulator what was captured."""
    parameters, x = drawn(ON_TENSOR_CORES)
    run = Inference(ON_TENSOR_CORES, parameters, x)
    before = Graph.launched
    for images in (x, np.roll(x, 1)):
        assert np.array_equal(
            run(images), one_by_one(ON_TENSOR_CORES, parameters, images, "float32")
        )
    assert Graph.launched == before + 2


def test_a_graph_is_not_launched_on_another_device(
    cupy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was made on device 0; on device 1 its memory is elsewhere."""
    net = small("two-layer")
    parameters, x = drawn(net)
    run = Inference(net, parameters, x)
    monkeypatch.setattr(cupy.cuda.runtime, "getDevice", lambda: 1)
    with pytest.raises(LaunchLawError, match="made on device 0, but device 1 is current"):
        run(x)


@pytest.mark.usefixtures("cupy")
def test_joined_channels_are_copied_in_the_graph() -> None:
    """Of two convolutions of one image: what was captured copies again."""
    conv = next(iter(network("n", "input(6, 6, 2) conv(3, 4, p1)"))).layer
    nodes = (
        Node(name="a", layer=conv, reads=("input",)),
        Node(name="b", layer=conv, reads=("input",)),
        Node(name="c", layer=Concat(), reads=("a", "b")),
    )
    net = Network(name="n", input_shape=(2, 6, 6), nodes=nodes)
    parameters, x = drawn(net)
    run = Inference(net, parameters, x)
    for images in (x, np.roll(x, 1)):
        assert np.array_equal(run(images), one_by_one(net, parameters, images, "float32"))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"x": np.zeros((3, 8), np.float32)}, ShapeError, r"of images \(2, 8\), got \(3, 8\)"),
        ({"x": np.zeros((2, 8), np.float16)}, DTypeError, "of float32, got float16"),
        ({"implementation": "numpy"}, UnsupportedError, "'gpu' or 'sim'"),
        ({"precision": "f64"}, UnsupportedError, "float32 or tf32"),
        ({"parameters": {}}, NetworkError, "is not given"),
        ({"dtype": np.float16}, DTypeError, r"fc1\.weight is float16, but the images are float32"),
    ],
)
def test_what_does_not_fit_is_told(change: Any, error: type[Exception], words: str) -> None:
    net = network("n", "input(8) fc(4)")
    parameters, x = drawn(net)
    if "dtype" in change:
        parameters = {name: array.astype(change["dtype"]) for name, array in parameters.items()}
    with pytest.raises(error, match=words):
        Inference(
            net,
            change.get("parameters", parameters),
            x,
            implementation=change.get("implementation", "sim"),
            precision=change.get("precision", "float32"),
        )(change.get("x", x))


def test_what_only_auxiliary_classifiers_need_is_not_computed() -> None:
    """GoogLeNet's main answer is read of 57 convolutions and one fully connected layer."""
    found = [type(each.layer) for each in fused_nodes(named("googlenet-published"))]
    assert found.count(Conv) + found.count(Fused) == 57
    assert found.count(Linear) == 1


def test_vgg16s_convolutions_are_fused_with_all_that_follows_them() -> None:
    """13 with their ReLU, 5 of them with their pooling; every other node alone, and once."""
    net = named("vgg16")
    found = list(fused_nodes(net))
    fused = [each.layer for each in found if isinstance(each.layer, Fused)]
    assert len(fused) == 13
    assert sum(layer.pool is not None for layer in fused) == 5
    assert len({each.name for each in found}) == len(found) == len(net.nodes) - 13 - 5


@pytest.mark.parametrize("name", SIZES)
def test_what_another_node_reads_is_not_fused_away(name: str) -> None:
    """Every node that is read is the last of those computed at once, and so is the answer."""
    net = named(name)
    names = {each.name for each in fused_nodes(net)}
    assert {read for each in fused_nodes(net) for read in each.reads} - {"input"} <= names
    assert net.outputs[0] in names


@pytest.mark.parametrize(
    ("out", "error", "words"),
    [
        (np.zeros((4, 2), np.float32).T, ShapeError, "no contiguous array where 'sim' computes"),
        (np.zeros((3, 2, 4), np.float32), ShapeError, r"is \(2, 4\), got out= of \(3, 2, 4\)"),
        (np.zeros((2, 4), np.int32), DTypeError, "of float32, got out= of int32"),
    ],
)
def test_what_an_answer_cannot_be_written_into_is_refused(
    out: np.ndarray, error: type[Exception], words: str
) -> None:
    """Nothing is written into a copy, or spread over more."""
    net = network("n", "input(8) fc(4)")
    parameters, x = drawn(net)
    with pytest.raises(error, match=words):
        Inference(net, parameters, x, implementation="sim")(x, out=out)


@pytest.mark.parametrize("name", ["lenet5-simplified", "vgg11", "lenet5"])
def test_what_a_launch_writes_is_what_its_source_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its outputs is among the pointers that are not const."""
    held = Simulated.run

    def checked(
        self: Simulated, kernel: Kernel, blocks: int, threads: int, args: Any, outputs: Any
    ) -> None:
        names = [parameter.name for parameter in simulated(kernel).parameters]
        assert {*outputs} <= {names[place] for place in written_arguments(kernel)}
        held(self, kernel, blocks, threads, args, outputs)

    monkeypatch.setattr(Simulated, "run", checked)
    for net in (small(name), ON_TENSOR_CORES):
        parameters, x = drawn(net)
        Inference(net, parameters, x, implementation="sim")(x)


def test_weights_that_were_laid_out_take_no_place_of_activations() -> None:
    """VGG-16's activations at batch 32 lie in what two neighbours and a copy need at most."""
    net = named("vgg16")
    known = {name: blank(shape, np.float32) for name, shape in net.parameter_shapes.items()}
    built = Building(sim, net, known, blank((32, *net.input_shape), np.float32))
    fixed = constants(built.steps, (o.buffer for o in built.parameters.values()), 0)
    left = [step for step in built.steps if not is_constant(step, fixed)]
    ends = built.image.buffer, built.answer.buffer
    _, size = offsets(left, built.buffers.sizes, ends, fixed)
    largest = max(
        sum(built.buffers.sizes[b] for b in (step.reads | step.writes) - fixed) for step in left
    )
    assert size <= largest + built.image.nbytes + 2**20


def test_a_convolution_that_two_nodes_read_keeps_its_answer() -> None:
    """conv -> relu and conv -> concat: nothing is fused, and the bits are the same."""
    conv = next(iter(network("n", "input(6, 6, 2) conv(3, 4, p1)"))).layer
    nodes = (
        Node(name="a", layer=conv, reads=("input",)),
        Node(name="b", layer=ReLU(), reads=("a",)),
        Node(name="c", layer=Concat(), reads=("a", "b")),
    )
    net = Network(name="n", input_shape=(2, 6, 6), nodes=nodes)
    assert [each.name for each in fused_nodes(net)] == ["a", "b", "c"]
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    assert np.array_equal(run(x), one_by_one(net, parameters, x, "float32"))


def test_an_answer_is_written_where_it_is_wanted() -> None:
    net = small("two-layer")
    parameters, x = drawn(net)
    run = Inference(net, parameters, x, implementation="sim")
    out = np.empty_like(run(x))
    assert run(x, out=out) is out
    assert np.array_equal(out, run(x))


def test_vgg16_turns_one_activation_round() -> None:
    """Between its fused convolutions the channels lie last: one is turned, after the first."""
    net = named("vgg16")
    known = {name: blank(shape, np.float32) for name, shape in net.parameter_shapes.items()}
    notes = _Notes()
    built = Building(sim, net, known, blank((32, *net.input_shape), np.float32))
    for step in built.steps:
        step.run(notes, lambda outline: outline)
    names = Counter(kernel.name or kernel.file for kernel in notes.launched)
    assert names["conv_tensor_source"] == 1
    assert names["layout"] == names["max_pool_forward_bands"] == 0
    assert names["conv_tensor_pooled"] == 5


class _Notes(Recorder):
    """A recorder of every launch."""

    def __init__(self) -> None:
        super().__init__()
        self.launched: list[Kernel] = []

    def run(self, kernel: Kernel, *rest: Any) -> None:
        del rest
        self.launched.append(kernel)
