"""Cross entropy as any target has it: by a file, by autograd, as a module, with fewer options."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from convproof import functional as F  # noqa: N812  # as everyone writes it
from convproof.cases import Case
from convproof.cli import run
from convproof.errors import UnsupportedError
from convproof.evidence import read
from convproof.layers import CrossEntropy
from convproof.verify.inquiry import inquiry
from convproof.verify.runner import checked
from convproof.verify.session import Asked

NAMES = ("cross_entropy", "cross_entropy_input")
WRONG = """
import numpy as np

def cross_entropy(x, target, *, ignore_index, reduction):
    kept = target != ignore_index
    scores = x - x.max(1, keepdims=True)
    at = np.expand_dims(np.where(kept, target, 0), 1)
    own = np.take_along_axis(scores, at, 1).squeeze(1)
    losses = np.where(kept, np.log(np.exp(scores).sum(1)) - own, x.dtype.type(0))
    if reduction == "none":
        return losses
    return np.asarray(losses.sum() / (target.size if reduction == "mean" else 1), x.dtype)
"""


def _passed(spec: str, **more: Any) -> set[str]:
    asked = Asked(profile="quick", seed=1, only=NAMES, examples=20, in_process=True, **more)
    with inquiry(spec, asked) as opened:
        outcomes = [o for each in opened.questions() for o in opened.answers(*each)]
        assert not opened.refutation(outcomes)
    return {f"{o.function.role} {o.theorem.name}" for o in outcomes if o.status == "pass"}


@pytest.mark.parametrize("spec", ["autograd:torch.nn.functional", "torch.nn:CrossEntropyLoss"])
def test_a_loss_of_tensors_is_asked_through_autograd(spec: str) -> None:
    """With the targets as tensors of int64, which have no gradient."""
    passed = _passed(spec, arrays="torch")
    assert passed >= {"forward rounding", "forward ignored", "input rounding", "input balanced"}


def test_a_loss_without_options_is_asked_its_mean_of_all_targets() -> None:
    def cross_entropy(x: Any, target: Any) -> Any:
        return F.cross_entropy(x, target)

    asked = Asked(
        profile="quick", seed=1, only=NAMES[:1], examples=20,
        lacks=frozenset({"ignore_index", "reduction"}),
    )  # fmt: skip
    with inquiry("here", asked, live=SimpleNamespace(cross_entropy=cross_entropy)) as opened:
        outcomes = [o for each in opened.questions() for o in opened.answers(*each)]
        assert not opened.refutation(outcomes)
    passed = {o.theorem.name for o in outcomes if o.status == "pass"}
    assert {"rounding", "shift", "rejects"} <= passed
    assert "ignored" not in {o.theorem.name for o in outcomes}


def test_a_loss_that_answers_no_legal_call_passes_nothing() -> None:
    """Though it refuses what is illegal, as ``rejects`` and ``targets`` want it."""

    def cross_entropy(x: Any, target: Any, **options: Any) -> Any:
        F.cross_entropy(x, target, **options)
        msg = "not in this dtype."
        raise UnsupportedError(msg)

    asked = Asked(profile="quick", seed=1, only=NAMES[:1], examples=20)
    with inquiry("here", asked, live=SimpleNamespace(cross_entropy=cross_entropy)) as opened:
        outcomes = [o for each in opened.questions() for o in opened.answers(*each)]
    assert not checked(outcomes)


def test_a_failure_is_told_written_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mean of a file's function counts what is ignored; its snippet fails until it is right."""
    monkeypatch.chdir(tmp_path)
    Path("loss.py").write_text(WRONG, encoding="utf-8")
    options = ["--only", "cross_entropy", "--seed", "1", "--examples", "20", "--in-process"]
    assert run(["verify", "loss.py", *options, "--json", "out.json"]) == 1
    document = read("out.json")
    (failed,) = [t for t in document["targets"][0]["theorems"] if t["verdict"] == "fail"]
    assert failed["theorem"] == "rounding"
    code = failed["failure"]["snippet"]
    assert "reduction='mean'" in code
    with pytest.raises(AssertionError):
        exec(code, {})
    assert run(["replay", "out.json"]) == 1
    assert "STILL FAILING" in capsys.readouterr().out
    right = WRONG.replace("target.size", "np.count_nonzero(kept)")
    Path("loss.py").write_text(right, encoding="utf-8")
    exec(code, {})
    assert run(["replay", "out.json"]) == 0
    assert "FIXED" in capsys.readouterr().out


def test_arrays_of_integers_keep_their_dtype_and_their_numbers() -> None:
    """What numbers classes is neither cast, nor made absolute, nor ones."""
    case = Case(layer=CrossEntropy(ignore_index=-1), input_shape=(9, 3))
    arrays = case.integers("float32")
    for changed in (arrays.astype(np.float16), arrays.map(np.abs), arrays.map(np.ones_like)):
        assert changed["target"] is arrays["target"]
    assert arrays["target"].dtype == np.int64
