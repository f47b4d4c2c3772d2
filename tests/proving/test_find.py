"""Names stand for proofs of ours, and for claims of a user's file or module."""

from pathlib import Path

import pytest

from convproof.errors import TargetError
from convproof.proving.find import asked, found
from convproof.symbolic.solver import Claim
from convproof.theorems.proofs import proofs
from tests.proving import claims

FILE = str(Path(claims.__file__))


def names(*given: str) -> list[str]:
    return [each.name for each in asked(given)]


def test_no_name_stands_for_every_proof_of_ours() -> None:
    assert names() == list(proofs())
    assert names("strided", "dilated", "strided") == ["strided", "dilated"]


def test_a_claim_is_found_in_a_file_and_in_a_module() -> None:
    assert names(f"{FILE}:right") == names("tests.proving.claims:right") == ["ceiling"]
    (each,) = asked([f"{FILE}:right"])
    claim = found(each.spec)
    assert isinstance(claim, Claim)
    assert claim == claims.right


def test_a_file_stands_for_every_claim_that_it_has() -> None:
    expected = ["ceiling", "floor", "vacuous", "divided", "shifted", "shift", "raising", "exiting"]
    assert names(FILE) == names(f"{FILE}:") == [*expected, "dying", "empty", "untwinned"]


def test_an_object_of_two_names_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "twice.py"
    path.write_text(
        "from tests.proving.claims import right\nagain = right\n"
        "if __name__ == '__main__':\n    raise SystemExit\n"
    )
    assert names(str(path)) == ["ceiling"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("strded", "did you mean strided"),
        ("qqqq", "convproof prove --list"),
        (f"{FILE}:rihgt", "did you mean right"),
        (f"{FILE}:number", "is a int: only a Claim"),
        (f"{FILE}:Claim", "only a Claim"),
        ("nowhere.py", "there is no file"),
        ("nowhere.claims:right", "no module"),
        (":right", "no module"),
    ],
)
def test_a_name_that_stands_for_nothing_says_what_is_near(name: str, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        asked([name])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "holds no Claim"),
        ("1/0\n", "ZeroDivisionError"),
        ("def\n", "SyntaxError"),
        ("raise SystemExit(2)\n", "SystemExit"),
    ],
)
def test_a_file_without_claims_and_one_that_fails_say_so(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "users.py"
    path.write_text(text)
    with pytest.raises(TargetError, match=message):
        asked([str(path)])
