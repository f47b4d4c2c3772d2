"""One verification as a whole: what was asked of a target, and what is to be reported of it."""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from convproof.errors import MissingExtraError, TargetError
from convproof.functions import FIRST, Function
from convproof.verify.deciding import LAWS, decided
from convproof.verify.exhaustive import is_decidable
from convproof.verify.isolation.isolated import LONG
from convproof.verify.led_back import led_back
from convproof.verify.other_process import compare
from convproof.verify.parallel import processes, run_in
from convproof.verify.progress import Progress
from convproof.verify.runner import NO_SUCH, PROFILES, Outcome, Plan, checked, failures, jobs, run
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.open import opened
from convproof.verify.xfail import Expected, applied, known

EXHAUSTIVE = "exhaustive"
EXAMPLES = Path(".convproof") / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asks to be verified, whatever the target.

    Attributes:
        profile: a key of ``PROFILES``, or ``"exhaustive"``: every small geometry, decided.
        seed: of the run.
        only: names of the functions; empty: all.
        dims: numbers of axes; empty: all.
        dtypes: empty: float32, and int64 of a target that declares ``"integer"``.
        precision: what the target promises; None: what its dtype suggests.
        arrays: the kind of arrays that the target takes.
        device: where torch's tensors lie.
        examples: cases per function; None: the profile's.
        lacks: what the target has not, besides what it declares.
        groups: whether it is asked grouped convolutions.
        in_process: whether it is called in this process.
        timeout: seconds that a call may take.
        keep: whether failing cases are kept in ``EXAMPLES`` and asked again first.
        workers: how many processes ask; None: as many as there are processors, on a CPU and if
            there is enough to ask.
    """

    profile: str
    seed: int
    only: tuple[str, ...] = ()
    dims: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    precision: str | None = None
    arrays: Kind = "numpy"
    device: str = "cpu"
    examples: int | None = None
    lacks: frozenset[str] = frozenset()
    groups: bool = True
    in_process: bool = False
    timeout: float = LONG
    keep: bool = False
    workers: int | None = 1

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions asked for."""
        return tuple(
            function
            for function in Function.all()
            if (not self.only or {function.name, function.layer} & set(self.only))
            and (not self.dims or function.dims in self.dims)
        )

    @property
    def bare(self) -> Function:
        """What a bare function is taken for whose name says nothing: the first forward asked."""
        forwards = [function for function in self.functions if function.role == "forward"]
        two = Function("conv2d")
        return two if two in forwards or not forwards else forwards[0]

    def plan(self, target: Any) -> Plan:
        """Return what is asked of a target that was found."""
        default = ("float32", "int64") if "integer" in target.supports else ("float32",)
        heavy, light = PROFILES.get(self.profile, (0, 0))
        if self.examples is not None:
            heavy = light = self.examples
        host = self.device == "cpu" and self.arrays != "cupy"
        without = (set() if self.groups else {"groups"}) | (set() if host else {"host"})
        return Plan(
            functions=tuple(f for f in self.functions if f.role in FIRST or f in target.functions),
            dtypes=self.dtypes or default,
            examples=(heavy, light),
            seed=self.seed,
            precision=self.precision,
            supports=target.supports,
            lacks=target.lacks | self.lacks | without,
            database=EXAMPLES / _slug(target.spec) if self.keep else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was seen of one target.

    Attributes:
        spec: the target as the user wrote it.
        target: what was found; None where its package is not installed.
        outcomes: one per function, dtype and theorem.
        asked: the request.
        seconds: how long it took.
        missing: why the target could not be asked, if so.
    """

    spec: str
    target: Any
    outcomes: Sequence[Outcome]
    asked: Asked
    seconds: float = 0.0
    missing: str = ""

    @property
    def failed(self) -> bool:
        """Whether some theorem was refuted that was not expected to be."""
        return any(failures(self.outcomes))


def verify(
    spec: str, asked: Asked, *, alone: bool = True, expected: Sequence[Expected] = ()
) -> Report:
    """Return what a target answered to every theorem that was asked.

    Args:
        spec: see ``convproof.verify.targets.find``.
        asked: the request.
        alone: whether this target was asked for by name: then a missing package is an error, and
            so is a target of which nothing can be asked.
        expected: failures that are known.

    Raises:
        TargetError: if the target cannot be found, or nothing at all could be checked.
        MissingExtraError: if its package is not installed.
    """
    started = perf_counter()

    opening = partial(
        opened,
        spec,
        kind=asked.arrays,
        bare=asked.bare,
        lacks=asked.lacks,
        device=asked.device,
        in_process=asked.in_process,
        timeout=asked.timeout,
    )

    with ExitStack() as stack:
        try:
            subject, target = stack.enter_context(opening())
        except (MissingExtraError, TargetError) as error:
            if alone:
                raise
            return Report(spec=spec, target=None, outcomes=(), asked=asked, missing=str(error))
        plan = asked.plan(target)
        steps: list[Sequence[object]] = [theorems for _, _, theorems in jobs(plan)]
        ask = run
        if asked.profile == EXHAUSTIVE:
            plan = replace(plan, functions=tuple(filter(is_decidable, plan.functions)))
            steps, ask = [LAWS for _ in jobs(plan)], decided
        progress = stack.enter_context(Progress(spec, sum(map(len, steps))))
        here = asked.in_process or (asked.workers is None and asked.device != "cpu")
        workers = 1 if here else processes(asked.workers, plan)
        outcomes = run_in(workers, opening, ask, subject, target.functions, plan, on=progress.tell)
        if not asked.in_process:
            compare(outcomes, subject, stack.enter_context(opening())[0])
        led_back(outcomes)
    if alone and not checked(outcomes):
        functions = [f for f in asked.functions if f.role in FIRST]
        wanted = _some(function.name for function in functions)
        if asked.profile == EXHAUSTIVE and not any(map(is_decidable, functions)):
            msg = f"{EXHAUSTIVE} decides conv and conv_transpose over 1 and 2 axes, their input "
            raise TargetError(msg + f"and weight VJPs, but {wanted} was asked: another --profile?")
        refused = {o.reason for o in outcomes if o.status == "unsupported"} - {NO_SUCH}
        if refused:
            msg = f"nothing of {spec!r} could be checked: {min(refused)}"
            raise TargetError(msg)
        held = _some(function.name for function in target.functions)
        msg = f"nothing of {spec!r} could be checked: looked for {wanted}; it offers {held}."
        raise TargetError(msg)
    entries = (e for e in (*expected, *known()) if e.speaks_of(spec, target.versions))
    outcomes = applied(outcomes, list(entries))
    report = Report(spec=spec, target=target, outcomes=outcomes, asked=asked)
    return replace(report, seconds=perf_counter() - started)


def _some(names: Iterable[str]) -> str:
    """Return the first few names, and how many more there are."""
    first, rest = (held := list(names))[:8], len(held[8:])
    return ", ".join(first) + (f" and {rest} more" if rest else "")


def _slug(spec: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in spec).strip("-")
