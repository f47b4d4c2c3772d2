"""A target that knows one number for all axes is asked so, and what differs is not asked."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from convproof.cli import run
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.verify.inquiry import inquiry
from convproof.verify.session import Asked
from convproof.verify.targets.alike import alike_only

TARGET = """
from convproof import functional as F

lacks = {"rectangular", "rejects", "empty"}


def conv2d(x, w, bias, *, stride, padding, dilation, groups):
    if x.shape[2] != x.shape[3] or w.shape[2] != w.shape[3]:
        raise ValueError("square images and kernels only")
    (s, _), (p, _), (t, _) = stride, padding, dilation
    return F.conv2d(x, w, bias, s, p, t, groups)


def conv2d_input(input_size, w, y_bar, *, stride, padding, dilation, groups):
    if stride[0] > 1:
        w = w[..., ::-1, :].copy()
    return F.conv2d_input(input_size, w, y_bar, stride, padding, dilation, groups)
"""
ASKED = {"stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


def _answers(given: Any, shapes: tuple[Any, ...], lacks: set[str], name: str, **more: Any) -> bool:
    call = alike_only(lambda *_, **__: True, Function.named(name), lacks)
    arrays = [SimpleNamespace(shape=shape) if kind else shape for kind, shape in
              zip(given, shapes, strict=True)]  # fmt: skip
    return bool(call(*arrays, **(ASKED | more)))


@pytest.mark.parametrize(
    ("shapes", "options", "word"),
    [
        (((1, 1, 5, 5), (1, 1, 3, 2)), {}, "anisotropic"),
        (((1, 1, 5, 5), (1, 1, 3, 3)), {"stride": (2, 1)}, "anisotropic"),
        (((1, 1, 5, 5), (1, 1, 3, 3)), {"padding": ((0, 1), (1, 0))}, "anisotropic"),
        (((1, 1, 5, 4), (1, 1, 3, 3)), {}, "rectangular"),
        (((1, 1, 5, 5), (1, 1, 3, 3)), {"padding": ((0, 1), (0, 1))}, ""),
        (((1, 1, 5, 5), (1, 1, 3, 3)), {"padding": "same"}, ""),
    ],
)
def test_a_call_is_refused_by_the_word_for_what_differs(
    shapes: Any, options: Any, word: str
) -> None:
    """Who lacks "rectangular" lacks "anisotropic"; without a word all is answered."""
    for lacks in ({"anisotropic"}, {"rectangular"}, {"rejects"}):
        given = ("xw", (*shapes, None), lacks, "conv2d")
        refused = word in lacks or (word == "anisotropic" and "rectangular" in lacks)
        if refused:
            with pytest.raises(UnsupportedError, match=f"the target lacks {word}, asked for"):
                _answers((1, 1, 0), *given[1:], **options)
        else:
            assert _answers((1, 1, 0), *given[1:], **options)


@pytest.mark.parametrize(
    ("name", "kinds", "shapes"),
    [
        ("conv2d_input", (0, 1, 1), ((1, 1, 5, 4), (1, 1, 3, 3), (1, 1, 2, 1))),
        ("conv2d_weight", (1, 0, 1), ((1, 1, 5, 4), (1, 1, 3, 3), (1, 1, 2, 1))),
        ("conv2d_bias", (1,), ((1, 1, 2, 1),)),
    ],
)
def test_a_derivative_knows_the_geometry_by_the_sizes_that_it_is_told(
    name: str, kinds: Any, shapes: Any
) -> None:
    with pytest.raises(UnsupportedError, match="lacks rectangular, asked for input"):
        _answers(kinds, shapes, {"rectangular"}, name)
    assert _answers(kinds, shapes, {"anisotropic"}, name)


@pytest.mark.usefixtures("pipe", "untyped")
def test_what_is_square_alone_is_asked_as_many_cases_and_its_fault_is_recorded_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The declared word is in the evidence, and in what replay tells a target that was mended."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "square.py").write_text(TARGET, encoding="utf-8")
    words = ["verify", "square.py", "--seed", "1", "--examples", "6", "--in-process", "--json"]
    assert run([*words, "out.json"]) == 1
    (told,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["targets"]
    assert told["lacks"] == ["empty", "rectangular", "rejects"]
    exact = {t["function"]: t for t in told["theorems"] if t["theorem"] == "exact"}
    assert (exact["conv2d"]["verdict"], exact["conv2d"]["examples"]) == ("pass", 6)
    assert not any("unsupported" in reason for reason in exact["conv2d"]["weak"])
    assert exact["conv2d_input"]["verdict"] == "fail"
    spec = exact["conv2d_input"]["failure"]["case"]
    assert len({*spec["input_shape"][2:]}) == len({*spec["spec"]["stride"]}) == 1
    out = capfd.readouterr().out
    assert "lacks, and was not asked: empty, rectangular, rejects\n" in out
    assert "laws that no case was asked: " in out
    assert " more cases not asked, of what it lacks " in out
    mended = TARGET.replace("if stride[0] > 1", "if False")
    (tmp_path / "square.py").write_text(mended, encoding="utf-8")
    assert run(["replay", "out.json", "--in-process"]) == 0


def test_a_user_may_say_it_of_a_target_that_is_not_his_and_extract_knows_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = "from convproof import functional as F\n\n\ndef conv2d(x, w, bias, *, stride):\n"
    plain += "    return F.conv2d(x, w, bias, stride)\n"
    (tmp_path / "plain.py").write_text(plain, encoding="utf-8")
    words = ["extract", "plain.py", "--input", "3x3", "--kernel", "2", "--in-process"]
    assert run(words) == 4
    assert "is not passed: --lacks dilation,groups,padding" in capfd.readouterr().err
    assert run([*words, "--lacks", "dilation,groups,padding"]) == 0
    capfd.readouterr()
    assert run([*words, "--lacks", "dilation,groups,padding", "--padding", "1"]) == 4
    assert "takes no padding, asked for padding=(1, 1)" in capfd.readouterr().err
    few = "dilation,groups,padding,rectangular"
    assert run([*words[:2], "--input", "3x4", *words[4:], "--lacks", few]) == 4
    assert "the target lacks rectangular, asked for input (3, 4)" in capfd.readouterr().err
    assert run([*words, "--lacks", few, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["lacks"] == few.split(",")


@pytest.mark.full
def test_a_bias_is_asked_in_a_geometry_that_is_alike() -> None:
    """By autograd, which chooses one that answers in the shape of y_bar."""
    torch = pytest.importorskip("torch")
    kernels = []

    def conv2d(x: Any, w: Any, b: Any, **options: Any) -> Any:
        kernels.append((*w.shape[2:],))
        return torch.nn.functional.conv2d(x, w, b, **options)

    asked = Asked(
        profile="quick", seed=1, only=("conv2d_bias",), arrays="torch", examples=5,
        lacks=frozenset({"anisotropic"}),
    )  # fmt: skip
    conv2d.__module__ = "here"
    with inquiry("autograd:here", asked, live=conv2d) as opened:
        outcomes = [o for each in opened.questions() for o in opened.answers(*each)]
    assert not opened.refutation(outcomes)
    assert {k for k, _ in kernels} > {1}
    assert all(k == other for k, other in kernels)
