"""What tests of verification share."""

import pytest

from convproof.verify import deciding
from convproof.verify.exhaustive import exhaustive_cases


@pytest.fixture
def a_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the exhaustive profile decide every twentieth geometry."""
    monkeypatch.setattr(deciding, "exhaustive_cases", lambda *which: exhaustive_cases(*which)[::20])
