"""What ``convproof list`` says is what ``convproof verify`` asks."""

import pytest

from convproof import implementation
from convproof.cli import run
from convproof.verify.targets.find import find_target

LONG = "an_implementation_of_a_long_name"


@pytest.mark.usefixtures("pipe")
def test_the_list_stands_in_columns_and_declares_what_verify_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(implementation, "implementation_names", lambda: ("numpy", LONG))
    assert run(["list"]) == 0
    _, own, absent, *_ = capsys.readouterr().out.splitlines()
    declared = ", ".join(sorted(find_target("numpy").supports))
    assert own == f"  {'numpy':<{len(LONG)}}  supports {declared}"
    assert {"named", "tensorflow_same"} <= set(declared.split(", "))
    assert absent.startswith(f"  {LONG}  no target is called {LONG!r}")
