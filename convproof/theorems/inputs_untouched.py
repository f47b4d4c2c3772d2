"""Inputs untouched: a function reads its arrays and leaves every bit of them as it was."""

from convproof.cases import ConvCase, Function
from convproof.theorems.base import Request, Subject, Theorem, Violation


def _check(subject: Subject, function: Function, case: ConvCase, request: Request) -> str | None:
    arrays = case.integers().astype(request.dtype)
    _, left = subject.raw_answer(function, case, arrays)
    before, after = arrays.read_by(function.role), left.read_by(function.role)
    for name, array in before.items():
        if array.tobytes() != after[name].tobytes():
            flat = next(
                i
                for i, (a, b) in enumerate(zip(array.flat, after[name].flat, strict=True))
                if a.tobytes() != b.tobytes()
            )
            raise Violation(
                law=f"the input {name} is left as it was; {name}.flat[{flat}] was "
                f"{array.flat[flat]} and is now {after[name].flat[flat]}",
                arrays=arrays,
                assertion=f"{name}.flat[{flat}] == {array.flat[flat].item()!r}",
            )
    return None


THEOREM = Theorem(
    name="untouched",
    statement="The arrays given are left as they were.",
    latex=r"x \mapsto f(x) \text{ leaves } x",
    check=_check,
)
