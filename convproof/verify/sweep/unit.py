"""A unit of work: geometries of one layer, each asked the exact theorem of forward and every VJP.

Plain values in and out, so that it can be done in another process, or on another machine. One
geometry with its forward and its derivatives counts once:

===============  ===================================================================
``failing``      one of its functions breaks the law
``weak``         no function broke it, but no answer could have: all checks were weak
``unsupported``  the target offers none of its functions for this geometry
===============  ===================================================================

Each process keeps one isolated subject per target, and starts it anew after ``RECYCLE`` calls, for
the memory of some packages grows with every geometry that they compile.
"""

import json
import threading
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from time import perf_counter
from typing import Any

from convproof.calls import Answer, Call
from convproof.cases import Case
from convproof.errors import ConvProofError, UnsupportedError
from convproof.functions import Function
from convproof.numeric.rounding import DEFAULT_PRECISION
from convproof.theorems import THEOREMS, Request, Seen, Theorem, Violation
from convproof.verify.isolation.isolated import IsolatedSubject
from convproof.verify.record import of_failure
from convproof.verify.runner import DTYPES, Outcome
from convproof.verify.session import Asked, Report
from convproof.verify.sweep.coverage import counted
from convproof.verify.sweep.draw import Source
from convproof.verify.targets.kind import Kind
from convproof.violations import is_lost

