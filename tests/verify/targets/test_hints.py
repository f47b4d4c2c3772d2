"""What an exception of a target suggests is suggested, and nothing else."""

import pytest

from convproof.verify.targets.subject import _hint

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
