"""The examples are right, and are called as their README says."""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from convproof import Axis
from convproof.functions import Function
from convproof.proving.find import asked as claims_of
from convproof.verify.inquiry import inquiry
from convproof.verify.session import Asked
from convproof.verify.targets.kind import Kind

EXAMPLES = Path(__file__).parent.parent / "examples"
CONV2D = {f.name for f in Function.all() if f.layer == "conv2d"}
FIRST = {"conv2d", "conv2d_input", "conv2d_weight", "conv2d_bias"}


@pytest.mark.parametrize(
    ("spec", "arrays", "names"),
    [
        ("numpy_conv.py", "numpy", FIRST),
        ("torch_conv.py:MyConv", "torch", CONV2D),
        ("cupy_shaped.py:conv", "numpy", {"conv2d"}),
        ("kernelbench_conv.py", "torch", CONV2D),
    ],
)
def test_an_example_obeys_every_law(
    spec: str, arrays: Kind, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(EXAMPLES)
    asked = Asked(profile="quick", seed=0, arrays=arrays, examples=6, in_process=True)
    with inquiry(spec, asked) as example:
        questions = example.questions()
        assert {function.name for function, _ in questions} == names
        for question in questions:
            outcomes = example.answers(*question)
            assert example.refutation(outcomes) == ""
            assert "pass" in {outcome.status for outcome in outcomes}


def test_the_claims_are_what_the_sizes_of_axes_say() -> None:
    """n at s = 1 and ceil(n/s) of every small axis; floor(n/s) not of all."""
    held = {asked.name for asked in claims_of([str(EXAMPLES / "claims.py")])}
    said = {name.removeprefix("half padding keeps ") for name in held}
    assert said == {"the size at stride 1", "ceil(n/s)", "floor(n/s)"}
    floors = set()
    for n, half, s, t in product(range(1, 8), range(3), range(1, 8), range(1, 4)):
        size = Axis(
            input_size=n,
            kernel_size=2 * half + 1,
            stride=s,
            dilation=t,
            padding=(t * half, t * half),
        ).output_size
        assert size == -(-n // s)
        floors.add(s > n or size == n // s)
    assert floors == {True, False}


def test_the_readme_names_every_example() -> None:
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in EXAMPLES.glob("*.py"))
    assert files
    assert all(f"`{name}`" in text for name in files)


@pytest.mark.full
def test_lenet5_runs_on_whatever_is_there() -> None:
    """It says where, and a digit of each of two images."""
    script = [sys.executable, "lenet5_inference.py"]
    done = subprocess.run(script, cwd=EXAMPLES, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"(gpu|sim): \d+ launches, \d+ bytes: digits \[\d \d\]\n", done.stdout)


def test_the_two_lines_are_a_suite() -> None:
    """One test per function, each passed."""
    plain = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", ".", "-v"]
    quiet = ["-p", "no:convproof", "-p", "no:cacheprovider", "test_my_conv.py"]
    done = subprocess.run(
        [*plain, *quiet], cwd=EXAMPLES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    for name in FIRST:
        assert f"test_my_conv.py::test_my_conv[{name}-float32] PASSED" in done.stdout
