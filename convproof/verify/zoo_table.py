"""The kill table, as lines for a terminal and as Markdown."""

from collections.abc import Sequence

from convproof.verify.zoo import Kill, summary

_WORDS = {"seen": "sees it", "missed": "misses", "not asked": "not asked"}


def line(kill: Kill) -> str:
    """Return one mutant as a line."""
    refuted = f"{kill.refuted_by}, {kill.examples} cases" if kill.refuted_by else "SURVIVED"
    others = f"allclose {kill.allclose}, gradcheck {kill.gradcheck_slow}/{kill.gradcheck_fast}"
    return f"{kill.mutant.name}: {refuted}, {kill.seconds:.1f} s; {others}"


def sentence(found: Sequence[Kill]) -> str:
    """Return the counts in one sentence."""
    counts = summary(found)
    return (
        f"{counts['refuted']} of {counts['mutants']} mutants refuted; missed by "
        f"allclose(1e-2) on one shape: {counts['allclose_misses']}, by gradcheck: "
        f"{counts['gradcheck_slow_misses']} in slow mode, {counts['gradcheck_fast_misses']} in fast"
    )


def as_markdown(found: Sequence[Kill]) -> str:
    """Return the whole table."""
    heading = (
        "mutant", "function", "origin", "refuted by", "cases", "seconds", "allclose(1e-2)",
        "gradcheck slow", "gradcheck fast",
    )  # fmt: skip
    rows = [
        (
            kill.mutant.name.replace("_", " "),
            f"`{kill.mutant.function}`",
            kill.mutant.origin,
            kill.refuted_by or "**survived**",
            str(kill.examples),
            f"{kill.seconds:.1f}",
            *(_WORDS[word] for word in (kill.allclose, kill.gradcheck_slow, kill.gradcheck_fast)),
        )
        for kill in found
    ]
    lines = [_row(heading), _row(["---"] * len(heading)), *map(_row, rows)]
    return "\n".join([*lines, "", f"{sentence(found)}.", ""])


def as_summary(found: Sequence[Kill]) -> str:
    """Return one row per law: how many mutants it refutes, and how many of them others miss."""
    heading = (
        "law", "refutes", "missed by allclose(1e-2)", "by gradcheck slow", "by gradcheck fast",
    )  # fmt: skip
    lines = [_row(heading), _row(["---"] * len(heading))]
    for law in dict.fromkeys(kill.refuted_by for kill in found):
        held = [kill for kill in found if kill.refuted_by == law]
        missed = (
            sum(getattr(kill, name) == "missed" for kill in held)
            for name in ("allclose", "gradcheck_slow", "gradcheck_fast")
        )
        lines.append(_row([law or "**none**", str(len(held)), *map(str, missed)]))
    return "\n".join([*lines, "", f"{sentence(found)}.", ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
