"""A run: row after row, the errors first, then the times of those that are right.

The precisions of one dtype read the same arrays and have the same rivals, so they are timed in one
comparison. A row that our side answers wrongly is told as wrong, and not timed.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from time import perf_counter
from typing import Any

from convproof.errors import UnsupportedError
from convproof.implementation import Implementation
from convproof_gpu.measuring import arrays, errors, ours, reference
from convproof_gpu.measuring.clock import Device, Side, Stopwatch, Timing, sets_of
from convproof_gpu.measuring.costs import cost
from convproof_gpu.measuring.ratios import ratios
from convproof_gpu.measuring.rivals import Rival, calls_of, rivals
from convproof_gpu.measuring.rows import Row

Record = dict[str, Any]
_OURS = "ours "
_LATENCY = 100  # calls
_NONSENSE = 0.1  # a rival is left out for no smaller error, which stands beside its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a run needs.

    Attributes:
        device: what times.
        implementation: whose verbs are ours.
        rates: the ceilings, see ``Cost.floor_us``.
        precisions: of ours.
        compiled: whether ``torch.compile`` is a rival.
        searched: whether cuDNN times its engines before one is measured.
        without: patterns of names of rivals that are not asked.
        stopwatch: how long a comparison takes.
        eager: networks of which the latency of one call is told too.
    """

    device: Device
    implementation: Implementation
    rates: Mapping[str, float]
    precisions: Sequence[str] = ("float32",)
    compiled: bool = False
    searched: bool = True
    without: Sequence[str] = ()
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    eager: Sequence[str] = ("lenet5",)

    def run(
        self,
        rows: Sequence[Row],
        seconds: float | None = None,
        now: Callable[[], float] = perf_counter,
    ) -> Iterator[list[Record]]:
        """Yield the records of row after row; after the time limit or a crash, that there are none.

        Args:
            rows: what is measured.
            seconds: after which no row is begun.
            now: seconds, of any clock.
        """
        begin, why = now(), ""
        for row in rows:
            if not why and seconds is not None and now() - begin >= seconds:
                why = f"the limit of {seconds:g} s was reached"
            if why:
                yield [self._head(row, p, "not measured", why) for p in self.precisions]
                continue
            records = self.measured(row)
            yield records
            if not self.device.is_alive():
                why = f"the GPU's context was lost by {row}"

    def measured(self, row: Row) -> list[Record]:
        """Return a row's records, one for each precision."""
        found: dict[str, Record] = {}
        for dtype in dict.fromkeys(ours.PRECISIONS[p] for p in self.precisions):
            of = [p for p in self.precisions if ours.PRECISIONS[p] == dtype]
            begin = perf_counter()
            try:
                with self.device.stream():
                    made = self._of_dtype(row, dtype, of)
            except Exception as error:  # too little memory for the arrays: other rows are smaller
                made = {p: self._head(row, p, "failed", _first_line(error)) for p in of}
            if self.device.is_alive():
                self.device.release()
            for record in made.values():
                record["seconds"] = round(perf_counter() - begin, 2)
            found |= made
        return [found[p] for p in self.precisions]

    def _of_dtype(self, row: Row, dtype: str, precisions: Sequence[str]) -> dict[str, Record]:
        records, found = {}, {}
        for precision in precisions:
            implementation, why = ours.offered(self.implementation, row.layer, precision)
            records[precision] = self._head(row, precision, "not offered", why)
            if implementation is not None:
                found[precision] = implementation
        if not found:
            return records
        others = [r for r in rivals(row, dtype, compiled=self.compiled) if self._is_asked(r)]
        told = {r.name: {"name": r.name, "math": r.math, "nhwc": r.nhwc} for r in others}
        self._check(row, dtype, found, others, records, told)
        mine = {p: verbs for p, verbs in found.items() if records[p]["status"] == "right"}
        if not mine:
            return records
        self.device.release()
        rest = [rival for rival in others if "why" not in told[rival.name]]
        self._time(row, dtype, mine, rest, records, told)
        for precision in mine:
            self._finish(row, records[precision], precision, list(told.values()))
        return records

    def _is_asked(self, rival: Rival) -> bool:
        return not any(fnmatchcase(rival.name, pattern) for pattern in self.without)

    def _check(
        self,
        row: Row,
        dtype: str,
        found: Mapping[str, Implementation],
        others: Sequence[Rival],
        records: dict[str, Record],
        told: dict[str, Record],
    ) -> None:
        """Give every side its error; a side without one has a reason."""
        seed = secrets.randbits(31)
        fresh = arrays.drawn(row, dtype, self.device.name, seed)
        right, scale = reference.answer(row, fresh)
        for precision, implementation in found.items():
            record, allowed = records[precision], errors.allowed(row, precision)
            record["seed"] = seed
            try:
                call = ours.call_of(implementation, row, fresh)
                error = errors.of(call, right, scale)
            except UnsupportedError as refused:
                record["why"] = _first_line(refused)
                continue
            except Exception as refused:  # a kernel that does not compile, or is not launched
                record |= {"status": "failed", "why": _first_line(refused)}
                continue
            record["ours"] = {"error": asdict(error), "allowed": allowed}
            wrong = not error.worst <= allowed
            record["status"] = "wrong" if wrong else "right"
            record["why"] = f"{error.worst:.1e} of sum |x w|, over {allowed:.1e}" if wrong else ""
        for rival in others:
            try:
                (call,) = calls_of(rival, row, [fresh])
                with rival.within(searched=self.searched):
                    error = errors.of(call, right, scale)
            except Exception as refused:  # an engine that is not there
                told[rival.name]["why"] = _first_line(refused)
                continue
            told[rival.name]["error"] = asdict(error)
            if not error.rel_l2 <= _NONSENSE:
                told[rival.name]["why"] = f"wrong: {error.rel_l2:.1e} of the answer"

    def _time(
        self,
        row: Row,
        dtype: str,
        mine: Mapping[str, Implementation],
        rest: Sequence[Rival],
        records: dict[str, Record],
        told: dict[str, Record],
    ) -> None:
        """Give every side its time."""
        itemsize = _itemsize(dtype)
        count = sets_of(arrays.set_bytes(row, itemsize))
        seeds = [secrets.randbits(31) for _ in range(count)]
        sets = [arrays.drawn(row, dtype, self.device.name, seed) for seed in seeds]
        sides = [
            Side(
                name=_OURS + precision,
                calls=[ours.call_of(implementation, row, each) for each in sets],
                within=nullcontext,
            )
            for precision, implementation in mine.items()
        ]
        for rival in rest:
            within = partial(rival.within, searched=self.searched)
            with within():
                calls = calls_of(rival, row, sets)
            sides.append(Side(name=rival.name, calls=calls, within=within))
        homes = {_OURS + p: records[p]["ours"] for p in mine} | told

        def failed(name: str, error: Exception) -> None:
            homes[name]["why"] = _first_line(error)

        timings = self.stopwatch.compare(self.device, sides, failed)
        for side in sides:
            if side.name in timings:
                homes[side.name] |= _rounded(timings[side.name])
                if row.network in self.eager:
                    with side.within():
                        latency = self.device.latency_us(side.calls[0], _LATENCY)
                    homes[side.name]["eager_us"] = round(latency, 2)

    def _finish(self, row: Row, record: Record, precision: str, others: list[Record]) -> None:
        if "us" not in record["ours"]:
            record |= {"status": "failed", "why": record["ours"].get("why", "not timed")}
            return
        record["status"] = "measured"
        record["rivals"] = [dict(other) for other in others]
        record["ratios"] = ratios(record["ours"], others, precision)
        floor = cost(row, _itemsize(ours.PRECISIONS[precision])).floor_us(precision, self.rates)
        record["floor_us"] = round(floor, 3)
        record["roofline"] = round(floor / record["ours"]["us"], 4)

    def _head(self, row: Row, precision: str, status: str, why: str) -> Record:
        costs = cost(row, _itemsize(ours.PRECISIONS[precision]))
        return {
            "name": row.name,
            "also": list(row.also),
            "operation": row.operation,
            "precision": precision,
            "geometry": row.geometry,
            "layer": repr(row.layer),
            "input_shape": list(row.input_shape),
            "flops": costs.flops,
            "bytes": costs.bytes,
            "status": status,
            "why": why,
        }


def _itemsize(dtype: str) -> int:
    return 4 if dtype == "float32" else 2


def _rounded(timing: Timing) -> Record:
    record = asdict(timing)
    return record | {name: round(record[name], 3) for name in ("us", "least", "most")}


def _first_line(error: BaseException) -> str:
    lines = (line.strip() for line in str(error).splitlines())
    return f"{type(error).__name__}: {next(filter(None, lines), '')[:200]}"
