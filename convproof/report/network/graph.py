"""The graph of a network as a diagram: what has no row of its own is part of what it follows."""

from convproof.networks.count import rows
from convproof.networks.graph import INPUT, Network
from convproof.report.model import Box, Diagram

_MOST = 80  # boxes that a page has room for


def module(name: str) -> str:
    """Return the module that a node is of, or the node's own name."""
    return name.partition(".branch")[0].removesuffix(".pool")


def volume(shape: tuple[int, ...]) -> str:
    """Return a shape as the lecture writes it: width, height, channels; or features.

    Example:
        >>> volume((64, 7, 7)), volume((1000,))
        ('7×7×64', '1,000')
    """
    return "×".join(map(str, reversed(shape))) if len(shape) > 1 else f"{shape[0]:,}"


def diagram(network: Network) -> Diagram:
    """Return the layers of a network that have rows, a module in one box."""
    listed = {row.name: row for row in (*rows(network), *rows(network, auxiliary=True))}
    home = {INPUT: INPUT}
    for node in network:
        name = module(node.name)
        home[node.name] = name if name in listed else home[node.reads[0]]
    kinds = list(dict.fromkeys(row.kind for row in listed.values()))
    arrows = dict.fromkeys(
        (home[read], home[node.name])
        for node in network
        for read in node.reads
        if home[read] != home[node.name]
    )
    order = dict.fromkeys([INPUT, *(home[node.name] for node in network)])
    boxes = tuple(
        Box(
            name=name, label=name, note=volume(listed[name].shape),
            tone=kinds.index(listed[name].kind),
        )
        for name in order
    )  # fmt: skip
    return Diagram(
        caption="The graph: what a layer computes, and its volume",
        description=f"{len(boxes)} layers and modules, joined by {len(arrows)} arrows.",
        boxes=boxes,
        arrows=tuple(arrows),
        key=tuple((number, kind.replace("_", " ")) for number, kind in enumerate(kinds)),
    )


def first_module(network: Network) -> Diagram | None:
    """Return the inside of a network's first module of several nodes; None if it has none."""
    names = [module(node.name) for node in network]
    several = [name for name in names if names.count(name) > 1]
    if not several:
        return None
    inside = [node for node in network if module(node.name) == several[0]]
    held = {node.name for node in inside}
    kinds = list(dict.fromkeys(type(node.layer).__name__ for node in inside))
    outside = dict.fromkeys(r for node in inside for r in node.reads if r not in held)
    before = [
        Box(name=name, label=name, note=volume(network.shapes[name]), tone=16) for name in outside
    ]
    boxes = [
        Box(
            name=node.name, label=node.name.removeprefix(f"{several[0]}."),
            note=volume(network.shapes[node.name]), tone=kinds.index(type(node.layer).__name__),
        )
        for node in inside
    ]  # fmt: skip
    arrows = tuple((read, node.name) for node in inside for read in node.reads)
    return Diagram(
        caption=f"Inside the module {several[0]}",
        description=f"{len(boxes)} layers whose branches are joined at the end.",
        boxes=(*before, *boxes),
        arrows=arrows,
        key=tuple(enumerate(kinds)),
    )
