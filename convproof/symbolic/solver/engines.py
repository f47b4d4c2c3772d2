"""The engines: Z3 and cvc5, each asked the same SMT-LIB text in a context of its own.

Limits are counted in an engine's own units of work, not in seconds: a verdict does not depend on
how busy the machine is, or on what was asked before. A wall clock is behind them, far away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from time import perf_counter
from typing import Literal

from convproof.errors import SolverError
from convproof.symbolic.solver.evaluation import Number

Said = Literal["unsat", "sat", "unknown"]
_CLOCK = 30  # seconds, in case an engine forgets to count
_UNITS = {"z3": 2_500_000, "cvc5": 250_000}  # about a second of work on a processor of 2024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one engine said.

    Attributes:
        engine: its name.
        said: ``unsat``, ``sat`` or ``unknown``.
        seconds: that it took, by the clock.
        model: numbers by name, of Z3's ``sat``; those that are irrational are left out.
    """

    engine: str
    said: Said
    seconds: float
    model: dict[str, Number] | None = None


def ask_z3(text: str, effort: float = 1.0) -> Answer:
    """Return Z3's answer within about ``effort`` seconds of work."""
    import z3

    solver = z3.Solver(ctx=z3.Context())
    solver.set("rlimit", int(effort * _UNITS["z3"]))
    solver.set("timeout", int(1000 * max(_CLOCK, 10 * effort)))
    started = perf_counter()
    try:
        solver.from_string(text)
        found = solver.check()
    except z3.Z3Exception as error:
        raise SolverError(_unread("z3", error)) from None
    model = None
    if found == z3.sat:
        held = solver.model()
        numbers = {d.name(): held[d] for d in held.decls() if d.arity() == 0}
        model = {
            name: Fraction(number.as_fraction())
            if z3.is_rational_value(number)
            else number.as_long()
            for name, number in numbers.items()
            if z3.is_rational_value(number) or z3.is_int_value(number)
        }
    said = _said(str(found), "z3")
    return Answer(engine="z3", said=said, seconds=perf_counter() - started, model=model)


def ask_cvc5(text: str, effort: float = 1.0) -> Answer:
    """Return cvc5's answer within about ``effort`` seconds of work."""
    import cvc5

    terms = cvc5.TermManager()
    solver = cvc5.Solver(terms)
    solver.setOption("rlimit-per", str(int(effort * _UNITS["cvc5"])))
    solver.setOption("tlimit-per", str(int(1000 * max(_CLOCK, 10 * effort))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "claim")
    symbols = parser.getSymbolManager()
    started = perf_counter()
    printed = ""
    try:
        while not (command := parser.nextCommand()).isNull():
            printed += command.invoke(solver, symbols)
    except RuntimeError as error:
        raise SolverError(_unread("cvc5", error)) from None
    said = _said(printed.strip().split(" ")[0], "cvc5")
    return Answer(engine="cvc5", said=said, seconds=perf_counter() - started)


ENGINES: dict[str, Callable[[str, float], Answer]] = {"z3": ask_z3, "cvc5": ask_cvc5}


@cache
def versions() -> dict[str, str]:
    """Return the version of each engine."""
    import cvc5
    import z3

    return {"z3": z3.get_version_string(), "cvc5": cvc5.__version__}


def _unread(engine: str, error: Exception) -> str:
    return f"{engine} cannot read what it is asked: {error}"


def _said(word: str, engine: str) -> Said:
    if word == "unsat":
        return "unsat"
    if word == "sat":
        return "sat"
    if word == "unknown":
        return "unknown"
    msg = f"{engine} answered {word!r}, which is neither sat, unsat nor unknown."
    raise SolverError(msg)
