"""Calling a target: arrays of its own kind in, a copy of its answer out as NumPy.

Every call gets arrays of its own, so that a target that overwrites them spoils nothing but its own
verdict. What a target raises, or returns instead of an array, breaks the law that a legal call is
answered.
"""

import warnings
from collections.abc import Callable, Mapping
from inspect import unwrap
from pathlib import Path
from sysconfig import get_path
from traceback import walk_tb
from typing import Any

import numpy as np

from convproof.calls import Answer, Call
from convproof.cases import Arrays
from convproof.errors import MissingExtraError, UnsupportedError
from convproof.functions import Function
from convproof.verify.targets.alike import differing
from convproof.verify.targets.arrays import LAYOUTS_OF, arrays_of
from convproof.verify.targets.kind import Kind
from convproof.verify.targets.layouts import poison
from convproof.violations import Unanswered

_REFUSALS = (NotImplementedError, ValueError, TypeError, RuntimeError)
_UNLIKE = {"anisotropic": "anisotropic windows", "rectangular": "rectangular inputs"}
_OURS = (Path(__file__).parents[2],)
_LIBRARIES = (*_OURS, *(Path(get_path(name)) for name in ("stdlib", "purelib", "platlib")))


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
        self._arrays = arrays_of(kind, device)
        self.shrinking = False
        self._answer_bytes = 0

    @property
    def layouts(self) -> tuple[str, ...]:
        """The memory layouts that arrays of this kind can have."""
        return LAYOUTS_OF[self.kind]

    def ask(self, call: Call) -> Answer:
        """Return a copy of the target's answer, and what it did to its arrays."""
        given = {n: self._arrays.give(a, call.layout) for n, a in call.arrays.items()}
        answer = self._answered(call, given)
        y = self._copied(call, answer)
        held = {name: self._arrays.take(array) for name, array in given.items()}
        left = {name: now.copy() for name, now in held.items() if not _same(now, call.arrays[name])}
        shared = next((n for n, array in given.items() if self._arrays.share(answer, array)), "")
        return Answer(y, Arrays(left), shared)

    def ask_twice(self, call: Call, second: Arrays) -> tuple[np.ndarray, np.ndarray]:
        """Return two answers, the second after the same buffers were overwritten."""
        given = {n: self._arrays.give(a, call.layout) for n, a in call.arrays.items()}
        first = self._answered(call, given)
        for name, array in given.items():
            array[...] = self._arrays.give(second[name], "plain")
        again = self._answered(call, given)
        return self._copied(call, first), self._copied(call, again)

    def _answered(self, call: Call, given: dict[str, Any]) -> Any:
        positional = [given.get(name, value) for name, value in call.given]
        sizes = {array.nbytes for array in call.arrays.values()} | {self._answer_bytes}
        poison(sizes, self._arrays.ones)
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return self.functions[call.function](*positional, **call.options)
        except (UnsupportedError, MissingExtraError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:  # whatever a target raises is its own
            message = _told(error)
            first = (message.splitlines() or ["(no message)"])[0]
            told = _hint(message, self.kind) or _of_tuples(call, error, message)
            hints = [told or _lacking(call, error), self._place(call, error)]
            raise Unanswered(
                law=f"a legal call is answered, but it raised {type(error).__name__}: {first}",
                call=call,
                silence="raised",
                hint="\n".join(filter(None, hints)),
            ) from None

    def _place(self, call: Call, error: BaseException) -> str:
        """Return where in the target's own code an exception rose, the deepest line of it."""
        code = getattr(unwrap(self.functions[call.function]), "__code__", None)
        own = "" if code is None or _is_in(code.co_filename, _OURS) else code.co_filename
        frames = [(f.f_code.co_filename, line) for f, line in walk_tb(error.__traceback__)]
        for file, line in reversed(frames):
            if file == own or not (file.startswith("<") or _is_in(file, _LIBRARIES)):
                return f"raised at {_legible(Path(file).name)}:{line}"
        return ""

    def _copied(self, call: Call, answer: Any) -> np.ndarray:
        wrong, assertion = self._arrays.wrong(answer)
        if wrong:
            law = f"{call.function.name} returns a {self.kind} array of numbers, got {wrong}"
            raise Unanswered(law=law, call=call, assertion=assertion, silence="no array")
        y = np.array(self._arrays.take(answer), copy=True, order="C")
        self._answer_bytes = y.nbytes
        return y


def _same(now: np.ndarray, was: np.ndarray) -> bool:
    return now.shape == was.shape and now.dtype == was.dtype and now.tobytes() == was.tobytes()


def _told(error: BaseException) -> str:
    try:
        return _legible(str(error).strip())
    except Exception:  # even telling the error can fail
        return ""


def _legible(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # files hold no surrogates


def _is_in(file: str, folders: tuple[Path, ...]) -> bool:
    return any(Path(file).is_relative_to(folder) for folder in folders)


def _lacking(call: Call, error: BaseException) -> str:
    """Return how a target says that it does not offer what a call asks beyond the plain layer.

    Only of an exception that refuses an argument, for a hint beside any other would hide a bug.
    """
    if not isinstance(error, _REFUSALS):
        return ""
    plain = {"groups": 1, "dilation": 1, "padding": 0, "output_padding": 0}
    if call.function.layer.startswith("conv"):
        plain["stride"] = 1
    options = {n: np.asarray(call.options.get(n, value), object) for n, value in plain.items()}
    asked = [name for name, value in plain.items() if (options[name] != value).any()]
    unlike, _ = differing(call.function, dict(call.given), call.options)
    asked += [unlike] * bool(unlike)
    if not asked:
        return ""
    words = ", ".join(f'"{name}"' for name in asked)
    told = " or ".join(_UNLIKE.get(name, name) for name in asked)
    or_so = f"or --lacks {','.join(asked)}"
    return f"a target that does not offer {told} says so: lacks = {{{words}}}, {or_so}"


def _of_tuples(call: Call, error: BaseException, message: str) -> str:
    """Return that options have one entry per axis, to a target that reckons with one number."""
    options = [n for n, value in call.options.items() if isinstance(value, tuple)]
    if not (isinstance(error, TypeError) and "tuple" in message and options):
        return ""
    name = options[0]
    told = f"options have one entry per axis, as {name}={call.options[name]}: take {name}[0] where"
    return f'{told} all axes are alike, and say lacks = {{"rectangular"}} or {{"anisotropic"}}'


def _hint(message: str, kind: Kind) -> str:
    wants_tensors = (
        kind == "numpy" and "ndarray" in message and ("ensor" in message or "torch" in message)
    )
    return (
        "a target that takes torch tensors is verified with --arrays torch" if wants_tensors else ""
    )
