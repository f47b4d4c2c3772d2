"""Calling a target: its own kind of arrays in, a copy of its answer out as NumPy.

Every call gets arrays of its own, so that a target that overwrites them spoils nothing but its own
verdict. What a target raises, or returns instead of an array, breaks the law that a legal call is
answered.
"""

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from convproof.cases import Arrays, ConvCase, Function, options
from convproof.errors import MissingExtraError, UnsupportedError
from convproof.numeric.dtypes import BFLOAT16
from convproof.theorems import Violation
from convproof.verify.targets.find import Target

Kind = Literal["numpy", "torch"]


class TargetSubject:
    """A target, called with arrays of one kind.

    Args:
        target: what was found.
        kind: the arrays it is given and must return.
    """

    def __init__(self, target: Target, kind: Kind) -> None:
        self.target = target
        self.kind = kind
        self._give, self._take = _converters(kind)

    def answer(self, function: Function, case: ConvCase, arrays: Arrays) -> np.ndarray:
        """Return a copy of the target's answer."""
        return self.raw_answer(function, case, arrays)[0]

    def raw_answer(
        self, function: Function, case: ConvCase, arrays: Arrays
    ) -> tuple[np.ndarray, Arrays]:
        """Return a copy of the target's answer, and the arrays as it left them."""
        given = arrays.map(lambda array: self._give(array.copy()))
        answer = self._call(function, case, given, arrays)
        wrong, assertion = _kind_error(answer, self.kind)
        if wrong:
            law = f"{function.name} returns a {self.kind} array of numbers, got {wrong}"
            raise Violation(law=law, arrays=arrays, assertion=assertion)
        return np.array(self._take(answer), copy=True), given.map(self._take)

    def _call(self, function: Function, case: ConvCase, given: Arrays, arrays: Arrays) -> Any:
        call, keywords = self.target.functions[function], options(case)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                if function.role == "forward":
                    return call(given.x, given.w, given.b, **keywords)
                if function.role == "input":
                    return call(case.input_shape, given.w, given.y_bar, **keywords)
                if function.role == "weight":
                    return call(given.x, case.layer.weight_shape, given.y_bar, **keywords)
                return call(given.y_bar)
        except (UnsupportedError, MissingExtraError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # whatever a target raises is its own
            message = _first_line(error)
            raise Violation(
                law=f"a legal call is answered, but it raised {type(error).__name__}: {message}",
                arrays=arrays,
                hint=_hint(message, self.kind),
            ) from None


def _first_line(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # even telling the error can fail
        lines = []
    return lines[0] if lines else "(no message)"


def _hint(message: str, kind: Kind) -> str:
    wants_tensors = kind == "numpy" and ("ensor" in message or "torch" in message)
    return (
        "a target that takes torch tensors is verified with --arrays torch" if wants_tensors else ""
    )


def _kind_error(answer: Any, kind: Kind) -> tuple[str, str]:
    """Return what is wrong with the kind of an answer, and the assertion that says so."""
    name = f"a {type(answer).__module__}.{type(answer).__name__}"
    if kind == "torch":
        import torch

        if not isinstance(answer, torch.Tensor):
            return name, "isinstance(answer(), torch.Tensor)"
        if answer.layout != torch.strided:
            return f"a tensor of layout {answer.layout}", "answer().layout == torch.strided"
        wrong = answer.dtype.is_complex
        assertion = "not answer().dtype.is_complex"
    else:
        if not isinstance(answer, np.ndarray | np.generic):
            return name, "isinstance(answer(), np.ndarray)"
        wrong = answer.dtype.kind not in "iufb" and answer.dtype != BFLOAT16
        assertion = "answer().dtype.kind in 'iufb'"
    return (f"an array of {answer.dtype}", assertion) if wrong else ("", "")


def _converters(kind: Kind) -> tuple[Callable[[np.ndarray], Any], Callable[[Any], np.ndarray]]:
    if kind == "numpy":
        return (lambda array: array), np.asarray
    try:
        from convproof.verify.targets.tensors import to_numpy, to_torch
    except ImportError:
        raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message
    return to_torch, to_numpy
