"""An implementation whose package is not installed says how to install it."""

import importlib
import sys

import pytest

from convproof.errors import MissingExtraError


@pytest.mark.parametrize(
    ("module", "package", "extra"),
    [
        ("jax", "jax", "jax"),
        ("onnxruntime", "onnxruntime", "onnx"),
        ("onnxruntime", "onnx", "onnx"),
        ("scipy", "scipy", "scipy"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, extra: str
) -> None:
    """MissingExtraError: <package> is not installed: pip install 'convproof[<extra>]'."""
    if package == "onnx":
        pytest.importorskip("onnxruntime")
    name = f"convproof.verify.targets.{module}"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"^{package} is not installed: pip install 'convproof\[{extra}\]'$"

    with pytest.raises(MissingExtraError, match=message):
        importlib.import_module(name)
