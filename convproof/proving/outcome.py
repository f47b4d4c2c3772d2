"""What became of a proof: of its steps, and of its false twin."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

from convproof.errors import ConvProofError
from convproof.symbolic.solver import Finding, Step, decide
from convproof.theorems.proof import KINDS, Proof

CLAIMED = "a claim, without a false twin"
Verdict = Literal["proved", "refuted", "unknown", "unsound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one proof.

    Attributes:
        name: of the proof.
        kind: how far it reaches.
        verdict: ``proved`` if every step is and the twin is refuted; ``unsound`` if the steps are
            proved and the twin is not refuted, or a step cannot be asked.
        findings: of the steps.
        changed: what the twin changes, or "" where there is none.
        twin: findings of the twin.
        seconds: by the clock.
        error: why a step could not be asked.
    """

    name: str
    kind: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    changed: str
    twin: tuple[Finding, ...]
    seconds: float
    error: str = ""

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
                name = "+".join(finding.engines)
                counted[name] = counted.get(name, 0) + 1
        return counted

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
            "kind": self.kind,
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
    """Return what becomes of a proof, or of a claim by itself, whatever happens in it."""
    started = perf_counter()
    findings: list[Finding] = []
    twin: tuple[Finding, ...] = ()
    changed, error = "", ""
    try:
        for step in thing.steps() if isinstance(thing, Proof) else (thing,):
            findings += decide(step)
        if isinstance(thing, Proof):
            false = thing.twin()
            changed = false.changed
            twin = decide(false.step)
    except ConvProofError as raised:
        error = str(raised)
    return Outcome(
        name=name,
        kind=KINDS[thing.kind] if isinstance(thing, Proof) else CLAIMED,
        verdict="unsound" if error else _verdict(findings, twin, twinned=bool(changed)),
        findings=tuple(findings),
        changed=changed,
        twin=twin,
        seconds=perf_counter() - started,
        error=error,
    )


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
