"""A user's own tests ask their convolution every theorem.

In the shape of scikit-learn's ``check_estimator``: ``check_conv`` asks all and raises at the first
broken law; ``parametrize_with_checks`` makes a pytest test of each function in each dtype. A target
is a spec, as on the command line, or the object itself: a function, a module, a class, anything
that holds functions with ``torch.nn.functional``'s names::

    outcomes = check_conv("mypackage.kernels", only=["conv2d"], dtypes=["float64"])
"""

import importlib.machinery
import inspect
import sys
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, Literal

from convproof.errors import TargetError
from convproof.functions import Function
from convproof.verify import xfail as known_failures
from convproof.verify.gradients import not_asked
from convproof.verify.inquiry import Inquiry, inquiry, settle, why_nothing
from convproof.verify.isolation.isolated import LONG
from convproof.verify.runner import DTYPES, PROFILES, Outcome, checked, failures
from convproof.verify.session import Asked
from convproof.verify.targets.find import usual_arrays
from convproof.verify.targets.kind import KINDS, Kind
from convproof.verify.xfail import Expected

__all__ = ["Check", "ConvWarning", "check_conv", "parametrize_with_checks"]

Xfail = str | Path | Mapping[str, str] | None


class ConvWarning(UserWarning):
    """A law is broken, and ``on_fail="warn"``; or the gradients of a target were not asked."""


def check_conv(
    target: Any,
    *,
    profile: str = "quick",
    seed: int = 0,
    only: Collection[str] | str = (),
    dtypes: Collection[str] | str = (),
    arrays: Kind | None = None,
    supports: Collection[str] | str = (),
    lacks: Collection[str] | str = (),
    xfail: Xfail = None,
    timeout: float = LONG,
    on_fail: Literal["raise", "warn"] | None = "raise",
) -> list[Outcome]:
    """Ask a target every theorem and return what came of each.

    A target that can be imported by its name answers in a process of its own, where a crash or a
    hang is a failure; a lambda, a local function or an instance answers in this one.

    Args:
        target: a spec such as ``"mypackage.kernels:conv2d"``, or the object itself.
        profile: how many cases: ``"quick"``, ``"ci"`` or ``"thorough"``.
        seed: of the cases.
        only: functions, such as ``"conv2d_weight"``; a layer's name stands for its derivatives
            too; empty: all that the target has. Here and below, one name may stand alone.
        dtypes: names; empty: float32, and int64 of a target that supports ``"integer"``.
        arrays: what the target takes and returns, ``"numpy"``, ``"torch"`` or ``"cupy"``; None:
            torch's of a file in KernelBench's form, else NumPy's.
        supports: what it offers beyond torch's geometries, besides what it declares.
        lacks: what it has not, besides what it declares.
        xfail: failures that are known: a TOML file of them, or reasons by ``"function: theorem"``.
        timeout: seconds that a call may take; one that takes longer hangs.
        on_fail: ``"raise"``: stop at the first function that breaks a law; ``"warn"``: warn of each
            and go on; None: only return.

    Returns:
        One outcome per function, dtype and theorem.

    Raises:
        AssertionError: if a law is broken and ``on_fail="raise"``; the message holds the law, the
            smallest case, the first differing value and a snippet.
        TargetError: if there is no such target, or nothing of it could be checked.
        ValueError: if an argument is none of those that are known.
    """
    __tracebackhide__ = True
    if on_fail not in ("raise", "warn", None):
        msg = f'on_fail must be "raise", "warn" or None, got {on_fail!r}.'
        raise ValueError(msg)
    options = _Options(
        profile=profile, seed=seed, only=_words(only), dtypes=_words(dtypes), arrays=arrays,
        supports=_words(supports), lacks=_words(lacks), xfail=xfail, timeout=timeout,
    )  # fmt: skip
    outcomes: list[Outcome] = []
    with options.opened(target) as asked:
        for function, dtype in asked.questions():
            found = asked.answers(function, dtype)
            outcomes += found
            _react(asked, found, on_fail)
        seen = [(asked.target.spec, asked.target.versions, outcomes)]
        for line in known_failures.idle(asked.expected, seen):
            warnings.warn(line, ConvWarning, stacklevel=2)
        _warn_of_gradients(target, asked)
    if not checked(outcomes):
        msg = f"nothing of {asked.target.spec!r} could be checked: {why_nothing(outcomes)}."
        raise TargetError(msg)
    return outcomes


