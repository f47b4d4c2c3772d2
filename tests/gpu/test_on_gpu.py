"""What only a GPU shows: its kernels against the simulator's, bit by bit, and CuPy's own ways.

The property suite itself is ``convproof verify gpu``.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof import functional, get_implementation
from convproof.implementation import load_implementation
from convproof.index_maps import Sizes
from convproof_gpu.cubin import KERNELS, compiled
from convproof_gpu.fused import Fused
from convproof_gpu.machine import packed
from convproof_gpu.sim import SimModule, conditions
from convproof_gpu.tiles import SMALL
from tests.gpu.kernels.fused_cases import POOL, Asked, conv_of, ends

pytestmark = pytest.mark.gpu
FRAGMENTS = Path(__file__).parent / "sim" / "kernels" / "fragments.cu"
PRODUCTS = {"tf32": (4, 2), "bf16": (4, 2), "f16": (4, 2)}


@pytest.fixture
def cupy() -> Any:
    import cupy

    return cupy


def _compiled(cupy: Any, path: Path, tmp_path: Path, *expressions: str) -> Any:
    arch = f"sm_{cupy.cuda.Device().compute_capability}"
    made = compiled(path, arch, name_expressions=expressions)
    place = tmp_path / "module.cubin"
    place.write_bytes(made.code)
    return cupy.RawModule(path=str(place)), made.symbols


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_tensor_core_is_what_the_simulator_takes_it_for(
    cupy: Any, tmp_path: Path, name: str
) -> None:
    """``mma.sync`` of random fragments: the hardware's sums ``==`` the truncating model's.

    Of numbers of many sizes, so that some are aligned away.
    """
    module, _ = _compiled(cupy, FRAGMENTS, tmp_path)
    simulated = SimModule(FRAGMENTS).get_function(name)
    rng = np.random.default_rng(0)
    for _ in range(200):
        shape = 32, 2 * sum(PRODUCTS[name])
        values = rng.standard_normal(shape) * np.exp2(rng.integers(-9, 10, shape))
        values = values.astype(np.float32)
        if name == "tf32":
            words = values[:, : sum(PRODUCTS[name])].copy().view(np.uint32)
        else:
            half = values.astype(np.float16) if name == "f16" else None
            bits = (values.view(np.uint32) >> 16).astype(np.uint16) if half is None else half
            words = np.ascontiguousarray(bits).view(np.uint32)
        a, b = words[:, :4].copy(), words[:, 4:6].copy()
        c = (rng.standard_normal((32, 4)) * np.exp2(rng.integers(-18, 19, (32, 4)))).astype("f4")
        expected, found = np.zeros((32, 4), np.float32), cupy.zeros((32, 4), np.float32)
        with conditions(rounding="truncating"):
            simulated((1,), (32,), (a.ravel(), b.ravel(), c.ravel(), expected.reshape(-1)))
        given = tuple(map(cupy.asarray, (a, b, c)))
        module.get_function(name)((1,), (32,), (*given, found))
        assert np.array_equal(cupy.asnumpy(found).view(np.uint32), expected.view(np.uint32))


def test_ldmatrix_gives_what_the_simulators_gives(cupy: Any, tmp_path: Path) -> None:
    """Straight and transposed, four matrices at once."""
    module, _ = _compiled(cupy, FRAGMENTS, tmp_path)
    x = np.arange(256, dtype=np.uint16)
    expected = [np.zeros(128, np.uint32) for _ in range(2)]
    SimModule(FRAGMENTS).get_function("matrices")((1,), (32,), (x, *expected))
    found = [cupy.zeros(128, np.uint32) for _ in range(2)]
    module.get_function("matrices")((1,), (32,), (cupy.asarray(x), *found))
    for one, other in zip(found, expected, strict=True):
        assert np.array_equal(cupy.asnumpy(one), other)


@pytest.mark.parametrize("n", [0, 1, 127, 130, 200, 224])
def test_cp_async_copies_what_the_simulators_copies(cupy: Any, tmp_path: Path, n: int) -> None:
    """16, 8 and 4 bytes at a time, zeros for what is not there."""
    module, _ = _compiled(cupy, FRAGMENTS, tmp_path)
    x = np.arange(224, dtype=np.float32)
    expected, found = np.zeros(224, np.float32), cupy.zeros(224, np.float32)
    SimModule(FRAGMENTS).get_function("copies")((1,), (32,), (x, expected, n))
    module.get_function("copies")((1,), (32,), (cupy.asarray(x), found, np.int32(n)))
    assert np.array_equal(cupy.asnumpy(found), expected)


def test_a_plain_raw_kernel_of_the_source_gives_the_same(cupy: Any) -> None:
    """``cupy.RawModule(code=...)``, which compiles with CuPy's options, on small integers."""
    expression = f"conv_forward<float, 2, {SMALL.argument}>"
    module = cupy.RawModule(
        code=(KERNELS / "conv_forward.cu").read_text(encoding="utf-8"),
        options=("-std=c++17", f"-I{KERNELS}", "--device-as-default-execution-space"),
        name_expressions=[expression],
    )
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-4, 5, s).astype(np.float32) for s in ((2, 5, 9, 8), (6, 5, 3, 3)))
    expected = get_implementation("numpy").conv2d(x, w)
    sizes = Sizes(
        batch=2, groups=1, in_channels=5, out_channels=6, input=(9, 8), kernel=(3, 3),
        output=(7, 6), stride=(1, 1), dilation=(1, 1), low=(0, 0),
    )  # fmt: skip
    y = cupy.empty(expected.shape, np.float32)
    structs = [packed(sizes, "int"), np.zeros(3, np.int32).tobytes()]
    passed = [np.frombuffer(held, np.dtype((np.void, len(held)))) for held in structs]
    args = (cupy.asarray(x), cupy.asarray(w), np.uint64(0), y, *passed)
    module.get_function(expression)((SMALL.covering(6, 84),), (SMALL.threads,), args)
    assert np.array_equal(cupy.asnumpy(y), expected)


