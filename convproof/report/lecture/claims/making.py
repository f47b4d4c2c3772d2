"""Short ways to write claims."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from convproof.report.lecture.claim import (
    Claim,
    Computed,
    Fault,
    Formula,
    Kind,
    Law,
    Place,
    Rule,
    Stated,
    Table,
    Unjudged,
    Why,
)
from convproof.report.lecture.counting import row
from convproof.report.lecture.published import published, source


def law(id: str, at: Place, quote: str, proof: str, **more: Any) -> Claim:  # noqa: A002  # a field
    """Return a claim in words that is a law for all sizes."""
    return Claim(
        id=id,
        place=at,
        kind="statement",
        quote=quote,
        stated=Law(proof),
        by=f"convproof prove {proof}",
        **more,
    )


def formula(
    id: str,  # noqa: A002  # a field
    at: Place,
    quote: str,
    text: str,
    rule: Callable[[], Rule],
    over: str = "",
    **more: Any,
) -> Claim:
    """Return a claim that is a formula; ``over`` are the letters that are summed over."""
    left, _, right = text.partition(" = ")
    return Claim(
        id=id,
        place=at,
        kind="formula",
        quote=quote,
        stated=Formula(right, tuple(over.split()), left),
        by="the library, at every size of a grid",
        computed=rule,
        **more,
    )


def number(
    id: str,  # noqa: A002  # a field
    at: Place,
    quote: str,
    stated: Stated,
    computed: Callable[[], Computed],
    by: str,
    kind: Kind = "number",
    **more: Any,
) -> Claim:
    """Return a claim of a number, of several, or of a word."""
    return Claim(
        id=id, place=at, kind=kind, quote=quote, stated=stated, by=by, computed=computed, **more
    )


def matrix(
    id: str,  # noqa: A002  # a field
    at: Place,
    quote: str,
    text: str,
    computed: Callable[[], Table],
    by: str = "convproof derive",
    **more: Any,
) -> Claim:
    """Return a claim that is a matrix, as the file prints it."""
    return Claim(
        id=id,
        place=at,
        kind="matrix",
        quote=quote,
        stated=Table(text.replace(" / ", "\n")),
        by=by,
        computed=computed,
        **more,
    )


def quoted(
    id: str,  # noqa: A002  # a field
    at: Place,
    quote: str,
    stated: Stated,
    figure: str,
    **more: Any,
) -> Claim:
    """Return a claim that is compared with a published figure."""
    more.setdefault("kind", "row" if isinstance(stated, tuple) else "number")
    return Claim(
        id=id,
        place=at,
        quote=quote,
        stated=stated,
        by=source(figure),
        computed=partial(published, figure),
        **more,
    )


def table(
    network: str, at: Place, text: str, faults: Mapping[int, Fault] | None = None
) -> tuple[Claim, ...]:
    """Return a claim for every row of a network's table: ``layer parameters operations volume``."""
    claims = []
    for place, line in enumerate(text.strip().splitlines()):
        layer, parameters, operations, volume = line.split()
        extents = tuple(map(int, volume.split("x")))
        claims.append(
            number(
                f"{network}.{place}",
                at,
                layer.replace(",", ", "),
                (int(parameters), int(operations), extents if len(extents) > 1 else extents[0]),
                partial(row, network, place),
                f"convproof network {network}, row {place}",
                "row",
                fault=(faults or {}).get(place),
            )
        )
    return tuple(claims)


def lost(why: str) -> Fault:
    """Return a fault of the transcription."""
    return Fault(of="transcription", why=why)


def most_frequent(*frames: str) -> str:
    """Return what most frames of a slide print."""
    return max(dict.fromkeys(frames), key=frames.count)


def unjudged(why: Why, slide: str, *quotes: str, occurrence: int = 1) -> tuple[Unjudged, ...]:
    """Return sentences of a slide that are not judged, each with why."""
    return tuple(Unjudged(Place(slide, occurrence), why, quote) for quote in quotes)
