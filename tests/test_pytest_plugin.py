"""A user's pytest asks a target that is named, and says what is wrong without our tracebacks."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

KERNELS = """
from convproof import functional as F

lacks = {"rejects", "empty"}


def conv2d(x, w, bias=None, **options):
    return F.conv2d(x, w[..., ::-1], bias, **options)


def few(x, w, bias=None, stride=1, padding=0):
    return F.conv1d(x, w, bias, stride=stride, padding=padding)


conv2d_bias = F.conv2d_bias


def conv1d(x, w, bias=None, **options):
    return F.conv1d(x, w, bias, **options)
"""
NOTHING = """
from convproof.errors import UnsupportedError


def conv1d(x, w, bias=None, **options):
    raise UnsupportedError("not on this card")
"""
TEST = """
def test_arithmetic():
    assert 1 + 1 == 2


def test_target(convproof_target):
    assert convproof_target == "kernels"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kernels.py").write_text(KERNELS, encoding="utf-8")
    (tmp_path / "nothing.py").write_text(NOTHING, encoding="utf-8")
    (tmp_path / "test_user.py").write_text(TEST, encoding="utf-8")
    return tmp_path


def _pytest(
    folder: Path, *words: str, ini: str = "", variable: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run pytest as a user does: the plugin is there, and none of this project's settings."""
    (folder / "pytest.ini").write_text(f"[pytest]\nfilterwarnings = error\n{ini}", encoding="utf-8")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "CONVPROOF"))}
    environment |= {"CONVPROOF_TARGET": variable} if variable else {}
    plugin = ["-p", "no:convproof", "-p", "convproof.pytest_plugin"]  # once, installed or not
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_function_of_a_target_is_a_test(folder: Path) -> None:
    """The broken one fails with its law, case, values and snippet, and no traceback."""
    done = _pytest(folder, "-v", "--convproof-target=kernels")
    assert done.returncode == 1, done.stdout + done.stderr
    out = done.stdout
    assert "convproof: target kernels, profile quick" in out
    assert "convproof::conv1d[float32] PASSED" in out
    assert "convproof::conv2d[float32] FAILED" in out
    assert "convproof::conv2d_bias[float32] PASSED" in out
    assert "test_user.py::test_target PASSED" in out
    assert "4 passed" in out
    for words in ("law: ", "case: ", "first differing: y[", "reproduce:", "import kernels"):
        assert words in out
    assert "Traceback" not in out
    assert "pytest_plugin.py" not in out


def test_the_summary_says_the_law(folder: Path) -> None:
    done = _pytest(folder, "-q", "--convproof-target=kernels", "-k", "convproof and not 1d")
    assert "FAILED convproof::conv2d[float32] - y[n,m,o] = b[m]" in done.stdout


def test_keywords_choose_among_the_functions(folder: Path) -> None:
    done = _pytest(folder, "-v", "--convproof-target=kernels", "-k", "conv2d_bias or arithmetic")
    assert done.returncode == 0, done.stdout
    assert "2 passed, 3 deselected" in done.stdout


def test_the_first_failure_may_end_the_session(folder: Path) -> None:
    done = _pytest(folder, "-v", "-x", "--convproof-target=kernels")
    assert done.returncode == 1
    assert "conv2d_bias" not in done.stdout.replace("imported", "")


def test_collecting_alone_asks_nothing(folder: Path) -> None:
    done = _pytest(folder, "-q", "--collect-only", "--convproof-target=kernels")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if "::" in line] == [
        "test_user.py::test_arithmetic",
        "test_user.py::test_target",
        "convproof::conv1d[float32]",
        "convproof::conv2d[float32]",
        "convproof::conv2d_bias[float32]",
    ]


@pytest.mark.parametrize(
    ("words", "ini", "variable"),
    [
        (["--convproof-target=kernels"], "convproof_target = absent", "absent"),
        ([], "convproof_target = kernels", "absent"),
        ([], "", "kernels"),
    ],
)
def test_the_option_goes_before_the_file_and_the_file_before_the_environment(
    words: list[str], ini: str, variable: str, folder: Path
) -> None:
    done = _pytest(folder, "-q", "--collect-only", *words, ini=ini, variable=variable)
    assert done.returncode == 0, done.stderr
    assert "convproof::conv1d[float32]" in done.stdout


def test_without_a_target_nothing_of_convproof_is_imported(folder: Path) -> None:
    (folder / "test_imports.py").write_text(
        "import sys\n\n\ndef test_imports():\n"
        "    ours = {name for name in sys.modules if name.startswith('convproof')}\n"
        "    assert ours == {'convproof', 'convproof.pytest_plugin'}\n",
        encoding="utf-8",
    )
    done = _pytest(folder, "-v")
    assert done.returncode == 0, done.stdout
    assert "2 passed, 1 skipped" in done.stdout
    assert "convproof::" not in done.stdout


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("kernls", "no target is called 'kernls'"),
        ("kernels:conv4d", "nothing is called 'conv4d' in 'kernels'"),
        ("absent.py", "there is no file 'absent.py'"),
    ],
)
def test_a_misspelt_target_is_an_error_of_usage(target: str, words: str, folder: Path) -> None:
    done = _pytest(folder, f"--convproof-target={target}")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in done.stderr.splitlines() if line]
    assert line.startswith(f"ERROR: convproof: {words}")


def test_what_is_not_offered_is_skipped_with_its_reason(folder: Path) -> None:
    done = _pytest(folder, "-rs", "--convproof-target=nothing", "-k", "convproof and conv1d")
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert "not on this card" in done.stdout


def test_what_a_target_lacks_may_be_said_without_touching_it(folder: Path) -> None:
    """few(x, w, b, stride, padding) is asked without dilation and groups."""
    target = ["--convproof-target=kernels:Few", "-k", "convproof"]
    with (folder / "kernels.py").open("a", encoding="utf-8") as file:
        file.write("\n\nclass Few:\n    conv1d = staticmethod(few)\n")
    done = _pytest(folder, "-v", *target, "--convproof-lacks=dilation, groups")
    assert "convproof::conv1d[float32] PASSED" in done.stdout, done.stdout + done.stderr
    done = _pytest(folder, *target, "--convproof-lacks=dilatoin")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "did you mean dilation?" in done.stderr


def test_a_known_failure_is_expected_and_its_end_is_told(folder: Path) -> None:
    (folder / "known.toml").write_text(
        'target = "kernels"\n\n[[expected]]\nfunction = "conv2d"\ntheorem = "exact"\n'
        'reason = "flipped"\n\n[[expected]]\nfunction = "conv1d"\ntheorem = "exact"\n'
        'reason = "was wrong"\n',
        encoding="utf-8",
    )
    done = _pytest(folder, "-v", "--convproof-target=kernels", "--convproof-xfail=known.toml")
    assert "convproof::conv2d[float32] XFAIL (exact: flipped)" in done.stdout
    assert "convproof::conv1d[float32] FAILED" in done.stdout
    assert "expected to fail (was wrong), but it holds" in done.stdout


def test_the_plugin_is_registered() -> None:
    project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["entry-points"]["pytest11"] == {
        "convproof": "convproof.pytest_plugin"
    }
