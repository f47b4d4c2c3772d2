"""What both back ends say of a proof, beside its statement."""

from collections.abc import Iterator

from convproof.report.model import Code, Prose, TheoremRecord
from convproof.report.wording import worded


def theorem_facts(block: TheoremRecord) -> Iterator[tuple[str, Prose]]:
    """Yield what a record says of a proof, by name."""
    proved, total = block.steps
    yield ("holds for" if total else "stated for"), block.kind
    engines = ", ".join(f"{n} by {name}" for name, n in block.engines)
    if total:
        yield "steps", f"{proved} of {total} proved" + (f": {engines}" if engines else "")
    if block.rule:
        yield "rule", worded(block.rule)
    if block.changed:
        at = f" is refuted at {block.counterexample}" if block.counterexample else " is not refuted"
        yield "false twin", worded(f"{block.changed}{at}")
    if block.source:
        yield "source", block.source
    yield "again", (Code(f"convproof prove {block.name}"),)
