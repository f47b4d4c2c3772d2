"""Names stand for proofs of ours, and for claims of a user's file or module."""

from pathlib import Path

import pytest

from convproof.errors import TargetError
from convproof.proving.find import asked, found
from convproof.theorems.proofs import proofs
from tests.proving import claims

FILE = str(Path(claims.__file__))
ALL = [
    *["ceiling", "half padding keeps floor(n/s)", "vacuous", "divided", "shifted", "euclid"],
    *["proved", "raising", "exiting", "killed", "empty", "untwinned"],
]


def names(*given: str) -> list[str]:
    return [each.name for each in asked(given)]


def test_without_a_name_every_proof_of_ours_is_asked() -> None:
    assert names() == list(proofs())
    assert names("strided", "dilated", "strided") == ["strided", "dilated"]


def test_a_spec_leads_to_the_object_again() -> None:
    for spec in (f"{FILE}:TRUE", "tests.proving.claims:TRUE"):
        (each,) = asked([spec])
        assert each.name == "ceiling"
        assert found(each.spec) == claims.TRUE
    (each,) = asked(["strided"])
    assert found(each.spec) is proofs()["strided"]


def test_a_file_or_a_module_stands_for_all_that_it_holds() -> None:
    assert names(FILE) == names(f"{FILE}:") == names("tests.proving.claims") == ALL


def test_an_object_of_two_names_is_asked_once(tmp_path: Path) -> None:
    path = tmp_path / "twice.py"
    path.write_text(
        "from tests.proving.claims import TRUE\nagain = TRUE\n"
        "if __name__ == '__main__':\n    raise SystemExit\n"
    )
    assert names(str(path)) == ["ceiling"]


def test_a_file_is_run_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    path, ran = tmp_path / "counted.py", tmp_path / "ran"
    text = (
        "from pathlib import Path\nfrom tests.proving.claims import TRUE, SUMS\n"
        f"with Path({str(ran)!r}).open('a') as file:\n    file.write('x')\n"
    )
    path.write_text(text)
    for each in asked([str(path)]):
        found(each.spec)
    assert ran.read_text() == "x"
    path.write_text(f"{text}again = Path\n")
    assert len(asked([str(path)])) == 2
    assert ran.read_text() == "xx"


ILL = "import sympy as sp\nfrom convproof import Claim\nn = sp.Symbol('n'{})\n"
FILES = {
    "near.py": "x = 1\n",
    "wrong.py": "def\n",
    "zero.py": "1/0\n",
    "exits.py": "raise SystemExit(2)\n",
    "ill.py": ILL.format("") + "X = Claim(name='x', goal=sp.Eq(n, 1))\n",
    "ill_too.py": ILL.format(", integer=True")
    + "X = Claim(name='x', goal=sp.Eq(n, 1), hypotheses=sp.Eq(n, 1))\n",
}


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("same_paddings", "no proof is called 'same_paddings': did you mean same_padding"),
        ("xyzzy", "see `convproof prove --list`, or name a claim as path/file.py:CLAIM."),
        ("near", "did you mean near.py?"),
        ("near.py", "'near.py' holds no Claim, SameSum, Identity or Proof."),
        ("near.py:nothing", "nothing is called 'nothing' in 'near.py'"),
        ("./near:X", "'./near' is neither a .py file nor a module (in './near:X')."),
        ("absent.py", "there is no file 'absent.py'"),
        ("absent.module", "no module 'absent.module' can be imported from here"),
        ("json:loads", "'json:loads' is a function: only a Claim"),
        (f"{FILE}:TRU", "did you mean TRUE?"),
        (f"{FILE}:CLAIMS", "is a tuple: only a Claim, SameSum, Identity or Proof can be proved."),
        (f"{FILE}:Claim", "only a Claim"),
        ("wrong.py", "importing 'wrong.py' failed: SyntaxError: "),
        ("zero.py", "importing 'zero.py' failed: ZeroDivisionError: "),
        ("exits.py", "importing 'exits.py' failed: SystemExit: 2"),
        ("ill.py", "importing 'ill.py' failed: ClaimError: x: n is declared neither integer"),
        ("ill_too.py", "importing 'ill_too.py' failed: ClaimError: x: hypotheses are a tuple"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_in_one_line(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file, text in FILES.items():
        (tmp_path / file).write_text(text)
    with pytest.raises(TargetError) as caught:
        asked([name])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
