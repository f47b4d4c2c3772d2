"""Telling a failure: the law, the smallest case, the first differing element, and a snippet."""

from typing import Any

import numpy as np

from convproof.cases import ConvCase, options
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems import Violation
from convproof.verify.runner import Outcome
from convproof.verify.targets.find import Target
from convproof.verify.targets.subject import Kind

_ANSWERS = {"forward": "y", "input": "x_bar", "weight": "w_bar", "bias": "b_bar"}


def facts(outcome: Outcome) -> list[tuple[str, str]]:
    """Return what a person wants to know first, as (word, sentence) pairs."""
    violation, case = outcome.violation, outcome.case
    if violation is None or case is None:
        return []
    rows = [("law", violation.law), ("case", str(case))]
    if violation.index is not None:
        place = ", ".join(map(str, violation.index))
        name = _ANSWERS[outcome.function.role]
        rows.append(
            (
                "first differing",
                f"{name}[{place}] is {_number(violation.got)}, "
                f"expected {_number(violation.expected)}",
            )
        )
    if violation.hint:
        rows.append(("hint", violation.hint))
    return rows


def snippet(target: Target, outcome: Outcome, kind: Kind) -> str:
    """Return Python that shows the failure with plain NumPy (or torch) and nothing of convproof."""
    violation, case = outcome.violation, outcome.case
    if violation is None or case is None:
        return ""
    role = outcome.function.role
    held = violation.arrays.read_by(role)
    lines = ["import numpy as np"]
    if kind == "torch":
        lines.append("import torch")
    elif any(array.dtype == BFLOAT16 for array in held.values()):
        lines.append("import ml_dtypes")
    lines += [target.prelude, ""]
    lines += [f"{name} = {_literal(array, kind)}" for name, array in held.items()]
    lines.append(f"answer = lambda: {_call(target, outcome, case)}")
    if "bits(" in violation.assertion:
        lines.append(_BITS[kind])
    if "answer()" not in violation.assertion:
        lines.append(f"y = {_taken(kind, outcome)}")
    if violation.assertion:
        lines.append(f"assert {violation.assertion}")
    return "\n".join(lines)


_BITS = {
    "numpy": "bits = lambda a: a.tobytes()",
    "torch": "bits = lambda a: bytes(a.detach().cpu().contiguous().view(torch.uint8).numpy())",
}


def _call(target: Target, outcome: Outcome, case: ConvCase) -> str:
    function = outcome.function
    given = {
        "forward": ["x", "w", "b" if case.layer.bias else "None"],
        "input": [repr(case.input_shape), "w", "y_bar"],
        "weight": ["x", repr(case.layer.weight_shape), "y_bar"],
        "bias": ["y_bar"],
    }[function.role]
    if function.role != "bias":
        given += [f"{word}={value!r}" for word, value in options(case).items()]
    return f"{target.expression[function]}({', '.join(given)})"


def _taken(kind: Kind, outcome: Outcome) -> str:
    if kind == "numpy":
        return "answer()"
    wider = ".float()" if outcome.dtype == "bfloat16" else ""  # NumPy has no bfloat16 of its own
    return f"answer().detach().cpu(){wider}.numpy()"


def _literal(array: np.ndarray, kind: Kind) -> str:
    values = array.astype(np.int64 if array.dtype.kind in "iu" else np.float64).tolist()
    text = repr(values).replace("nan", "np.nan").replace("inf", "np.inf")
    if kind == "torch":
        return f"torch.tensor({text}, dtype=torch.{array.dtype.name})"
    dtype = "ml_dtypes.bfloat16" if array.dtype == BFLOAT16 else f"np.{array.dtype.name}"
    return f"np.array({text}, dtype={dtype})"


def _number(value: Any) -> str:
    return repr(value.item()) if isinstance(value, np.generic) else repr(value)


def as_record(target: Target, outcome: Outcome, kind: Kind) -> dict[str, Any]:
    """Return the failure as values for JSON."""
    violation: Violation | None = outcome.violation
    case = outcome.case
    if violation is None or case is None:
        return {}
    return {
        "law": violation.law,
        "case": {
            "input": list(case.input_shape),
            "weight": list(case.layer.weight_shape),
            "bias": case.layer.bias,
            "seed": case.seed,
            **options(case),
        },
        "index": None if violation.index is None else list(violation.index),
        "got": None if violation.got is None else _number(violation.got),
        "expected": None if violation.expected is None else _number(violation.expected),
        "hint": violation.hint,
        "snippet": snippet(target, outcome, kind),
    }
