"""Inputs untouched: a function reads its arrays and leaves every bit of them as it was."""

from convproof.cases import ConvCase, Function
from convproof.theorems.base import Request, Subject, Theorem, Violation


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    arrays = case.reals(request.dtype) if request.dtype.kind != "i" else case.integers()
    _, left = subject.raw_answer(function, case, arrays)
    before, after = arrays.read_by(function.role), left.read_by(function.role)
    for name, array in before.items():
        now = after[name]
        if now.shape != array.shape or now.dtype != array.dtype:
            raise Violation(
                law=f"the input {name} is left as it was; it was {array.dtype} {array.shape} and "
                f"is now {now.dtype} {now.shape}",
                arrays=arrays,
                assertion=f"(answer(), tuple({name}.shape))[1] == {array.shape}",
            )
        pairs = enumerate(zip(array.flat, now.flat, strict=True))
        for flat, (was, became) in pairs:
            if was.tobytes() != became.tobytes():
                raise Violation(
                    law=f"the input {name} is left as it was; entry {flat} of {name} was {was} "
                    f"and is now {became}",
                    arrays=arrays,
                    assertion=f"(answer(), {name}.ravel()[{flat}])[1] == {was.item()!r}",
                )
    return None


THEOREM = Theorem(
    name="untouched",
    statement="The arrays given are left as they were.",
    latex=r"x \mapsto f(x) \text{ leaves } x",
    check=_check,
)
