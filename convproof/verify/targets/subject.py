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
        try:
            taken = self._take(answer)
        except TypeError:
            raise Violation(
                law=f"{function.name} returns a {self.kind} array, got a "
                f"{type(answer).__module__}.{type(answer).__name__}",
                arrays=arrays,
                assertion="isinstance(answer, " + _TYPES[self.kind] + ")",
            ) from None
        return np.array(taken, copy=True), given.map(self._take)

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
        except (UnsupportedError, MissingExtraError):
            raise
        except (Exception, SystemExit) as error:
            lines = str(error).strip().splitlines()
            raise Violation(
                law=f"a legal call is answered, but it raised {type(error).__name__}: "
                f"{lines[0] if lines else '(no message)'}",
                arrays=arrays,
            ) from error


_TYPES = {"numpy": "np.ndarray", "torch": "torch.Tensor"}


def _converters(kind: Kind) -> tuple[Callable[[np.ndarray], Any], Callable[[Any], np.ndarray]]:
    if kind == "numpy":
        return (lambda array: array), _take_numpy
    try:
        import torch
    except ImportError:
        raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message
    from convproof.verify.targets.tensors import to_numpy, to_torch

    def take(answer: Any) -> np.ndarray:
        if not isinstance(answer, torch.Tensor):
            raise TypeError
        return to_numpy(answer)

    return to_torch, take


def _take_numpy(answer: Any) -> np.ndarray:
    if not isinstance(answer, np.ndarray | np.generic):
        raise TypeError
    array = np.asarray(answer)
    if array.dtype.kind not in "iufb" and array.dtype != BFLOAT16:
        raise TypeError
    return array
