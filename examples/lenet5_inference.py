"""LeNet-5 as published, forward on whatever is there: a GPU, or the simulator of its kernels.

``python lenet5_inference.py``
"""

import sys
from typing import Any

import numpy as np

from convproof.errors import MissingExtraError
from convproof.implementation import load_implementation
from convproof.networks.initial import init
from convproof.networks.names import named
from convproof_gpu.inference import Inference


def main() -> None:
    """Print the digit that each of two random images is next to."""
    try:
        implementation: Any = load_implementation("gpu")
    except MissingExtraError:
        implementation = load_implementation("sim")
    network, rng = named("lenet5"), np.random.default_rng(0)
    x = rng.standard_normal((2, *network.input_shape)).astype(np.float32)
    run = Inference(network, init(network, rng), x, implementation=implementation)
    digits = run(x).argmax(axis=1)
    where = f"{implementation.name}: {run.launches} launches, {run.bytes} bytes"
    sys.stdout.write(f"{where}: digits {digits}\n")


if __name__ == "__main__":
    main()