RECYCLE = 10_000
DTYPE = "float32"
DIGEST = 6  # bytes that tell a geometry from others
Values = dict[str, Any]
_MOST_LOST = 3  # calls that took the target's process with them, after which a unit spares it
_LOCK = threading.Lock()  # threads of one process take turns
_kept = threading.local()  # a target's process dies with the thread that started it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit of work.

    Attributes:
        number: of the unit within its sweep.
        spec: the target, see ``convproof.verify.targets.find``.
        layer: functional name.
        functions: names of its functions that are asked.
        offers: what may leave its default.
        geometries: how many.
        seed: of the sweep.
        bare: what a function is that has no name of ours.
        arrays: the arrays that the target takes.
        device: where torch's tensors lie.
        recycle: calls after which the target's process is started anew.
    """

    number: int
    spec: str
    layer: str
    functions: tuple[str, ...]
    offers: tuple[str, ...]
    geometries: int
    seed: int
    bare: str = "conv2d"
    arrays: Kind = "numpy"
    device: str = "cpu"
    recycle: int = RECYCLE

    @property
    def source(self) -> Source:
        """Where its geometries come from."""
        seed = f"{self.seed} {self.layer} {self.number}"
        return Source(self.layer, frozenset(self.offers), self.geometries, seed)


class _Counted:
    """A subject that counts its calls, so that it can be started anew in time."""

    def __init__(self, unit: Unit) -> None:
        self.inner = IsolatedSubject(
            unit.spec, kind=unit.arrays, bare=Function(unit.bare), device=unit.device
        )
        self.calls = 0

    @property
    def shrinking(self) -> bool:
        return self.inner.shrinking

    @shrinking.setter
    def shrinking(self, value: bool) -> None:
        self.inner.shrinking = value

    @property
    def layouts(self) -> tuple[str, ...]:
        return self.inner.layouts

    def ask(self, call: Call) -> Answer:
        self.calls += 1
        return self.inner.ask(call)

    def ask_twice(self, call: Call, second: Any) -> Any:
        self.calls += 2
        return self.inner.ask_twice(call, second)


@dataclass(slots=True)
class _Counts:
    """What was seen of a unit so far."""

    checks: int = 0
    not_asked: int = 0
    geometries: Counter[str] = field(default_factory=Counter)
    weak: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    first: dict[Function, tuple[Case, Violation]] = field(default_factory=dict)
    lost: Counter[Function] = field(default_factory=Counter)


def perform(unit: Unit, attempt: int = 0) -> Values:
    """Return what came of a unit, as values for JSON.

    An error of convproof's own comes back as ``{"error": its class, "message": ...}``.

    Args:
        unit: the unit.
        attempt: how often it was tried before; the answer does not depend on it.
    """
    del attempt
    started = perf_counter()
    with _LOCK:
        try:
            found = _performed(unit)
        except ConvProofError as error:
            return {"unit": unit.number, "error": type(error).__name__, "message": str(error)}
    found["seconds"] = round(perf_counter() - started, 3)
    plain: Values = json.loads(json.dumps(found))  # the same whether it comes from a journal
    return plain


def _subject(unit: Unit) -> _Counted:
    """Return the subject that this thread keeps of the target."""
    if not hasattr(_kept, "subjects"):
        _kept.subjects = {}
    subjects: dict[Any, _Counted] = _kept.subjects
    key = (unit.spec, unit.arrays, unit.device, unit.bare)
    held = subjects.get(key)
    if held is None or held.calls >= unit.recycle:
        if held is not None:
            held.inner.close()
        held = subjects[key] = _Counted(unit)
    return held


def _performed(unit: Unit) -> Values:
    source, subject, counts = unit.source, _subject(unit), _Counts()
    drawn = source.drawn()
    functions = tuple(map(Function.named, unit.functions))
    for case in drawn:
        counts.geometries[_asked(subject, functions, case, counts)] += 1
    failures = [
        _failure(unit, subject, function, *first, drawn[first[0]])
        for function, first in counts.first.items()
    ]
    return {
        "unit": unit.number,
        "layer": unit.layer,
        "geometries": len(drawn),
        "checks": counts.checks,
        "not_asked": counts.not_asked,
        **{name: counts.geometries[name] for name in ("failing", "weak", "unsupported")},
        "failing_functions": dict(sorted(counts.failing.items())),
        "weak_checks": dict(sorted(counts.weak.items())),
        "unsupported_checks": dict(sorted(counts.unsupported.items())),
        "coverage": counted(drawn),
        "digests": "".join(map(digest, drawn)),
        "failures": failures,
    }


def digest(case: Case) -> str:
    """Return what tells a geometry from others, whatever its data."""
    text = repr((case.layer, case.input_shape)).encode()
    return blake2b(text, digest_size=DIGEST).hexdigest()


def _asked(subject: _Counted, functions: tuple[Function, ...], case: Case, counts: _Counts) -> str:
    """Ask every function of a geometry; return how it counts."""
    words, broken = set(), []
    for function in functions:
        if counts.lost[function] >= _MOST_LOST:
            counts.not_asked += 1
            continue
        counts.checks += 1
        try:
            seen = _check(subject, function, case)
        except UnsupportedError as error:
            counts.unsupported[str(error)] += 1
            words.add("unsupported")
        except Violation as violation:
            broken.append(function.name)
            counts.first.setdefault(function, (case, violation))
            counts.lost[function] += is_lost(violation)
        else:
            counts.weak[seen.weak] += bool(seen.weak)
            words.add("weak" if seen.weak else "strong")
    if broken:
        counts.failing[" ".join(broken)] += 1
        return "failing"
    counts.weak.pop("", None)
    return next((word for word in ("strong", "weak") if word in words), "unsupported")


def _theorem(function: Function) -> Theorem:
    return next(t for t in THEOREMS if t.name == "exact" and t.speaks_of(function))


def request() -> Request:
    """Return how a sweep asks: integers in float32, so that sums are exact."""
    return Request(dtype=DTYPES[DTYPE], precision=DEFAULT_PRECISION.get(DTYPE, "float32"))


def _check(subject: _Counted, function: Function, case: Case) -> Seen:
    return _theorem(function).check(subject, function, case, request())


def _failure(
    unit: Unit,
    subject: _Counted,
    function: Function,
    case: Case,
    violation: Violation,
    number: int,
) -> Values:
    """Return the record of the smallest case that fails as this one does."""
    theorem = _theorem(function)

    def ask(smaller: Case) -> None:
        try:
            _check(subject, function, smaller)
        except UnsupportedError:
            pass
        finally:
            subject.shrinking = True

    try:
        kept, violation, flaky = unit.source.smallest(number, case, ask)
    except LookupError:
        kept, flaky = case, True
    finally:
        subject.shrinking = False
    if flaky:
        violation.hint = "the answer changes from call to call"
    target: Any = subject.inner.target
    asked = Asked(profile="quick", seed=unit.seed, arrays=unit.arrays, device=unit.device)
    report = Report(spec=unit.spec, target=target, outcomes=(), asked=asked)
    outcome = Outcome(
        function=function,
        theorem=theorem,
        dtype=DTYPE,
        status="fail",
        violation=violation,
        case=kept,
    )
    return {**_head(function, theorem), "failure": of_failure(report, outcome)}


def _head(function: Function, theorem: Theorem) -> Values:
    return {
        "function": function.name,
        "dtype": DTYPE,
        "theorem": theorem.name,
        "precision": request().precision,
    }
