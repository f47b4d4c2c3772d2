"""Failures of a run that follow from others of it are told so, and are none of their own."""

from collections.abc import Sequence

from convproof.verify.runner import Outcome


def led_back(outcomes: Sequence[Outcome]) -> None:
    """Mark what follows from failures of the same run as not judged, in place.

    A function is led back to those that break the exact law themselves: one that breaks another
    law alone, which may be a known failure, does not tell of its wrong numbers.

    Args:
        outcomes: of a run, before any of them is known to be expected.
    """
    wrong = [o for o in outcomes if o.status == "fail" and o.theorem.name == "exact"]
    failing = {(o.function, o.dtype) for o in wrong}
    for outcome in outcomes:
        causes = {(function, outcome.dtype) for function in outcome.follows}
        if outcome.status == "fail" and causes and causes <= failing:
            names = " and ".join(function.name for function in outcome.follows)
            breaks = "break laws" if len(causes) > 1 else "breaks a law"
            outcome.status, outcome.reason = "not run", f"it follows from {names}, which {breaks}"
            outcome.violation = outcome.case = None
