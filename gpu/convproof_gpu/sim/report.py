"""What a launch did, in numbers that a GPU's speed depends on."""

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)  # frozen would take a tenth of a launch
class SimReport:
    """A launch that had no fault.

    The lanes of a warp that come to one place for the k-th time are one request. Sectors are 32
    bytes of global memory; turns are passes of a request through the 32 banks of shared memory.

    Attributes:
        kernel: its name.
        switches: of fibers.
        accesses: checked.
        steps: accesses and branches.
        requests: of global memory, by warps. These and what follows are None unless counted.
        sectors: that they move.
        least_sectors: that would hold the bytes they need.
        bytes: of global memory that they need.
        shared_requests: of shared memory.
        turns: that they take.
        least_turns: that they would take without a conflict.
        outputs: elements of the arrays that were named as outputs; None: none was.
    """

    kernel: str
    switches: int
    accesses: int
    steps: int
    requests: int | None = None
    sectors: int | None = None
    least_sectors: int | None = None
    bytes: int | None = None
    shared_requests: int | None = None
    turns: int | None = None
    least_turns: int | None = None
    outputs: int | None = None

    @property
    def bytes_per_output(self) -> float | None:
        """Bytes of global memory, as its sectors move them, for an element of the outputs."""
        return 32 * self.sectors / self.outputs if self.sectors and self.outputs else None

    @property
    def conflicts(self) -> int | None:
        """Turns of shared memory beyond the least."""
        return None if self.turns is None else self.turns - (self.least_turns or 0)
