"""Telling a failure: the law, the smallest case, the first differing element, and a snippet."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from convproof.calls import Call
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems import Violation
from convproof.theorems.base import at
from convproof.verify.runner import Outcome
from convproof.verify.targets.kind import Kind

_LONGEST = 4000  # characters of a snippet that is shown; files have all of it


def facts(outcome: Outcome) -> list[tuple[str, str]]:
    """Return what a person wants to know first, as (word, sentence) pairs."""
    violation, case = outcome.violation, outcome.case
    if violation is None or case is None:
        return []
    rows = [("law", violation.law), ("case", str(case))]
    if violation.index is not None:
        place = at(violation.index)
        rows.append(
            (
                "first differing",
                f"{_answer_name(violation.call)}[{place}] is {_number(violation.got)}, "
                f"expected {_number(violation.expected)}",
            )
        )
    if violation.call.layout != "plain":
        rows.append(("memory layout", violation.call.layout.replace("_", " ")))
    if violation.hint:
        rows.append(("hint", violation.hint.replace("\n", "\n    ")))
    return rows


def _answer_name(call: Call) -> str:
    return {"input": "x_bar", "weight": "w_bar", "bias": "b_bar"}.get(call.function.role, "y")


def alike(outcomes: Iterable[Outcome]) -> list[list[Outcome]]:
    """Return failures in groups, of which all that is told is the same: the law and the case."""
    groups: dict[tuple[str, ...], list[Outcome]] = {}
    for place, outcome in enumerate(outcomes):
        told = outcome.violation
        key = (str(place),) if told is None else (told.law, str(outcome.case))
        groups.setdefault(key, []).append(outcome)
    return [*groups.values()]


def snippet(target: Any, outcome: Outcome, kind: Kind) -> str:
    """Return Python that shows the failure with arrays of one kind and nothing of convproof.

    Args:
        target: a ``Target``, or what a worker found.
        outcome: what failed.
        kind: the arrays that the target takes.
    """
    violation = outcome.violation
    if violation is None:
        return ""
    call = violation.call
    held = call.arrays
    lines = ["import numpy as np"]
    if kind != "numpy":
        lines.append(f"import {kind}")
    if kind != "torch" and any(array.dtype == BFLOAT16 for array in held.values()):
        lines.append("import ml_dtypes")
    lines += [target.prelude, ""]
    for name, array in held.items():
        lines += [f"{name} = {_literal(array, kind)}", *_laid_out(name, array, call.layout, kind)]
    lines.append(f"answer = lambda: {_call(target, call)}")
    if "bits(" in violation.assertion:
        lines.append(_BITS[kind])
    lines += _asked(violation, kind, outcome)
    if violation.assertion:
        lines.append(f"assert {violation.assertion}")
    return "\n".join(lines)


def printed(code: str) -> list[str]:
    """Return the lines of a snippet as a person is shown them: not pages of numbers."""
    if len(code) <= _LONGEST:
        return code.splitlines()
    told = f"its arrays are too large to print ({len(code)} characters): write the evidence with"
    return [told, "--json FILE, which has them, and run `convproof replay FILE`"]


def _asked(violation: Violation, kind: Kind, outcome: Outcome) -> list[str]:
    """Return the lines that call the target and name what it answered."""
    taken = _taken(kind, outcome)
    if violation.then is None:
        return [] if "answer()" in violation.assertion else [f"y = {taken('answer()')}"]
    names = list(violation.call.arrays)
    then = [f"{name}[...] = {_literal(violation.then[name], kind)}" for name in names]
    last = (
        ["answer()", f"y = {taken('first')}"] if violation.keeps else [f"y = {taken('answer()')}"]
    )
    return ["first = answer()", *then, *last]


_LAYOUTS = {
    "sliced": "wide = {np}.zeros([2 * n for n in {x}.shape], {x}.dtype)\n"
    "wide = wide[(slice(None, None, 2),) * {x}.ndim]\nwide[...] = {x}\n{x} = wide",
    "transposed": "{x} = {np}.asfortranarray({x})",
    "channels_last": "{x} = {np}.moveaxis({np}.moveaxis({x}, 1, -1).copy(), -1, 1)",
    "negative": "{x} = {np}.flip({np}.flip({x}).copy())",
    "offset": "{x} = {np}.append({x}.ravel()[:1], {x})[1:].reshape({x}.shape)",
    "read_only": "{x}.flags.writeable = False",
}
_TORCH_LAYOUTS = {
    "sliced": "wide = torch.zeros([2 * n for n in {x}.shape], dtype={x}.dtype)\n"
    "wide = wide[(slice(None, None, 2),) * {x}.ndim]\nwide[...] = {x}\n{x} = wide",
    "transposed": "{x} = {x}.permute(*range({x}.ndim)[::-1]).contiguous()"
    ".permute(*range({x}.ndim)[::-1])",
    "channels_last": "{x} = {x}.movedim(1, -1).contiguous().movedim(-1, 1)",
    "offset": "{x} = torch.cat([{x}.flatten()[:1], {x}.flatten()])[1:].view({x}.shape)",
}


def _laid_out(name: str, array: np.ndarray, layout: str, kind: Kind) -> list[str]:
    """Return the line that gives an array another memory layout, if it has one."""
    line = (_TORCH_LAYOUTS if kind == "torch" else _LAYOUTS).get(layout)
    few = {"channels_last": 3, "read_only": 0}.get(layout, 1)  # axes that make a difference
    if line is None or array.ndim < few:
        return []
    return line.format(x=name, np="cupy" if kind == "cupy" else "np").splitlines()


_BITS = {
    "numpy": "bits = lambda a: a.tobytes()",
    "torch": "bits = lambda a: bytes(a.detach().cpu().contiguous().view(torch.uint8).numpy())",
    "cupy": "bits = lambda a: cupy.asnumpy(a).tobytes()",
}


def _call(target: Any, call: Call) -> str:
    omits = target.omits.get(call.function, ())
    options = {word: value for word, value in call.options.items() if word not in omits}
    given = [n if isinstance(v, np.ndarray) else repr(v) for n, v in call.given]
    given += [f"{word}={value!r}" for word, value in options.items()]
    return f"{target.expression[call.function]}({', '.join(given)})"


def _taken(kind: Kind, outcome: Outcome) -> Callable[[str], str]:
    if kind == "numpy":
        return lambda name: name
    if kind == "cupy":
        return "cupy.asnumpy({})".format
    wider = ".float()" if outcome.dtype == "bfloat16" else ""  # NumPy has no bfloat16 of its own
    return lambda name: f"{name}.detach().cpu(){wider}.numpy()"


def _literal(array: np.ndarray, kind: Kind) -> str:
    if array.size == 0:  # a list of nothing has lost its shape
        module = "np" if kind == "numpy" else kind
        dtype = f"torch.{array.dtype.name}" if kind == "torch" else f"np.{array.dtype.name}"
        return f"{module}.zeros({array.shape}, dtype={dtype})"
    values = array.astype(np.int64 if array.dtype.kind in "iu" else np.float64).tolist()
    text = repr(values).replace("nan", "np.nan").replace("inf", "np.inf")
    if kind == "torch":
        return f"torch.tensor({text}, dtype=torch.{array.dtype.name})"
    dtype = "ml_dtypes.bfloat16" if array.dtype == BFLOAT16 else f"np.{array.dtype.name}"
    made = f"np.array({text}, dtype={dtype})"
    return f"cupy.asarray({made})" if kind == "cupy" else made


def _number(value: Any) -> str:
    return repr(value.item()) if isinstance(value, np.generic) else repr(value)