def test_views_dlpack_and_foreign_arrays_are_read_right(cupy: Any) -> None:
    """A view with gaps, and what only has ``__cuda_array_interface__``."""
    whole = cupy.arange(2 * 6 * 6, dtype=np.float32).reshape(1, 2, 6, 6)
    w = cupy.ones((3, 2, 2, 2), np.float32)
    view = whole[:, :, ::-2, 1:]
    expected = get_implementation("numpy").conv2d(cupy.asnumpy(view), cupy.asnumpy(w))
    assert np.array_equal(cupy.asnumpy(functional.conv2d(view, w)), expected)

    class Foreign:
        __cuda_array_interface__ = whole.__cuda_array_interface__
        shape, dtype = whole.shape, whole.dtype

    found = get_implementation("gpu").conv2d(Foreign(), w)
    expected = get_implementation("numpy").conv2d(cupy.asnumpy(whole), cupy.asnumpy(w))
    assert np.array_equal(cupy.asnumpy(found), expected)


def test_work_goes_to_the_current_stream_and_into_a_graph(cupy: Any) -> None:
    """Captured once, replayed on other numbers: nothing inside waits."""
    x, w = cupy.ones((1, 2, 8, 8), np.float32), cupy.ones((3, 2, 3, 3), np.float32)
    functional.conv2d(x, w)  # loads the kernel, and fills the memory pool
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        functional.conv2d(x, w)
        stream.begin_capture()
        y = functional.conv2d(x, w)
        graph = stream.end_capture()
        x += 1
        graph.launch()
    stream.synchronize()
    assert (cupy.asnumpy(y) == 36).all()


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("name", ["gpu", "gpu-tf32"])
def test_a_fused_layer_gives_the_bits_of_its_layers(
    cupy: Any, name: str, dtype: str, batch: int
) -> None:
    """Pooled or not, channels first or last, of sums in parts too; and again, when prepared."""
    wing: Any = load_implementation(name)
    for asked in ends(Asked(Fused(conv=conv_of((64, 128))), batch, (57, 56))):
        layer, (x, *weights) = asked.layer, map(cupy.asarray, asked.reals(dtype).values())
        expected = wing.forward(Fused(conv=layer.conv), x, *weights)
        expected = wing.forward(POOL, expected) if layer.pool else expected
        expected = cupy.moveaxis(expected, 1, -1) if layer.writes_last else expected
        x = cupy.ascontiguousarray(cupy.moveaxis(x, 1, -1)) if layer.reads_last else x
        for _ in range(2):
            found = wing.forward(layer, x, *weights)
            assert found.shape == expected.shape == layer.output_shape(x.shape)
            assert cupy.asnumpy(found).tobytes() == cupy.asnumpy(expected).tobytes()
