"""Proofs in several processes, for an engine uses one processor."""

from collections.abc import Callable, Sequence

from convproof.errors import ConvProofError
from convproof.proving.find import Asked, found
from convproof.proving.hands import Lost, shared
from convproof.proving.outcome import Outcome, outcome
from convproof.proving.words import told


def run(
    things: Sequence[Asked],
    workers: int | None = None,
    *,
    on: Callable[[Outcome], None],
    ended: Callable[[str], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Return what became of each, in the order they are given.

    Args:
        things: what is to be proved.
        workers: how many processes; with one, it is this; the processors by default.
        on: told of each in that order too, as soon as all before it have ended.
        ended: told the name of each when it ends.
    """
    results: dict[int, Outcome] = {}
    done: list[Outcome] = []

    def tell(number: int, answer: Outcome | Lost) -> None:
        results[number] = _lost(things[number], answer) if isinstance(answer, Lost) else answer
        ended(things[number].name)
        while len(done) in results:
            done.append(results[len(done)])
            on(done[-1])

    shared(decided, things, workers, on=tell)
    return tuple(done)


def decided(each: Asked) -> Outcome:
    """Return what becomes of one thing, in whatever process."""
    try:
        thing = found(each.spec)
    except ConvProofError as error:  # it was found before, maybe in another process
        return Outcome(name=each.name, verdict="unsound", seconds=0.0, error=told(error))
    return outcome(each.name, thing)


def _lost(each: Asked, lost: Lost) -> Outcome:
    hint = ": ask it by itself" if lost.killed else ""
    return Outcome(
        name=each.name,
        verdict="unknown" if lost.killed else "unsound",
        seconds=0.0,
        error=f"{lost.why}{hint}",
    )
