"""Finding targets: what may be named, what is told of a name that leads nowhere."""

from pathlib import Path

import pytest

from convproof.errors import TargetError
from convproof.functions import Function
from convproof.verify.targets.find import find_target, usual_arrays

GOOD = """
from convproof import get_implementation

_right = get_implementation("reference")


def conv2d(x, w, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return _right.conv2d(x, w, bias, stride, padding, dilation, groups)


def mine(x, w, bias=None, **options):
    return _right.conv2d(x, w, bias, **options)


def conv3d_weight(x, weight_size, y_bar, **options):
    return _right.conv3d_weight(x, weight_size, y_bar, **options)


class Space:
    supports = {"asymmetric"}
    conv1d = staticmethod(_right.conv1d)
    conv1d_bias = staticmethod(_right.conv1d_bias)


table = {"conv2d": conv2d, "supports": "integer"}
number = 3


def few(x, w, b=None, stride=1, padding=0):
    return x


def narrow(x, w):
    return x


class Odd:
    supports = {"everything"}
    conv2d = staticmethod(conv2d)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kernels.py").write_text(GOOD, encoding="utf-8")
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('first' + chr(10) + 'second')")
    (package / "mod.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "sibling.py").write_text("from kernels_too import conv2d")
    (tmp_path / "below" / "kernels_too.py").write_text(GOOD, encoding="utf-8")
    (tmp_path / "broken.py").write_text("import nothing_of_this_name", encoding="utf-8")
    declaring = "supports = ['circular']\n" + GOOD
    (tmp_path / "declaring.py").write_text(declaring, encoding="utf-8")
    (tmp_path / "quits.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("spec", "names", "expression"),
    [
        ("kernels.py:conv2d", ["conv2d"], "module.conv2d"),
        ("kernels:mine", ["conv2d"], "kernels.mine"),
        ("kernels:conv3d_weight", ["conv3d_weight"], "kernels.conv3d_weight"),
        ("kernels:Space", ["conv1d", "conv1d_bias"], "kernels.Space.conv1d"),
        ("kernels:table", ["conv2d"], "kernels.table['conv2d']"),
        ("kernels", ["conv2d", "conv3d_weight"], "kernels.conv2d"),
        ("kernels.py", ["conv2d", "conv3d_weight"], "module.conv2d"),
        ("below/sibling.py:conv2d", ["conv2d"], "module.conv2d"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_target_may_be_named_in_each_of_these_ways(
    spec: str, names: list[str], expression: str
) -> None:
    target = find_target(spec)
    assert [function.name for function in target.functions] == names
    assert next(iter(target.expression.values())) == expression
    namespace: dict[str, object] = {}
    exec(target.prelude, namespace)
    assert all(callable(eval(e, namespace)) for e in target.expression.values())


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("kernels.py:conv2", "nothing is called 'conv2' in 'kernels.py': did you mean conv2d?"),
        ("kernels.py:Space.conv1", "'conv1' in 'kernels.py:Space': did you mean conv1d or "),
        ("kernels.py:other", "nothing is called 'other' in 'kernels.py'."),
        ("json", "or another name of `convproof list`."),
        ("near", "`convproof list`, though conv_2d is near to conv2d."),
    ],
)
def test_a_near_name_is_told_and_no_list_of_all(spec: str, words: str, folder: Path) -> None:
    (folder / "near.py").write_text("def conv_2d(x): return x", encoding="utf-8")
    with pytest.raises(TargetError) as told:
        find_target(spec)
    assert words in str(told.value)
    assert "convproof_target" not in str(told.value)
    assert len(str(told.value)) < 200


def test_a_kernelbench_file_takes_torchs_arrays(folder: Path) -> None:
    pair = "class Model: ...\nclass ModelNew: ..."
    for text, usual in ((pair, "torch"), (GOOD, "numpy"), ("class Model: ...", "numpy")):
        (folder / "task.py").write_text(text, encoding="utf-8")
        assert usual_arrays("task.py") == usual
    (folder / "task.py").write_text("def", encoding="utf-8")
    assert [usual_arrays(s) for s in ("task.py", "absent.py", "torch")] == ["numpy"] * 3
    assert usual_arrays("autograd:kernels.py") == "torch"


@pytest.mark.usefixtures("folder")
def test_a_function_without_a_known_name_is_what_the_dims_ask_for() -> None:
    target = find_target("kernels:mine", bare=Function("conv1d"))
    assert [function.name for function in target.functions] == ["conv1d"]


@pytest.mark.usefixtures("folder")
def test_what_a_target_declares_is_read() -> None:
    assert find_target("kernels:Space").supports == {"asymmetric"}
    assert find_target("kernels:table").supports == {"integer"}
    assert find_target("kernels:conv2d").supports == frozenset()
    assert find_target("declaring:conv2d").supports == {"circular"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("kernels:nothing", "nothing is called 'nothing' in 'kernels'"),
        ("kernels:number", "is no function, and holds none called conv1d"),
        ("kernels:narrow", r"called f\(x, w, b, stride=….*but takes \(x, w\)"),
        ("kernels:Odd", r"supports = \{everything\}; known are asymmetric, circular, integer"),
        ("broken", "importing 'broken' failed: ModuleNotFoundError: No module named"),
        ("broken.py", "importing 'broken.py' failed: ModuleNotFoundError"),
        ("quits", "importing 'quits' failed: SystemExit: 3"),
        ("package.mod:conv2d", "importing 'package.mod:conv2d' failed: RuntimeError: first$"),
        ("absent.py:conv2d", "there is no file 'absent.py'"),
        ("absent", "no target is called 'absent': it is no implementation"),
        ("torhc", r"no target is called 'torhc': .*; did you mean torch\?$"),
        ("kernels.conv2d", r"did you mean kernels:conv2d\?$"),
        ("border.cu", r"is a CUDA source: `convproof sim-check border\.cu` runs its kernels\.$"),
        (".", r"^no target is called '\.'"),
        ("./kernels", r"^no target is called '\./kernels'"),
        (
            "kernels:few",
            r"'dilation'\. What it does not offer is not passed: --lacks dilation,groups",
        ),
        (":conv2d", "no target is called ':conv2d'"),
        ("", "no target is called ''"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_name_that_leads_nowhere_is_told_in_one_line(spec: str, words: str) -> None:
    with pytest.raises(TargetError, match=words) as told:
        find_target(spec)
    assert "\n" not in str(told.value)
