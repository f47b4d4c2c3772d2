"""A target that cannot be opened is told of as it is in this process."""

from pathlib import Path

import pytest

from convproof.errors import MissingExtraError, TargetError
from convproof.verify.isolation.isolated import IsolatedSubject


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os; os._exit(5)", "failed: the process left with exit code 5"),
        ("raise RuntimeError('no driver')", "failed: RuntimeError: no driver"),
        ("x = 1", "nothing in .* can be verified"),
    ],
)
def test_a_target_that_cannot_be_found_is_no_failure_of_a_law(
    tmp_path: Path, source: str, message: str
) -> None:
    """TargetError, with its message, also if the import ends the process."""
    path = tmp_path / "mine.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(TargetError, match=message):
        IsolatedSubject(str(path))


def test_a_missing_package_is_told_with_its_extra(tmp_path: Path) -> None:
    """MissingExtraError, with its message."""
    path = tmp_path / "mine.py"
    path.write_text(
        "from convproof.errors import MissingExtraError\nraise MissingExtraError('cupy', 'cuda13')",
        encoding="utf-8",
    )
    with pytest.raises(MissingExtraError, match=r"cupy is not installed: .*cuda13"):
        IsolatedSubject(str(path))
