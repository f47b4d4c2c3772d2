"""What an implementation is compiled from: its sources by content, and which of them a layer runs.

A version says little of a kernel that is being written, so evidence names every source by the hash
of its content. Who has sources registers them in the entry-point group ``convproof.sources``, by
the implementation's name; to ask them takes neither a compiler nor a GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, runtime_checkable

from convproof.functions import Role
from convproof.layers import Layer, Shape

GROUP = "convproof.sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What a file of measured choices decides of a function of a layer.

    Attributes:
        implementation: that takes the choices, where the file holds for its device.
        file: the file's name, without a folder.
        digest: the first 16 hexadecimal digits of the hash of its content.
        device: that was measured.
        role: of the function.
        input_shape: of ``x``, batch included.
        launched: the names of the sources that the function then runs.
        alone: those of them that nothing but such a choice runs, each with the names of the proofs
            of its addresses.
    """

    implementation: str
    file: str
    digest: str
    device: str
    role: Role
    input_shape: Shape
    launched: tuple[str, ...]
    alone: tuple[tuple[str, tuple[str, ...]], ...] = ()


@runtime_checkable
class Sources(Protocol):
    """The sources of an implementation."""

    def digests(self) -> Mapping[str, str]:
        """Return the first 16 hexadecimal digits of the hash of each source, by its name."""

    def inputs(self, layer: Layer) -> tuple[Shape, Shape]:
        """Return two shapes of ``x``, batch included: a small one, and one that takes more sources.

        Verification asks small cases, and what only the large one runs is beyond them.
        """

    def launched(
        self, layer: Layer, dtype: str, input_shape: Shape
    ) -> Mapping[Role, tuple[str, ...]]:
        """Return the names of the sources that each function of a layer runs.

        Args:
            layer: the spec.
            dtype: of its arrays.
            input_shape: of ``x``, batch included.

        Raises:
            ConvProofError: if the implementation does not offer the layer so.
        """

    def chosen(
        self, layer: Layer, dtype: str, precision: str, input_shape: Shape | None
    ) -> tuple[Chosen, ...]:
        """Return what files of measured choices on this machine decide; no device is asked.

        Args:
            layer: the spec.
            dtype: of its arrays.
            precision: of products, see ``convproof.names.precision``.
            input_shape: of ``x``, batch included; None: of any.
        """


@cache
def all_sources() -> dict[str, Sources]:
    """Return the sources of every implementation that registers them, by its name."""
    return {point.name: point.load() for point in entry_points(group=GROUP)}


def digests_of(name: str) -> dict[str, str]:
    """Return the hash of each source of an implementation by its name; of any other target none."""
    sources = all_sources().get(name)
    return {} if sources is None else dict(sources.digests())
