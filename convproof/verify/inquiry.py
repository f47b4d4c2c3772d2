"""A target that stays open while it is asked one function in one dtype after another."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from convproof.errors import TargetError
from convproof.functions import Function
from convproof.verify.failure import facts, printed, snippet
from convproof.verify.runner import Outcome, failures, jobs, run
from convproof.verify.session import Asked
from convproof.verify.targets.find import target_of
from convproof.verify.targets.open import opened
from convproof.verify.targets.subject import TargetSubject
from convproof.verify.targets.words import LACKS, SUPPORTS, check_words
from convproof.verify.threads import one_thread
from convproof.verify.xfail import Expected, applied, known


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """An open target.

    Attributes:
        subject: whom the theorems ask.
        target: what was found, with ``convproof.verify.targets.find.Target``'s attributes.
        asked: the request.
        expected: failures that are known.
    """

    subject: Any
    target: Any
    asked: Asked
    expected: Sequence[Expected] = ()

    def questions(self) -> list[tuple[Function, str]]:
        """Return every function, with a dtype, that is asked and that the target offers.

        Raises:
            TargetError: if there is none.
        """
        plan = self.asked.plan(self.target)
        held = [(f, dtype) for f, dtype, _ in jobs(plan) if f in self.target.functions]
        if not held:
            wanted = ", ".join(function.name for function in self.asked.functions)
            offered = ", ".join(function.name for function in self.target.functions)
            msg = f"{self.target.spec!r} offers {offered}; asked for were {wanted}."
            raise TargetError(msg)
        return held

    def answers(self, function: Function, dtype: str) -> list[Outcome]:
        """Return the outcome of every theorem of one function in one dtype.

        Args:
            function: which one.
            dtype: its name.
        """
        plan = replace(self.asked.plan(self.target), functions=(function,), dtypes=(dtype,))
        with one_thread():
            outcomes = run(self.subject, self.target.functions, plan, on=_quietly)
        spec, versions = self.target.spec, self.target.versions
        return applied(
            outcomes, [e for e in (*self.expected, *known()) if e.speaks_of(spec, versions)]
        )

    def told(self, outcome: Outcome) -> str:
        """Return a failure as text: the law, the case, the values and a snippet."""
        lines = [
            f"{outcome.function.name} ({outcome.dtype}) of {self.target.spec}: {heading(outcome)}"
        ]
        lines += [f"  {word + ':':<16} {sentence}" for word, sentence in facts(outcome)]
        code = snippet(self.target, outcome, self.asked.arrays)
        if code:
            lines += ["  reproduce:", *(f"    {line}" for line in printed(code))]
        return "\n".join(lines)

    def refutation(self, outcomes: Iterable[Outcome]) -> str:
        """Return all that refutes the target as text, or ""."""
        return "\n\n".join(map(self.told, failures(outcomes)))


def heading(outcome: Outcome) -> str:
    """Return what failed in a few words."""
    if outcome.violation is None or outcome.status == "xpass":
        return f"{outcome.theorem.name} was {outcome.reason}"
    return f"breaks the law {outcome.theorem.name!r}"


def why_nothing(outcomes: Sequence[Outcome]) -> str:
    """Return why nothing of these was asked, or "" if something was."""
    if any(outcome.status not in ("unsupported", "not run") for outcome in outcomes):
        return ""
    return next((o.reason for o in outcomes if o.status == "unsupported"), "no theorem was asked")


def settle(outcomes: Sequence[Outcome]) -> None:
    """Tell pytest of a test that did not fail: expected to, or nothing was asked, or it passes."""
    import pytest

    known = [outcome for outcome in outcomes if outcome.status == "xfail"]
    if known:
        pytest.xfail(f"{known[0].theorem.name}: {known[0].reason}")
    nothing = why_nothing(outcomes)
    if nothing:
        pytest.skip(nothing)


@contextmanager
def inquiry(
    spec: str,
    asked: Asked,
    *,
    expected: Sequence[Expected] = (),
    supports: Collection[str] = (),
    live: Any = None,
    prelude: str = "",
) -> Iterator[Inquiry]:
    """Open a target, and close it at the end.

    Args:
        spec: see ``convproof.verify.targets.find``; of a live object, what it is called.
        asked: the request.
        expected: failures that are known.
        supports: what it offers, besides what it declares.
        live: an object that is asked in this process; None: the spec is found.
        prelude: the lines that a snippet begins with, of a live object called ``target``.

    Raises:
        TargetError: if the target cannot be found.
        MissingExtraError: if its package is not installed.
    """
    check_words("supports", supports, SUPPORTS)
    check_words("lacks", asked.lacks, LACKS)
    if live is not None:
        held = target_of(live, spec, bare=asked.bare, prelude=prelude, lacks=asked.lacks)
        subject = TargetSubject(held.functions, asked.arrays, asked.device)
        yield _of(subject, held, asked, expected, supports)
        return
    with opened(
        spec,
        kind=asked.arrays,
        bare=asked.bare,
        lacks=asked.lacks,
        device=asked.device,
        in_process=asked.in_process,
        timeout=asked.timeout,
    ) as (found, target):
        yield _of(found, target, asked, expected, supports)


def _of(
    subject: Any,
    target: Any,
    asked: Asked,
    expected: Sequence[Expected],
    supports: Collection[str],
) -> Inquiry:
    target = replace(target, supports=target.supports | frozenset(supports))
    return Inquiry(subject=subject, target=target, asked=asked, expected=expected)


def _quietly(outcome: Outcome) -> None:
    del outcome
