"""Hypothesis profiles: ``CONVPROOF_TEST_PROFILE`` selects one, ``quick`` by default."""

import os
from collections.abc import Iterator

import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

from tests.typed import jaxtyped

# what the hook of --jaxtyping-packages writes above each function
setattr(jaxtyping, "jaxtyped", jaxtyped)  # noqa: B010  # mypy takes no assignment
_SLOW_INPUTS = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile("quick", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=300, deadline=None, derandomize=True, suppress_health_check=_SLOW_INPUTS
)
settings.load_profile(os.environ.get("CONVPROOF_TEST_PROFILE", "quick"))


@pytest.fixture
def untyped() -> Iterator[None]:
    """Switch the type checks off that only tests have, to see the errors that a user sees."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write as into a pipe, of any width: pytest-xdist names one of its own."""
    monkeypatch.delenv("COLUMNS", raising=False)
