"""Objects that a command line names: of a file, of a module, and what is in them."""

import sys
from pathlib import Path

import pytest

from convproof.errors import MissingExtraError, TargetError
from convproof.objects import AbsentError, attribute, from_file, from_module

TEXT = """
import helper_of_held

from convproof.errors import MissingExtraError


class Held:
    value = helper_of_held.VALUE

    @property
    def broken(self):
        raise ZeroDivisionError("of a property\\nand more")

    @property
    def extra(self):
        raise MissingExtraError("islpy", "isl")


held = Held()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a module, a helper of it, and modules whose import fails."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    for name in ("helper_of_held", "held_module", "fails", "quits", "misses", "lacks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    files = {
        "held_module.py": TEXT,
        "helper_of_held.py": "VALUE = 3\n",
        "fails.py": "raise ValueError('first line\\n  second line')\n",
        "quits.py": "import sys\nsys.exit()\n",
        "misses.py": "import held_nowhere\n",
        "lacks.py": TEXT + "held.extra\n",
        "wrong.py": "x = = 1\n",
        "text.txt": "x = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_file_is_a_module_with_what_lies_beside_it() -> None:
    module = from_file(Path("held_module.py"), "held_module.py:held")
    assert attribute(module, "held.value", "held_module.py") == 3
    assert attribute(module, "", "held_module.py") is module


def test_a_module_is_found_from_here() -> None:
    assert from_module("held_module", "held_module:held").held.value == 3


def test_the_way_to_a_folder_does_not_grow() -> None:
    """However often its file is asked for."""
    for _ in range(3):
        from_file(Path("held_module.py"), "")
        from_module("helper_of_held", "")
    assert sys.path.count(str(Path.cwd())) == 1


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("absent.py", "there is no file 'absent.py' (in 'SPEC')."),
        (".", "there is no file '.' (in 'SPEC')."),
        ("text.txt", "'text.txt' is no Python file."),
        ("wrong.py", "importing 'SPEC' failed: SyntaxError: invalid syntax (wrong.py, line 1)"),
        ("fails.py", "importing 'SPEC' failed: ValueError: first line"),
        ("quits.py", "importing 'SPEC' failed: SystemExit: (no message)"),
        ("misses.py", "importing 'SPEC' failed: ModuleNotFoundError: No module named 'held_now"),
    ],
)
def test_a_file_that_is_no_module_is_told_in_one_line(file: str, words: str) -> None:
    with pytest.raises(TargetError) as raised:
        from_file(Path(file), "SPEC")
    assert str(raised.value).startswith(words)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_not_there_is_named_once() -> None:
    with pytest.raises(TargetError, match=r"^there is no file 'absent.py'\.$"):
        from_file(Path("absent.py"), "absent.py")


@pytest.mark.parametrize(
    ("name", "absent", "words"),
    [
        ("held_nothing", True, "no module 'held_nothing' can be imported from here (in 'SPEC')."),
        ("held_module.inner", True, "no module 'held_module.inner' can be imported from here"),
        ("", True, "no module '' can be imported"),
        ("misses", False, "importing 'SPEC' failed: ModuleNotFoundError: No module named 'held_n"),
        ("fails", False, "importing 'SPEC' failed: ValueError: first line"),
    ],
)
def test_no_module_of_a_name_is_not_that_importing_it_fails(
    name: str, absent: bool, words: str
) -> None:
    with pytest.raises(TargetError) as raised:
        from_module(name, "SPEC")
    assert isinstance(raised.value, AbsentError) == absent
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("hold", "nothing is called 'hold' in 'PLACE': did you mean held"),
        ("held.valu", "nothing is called 'valu' in 'PLACE:held': did you mean value?"),
        ("held.value.x_y", "nothing is called 'x_y' in 'PLACE:held.value'."),
        ("held.broken", "looking up 'broken' in 'PLACE:held' failed: ZeroDivisionError: of a pro"),
    ],
)
def test_a_path_that_leads_nowhere_is_told_with_what_is_near(path: str, words: str) -> None:
    module = from_module("held_module", "")
    with pytest.raises(TargetError) as raised:
        attribute(module, path, "PLACE")
    assert str(raised.value).startswith(words)
    assert "\n" not in str(raised.value)


def test_an_extra_that_is_missing_is_told_as_such() -> None:
    """Of a lazy attribute, and of a whole import."""
    with pytest.raises(MissingExtraError, match="islpy is not installed"):
        attribute(from_module("held_module", ""), "held.extra", "PLACE")
    with pytest.raises(MissingExtraError, match="islpy is not installed"):
        from_file(Path("lacks.py"), "")
