"""Which tile is fastest for each product of a layer: measured, among those that are exact enough.

Candidates are what the families of ``candidates`` yield and launches something else. The law, with
the derived ``c`` of ``planning``, ``|error| <= c u sum |a b|``::

    c(candidate)  <=  max(N, c(the table's tile), c(the same in one part))

``N``, the number of products, is the bound of a sum of floats. So in ``float32`` a candidate is at
least as exact as floats, as the precision promises, and of its own tiles, never TF32's; in ``tf32``
and of 16 bits it is as exact as floats or as the table's kind of tile.

A candidate's answer is first checked against float64, by its own bound. Then all that are not twice
as slow at first sight, and no more than 24, are timed beside the table's choice, a few at a time,
and the fastest of them once more. The table's stays where the rounds of both overlap.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from convproof.errors import ConvProofError
from convproof_gpu import candidates
from convproof_gpu.bounds import UNIT
from convproof_gpu.choices import Choice, Choices, Question, by_table
from convproof_gpu.machine import Kernel
from convproof_gpu.measuring import arrays, errors, ours, reference
from convproof_gpu.measuring.clock import Device, Side, Stopwatch, Timing, sets_of
from convproof_gpu.measuring.rows import Row, summands
from convproof_gpu.planning import Launch, Plan, planned
from convproof_gpu.tiles import MOST_SHARED, TABLES
from convproof_gpu.tuned import Entry
from convproof_gpu.wing import Wing

_BESIDE = 3  # candidates that are timed at once, beside the table's
_NEAR = 24  # that are timed
_SLOW = 2.0  # times the table's: left out at first sight
_SEED = 20261127


class TuningError(ConvProofError):
    """The table's choice is wrong or does not run: there is nothing to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A choice, and what is launched of it.

    Attributes:
        choice: of the tile and parts.
        plan: of the row.
    """

    choice: Choice
    plan: Plan

    @property
    def parts(self) -> int:
        """In which it is launched, at most."""
        return max((launch.parts for launch in self.plan.products), default=1)

    @property
    def told(self) -> str:
        """Its tile, and parts if there are more than one."""
        parts = self.parts
        return f"{self.choice.tile.argument}{f' in {parts} parts' if parts > 1 else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a question.

    Attributes:
        question: that was asked.
        table: the table's candidate.
        best: the fastest, or the table's where there is no difference.
        entry: what is kept.
        tried: number of candidates.
        failed: which of them were wrong or did not run, each with the reason.
    """

    question: Question
    table: Candidate
    best: Candidate
    entry: Entry
    tried: int
    failed: Mapping[str, str]

    @property
    def ratio(self) -> float:
        """The table's time over the best one's."""
        return self.entry.table_us / self.entry.us


def questions(row: Row, precision: str, shared: int = MOST_SHARED) -> tuple[Question, ...]:
    """Return the products of a row for which a tile is chosen.

    Args:
        row: whose.
        precision: a key of ``ours.PRECISIONS``.
        shared: bytes of shared memory that a block may have.

    Raises:
        ConvProofError: if the kernels do not have the layer, or not in these sizes.
    """
    return planned(row, precision, shared=shared).questions


def lawful(
    row: Row,
    precision: str,
    question: Question,
    held: Choices | None = None,
    shared: int = MOST_SHARED,
) -> list[Candidate]:
    """Return the candidates for a question of a row: the table's, then those as exact as the law.

    Args:
        row: that asks it.
        precision: a key of ``ours.PRECISIONS``.
        question: what is chosen.
        held: choices for other questions.
        shared: bytes of shared memory that a block may have.
    """
    others = {q: choice for q, choice in (held or {}).items() if q != question}

    def made(choice: Choice) -> Candidate:
        held = {**others, question: choice}
        return Candidate(choice=choice, plan=planned(row, precision, held, shared))

    table = made(by_table(question, shared))
    whole = made(Choice(table.choice.tile, 1))
    most = max(summands(row), table.plan.coefficient, whole.plan.coefficient)
    found = {_launched(table.plan): table}
    for choice in candidates.choices(question):
        try:
            candidate = made(choice)
        except ConvProofError:  # it breaks a law of launches
            continue
        wanted = max(_shared(launch) for launch in candidate.plan.launches)
        if candidate.plan.coefficient <= most and wanted <= shared:
            found.setdefault(_launched(candidate.plan), candidate)
    return list(found.values())


