"""The kill table: which seeded faults the laws refute, and which of them other checks miss."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from convproof.report.model import (
    Badge,
    Code,
    Column,
    Document,
    Plot,
    Prose,
    Scale,
    Section,
    Series,
    Table,
    Text,
    Verdict,
)

_OTHERS = (
    ("allclose", "allclose"),
    ("gradcheck_slow", "gradcheck, slow"),
    ("gradcheck_fast", "gradcheck, fast"),
)
_MISSED = "missed"
Record = Mapping[str, Any]


def kill_table(zoo: Record, *, command: str, version: str) -> Document:
    """Return the document of a zoo's JSON (``convproof zoo --json``)."""
    mutants: Sequence[Record] = zoo["mutants"]
    survivors = [m for m in mutants if not m["refuted_by"]]
    word = Badge("all refuted", "good") if not survivors else Badge("some survive", "bad")
    refuted = len(mutants) - len(survivors)
    misses = ", ".join(f"{name} {_misses(mutants, key)}" for key, name in _OTHERS)
    return Document(
        title="Which seeded faults the laws refute",
        subtitle=f"{len(mutants)} mutants, seed {zoo['seed']}, profile {zoo['profile']}",
        command=command,
        version=version,
        blocks=(
            Verdict(badge=word, prose=f"{refuted} of {len(mutants)} mutants refuted."),
            Text(
                "A mutant is a layer with one fault, of those that were published or are easily "
                "made. Beside the laws stand what is used today: ",
                Code("allclose(rtol=1e-2, atol=1e-2)"),
                " on one friendly shape, and gradcheck, which is asked of derivatives alone. "
                f"Of these mutants they miss: {misses}.",
            ),
            _per_law(mutants),
            _plot(mutants),
            Section(title="Every mutant", blocks=(_all(mutants),)),
        ),
    )


def _misses(mutants: Sequence[Record], key: str) -> int:
    return sum(m[key] == _MISSED for m in mutants)


def _laws(mutants: Sequence[Record]) -> list[str]:
    counted = Counter(m["refuted_by"] for m in mutants if m["refuted_by"])
    return sorted(counted, key=lambda law: (-counted[law], law))


def _per_law(mutants: Sequence[Record]) -> Table:
    rows: list[tuple[Prose | int, ...]] = []
    for law in _laws(mutants):
        held = [m for m in mutants if m["refuted_by"] == law]
        missed = tuple(_misses(held, key) for key, _ in _OTHERS)
        rows.append((law.replace("_", " "), len(held), *missed))
    right = [Column(heading=f"missed by {name}", align="right") for _, name in _OTHERS]
    return Table(
        caption="The law that refutes first, how many, and how many of these other checks miss",
        columns=(Column(heading="law"), Column(heading="refutes", align="right"), *right),
        rows=tuple(rows),
        totals=(
            ("all", sum(bool(m["refuted_by"]) for m in mutants),
             *(_misses(mutants, key) for key, _ in _OTHERS)),
        ),
    )  # fmt: skip


def _plot(mutants: Sequence[Record]) -> Plot:
    laws = _laws(mutants)
    refuted = Counter(m["refuted_by"] for m in mutants)
    missed = Counter(m["refuted_by"] for m in mutants if m["allclose"] == _MISSED)
    return Plot(
        caption="Mutants by the law that refutes them, and those of them that allclose misses",
        description=f"Two bars for each of {len(laws)} laws.",
        x=Scale(label="law", categories=tuple(law.replace("_", " ") for law in laws)),
        y=Scale(label="mutants"),
        series=(
            Series(name="refuted", points=_points([refuted[law] for law in laws])),
            Series(name="missed by allclose", points=_points([missed[law] for law in laws])),
        ),
        style="bars",
    )


def _points(values: Sequence[int]) -> tuple[tuple[float, float], ...]:
    return tuple((float(place), float(value)) for place, value in enumerate(values))


def _all(mutants: Sequence[Record]) -> Table:
    return Table(
        caption="Every mutant, its fault and what sees it; gradcheck slow / fast where they differ",
        columns=(
            Column(heading="function and fault", wraps=True), Column(heading="refuted by"),
            Column(heading="cases", align="right"), Column(heading="allclose"),
            Column(heading="gradcheck"),
        ),
        rows=tuple(map(_mutant, mutants)),
    )  # fmt: skip


def _mutant(mutant: Record) -> tuple[Prose | int, ...]:
    origin = f" ({mutant['origin']})" if mutant["origin"] else ""
    slow_and_fast = (mutant["gradcheck_slow"], mutant["gradcheck_fast"])
    by = mutant["refuted_by"].replace("_", " ") if mutant["refuted_by"] else "survived"
    return (
        (Code(mutant["function"]), f": {mutant['fault'].rstrip('.')}{origin}"),
        by if mutant["refuted_by"] else (Badge(by, "bad"),), mutant["examples"],
        mutant["allclose"], " / ".join(dict.fromkeys(slow_and_fast)),
    )  # fmt: skip
