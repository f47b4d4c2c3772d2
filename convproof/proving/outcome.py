"""What became of a proof: of its steps, and of its false twin."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any, Literal

from convproof.proving.about import About, about
from convproof.proving.words import checkable, said, told
from convproof.symbolic.solver import Claim, Finding, Step, decide
from convproof.theorems.proof import Proof

Verdict = Literal["proved", "refuted", "unknown", "unsound"]
_ORDER = ("z3", "cvc5")  # of engines in names: no set of them has two


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one proof.

    Attributes:
        name: of the proof.
        verdict: ``proved`` if every step is and the twin is refuted; ``unsound`` if the steps are
            proved and the twin is not refuted, or a step cannot be asked, whatever else is found.
        seconds: by the clock.
        about: what it says of itself.
        findings: of the steps.
        changed: what the twin changes, or "" where there is none.
        twin: findings of the twin.
        error: why a step could not be asked.
    """

    name: str
    verdict: Verdict
    seconds: float
    about: About = field(default_factory=About)
    findings: tuple[Finding, ...] = ()
    changed: str = ""
    twin: tuple[Finding, ...] = ()
    error: str = ""

    @property
    def kind(self) -> str:
        """How far it reaches."""
        return self.about.kind

    @property
    def counterexample(self) -> str:
        """What refutes the twin."""
        return next((f.counterexample for f in self.twin if f.status == "refuted"), "")

    @property
    def engines(self) -> dict[str, int]:
        """How many findings each set of engines proved, ``{"z3+cvc5": 12, "z3": 1}``."""
        counted: dict[str, int] = {}
        for finding in self.findings:
            if finding.status == "proved":
                name = "+".join(sorted(finding.engines, key=_place))
                counted[name] = counted.get(name, 0) + 1
        return dict(sorted(counted.items(), key=lambda item: (-item[0].count("+"), item[0])))

    @property
    def weakest(self) -> str:
        """The fewest engines that proved a step: "z3" where a step has no second one."""
        return min(self.engines, key=lambda names: (names.count("+"), names), default="")

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that are not proved."""
        return tuple(f for f in self.findings if f.status != "proved")

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON's values."""
        return {
            "name": self.name,
            **self.about.as_record(),
            "verdict": self.verdict,
            "seconds": round(self.seconds, 3),
            "engines": self.engines,
            "weakest": self.weakest,
            "error": self.error,
            "steps": [_record(f) for f in self.findings],
            "twin": {
                "changed": self.changed,
                "counterexample": self.counterexample,
            },
        }


def outcome(name: str, thing: Proof | Step) -> Outcome:
    """Return what becomes of a proof, or of a claim by itself, whatever happens in it.

    An exception of the claim's own code, a ``ZeroDivisionError`` of its ``steps()``, makes it
    unsound, as a claim does that cannot be asked: nothing is shown, and the fault is its own.
    """
    started = perf_counter()
    findings: list[Finding] = []
    twin: tuple[Finding, ...] = ()
    words, changed, error = About(), "", ""
    try:
        words = about(thing)
        for step in thing.steps() if isinstance(thing, Proof) else (thing,):
            findings += _decided(step)
        if not findings:
            error = "it has no steps: nothing is shown"
        if isinstance(thing, Proof):
            false = thing.twin()
            changed = false.changed
            twin = _decided(false.step)
    except KeyboardInterrupt:
        raise
    except BaseException as raised:  # a user's code can raise anything
        error = told(raised)
    return Outcome(
        name=name,
        verdict="unsound" if error else _verdict(findings, twin, twinned=bool(changed)),
        seconds=perf_counter() - started,
        about=words,
        findings=tuple(findings),
        changed=changed,
        twin=twin,
        error=error,
    )


def _decided(step: Step) -> tuple[Finding, ...]:
    """Return the findings of a step, those of a claim in words that a person can check."""
    found = decide(step)
    if not isinstance(step, Claim):
        return found
    return tuple(
        replace(
            finding,
            says=said(claim),
            counterexample=checkable(claim, finding.counterexample),
        )
        for claim, finding in zip(step.implications(), found, strict=True)
    )


def _place(engine: str) -> tuple[int, str]:
    return (_ORDER.index(engine) if engine in _ORDER else len(_ORDER), engine)


def _verdict(findings: Iterable[Finding], twin: Iterable[Finding], *, twinned: bool) -> Verdict:
    statuses = {finding.status for finding in findings}
    if "refuted" in statuses:
        return "refuted"
    if "unknown" in statuses:
        return "unknown"
    sound = not twinned or any(f.status == "refuted" for f in twin)
    return "proved" if sound else "unsound"


def _record(finding: Finding) -> dict[str, Any]:
    return {
        "name": finding.name,
        "says": finding.says,
        "status": finding.status,
        "engines": list(finding.engines),
        "seconds": round(finding.seconds, 4),
        "counterexample": finding.counterexample,
    }