def parametrize_with_checks(targets: Any, **options: Any) -> Any:
    """Return a pytest decorator that runs a test with every ``(target, check)``.

    ``check(target)`` asks one function in one dtype; ids are ``conv2d_input-float32``. The targets
    are opened when the test is collected, and stay open::

        @parametrize_with_checks("mypackage.kernels")
        def test_my_kernels(target, check):
            check(target)

    Args:
        targets: what ``check_conv`` takes, or a list of such.
        options: the keyword arguments of ``check_conv``, but for ``on_fail``.

    Raises:
        TargetError: if there is no such target.
        TypeError: if an option is unknown.
        ValueError: if an argument is none of those that are known.
    """
    import pytest

    several = targets if isinstance(targets, list | tuple) else [targets]
    given: dict[str, Any] = {k: v if k in _AS_THEY_ARE else _words(v) for k, v in options.items()}
    shared = _Shared(_Options(**given))
    parameters = []
    for target in several:
        prefix = f"{_called(target)}-" if len(several) > 1 else ""
        asked = shared.inquiry(target)
        _warn_of_gradients(target, asked)
        for function, dtype in asked.questions():
            check = Check(function=function, dtype=dtype, shared=shared)
            parameters.append(pytest.param(target, check, id=f"{prefix}{check}"))
    return pytest.mark.parametrize(("target", "check"), parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The keyword arguments of ``check_conv``, as it describes them."""

    profile: str = "quick"
    seed: int = 0
    only: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    arrays: Kind | None = None
    supports: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    xfail: Xfail = None
    timeout: float = LONG

    def __post_init__(self) -> None:
        names = {name for f in Function.all() for name in (f.name, f.layer)}
        _known("profile", [self.profile], PROFILES)
        _known("only", self.only, names)
        _known("dtypes", self.dtypes, DTYPES)
        _known("arrays", [self.arrays or "numpy"], KINDS)
        if not self.timeout > 0:
            msg = f"timeout must be more than 0 seconds, got {self.timeout!r}."
            raise ValueError(msg)

    def asked(self, spec: str) -> Asked:
        return Asked(
            profile=self.profile, seed=self.seed, only=self.only, dtypes=self.dtypes,
            arrays=self.arrays or usual_arrays(spec), lacks=frozenset(self.lacks),
            timeout=self.timeout,
        )  # fmt: skip

    @contextmanager
    def opened(self, target: Any) -> Iterator[Inquiry]:
        spec = spec_of(target)
        name = _called(target)
        with inquiry(
            spec or name,
            self.asked(spec),
            expected=_expected(self.xfail, spec or name),
            supports=self.supports,
            live=None if spec else target,
            prelude="" if spec else f"# target: the object that was asked, {name}",
        ) as asked:
            yield asked


_AS_THEY_ARE = frozenset({"profile", "seed", "arrays", "xfail", "timeout"})


class _Shared:
    """Targets that are opened when they are first asked, and closed with the process."""

    def __init__(self, options: _Options) -> None:
        self._options = options
        self._stack = ExitStack()
        self._open: list[tuple[Any, Inquiry]] = []

    def inquiry(self, target: Any) -> Inquiry:
        for known, asked in self._open:
            if known is target:
                return asked
        asked = self._stack.enter_context(self._options.opened(target))
        self._open.append((target, asked))
        return asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Asks a target one function in one dtype.

    Attributes:
        function: which one.
        dtype: its name.
        shared: the targets that are open.
    """

    function: Function
    dtype: str
    shared: _Shared = field(repr=False)

    def __call__(self, target: Any) -> list[Outcome]:
        """Return the outcomes, one per theorem.

        The test is skipped if the target does not offer the function, and is an expected failure
        if all that fails is known.

        Args:
            target: what was given with this check.

        Raises:
            AssertionError: if a law is broken.
        """
        __tracebackhide__ = True
        asked = self.shared.inquiry(target)
        outcomes = asked.answers(self.function, self.dtype)
        _react(asked, outcomes, "raise")
        settle(outcomes)
        return outcomes

    def __str__(self) -> str:
        return f"{self.function.name}-{self.dtype}"


def _words(given: Any) -> tuple[Any, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def spec_of(target: Any) -> str:
    """Return the spec by which a process of its own finds a target, or "" if none does.

    Args:
        target: a spec, a module, or an object with a module and a qualified name.

    Example:
        >>> from convproof import functional
        >>> spec_of(functional), spec_of(lambda x: x)
        ('convproof.functional', '')
    """
    if isinstance(target, str):
        return target
    if inspect.ismodule(target):
        return target.__name__ if _importable(target.__name__) else ""
    module = getattr(target, "__module__", None)
    name = getattr(target, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str) or not _importable(module):
        return ""
    try:
        found = reduce(getattr, name.split("."), sys.modules[module])
    except AttributeError:  # a local, or a name with <lambda> in it
        return ""
    return f"{module}:{name}" if found is target else ""


def _importable(name: str) -> bool:
    """Return whether another process with our path would import the same module by this name."""
    module = sys.modules.get(name)
    if module is None or name == "__main__":
        return False
    path, found = None, None
    for depth in range(1, name.count(".") + 2):
        found = importlib.machinery.PathFinder.find_spec(".".join(name.split(".")[:depth]), path)
        if found is None:
            return False
        path = found.submodule_search_locations
    return found is not None and found.origin == getattr(module, "__file__", None)


def _called(target: Any) -> str:
    if isinstance(target, str):
        return target
    name = getattr(target, "__qualname__", None) or getattr(target, "__name__", None)
    return str(name or type(target).__qualname__)


def _react(asked: Inquiry, outcomes: Sequence[Outcome], on_fail: str | None) -> None:
    __tracebackhide__ = True
    broken = [*failures(outcomes)]
    if not broken or on_fail is None:
        return
    told = asked.refutation(outcomes)
    if on_fail == "raise":
        raise AssertionError(told)
    warnings.warn(told, ConvWarning, stacklevel=3)


def _warn_of_gradients(target: Any, asked: Inquiry) -> None:
    left_out = not_asked(spec_of(target), asked.target.functions, asked.asked)
    if left_out:
        warnings.warn(f"{_called(target)}: {left_out}.", ConvWarning, stacklevel=3)


def _expected(xfail: Xfail, spec: str) -> list[Expected]:
    if xfail is None:
        return []
    if not isinstance(xfail, Mapping):
        return known_failures.read(xfail)
    entries = []
    for key, reason in xfail.items():
        function, _, theorem = (part.strip() for part in key.partition(":"))
        if not theorem:
            msg = f'xfail names failures as "function: theorem", got {key!r}.'
            raise ValueError(msg)
        entry = Expected(
            target=spec, versions=(), function=function, theorem=theorem, reason=reason
        )
        if fault := entry.fault():
            msg = f"xfail has {key!r}, but {fault}."
            raise ValueError(msg)
        entries.append(entry)
    return entries


def _known(what: str, words: Iterable[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            near = ", ".join(sorted(known)) if len(known) < 9 else "see convproof list"
            msg = f"{what} has no {word!r}; known: {near}."
            raise ValueError(msg)
