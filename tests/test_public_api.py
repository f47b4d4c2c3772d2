"""What `convproof` exports, and what importing it does not import."""

import json
import subprocess
import sys

import pytest

import convproof
from convproof import functional

OPTIONAL = {"torch", "cupy", "jax", "onnx", "onnxruntime", "matplotlib", "sklearn", "skimage"}
OPTIONAL |= {"distributed", "islpy", "ziglang", "z3", "cvc5"}
HEAVY = {"sympy", "hypothesis", "rich"}  # installed, but asked for only when needed


def _modules_after(code: str) -> set[str]:
    script = f"import sys, json\n{code}\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in json.loads(done.stderr)}


def test_the_root_names_are_these() -> None:
    assert convproof.__all__ == [
        "Axis",
        "Claim",
        "ConvProofError",
        "Geometry",
        "GeometryError",
        "SignalAxis",
        "SymbolicAxis",
        "TransposedAxis",
        "Triples",
        "functional",
        "get_implementation",
        "prove",
    ]
    assert all(getattr(convproof, name) is not None for name in convproof.__all__)
    assert set(convproof.__all__) <= set(dir(convproof))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        convproof.nonsense  # noqa: B018


def test_a_prompt_completes_the_names_of_functions_alone() -> None:
    assert dir(functional) == sorted(functional.__all__)


@pytest.mark.parametrize(
    "code",
    [
        "import convproof",
        "import convproof.cli; convproof.cli.run(['--help'])",
        "import convproof.cli; convproof.cli.run(['verify', '--help'])",
        "import convproof.cli; convproof.cli.run(['prove', '--help'])",
        "import convproof.functional",
    ],
)
def test_neither_the_import_nor_help_imports_an_optional_or_heavy_package(code: str) -> None:
    assert not _modules_after(code) & (OPTIONAL | HEAVY)


def test_the_check_of_imports_can_fail() -> None:
    assert "hypothesis" in _modules_after("import convproof.strategies")


def test_import_convproof_alone_imports_not_even_numpy() -> None:
    assert "numpy" not in _modules_after("import convproof")


def test_a_claim_is_written_without_an_engine_and_proved_by_two() -> None:
    """z3 and cvc5 are imported when they are asked."""
    claim = "from convproof import Claim, SymbolicAxis, prove; axis = SymbolicAxis()\n"
    claim += "claim = Claim(name='', goal=axis.is_tap(axis.r - 1)[1])\n"
    assert not _modules_after(claim) & {"z3", "cvc5", "islpy"}
    assert {"z3", "cvc5"} <= _modules_after(f"{claim}assert prove(claim)[0].status == 'proved'")


DIMS = ("1d", "2d", "3d")
WEIGHTED = ("conv", "conv_transpose", "locally_connected")
POOLED = [f"{over}_{kind}_pool" for over in ("adaptive", "global") for kind in ("max", "avg")]
POOLED += ["max_pool", "avg_pool", "max_unpool"]
PLAIN = ["unfold", "fold", "local_response_norm", "maxout", "relu", "tanh", "scaled_tanh"]
PLAIN += ["softmax", "cross_entropy"]


def test_functional_has_every_layer_with_its_vjps() -> None:
    """f, f_input, f_weight and f_bias with weights; f and f_input without."""
    weighted = [f"{stem}{d}" for stem in WEIGHTED for d in DIMS] + ["linear"]
    others = [f"{stem}{d}" for stem in POOLED for d in DIMS] + PLAIN
    expected = {f"{n}{v}" for n in weighted for v in ("", "_input", "_weight", "_bias")}
    expected |= {f"{n}{v}" for n in others for v in ("", "_input")} | {"convolve"}
    assert set(functional.__all__) == expected
    assert all(getattr(functional, name).__name__ == name for name in expected)
    assert all(getattr(functional, name).__doc__ for name in expected)
