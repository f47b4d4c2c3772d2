"""No map of the kernels is without a proof: each function of ``index_maps`` is in one's list."""

import ast
import sys
from importlib import import_module
from pathlib import Path
from types import FrameType

import pytest

import convproof.index_maps
from convproof.theorems import addresses

COUNTS = {  # how many there are, for launches and choices: a wrong one is no address
    "bands.Bands.blocks": "of a launch",
    "bands.Whole.blocks": "of a launch",
    "correlation.Laid.count": "elements of an array",
    "correlation.Laid.is_identity": "whether an array is needed",
    "correlation.least_products": "the products of a sum, to choose a tile by",
    "fully_connected.images_are_rows": "whether they are, to choose a launch",
    "fully_connected.is_fully_connected": "the same",
    "outer.is_outer": "the same",
    "outer.is_pointwise": "the same",
    "few_channels.Forward.passes": "of a thread, over its channels",
    "few_channels.Gradient.warps": "of a block",
    "windows.Range.count": "of what Windows.taps yields, which windows proves",
    "windows.Windows.divisor": "a product of these",
}

STATED = {  # what no symbol of its proof runs through, and the proof states instead of it
    "bands.read": "a range of integers, of rows_read",
    "bands.readers": "a range of integers, of rows_of_readers",
    "correlation.adjoint": "searches for the phases: what it finds is tested at sizes",
    "correlation.forward": "copies what it is told",
    "correlation.ordered": "chooses between in_blocks and in_rest",
    "correlation.Laid.__call__": "ordered, then weight",
    "correlation.Laid.padded": "rounded up to whole units",
    "depthwise.quotient": "finds the factor",
    "depthwise.of_axes": "puts sizes of 1 before others",
    "depthwise.of_three_axes": "of_axes at three",
}


def public() -> set[str]:
    """Return the public functions and methods of ``index_maps``, by file."""
    found: set[str] = set()
    for path in Path(convproof.index_maps.__file__).parent.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found.add(f"{path.stem}.{node.name}")
            if isinstance(node, ast.ClassDef):
                methods = (each.name for each in node.body if isinstance(each, ast.FunctionDef))
                found |= {f"{path.stem}.{node.name}.{name}" for name in methods}
    return {n for n in found if not n.split(".")[-1].startswith("_") or n.endswith("__call__")}


def declared() -> dict[str, tuple[str, ...]]:
    """Return what each proof of addresses says that it proves."""
    rooms = {
        name: import_module(f"convproof.theorems.addresses.{name}") for name in addresses.PROOFS
    }
    return {name: getattr(module, "PROVES", ()) for name, module in rooms.items()}


def unproved(held: dict[str, tuple[str, ...]]) -> set[str]:
    """Return the maps that no proof declares."""
    return public() - {name for names in held.values() for name in names} - set(COUNTS)


def test_every_map_is_declared_by_a_proof() -> None:
    """maps = union of what the proofs declare, but for counts."""
    held = declared()

    assert not unproved(held)
    assert {name for names in held.values() for name in names} | set(COUNTS) == public()


@pytest.mark.parametrize("name", [name for name, names in declared().items() if names])
def test_a_map_without_its_proof_is_missed(name: str) -> None:
    """Without what one proof declares, the maps are not all proved."""
    held = declared()

    assert unproved(held | {name: ()}) == set(held[name])


@pytest.mark.parametrize("name", [name for name, names in declared().items() if names])
def test_a_proof_runs_the_maps_that_it_declares(name: str) -> None:
    """Its steps are made of what they compute of symbols, but for those that search or choose."""
    module = import_module(f"convproof.theorems.addresses.{name}")
    folder = Path(convproof.index_maps.__file__).parent
    run: set[str] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.parent == folder:
            run.add(f"{path.stem}.{frame.f_code.co_qualname}")

    before = sys.getprofile()
    wanted, steps = set(module.PROVES) - set(STATED), iter(module.PROOF.steps())
    while not wanted <= run:
        sys.setprofile(note)
        try:
            ended = next(steps, None) is None
        finally:
            sys.setprofile(before)
        assert not ended, wanted - run
    assert not run & set(STATED) & set(module.PROVES)
