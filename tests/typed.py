"""The checks of ``jaxtyping.jaxtyped``, which only what names a shape pays the whole price of.

The letters of a shape mean one size throughout a call. For them ``jaxtyped`` binds the arguments to
their names and checks them twice, before the call and again with the answer: several times the cost
of what is checked where a size is an ``int``. Such a function beartype alone decides as well.
"""

import inspect
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from functools import partial, wraps
from typing import Any, get_args, get_type_hints
from unittest.mock import patch

import jaxtyping

# beartype looks at a random entry of each tuple, by dice of its own: Hypothesis warns of each
# strategy that has changed the state of Python's
with patch.object(random, "getrandbits", random.Random(0).getrandbits):
    from beartype import BeartypeConf, beartype

shaped = jaxtyping.jaxtyped
_alone = beartype(conf=BeartypeConf(violation_type=jaxtyping.TypeCheckError))


def jaxtyped(thing: Any = None, *, typechecker: Any = None) -> Any:
    """Return a function that checks its arguments and its answer, or a dataclass whose init does.

    Raises:
        TypeCheckError: from the function, if one of them is not what the annotation says.
    """
    if thing is None:
        return partial(jaxtyped, typechecker=typechecker)
    if inspect.isclass(thing):
        if is_dataclass(thing) and not hasattr(thing.__init__, "checks"):
            checked = jaxtyped(thing.__init__, typechecker=typechecker)
            setattr(thing, "__init__", checked)  # noqa: B010  # mypy takes no assignment
        return thing
    hints = _resolved(thing)
    made: Any = None
    waits = inspect.isgeneratorfunction(thing)  # beartype would check at the first next()
    if not waits and not any(names_a_shape(hint) for hint in hints.values()):
        with suppress(Exception):  # what beartype does not take, jaxtyped takes in another way
            made = _by_beartype(thing, hints)
    if made is None:
        made = shaped(thing, typechecker=typechecker)
    made.checks = thing
    return made


def names_a_shape(hint: Any) -> bool:
    """Return whether a hint, or a part of it, is such as ``Shaped[ndarray, "n c"]``."""
    if inspect.isclass(hint) and issubclass(hint, jaxtyping.AbstractArray):
        return True
    return any(names_a_shape(part) for part in get_args(hint))


def _by_beartype(function: Callable[..., Any], hints: dict[str, Any]) -> Callable[..., Any]:
    written, function.__annotations__ = function.__annotations__, hints
    try:
        checked = _alone(function)
    finally:
        function.__annotations__ = written
    if checked is function:
        return function  # nothing is said of any argument

    @wraps(function)
    def either(*args: Any, **kwargs: Any) -> Any:
        if jaxtyping.config.jaxtyping_disable:
            return function(*args, **kwargs)
        return checked(*args, **kwargs)

    return either


def _resolved(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the hints of a function; one of a name that is not there yet is ``Any``."""
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:
        return {name: _hint(name, function) for name in function.__annotations__}


def _hint(name: str, function: Any) -> Any:
    def alone() -> None: ...

    alone.__annotations__ = {name: function.__annotations__[name]}
    with suppress(Exception):
        return get_type_hints(alone, function.__globals__, include_extras=True)[name]
    return Any
