"""Pytest asks a target every theorem: ``pytest --convproof-target=mypackage.kernels:conv2d``.

Each function that the target offers is one test per dtype, ``convproof::conv2d_input[float32]``.
The target is named by ``--convproof-target``, or else by ``convproof_target`` in pytest's
configuration, or else by the environment variable ``CONVPROOF_TARGET``; without a name nothing
happens. This module imports nothing of convproof until a target is named.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

_NODE = "convproof"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("convproof", "convolutions checked by convproof")
    group.addoption(
        "--convproof-target",
        metavar="SPEC",
        help="Also ask this target every theorem: package.module:object, path/file.py:object, ...",
    )
    group.addoption(
        "--convproof-profile",
        choices=["quick", "ci", "thorough"],
        default="quick",
        help="How many cases per function (default: quick).",
    )
    group.addoption(
        "--convproof-arrays",
        choices=["numpy", "torch", "cupy"],
        help="The arrays that the target takes and returns (default: numpy; torch for KernelBench "
        "files).",
    )
    group.addoption(
        "--convproof-lacks",
        metavar="NAMES",
        default="",
        help="What the target has not, besides what it declares: dilation,groups,rejects, ...",
    )
    group.addoption(
        "--convproof-timeout",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="How long a call may take (default: 10).",
    )
    group.addoption(
        "--convproof-xfail", metavar="FILE", help="A TOML file of failures that are known."
    )
    parser.addini("convproof_target", "The target of --convproof-target.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Do what this module is for, if a target is named."""
    spec = _spec(config)
    if spec:
        config.pluginmanager.register(_Suite(spec), "convproof-suite")


@pytest.fixture(scope="session")
def convproof_target(request: pytest.FixtureRequest) -> str:
    """The target that was named; a test that asks for it is skipped where none was."""
    spec = _spec(request.config)
    if not spec:
        pytest.skip("no --convproof-target is given")
    return spec


def _spec(config: pytest.Config) -> str:
    return str(
        config.getoption("convproof_target")
        or config.getini("convproof_target")
        or os.environ.get("CONVPROOF_TARGET", "")
    )


class _Suite:
    """The tests of one target, which is open from the start of the session to its end."""

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.inquiry: Any = None

    def pytest_report_header(self, config: pytest.Config) -> str:
        profile = config.getoption("convproof_profile")
        return f"convproof: target {self.spec}, profile {profile}"

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Open the target before anything is collected, so that a wrong name is told at once."""
        from convproof.errors import ConvProofError
        from convproof.verify import xfail
        from convproof.verify.inquiry import inquiry
        from convproof.verify.session import Asked
        from convproof.verify.targets.find import usual_arrays

        option = session.config.getoption
        asked = Asked(
            profile=option("convproof_profile"), seed=0, timeout=option("convproof_timeout"),
            arrays=option("convproof_arrays") or usual_arrays(self.spec),
            lacks=frozenset(filter(None, map(str.strip, option("convproof_lacks").split(",")))),
        )  # fmt: skip
        path, stack = option("convproof_xfail"), ExitStack()
        session.config.add_cleanup(stack.close)
        try:
            expected = xfail.read(path) if path else []
            self.inquiry = stack.enter_context(inquiry(self.spec, asked, expected=expected))
            self.questions = self.inquiry.questions()
        except ConvProofError as error:
            msg = f"convproof: {error}"
            raise pytest.UsageError(msg) from None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say which gradients were left out."""
        from convproof.verify.gradients import not_asked

        if self.inquiry is not None:
            offered, asked = self.inquiry.target.functions, self.inquiry.asked
            left_out = not_asked(self.spec, offered, asked)
            if left_out:
                terminalreporter.write_line(f"convproof: {left_out}", yellow=True)

    @pytest.hookimpl(tryfirst=True)  # before -k and -m choose
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        parent = _Theorems.from_parent(session, name=_NODE, nodeid=_NODE, suite=self)
        items.extend(parent.collect())


class _Theorems(pytest.Collector):
    """What stands above the tests, as a file does above others."""

    def __init__(self, *, suite: _Suite, **given: Any) -> None:
        super().__init__(**given)
        self.suite = suite

    def collect(self) -> Iterator[pytest.Item]:
        for function, dtype in self.suite.questions:
            name = f"{function.name}[{dtype}]"
            yield _Question.from_parent(
                self, name=name, inquiry=self.suite.inquiry, asked=(function, dtype)
            )


class _RefutedError(Exception):
    """A law is broken; the message is all there is to say."""


class _Question(pytest.Item):
    """Every theorem of one function in one dtype."""

    def __init__(self, *, inquiry: Any, asked: tuple[Any, str], **given: Any) -> None:
        super().__init__(**given)
        self.inquiry, self.asked = inquiry, asked

    def runtest(self) -> None:
        from convproof.verify.inquiry import settle

        outcomes = self.inquiry.answers(*self.asked)
        refutation = self.inquiry.refutation(outcomes)
        if refutation:
            raise _RefutedError(refutation)
        settle(outcomes)

    def repr_failure(  # it need not be a string
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> Any:
        if isinstance(excinfo.value, _RefutedError):
            return _Told(str(excinfo.value), str(self.path))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, None, str]:
        return self.path, None, f"{_NODE}::{self.name}"


class _Told:
    """A failure as pytest shows it: in full, and in one line of its summary."""

    def __init__(self, text: str, path: str) -> None:
        law = next((line for line in text.splitlines() if line.startswith("  law:")), text)
        message = " ".join(law.removeprefix("  law:").split())
        self.text = text
        self.reprcrash = SimpleNamespace(message=message, path=path, lineno=0)

    def __str__(self) -> str:
        return self.text

    def toterminal(self, tw: Any) -> None:
        for line in self.text.splitlines():
            tw.line(line)
