"""Calling a target: arrays of its own kind in, a copy of its answer out as NumPy.

Every call gets arrays of its own, so that a target that overwrites them spoils nothing but its own
verdict. What a target raises, or returns instead of an array, breaks the law that a legal call is
answered.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from convproof.calls import Answer, Call
from convproof.cases import Arrays
from convproof.errors import MissingExtraError, UnsupportedError
from convproof.functions import Function
from convproof.numeric.dtypes import BFLOAT16
from convproof.verify.targets.layouts import NUMPY_LAYOUTS, TORCH_LAYOUTS, lay, poison
from convproof.violations import Unanswered

Kind = Literal["numpy", "torch"]


class TargetSubject:
    """A target, called in this process with arrays of one kind.

    Args:
        functions: what it offers.
        kind: the arrays it is given and must return.
        device: where torch's tensors lie.
    """

    def __init__(
        self,
        functions: Mapping[Function, Callable[..., Any]],
        kind: Kind,
        device: str = "cpu",
    ) -> None:
        self.functions = functions
        self.kind = kind
        self._give, self._take = _converters(kind, device)
        self.shrinking = False
        self._answer_bytes = 0

    @property
    def layouts(self) -> tuple[str, ...]:
        """The memory layouts that arrays of this kind can have."""
        return NUMPY_LAYOUTS if self.kind == "numpy" else TORCH_LAYOUTS

    def ask(self, call: Call) -> Answer:
        """Return a copy of the target's answer, and what it did to its arrays."""
        given = {n: self._give(lay(a, call.layout)) for n, a in call.arrays.items()}
        answer = self._answered(call, given)
        y = self._copied(call, answer)
        held = {name: self._take(array) for name, array in given.items()}
        left = {name: now.copy() for name, now in held.items() if not _same(now, call.arrays[name])}
        raw = self._take(answer)
        shared = next((n for n, array in held.items() if np.shares_memory(raw, array)), "")
        return Answer(y, Arrays(left), shared)

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return two answers, the second after the same buffers were overwritten."""
        given = {n: self._give(lay(a, call.layout)) for n, a in call.arrays.items()}
        first = self._answered(call, given)
        for name, array in given.items():
            array[...] = self._give(second[name].copy())
        again = self._answered(call, given)
        return self._copied(call, first), self._copied(call, again)

    def _answered(self, call: Call, given: dict[str, Any]) -> Any:
        positional = [given.get(name, value) for name, value in call.given]
        poison({array.nbytes for array in call.arrays.values()} | {self._answer_bytes})
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return self.functions[call.function](*positional, **call.options)
        except (UnsupportedError, MissingExtraError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # whatever a target raises is its own
            message = _first_line(error)
            raise Unanswered(
                law=f"a legal call is answered, but it raised {type(error).__name__}: {message}",
                call=call,
                silence="raised",
                hint=_hint(message, self.kind),
            ) from None

    def _copied(self, call: Call, answer: Any) -> np.ndarray:
        wrong, assertion = _kind_error(answer, self.kind)
        if wrong:
            law = f"{call.function.name} returns a {self.kind} array of numbers, got {wrong}"
            raise Unanswered(law=law, call=call, assertion=assertion, silence="no array")
        y = np.array(self._take(answer), copy=True, order="C")
        self._answer_bytes = y.nbytes
        return y


def _same(now: np.ndarray, was: np.ndarray) -> bool:
    return now.shape == was.shape and now.dtype == was.dtype and now.tobytes() == was.tobytes()


def _first_line(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # even telling the error can fail
        lines = []
    told = lines[0] if lines else "(no message)"
    return told.encode("utf-8", "backslashreplace").decode("utf-8")  # files hold no surrogates


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


def _converters(
    kind: Kind, device: str
) -> tuple[Callable[[np.ndarray], Any], Callable[[Any], np.ndarray]]:
    if kind == "numpy":
        return (lambda array: array), np.asarray
    try:
        from convproof.verify.targets.tensors import to_numpy, to_torch
    except ImportError:
        raise MissingExtraError("torch", "torch") from None  # noqa: EM101  # names, no message
    return (lambda array: to_torch(array, device)), to_numpy
