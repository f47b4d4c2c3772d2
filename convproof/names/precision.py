"""In which precision a call's products may be computed: said with the call, never by a switch.

===================  ==========================================================================
``precision=``       promises
===================  ==========================================================================
``"float32"``        of floats, at least what sums of floats in float32 give, but for underflow:
                     two words hold a float of less than about 2^-114 less exactly
``"tf32"``           floats may be rounded to the 11 bits of TF32 before they are multiplied
``"bf16"``           the arrays are of bfloat16, and are multiplied as they are
``"f16"``            the same of float16
===================  ==========================================================================

It is a contract of whoever computes, not a part of the layer's spec, which is mathematics that all
implementations share. An implementation that has a choice says so by ``with_precision``, which
answers with another implementation. One that has none computes as ever: it may be more exact. A
call that says nothing is in the implementation's own, which is float32 unless its name says more,
as ``gpu-tf32`` does.
Nothing is rounded to 16 bits behind a caller's back: arrays that are not are refused.
"""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Literal

from convproof.errors import DTypeError, UnsupportedError
from convproof.implementation import Implementation

Precision = Literal["float32", "tf32", "bf16", "f16"]
PRECISIONS: tuple[Precision, ...] = ("float32", "tf32", "bf16", "f16")
Choose = Callable[[Any], Implementation]
_DTYPES = {"bf16": "bfloat16", "f16": "float16"}
_DOC = """

    ``precision``, ``"float32"``, ``"tf32"``, ``"bf16"`` or ``"f16"``, is what the products promise,
    see ``convproof.names.precision``; None: the implementation's own, float32 unless its name says
    more.
    """


def check_precision(precision: str) -> None:
    """Raise ``UnsupportedError`` if there is no such precision."""
    if precision not in PRECISIONS:
        held = next((name for name, dtype in _DTYPES.items() if dtype == precision), None)
        advice = f" {precision} is called {held!r} here." if held else ""
        msg = f"precision is one of {', '.join(PRECISIONS)}, got {precision!r}.{advice}"
        raise UnsupportedError(msg)


def within(choose: Choose, precision: str) -> Choose:
    """Return what names the implementation for an array that computes in a precision.

    Raises:
        UnsupportedError: if there is no such precision.
    """
    check_precision(precision)
    wanted = _DTYPES.get(precision)

    def chosen(array: Any) -> Implementation:
        implementation = choose(array)
        if wanted is None:
            other = getattr(implementation, "with_precision", None)
            return implementation if other is None else other(precision)
        dtype = str(array.dtype).removeprefix("torch.")
        if dtype != wanted:
            fitting = {held: name for name, held in _DTYPES.items()}.get(dtype)
            other = f"'{fitting}'" if fitting else "'tf32', which rounds floats itself"
            msg = (
                f"precision={precision!r} is that of arrays of {wanted}, got {dtype}: cast them to "
                f"{wanted}, or take precision={other}."
            )
            raise DTypeError(msg)
        return implementation

    return chosen


def with_precision(make: Callable[[Choose], Callable[..., Any]]) -> Callable[[Choose], Any]:
    """Return what makes the same function, with ``precision`` as one keyword more.

    Args:
        make: makes a function of what names the implementation for an array.
    """

    def made(choose: Choose) -> Callable[..., Any]:
        plain = make(choose)
        held: dict[str, Callable[..., Any]] = {}

        @wraps(plain)
        def function(*args: Any, precision: str | None = None, **options: Any) -> Any:
            if precision is None:
                return plain(*args, **options)
            check_precision(precision)
            if precision not in held:
                held[precision] = make(within(choose, precision))
            return held[precision](*args, **options)

        public = signature(plain)
        own = Parameter(
            "precision", Parameter.KEYWORD_ONLY, default=None, annotation=Precision | None
        )
        function.__doc__ = f"{(plain.__doc__ or '').rstrip()}{_DOC}"
        function.__signature__ = public.replace(  # type: ignore[attr-defined]
            parameters=[*public.parameters.values(), own]
        )
        return function

    return made
