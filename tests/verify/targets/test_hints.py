"""What an exception of a target suggests is suggested, and nothing else."""

import pytest

from convproof.calls import Call
from convproof.functions import Function
from convproof.verify.targets.subject import _hint, _lacking, _of_tuples

TENSORS = "a target that takes torch tensors is verified with --arrays torch"


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("relu(): argument 'input' must be Tensor, not numpy.ndarray", TENSORS),
        ("cannot reshape tensor of 0 elements into shape [0, -1, 1]", ""),
        ("'numpy.ndarray' object has no attribute 'unsqueeze'", ""),
    ],
)
def test_tensors_are_suggested_where_arrays_are_refused_for_them(message: str, hint: str) -> None:
    """A tensor in the message alone is the target's own."""
    assert _hint(message, "numpy") == hint
    assert _hint(message, "torch") == ""


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"stride": (1, 1), "output_padding": (1, 0)}, "output_padding anisotropic"),
        ({"stride": (2, 2)}, "stride"),
        ({"stride": (1, 1)}, "rectangular"),
    ],
)
def test_a_refusal_names_the_words_by_which_a_target_is_asked_less(
    options: dict[str, tuple[int, int]], word: str
) -> None:
    """Windows that differ come before inputs: who says "rectangular" is asked neither."""
    size = (1, 1, 2, 3 if word == "rectangular" else 2)
    call = Call(Function("conv_transpose2d", "input"), (("input_size", size),), options)
    told = _lacking(call, NotImplementedError("no"))
    assert told.endswith(f", or --lacks {word.replace(' ', ',')}")
    assert _lacking(call, IndexError("no")) == ""


def test_who_reckons_with_one_number_for_all_axes_is_told_that_there_is_one_for_each() -> None:
    call = Call(Function("conv2d"), (), {"stride": (2, 1), "groups": 1})
    message = "unsupported operand type(s) for //: 'int' and 'tuple'"
    told = _of_tuples(call, TypeError(message), message)
    assert told.startswith("options have one entry per axis, as stride=(2, 1): take stride[0]")
    assert _of_tuples(call, TypeError("no number"), "no number") == ""
