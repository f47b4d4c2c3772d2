"""Which steps are constant, and where buffers lie."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from convproof_gpu.inference.program import Step, constants, is_constant, offsets
from convproof_gpu.inference.written_arguments import written_arguments
from convproof_gpu.simulated import simulated
from convproof_gpu.specialisations import files, specialisations


def step(reads: list[int], writes: list[int]) -> Step:
    return Step(frozenset(reads), frozenset(writes), lambda *_: None)


@st.composite
def programs(draw: st.DrawFn) -> list[Step]:
    """Return steps that read buffers 0 (the image), 1 (a parameter), or what was written."""
    steps: list[Step] = []
    for number in range(2, draw(st.integers(3, 9))):
        reads = draw(st.lists(st.integers(0, number - 1), min_size=1, max_size=3))
        more = draw(st.lists(st.integers(2, number), max_size=1))
        steps.append(step(reads, [number, *more]))
    return steps


@given(programs())
def test_what_is_constant_is_read_of_constants_alone(steps: list[Step]) -> None:
    """Of every step that writes it; and no larger set is so."""
    found = constants(steps, [1], 0)
    assert 0 not in found
    for each in steps:
        if each.writes & found:
            assert is_constant(each, found)
    others = {buffer for each in steps for buffer in each.writes} - found
    changing = [each for each in steps if not is_constant(each, found)]
    assert others == {buffer for each in changing for buffer in each.writes}
    reached = {0}
    for _ in changing:  # the image reaches every one of them
        for each in changing:
            if (each.reads | each.writes) & reached:
                reached |= each.writes
    assert others | {0} == reached


@given(programs(), st.data())
def test_what_lives_at_once_lies_apart(steps: list[Step], data: st.DataObject) -> None:
    """From the first step that has it to the last; ends live throughout."""
    count = 1 + max(buffer for each in steps for buffer in each.reads | each.writes)
    sizes = data.draw(st.lists(st.integers(1, 600), min_size=count, max_size=count))
    apart = data.draw(st.frozensets(st.integers(1, count - 1)))
    begins, size = offsets(steps, sizes, [0], apart)
    assert all(begins[buffer] == -1 for buffer in apart)
    for number, _ in enumerate(steps):
        alive = [
            buffer
            for buffer in range(count)
            if buffer == 0
            or (
                buffer not in apart
                and (
                    any(buffer in each.reads | each.writes for each in steps[: number + 1])
                    and any(buffer in each.reads | each.writes for each in steps[number:])
                )
            )
        ]
        ends = sorted((begins[buffer], begins[buffer] + sizes[buffer]) for buffer in alive)
        assert all(one[1] <= other[0] for one, other in pairwise(ends))
        assert ends[-1][1] <= size
        assert all(begin % 256 == 0 for begin, _ in ends)


def test_the_source_says_what_a_kernel_writes() -> None:
    """Of every kernel there is: its pointers that are not const, at least one."""
    for file in files():
        for kernel in {each.name: each for each in specialisations(file)}.values():
            assert written_arguments(kernel), kernel


def test_a_compiled_kernel_agrees() -> None:
    """Of one with several pointers: x, w and b are read, y is written."""
    kernel = specialisations("conv_forward")[0]
    names = [parameter.name for parameter in simulated(kernel).parameters]
    assert [names[place] for place in sorted(written_arguments(kernel))] == ["y"]
