"""A run that leaves gradients out says so: a forward that holds says nothing of its VJPs."""

from types import SimpleNamespace
from typing import Any

import pytest

from convproof.errors import TargetError, UnsupportedError
from convproof.functions import Function
from convproof.pytest_plugin import _Suite
from convproof.testing import ConvWarning, check_conv, parametrize_with_checks
from convproof.verify.gradients import not_asked
from convproof.verify.session import Asked

FORWARD = [Function("conv1d")]
ALL = [Function("conv1d", role) for role in ("forward", "input", "weight", "bias")]
VJPS = "conv1d_input, conv1d_weight, conv1d_bias"


def _asked(**given: Any) -> Asked:
    return Asked(**{"profile": "quick", "seed": 0, "arrays": "torch", **given})


def test_the_vjps_that_tensors_have_and_a_target_does_not_offer_are_named() -> None:
    """With the spec that asks autograd for them, which an implementation's name has none of."""
    told = f"gradients not asked: {VJPS}"
    by_autograd = f"{told}; `autograd:some.py:conv1d` asks them through autograd"
    assert not_asked("some.py:conv1d", FORWARD, _asked()) == by_autograd
    assert "`autograd:module:object`" in not_asked("", FORWARD, _asked())
    assert not_asked("numpy", FORWARD, _asked()) == told
    one = not_asked("some", [*ALL[:2], ALL[3]], _asked())
    assert one.startswith("gradients not asked: conv1d_weight; ")


def test_nothing_is_said_of_gradients_that_were_asked_or_that_nobody_wanted() -> None:
    assert not_asked("some", ALL, _asked()) == ""
    assert not_asked("some", FORWARD, _asked(arrays="numpy")) == ""
    assert not_asked("some", FORWARD, _asked(only=("conv2d",))) == ""


def test_a_users_own_tests_are_warned_of_gradients_that_they_leave_out() -> None:
    pytest.importorskip("torch")

    def local(x: Any, w: Any, b: Any = None, **options: Any) -> Any:
        del x, w, b, options
        msg = "not today"
        raise UnsupportedError(msg)

    asked: dict[str, Any] = {"arrays": "torch", "only": "conv1d"}
    told = f"local: gradients not asked: {VJPS}; `autograd:module:object` asks"
    with pytest.warns(ConvWarning, match=told):
        parametrize_with_checks(local, **asked)
    with pytest.warns(ConvWarning, match=told), pytest.raises(TargetError, match="not today"):
        check_conv(local, **asked)


def test_pytests_summary_names_the_gradients_that_were_left_out() -> None:
    lines: list[str] = []
    terminal = SimpleNamespace(write_line=lambda line, **_: lines.append(line))
    suite = _Suite("kernels")
    suite.pytest_terminal_summary(terminal)  # it never opened
    for offered in (ALL, FORWARD):
        suite.inquiry = SimpleNamespace(target=SimpleNamespace(functions=offered), asked=_asked())
        suite.pytest_terminal_summary(terminal)
    assert lines == [
        f"convproof: gradients not asked: {VJPS}; `autograd:kernels` asks them through autograd"
    ]