def kernels(rows: Sequence[Row], precision: str) -> tuple[Kernel, ...]:
    """Return every kernel that tuning the rows would launch, once."""
    found: dict[Kernel, None] = {}
    for row in rows:
        for question in questions(row, precision):
            for candidate in lawful(row, precision, question):
                found |= dict.fromkeys(launch.kernel for launch in candidate.plan.launches)
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuner:
    """What tuning needs.

    Attributes:
        device: what times.
        wing: the verbs on it.
        heats: how long a first comparison takes.
        final: how long that of the fastest takes.
    """

    device: Device
    wing: Wing
    heats: Stopwatch = field(
        default_factory=lambda: Stopwatch(rounds=3, launches=4, turn_us=300.0, seconds=0.3)
    )
    final: Stopwatch = field(default_factory=Stopwatch)

    def tuned(self, row: Row, precision: str, held: Choices) -> Iterator[Outcome]:
        """Yield an outcome for each question of a row that has more than one candidate.

        Args:
            row: whose products are tuned.
            precision: a key of ``ours.PRECISIONS``.
            held: choices that were measured; a question that has one is not asked again.

        Raises:
            TuningError: if the table's choice is wrong or does not run.
        """
        known = dict(held)
        for question in questions(row, precision, self.wing.machine.shared):
            if question in known:
                continue
            rivals = lawful(row, precision, question, known, self.wing.machine.shared)
            if len(rivals) == 1:
                continue
            with self.device.stream():
                outcome = self._outcome(row, precision, question, rivals, known)
            self.device.release()
            known[question] = outcome.entry.choice
            yield outcome

    def _outcome(
        self,
        row: Row,
        precision: str,
        question: Question,
        rivals: Sequence[Candidate],
        known: Choices,
    ) -> Outcome:
        verbs = self.wing.with_precision("tf32" if precision == "tf32" else "float32")
        sides = {
            candidate: verbs.with_choices({**known, question: candidate.choice})
            for candidate in rivals
        }
        failed: dict[str, str] = {}
        right = self._right(row, precision, sides, failed)
        table = rivals[0]
        _check_ran(row, table, failed)
        times = self._times(row, precision, right, failed)
        best = min(times, key=lambda candidate: times[candidate].us)
        if times[best].most >= times[table].least:
            best = table
        entry = Entry(best.choice, round(times[best].us, 3), round(times[table].us, 3))
        return Outcome(
            question=question, table=table, best=best, entry=entry, tried=len(rivals), failed=failed
        )

    def _right(
        self,
        row: Row,
        precision: str,
        sides: Mapping[Candidate, Wing],
        failed: dict[str, str],
    ) -> dict[Candidate, Wing]:
        """Return the candidates whose answer is within its bound."""
        given = arrays.drawn(row, ours.PRECISIONS[precision], self.device.name, _SEED)
        expected, scale = reference.answer(row, given)
        right = {}
        for candidate, wing in sides.items():
            allowed = errors.derived(candidate.plan.coefficient * float(UNIT), precision)
            try:
                error = errors.of(ours.call_of(wing, row, given), expected, scale)
            except Exception as lost:  # a kernel that does not compile, or is not launched
                failed[candidate.told] = _told(lost)
                continue
            if error.worst <= allowed:
                right[candidate] = wing
            else:
                failed[candidate.told] = (
                    f"wrong: {error.worst:.1e} of sum |x w|, over {allowed:.1e}"
                )
        return right

    def _times(
        self,
        row: Row,
        precision: str,
        right: Mapping[Candidate, Wing],
        failed: dict[str, str],
    ) -> dict[Candidate, Timing]:
        """Return the times of the fastest candidates and of the table's, which is the first."""
        dtype = ours.PRECISIONS[precision]
        count = sets_of(arrays.set_bytes(row, 4 if dtype == "float32" else 2))
        sets = [arrays.drawn(row, dtype, self.device.name, _SEED + n) for n in range(count)]
        calls: dict[Candidate, list[Callable[[], Any]]] = {
            candidate: [ours.call_of(wing, row, each) for each in sets]
            for candidate, wing in right.items()
        }
        table, *others = right

        def compared(few: Sequence[Candidate], stopwatch: Stopwatch) -> dict[Candidate, Timing]:
            names = {repr(candidate.choice): candidate for candidate in (table, *few)}
            sides = [Side(name=name, calls=calls[each]) for name, each in names.items()]

            def lost(name: str, error: Exception) -> None:
                failed[names[name].told] = _told(error)

            timings = stopwatch.compare(self.device, sides, lost)
            _check_ran(row, table, failed)
            return {names[name]: timing for name, timing in timings.items()}

        at_sight = {each: self.device.elapsed_us(calls[each][0], 1) for each in right}
        near = [each for each in others if at_sight[each] <= _SLOW * at_sight[table]]
        near = sorted(near, key=lambda each: at_sight[each])[:_NEAR]
        ratios: dict[Candidate, float] = {}
        for begin in range(0, len(near), _BESIDE):
            heat = compared(near[begin : begin + _BESIDE], self.heats)
            ratios |= {each: t.us / heat[table].us for each, t in heat.items() if each != table}
        return compared(sorted(ratios, key=lambda each: ratios[each])[:_BESIDE], self.final)


def _check_ran(row: Row, table: Candidate, failed: Mapping[str, str]) -> None:
    """Raise ``TuningError`` if there is nothing that candidates are compared with."""
    if table.told in failed:
        msg = f"{row}: the table's {table.told} cannot be timed: {failed[table.told]}"
        raise TuningError(msg)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def _shared(launch: Launch) -> int:
    """Return the bytes of shared memory of a block, a tensor tile's tables included."""
    return launch.kernel.shared + (0 if launch.extents is None else TABLES)


def _launched(plan: Plan) -> tuple[Any, ...]:
    """Return what makes two plans equal to a GPU."""
    return tuple((each.kernel, each.blocks, each.threads, each.parts) for each in plan.launches)
