"""One verification as a whole: what was asked of a target, and what is to be reported of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from convproof.errors import MissingExtraError, TargetError
from convproof.functions import FIRST, Function
from convproof.verify.progress import Progress
from convproof.verify.quiet import quiet_stdout
from convproof.verify.runner import PROFILES, Outcome, Plan, checked, failures, jobs, run
from convproof.verify.table import summary
from convproof.verify.targets.find import Target, find_target
from convproof.verify.targets.subject import Kind, TargetSubject
from convproof.verify.threads import one_thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asks to be verified, whatever the target.

    Attributes:
        profile: a key of ``PROFILES``.
        seed: of the run.
        only: names of the functions; empty: all.
        dims: numbers of axes; empty: all.
        dtypes: empty: float32, and int64 of a target that declares ``"integer"``.
        precision: what the target promises; None: what its dtype suggests.
        arrays: the kind of arrays that the target takes.
        examples: cases per function; None: the profile's.
        lacks: what the target is not asked, besides what it declares.
    """

    profile: str
    seed: int
    only: tuple[str, ...] = ()
    dims: tuple[int, ...] = ()
    dtypes: tuple[str, ...] = ()
    precision: str | None = None
    arrays: Kind = "numpy"
    examples: int | None = None
    lacks: frozenset[str] = frozenset()

    @property
    def functions(self) -> tuple[Function, ...]:
        """The functions asked for."""
        return tuple(
            function
            for function in Function.all()
            if (not self.only or function.name in self.only)
            and (not self.dims or function.dims in self.dims)
        )

    @property
    def bare(self) -> Function:
        """What a bare function is taken for whose name says nothing: the first forward asked."""
        forwards = [function for function in self.functions if function.role == "forward"]
        two = Function("conv2d")
        return two if two in forwards or not forwards else forwards[0]


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
    target: Target | None
    outcomes: Sequence[Outcome]
    asked: Asked
    seconds: float = 0.0
    missing: str = ""

    @property
    def failed(self) -> bool:
        """Whether some theorem was refuted."""
        return any(failures(self.outcomes))

    def as_record(self) -> dict[str, Any]:
        """Return the report as values for JSON."""
        if self.target is None:
            return {"target": self.spec, "verdict": "unsupported", "reason": self.missing}
        return {
            "target": self.spec,
            "verdict": "failed" if self.failed else "passed",
            "supports": sorted(self.target.supports),
            "summary": summary(self.outcomes),
            "seconds": round(self.seconds, 3),
            "theorems": [
                {
                    "function": outcome.function.name,
                    "dtype": outcome.dtype,
                    "theorem": outcome.theorem.name,
                    "verdict": outcome.status,
                    "reason": outcome.reason,
                    "examples": outcome.examples,
                    "weak": outcome.weak,
                }
                for outcome in self.outcomes
            ],
        }


def verify(spec: str, asked: Asked, *, alone: bool = True) -> Report:
    """Return what a target answered to every theorem that was asked.

    What the target prints is kept from standard output, which may be for a document alone.

    Args:
        spec: see ``convproof.verify.targets.find``.
        asked: the request.
        alone: whether this target was asked for by name: then a missing package is an error, and
            so is a target of which nothing can be asked.

    Raises:
        TargetError: if the target cannot be found, or nothing at all could be checked.
        MissingExtraError: if its package is not installed.
    """
    started = perf_counter()
    try:
        with quiet_stdout():
            target = find_target(spec, bare=asked.bare)
    except (MissingExtraError, TargetError) as error:
        if alone:
            raise
        return Report(spec=spec, target=None, outcomes=(), asked=asked, missing=str(error))
    default = ("float32", "int64") if "integer" in target.supports else ("float32",)
    plan = Plan(
        functions=tuple(f for f in asked.functions if f.role in FIRST or f in target.functions),
        dtypes=asked.dtypes or default,
        examples=PROFILES[asked.profile] if asked.examples is None else (asked.examples,) * 2,
        seed=asked.seed,
        precision=asked.precision,
        supports=target.supports,
        lacks=target.lacks | asked.lacks,
    )
    subject = TargetSubject(target.functions, asked.arrays)
    shown = Progress(spec, sum(len(theorems) for _, _, theorems in jobs(plan)))
    with one_thread(), shown as progress, quiet_stdout():
        outcomes = run(subject, target.functions, plan, on=progress.tell)
    if alone and not checked(outcomes):
        wanted = ", ".join(function.name for function in asked.functions)
        held = ", ".join(function.name for function in target.functions)
        msg = f"nothing of {spec!r} could be checked: looked for {wanted}; it offers {held}."
        raise TargetError(msg)
    seconds = perf_counter() - started
    return Report(spec=spec, target=target, outcomes=outcomes, asked=asked, seconds=seconds)
