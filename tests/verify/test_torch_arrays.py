"""Targets that take and return torch tensors."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # as everyone writes it

from convproof.functions import Function
from convproof.verify.failure import snippet
from convproof.verify.runner import Plan, failures, run
from convproof.verify.targets.arrays import LAYOUTS_OF
from convproof.verify.targets.find import Target
from convproof.verify.targets.layouts import lay
from convproof.verify.targets.subject import TargetSubject
from convproof.verify.targets.tensors import _moved, share_memory, to_numpy, to_torch
from convproof.verify.threads import one_thread

CONV2D = Function("conv2d")


def transposed(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, height and width exchanged."""
    return F.conv2d(x, w, bias, **options).transpose(2, 3).contiguous()


def through_numpy(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, but no tensor."""
    return F.conv2d(x, w, bias, **options).float().numpy()


def overwriting(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, the input lost."""
    y = F.conv2d(x, w, bias, **options)
    x.zero_()
    return y


def unsqueezing(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, the input in another shape."""
    y = F.conv2d(x, w, bias, **options)
    x.unsqueeze_(0)
    return y


_noise = count()


def changing(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values at two calls of three."""
    return F.conv2d(x, w, bias, **options) + (next(_noise) % 3 == 2)


def widened(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values in a wider dtype."""
    return F.conv2d(x, w, bias, **options).double()


def complex_(x: Any, w: Any, bias: Any = None, **options: Any) -> Any:
    """Right values, complex."""
    return F.conv2d(x, w, bias, **options) + 0j


def _target(call: Any) -> Target:
    return Target(
        spec="here",
        functions={CONV2D: call},
        supports=frozenset(),
        lacks=frozenset({"rejects", "empty"}),
        versions={},
        prelude="from tests.verify import test_torch_arrays as here",
        expression={CONV2D: f"here.{call.__name__}"},
    )


def _outcomes(call: Any, dtype: str = "float32") -> list[Any]:
    target = _target(call)
    plan = Plan(functions=(CONV2D,), dtypes=(dtype,), examples=(20, 20), seed=1)
    return run(TargetSubject(target.functions, "torch"), target.functions, plan, on=lambda _: None)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torchs_own_function_passes_on_tensors(dtype: str) -> None:
    assert {outcome.status for outcome in _outcomes(F.conv2d, dtype)} <= {"pass", "not run"}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "call", [transposed, overwriting, unsqueezing, changing, widened, complex_, through_numpy]
)
def test_a_fault_on_tensors_comes_with_a_snippet_of_tensors(call: Any, dtype: str) -> None:
    """The printed lines, run as they are, end in an AssertionError, whatever the fault."""
    (failed,) = failures(_outcomes(call, dtype))
    code = snippet(_target(call), failed, "torch")
    assert "torch.tensor(" in code
    with pytest.raises(AssertionError):
        exec(compile(code, "snippet", "exec"), {})


def test_an_array_where_a_tensor_was_promised_is_a_fault() -> None:
    (failed,) = failures(_outcomes(through_numpy))
    assert failed.violation is not None
    assert failed.violation.law == ("conv2d returns a torch array of numbers, got a numpy.ndarray")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, "bfloat16"])
def test_tensors_keep_every_bit(dtype: Any) -> None:
    """There and back is the identity, bfloat16 included."""
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    array = np.arange(-3, 3).astype(kind).reshape(2, 3)
    back = to_numpy(to_torch(array))
    assert (back.dtype, back.tobytes()) == (array.dtype, array.tobytes())


def test_threads_are_given_back() -> None:
    before = torch.get_num_threads()
    with one_thread():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def test_a_namespace_of_torch_functions_is_a_target() -> None:
    from convproof.verify.targets import find

    space = SimpleNamespace(conv1d=F.conv1d, conv3d=F.conv3d, other=3)
    names = [function.name for function in find._functions(space)]
    assert names == ["conv1d", "conv3d"]


@pytest.mark.parametrize("layout", LAYOUTS_OF["torch"])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3,), (1, 1), (2, 0, 3), ()])
def test_a_tensor_on_a_device_lies_there_as_it_did_here(
    layout: str, shape: tuple[int, ...]
) -> None:
    """Same numbers, same strides, same distance to 16 bytes."""
    array = lay(np.arange(np.prod(shape), dtype=np.float32).reshape(shape), layout)
    here = to_torch(array)
    there = _moved(here, "cpu")
    assert torch.equal(here, there)
    assert here.stride() == there.stride()
    if here.numel():
        assert not share_memory(here, there)
        assert there.data_ptr() % 16 == here.data_ptr() % 16
