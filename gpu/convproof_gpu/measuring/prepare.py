"""The kernels of a run, compiled where there is no GPU, so that a GPU's time is for measuring.

Each verb is run on a machine that only takes notes; what it notes is compiled and kept on the disk,
where the GPU's machine finds it if the sources and NVRTC are the same.
"""

from collections.abc import Callable, Iterator, Sequence

import ml_dtypes  # noqa: F401  # tells NumPy the name bfloat16

from convproof.errors import ConvProofError
from convproof.networks.names import named
from convproof_gpu.cubin import kept
from convproof_gpu.inference.building import Building
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring import arrays, ours
from convproof_gpu.measuring.rows import Row
from convproof_gpu.recording import Recorder, blank
from convproof_gpu.wing import Wing


def kernels(rows: Sequence[Row], precisions: Sequence[str]) -> tuple[Kernel, ...]:
    """Return every kernel that the rows launch, once."""
    recorder = Recorder()
    wing = Wing(recorder)
    for row in rows:
        for precision in precisions:
            implementation, _ = ours.offered(wing, row.layer, precision)
            if implementation is None:
                continue
            dtype = ours.PRECISIONS[precision]
            operands = {
                name: None if shape is None else blank(shape, dtype)
                for name, shape in arrays.shapes(row).items()
            }
            try:
                ours.call_of(implementation, row, arrays.Arrays(**operands))()
            except ConvProofError:
                continue  # the run tells why
    return tuple(recorder.kernels)


def of_networks(names: Sequence[str], batch: int) -> tuple[Kernel, ...]:
    """Return every kernel that networks launch in float32, as they are measured as a whole."""
    recorder = Recorder()
    for name in names:
        network = named(name)
        known = {name: blank(shape, "float32") for name, shape in network.parameter_shapes.items()}
        image = blank((batch, *network.input_shape), "float32")
        for step in Building(Wing(recorder), network, known, image).steps:
            if step.is_launch:
                step.run(recorder, lambda outline: outline)
    return tuple(recorder.kernels)


def compiled(
    found: Sequence[Kernel], arch: str, keep: Callable[[str, str, str], object] = kept
) -> Iterator[Kernel]:
    """Yield kernel after kernel when it is compiled and kept.

    Args:
        found: the kernels.
        arch: of the GPU that will run them, ``"sm_90"``.
        keep: what compiles a file, for an architecture, with an expression.
    """
    for kernel in found:
        keep(kernel.file, arch, kernel.expression)
        yield kernel
