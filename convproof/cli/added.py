"""Commands that other packages add: entry points of the group ``convproof.commands``."""

from typing import Any


def added(group: str = "") -> dict[str, Any]:
    """Return the entry points of commands, by name.

    Args:
        group: what their names begin with, ``"bench "`` of those of ``convproof bench``, and what
            is left off; "": commands of no group.
    """
    from importlib.metadata import entry_points

    entries = entry_points(group="convproof.commands")
    if not group:
        return {entry.name: entry for entry in entries if " " not in entry.name}
    return {e.name.removeprefix(group): e for e in entries if e.name.startswith(group)}
