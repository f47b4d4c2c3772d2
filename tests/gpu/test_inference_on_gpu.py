"""A network as one CUDA graph on a GPU: the bits of its layers called one by one.

Without a GPU the same calls go by the stand-in for CuPy, whose graph launches in the simulator what
was captured; a step of the array library's is none of its launches.
"""

from importlib import import_module
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from convproof.implementation import load_implementation
from convproof.networks import Network, evaluate
from convproof.networks.build import network
from convproof.networks.initial import init
from convproof_gpu.inference import Inference
from tests.networks.whole import SIZES, Arrays, small

pytestmark = pytest.mark.usefixtures("untyped")
DTYPES = [np.float32, np.float16, ml_dtypes.bfloat16]
FUSED = network("n", "input(8, 8, 16) conv(3, 64, p1) conv(3, 64, p1) pool(2, s2) fc(16)")


def drawn(net: Network, dtype: Any = np.float32) -> tuple[Arrays, np.ndarray]:
    rng = np.random.default_rng(0)
    parameters = {name: array.astype(dtype) for name, array in init(net, rng).items()}
    return parameters, rng.standard_normal((2, *net.input_shape)).astype(dtype)


def assert_bits(net: Network, dtype: Any, precision: str = "float32") -> None:
    """Of images on the CPU, which go to the GPU and come back; called twice, of others too."""
    parameters, x = drawn(net, dtype)
    verbs: Any = load_implementation("gpu")
    run = Inference(net, parameters, x, precision=precision)
    for images in (x, np.roll(x, 1), x):
        by_layers = evaluate.forward(
            net, verbs.with_precision(precision), parameters, images
        ).answer
        assert np.array_equal(run(images), by_layers)


@pytest.mark.gpu
@pytest.mark.parametrize("name", SIZES)
def test_a_networks_bits_are_those_of_its_layers(name: str) -> None:
    """y = f_k(... f_1(x)), captured."""
    assert_bits(small(name), np.float32)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["float32", "tf32"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_they_are_of_every_format_and_precision(dtype: Any, precision: str) -> None:
    assert_bits(FUSED, dtype, precision)


@pytest.mark.gpu
@pytest.mark.parametrize("graph", [True, False])
def test_tensors_stay_tensors_on_their_stream(graph: bool) -> None:
    """On a stream of PyTorch's that is not the default; ``out`` is written, and returned."""
    torch: Any = import_module("torch")
    arrays, image = drawn(FUSED)
    parameters = {name: torch.from_numpy(array).cuda() for name, array in arrays.items()}
    run = Inference(FUSED, parameters, torch.from_numpy(image).cuda(), graph=graph)
    right = evaluate.forward(FUSED, load_implementation("gpu"), arrays, image).answer
    with torch.cuda.stream(torch.cuda.Stream()):
        x = torch.from_numpy(image).cuda()
        y = run(x)
        out = torch.empty_like(y)
        assert run(x, out=out) is out
        torch.cuda.current_stream().synchronize()
        for answer in (y, out):
            assert answer.is_cuda
            assert np.array_equal(answer.cpu().numpy(), right)


@pytest.mark.usefixtures("cupy")
def test_what_a_gpu_would_be_launched_with_computes_them() -> None:
    """The same, in the simulator."""
    assert_bits(small("two-layer"), np.float32)
