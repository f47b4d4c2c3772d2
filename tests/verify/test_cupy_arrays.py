"""Targets that take and return CuPy arrays: judged with a stand-in, for CuPy itself needs a GPU."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convproof import get_implementation
from convproof.cli import run
from convproof.functions import Function
from convproof.verify.failure import snippet
from convproof.verify.runner import Outcome, Plan, failures
from convproof.verify.runner import run as asked
from convproof.verify.targets.arrays import LAYOUTS_OF, arrays_of
from convproof.verify.targets.find import Target
from convproof.verify.targets.layouts import lay
from convproof.verify.targets.subject import TargetSubject

CONV2D = Function("conv2d")
_right = get_implementation("numpy")


@pytest.fixture(autouse=True)
def cupy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.syspath_prepend(str(Path(__file__).with_name("stand_in")))
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    yield importlib.import_module("cupy")
    sys.modules.pop("cupy", None)


def right(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values."""
    import cupy  # type: ignore[import-not-found, unused-ignore]

    told = None if bias is None else cupy.asnumpy(bias)
    return cupy.asarray(_right.conv2d(cupy.asnumpy(x), cupy.asnumpy(w), told, **options))


def off_by_one(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Every value one too large."""
    return right(x, w, bias, **options) + 1


def overwriting(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, the input lost."""
    y = right(x, w, bias, **options)
    x[...] = x + 1
    return y


def through_numpy(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, but no array of CuPy's."""
    return right(x, w, bias, **options).held


def _outcomes(call: Callable[..., Any]) -> list[Outcome]:
    plan = Plan(
        functions=(CONV2D,), dtypes=("float32",), examples=(20, 20), seed=1,
        lacks=frozenset({"rejects", "empty"}),
    )  # fmt: skip
    functions = {CONV2D: call}
    return asked(TargetSubject(functions, "cupy"), functions, plan, on=lambda _: None)


def test_a_right_function_of_cupy_arrays_passes() -> None:
    assert {outcome.status for outcome in _outcomes(right)} <= {"pass", "not run"}


@pytest.mark.parametrize("call", [off_by_one, overwriting, through_numpy])
def test_a_fault_on_cupy_arrays_comes_with_a_snippet_of_cupy_arrays(call: Any) -> None:
    """The printed lines, run as they are, end in an AssertionError, whatever the fault."""
    (failed,) = failures(_outcomes(call))
    target = Target(
        spec="here",
        functions={CONV2D: call},
        supports=frozenset(),
        lacks=frozenset(),
        versions={},
        prelude="from tests.verify import test_cupy_arrays as here",
        expression={CONV2D: f"here.{call.__name__}"},
    )
    code = snippet(target, failed, "cupy")
    assert "cupy.asarray(np.array(" in code
    with pytest.raises(AssertionError):
        exec(compile(code, "snippet", "exec"), {})


@pytest.mark.parametrize("layout", LAYOUTS_OF["cupy"])
def test_the_layouts_of_cupy_arrays_are_those_of_numpys(layout: str) -> None:
    array = np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4)
    given = arrays_of("cupy", "cpu").give(array, layout)
    assert np.array_equal(given.held, array)
    assert given.held.strides == lay(array, layout).strides
    assert not np.shares_memory(given.held, array)


def test_without_cupy_its_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as absent:  # which ends before the stand-in is taken away
        absent.setitem(sys.modules, "cupy", None)
        assert run(["verify", "numpy", "--arrays", "cupy", "--in-process"]) == 4
    assert "convproof[cuda13]" in capsys.readouterr().err
