"""What a kernel did wrong: one exception, whose kind is one of a closed set."""

from typing import Literal, get_args

from convproof.errors import ConvProofError

Kind = Literal[
    "out-of-bounds",
    "race",
    "uninitialised",
    "divergence",
    "deadlock",
    "misaligned",
    "const-write",
    "undefined",
    "async-copy",
    "step-limit",
]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order of `Kind` in device/interface.hpp, from 1
Index = tuple[int, int, int]


class SimFault(ConvProofError):  # noqa: N818  # the word of the field
    """A kernel's fault, at the access that commits it and before it happens.

    =================  ============================================================================
    kind               means
    =================  ============================================================================
    ``out-of-bounds``  an access outside every array, or beyond an array's type
    ``race``           two accesses without an order, one of them a write
    ``uninitialised``  a read of memory that nothing has written, or an output left unwritten
    ``divergence``     a barrier or a warp's operation that not all threads come to
    ``deadlock``       threads wait for each other
    ``misaligned``     an address that is no multiple of the access's size
    ``const-write``    a write through a pointer to const
    ``undefined``      signed overflow, a bad shift, an integer division by zero, an assertion
    ``async-copy``     a destination of ``cp.async`` that is touched before its wait
    ``step-limit``     more steps than allowed: the kernel may not end
    =================  ============================================================================

    Attributes:
        kind: which.
        kernel: name of the kernel.
        file: source file, as the source or its ``#line`` names it.
        line: line in it; 0 if it is not known.
        block: ``blockIdx``.
        thread: ``threadIdx``; None if no thread is to blame.
        array: the array touched: a kernel's parameter, or a ``__shared__`` variable; "" if none is.
        offset: byte within the array; negative before it.
        message: what happened, without the place.
    """

    def __init__(
        self,
        *,
        kind: Kind,
        kernel: str,
        file: str,
        line: int,
        block: Index,
        thread: Index | None,
        array: str,
        offset: int,
        message: str,
    ) -> None:
        self.kind = kind
        self.kernel = kernel
        self.file = file
        self.line = line
        self.block = block
        self.thread = thread
        self.array = array
        self.offset = offset
        self.message = message
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else ""
        who = f"block {self.block}" + (f", thread {self.thread}" if self.thread else "")
        what = f" {self.array}[byte {self.offset}]:" if self.array else ""
        return f"{where}{self.kind} in {self.kernel}, {who}:{what} {self.message}"

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (dict(self.__dict__),)


def _again(attributes: dict[str, object]) -> SimFault:
    return SimFault(**attributes)  # type: ignore[arg-type]
