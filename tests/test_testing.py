"""``check_conv`` and ``parametrize_with_checks``: the laws in a user's own tests."""

import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from convproof import functional, get_implementation, strategies, testing
from convproof.errors import TargetError
from convproof.testing import Check, ConvWarning, check_conv, parametrize_with_checks, spec_of
from convproof.verify.xfail import Expected

right = get_implementation("numpy")
ONE: dict[str, Any] = {"only": ["conv1d"], "dtypes": ["float32"]}


class Space:
    """Its declarations, and a fault in one function."""

    lacks = frozenset({"rejects", "empty", "groups", "dilation"})
    conv1d = staticmethod(right.conv1d)
    conv1d_bias = staticmethod(right.conv1d_bias)

    @staticmethod
    def conv1d_input(input_size: Any, w: Any, y_bar: Any, **options: Any) -> Any:
        return -right.conv1d_input(input_size, w, y_bar, **options)


MODULE = """
import os

from convproof import functional

lacks = "rejects"


def conv1d(x, w, bias=None, **options):
    return functional.conv1d(x, w, bias, **options)


def process(x, w, bias=None, **options):
    raise RuntimeError(f"process {os.getpid()}")
"""


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A module that can be imported from here, as a user's can."""
    (tmp_path / "some_kernels.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import some_kernels  # type: ignore[import-not-found]  # written above

    yield some_kernels
    del sys.modules["some_kernels"]


def test_a_right_function_passes_and_its_outcomes_are_returned() -> None:
    outcomes = check_conv(right.conv2d)
    assert {outcome.function.name for outcome in outcomes} == {"conv2d"}
    assert {outcome.status for outcome in outcomes} <= {"pass", "not run"}
    assert {outcome.dtype for outcome in outcomes} == {"float32"}


def test_a_broken_law_raises_with_the_facts() -> None:
    """The law, the smallest case, the first differing value and a snippet."""
    with pytest.raises(AssertionError) as told:
        check_conv(Space())
    text = str(told.value)
    assert text.startswith("conv1d_input (float32) of Space: breaks the law 'exact'")
    words = (
        "law: ",
        "case: ",
        "first differing: x_bar[0, 0, 0]",
        "reproduce:",
        "module.conv1d_input(",
    )
    assert all(word in text for word in words)


def test_a_broken_law_is_warned_of_and_the_others_are_asked() -> None:
    with pytest.warns(ConvWarning, match="conv1d_input"):
        outcomes = check_conv(Space(), on_fail="warn")
    assert {o.function.name for o in outcomes if o.status == "fail"} == {"conv1d_input"}
    assert {o.function.name for o in outcomes} == {"conv1d", "conv1d_input", "conv1d_bias"}


def test_a_broken_law_may_be_returned_alone() -> None:
    outcomes = check_conv(Space(), only=["conv1d_input"], on_fail=None)
    assert [o.status for o in outcomes].count("fail") == 1


def test_a_known_failure_passes_and_its_end_fails() -> None:
    known = {"conv1d_input: exact": "negated"}
    outcomes = check_conv(Space(), xfail=known)
    assert [o.function.name for o in outcomes if o.status == "xfail"] == ["conv1d_input"]
    with pytest.raises(AssertionError, match=r"expected to fail.*but it holds"):
        check_conv(Space(), xfail={**known, "conv1d: exact": "was wrong"})


def test_a_known_failure_that_is_asked_nowhere_is_warned_of() -> None:
    with pytest.warns(ConvWarning, match="conv1d: adjoint is expected to fail, but is not asked"):
        check_conv(right, **ONE, xfail={"conv1d: adjoint": "?"})


def test_a_check_whose_failure_is_known_is_no_pass() -> None:
    """As in pytest: it fails as expected."""
    mark = parametrize_with_checks(Space(), only=["conv1d_input"], xfail={"*: exact": "negated"})
    ((target, check),) = [p.values for p in mark.args[1] if p.id == "conv1d_input-float32"]
    with pytest.raises(pytest.xfail.Exception, match="exact: negated"):
        check(target)


def test_what_a_target_declares_is_believed_and_more_may_be_said() -> None:
    """``lacks`` and ``supports`` add to what the object declares."""

    def conv1d(x: Any, w: Any, b: Any, **options: Any) -> Any:
        if options.get("groups", 1) != 1 or options.get("dilation", (1,)) != (1,):
            msg = "groups and dilation are not offered"
            raise ValueError(msg)
        return right.conv1d(x, w, b, **options)

    options: dict[str, Any] = {"only": ["conv1d"], "dtypes": ["int64"]}
    space = SimpleNamespace(conv1d=conv1d, lacks={"groups"}, supports={"asymmetric"})
    outcomes = check_conv(space, **options, supports=["integer"], lacks=["dilation"])
    assert "fail" not in {outcome.status for outcome in outcomes}
    with pytest.raises(AssertionError, match="groups and dilation are not offered"):
        check_conv(SimpleNamespace(conv1d=conv1d), only=["conv1d"])
    with pytest.raises(TargetError, match="declares no integer arrays"):
        check_conv(space, **options, lacks=["dilation"])


def test_what_can_be_imported_answers_in_its_own_process(kernels: Any) -> None:
    with pytest.raises(AssertionError, match="process ") as told:
        check_conv(kernels.process)
    assert f"process {os.getpid()}" not in str(told.value)
    assert "import some_kernels" in str(told.value)


def test_what_cannot_be_imported_answers_in_this_process() -> None:
    asked = []

    def conv2d(x: Any, w: Any, b: Any, **options: Any) -> Any:
        asked.append(os.getpid())
        return right.conv2d(x, w, b, **options)

    check_conv(conv2d)
    assert set(asked) == {os.getpid()}


def test_the_spec_of_an_object_leads_back_to_it(kernels: Any) -> None:
    def conv2d() -> None:
        """A local."""

    assert spec_of(kernels) == "some_kernels"
    assert spec_of(kernels.conv1d) == "some_kernels:conv1d"
    assert spec_of("any:text") == "any:text"
    assert spec_of(functional) == "convproof.functional"
    assert spec_of(conv2d) == spec_of(lambda: None) == spec_of(Space()) == ""
    kernels.conv1d.__module__ = "__main__"
    assert spec_of(kernels.conv1d) == ""


def test_a_module_is_a_target(kernels: Any) -> None:
    assert {outcome.status for outcome in check_conv(kernels, **ONE)} <= {"pass", "not run"}


def test_the_same_seed_asks_the_same_cases() -> None:
    def cases_of(seed: int) -> list[str]:
        seen: list[str] = []

        def conv1d(x: Any, w: Any, b: Any, **options: Any) -> Any:
            seen.append(f"{x.shape} {w.shape} {options}")
            return right.conv1d(x, w, b, **options)

        check_conv(SimpleNamespace(conv1d=conv1d), seed=seed)
        return seen

    assert cases_of(1) == cases_of(1)
    assert cases_of(1) != cases_of(2)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"profile": "slow"}, ValueError, "profile has no 'slow'; known: ci, quick, thorough"),
        ({"only": ["conv4d"]}, ValueError, "only has no 'conv4d'"),
        ({"dtypes": ["f32"]}, ValueError, "dtypes has no 'f32'; known: bfloat16, float16"),
        ({"arrays": "tinygrad"}, ValueError, "arrays has no 'tinygrad'; known: cupy, numpy, torch"),
        ({"on_fail": "print"}, ValueError, "on_fail must be"),
        ({"xfail": {"conv1d": "?"}}, ValueError, "as \"function: theorem\", got 'conv1d'"),
        ({"xfail": {"conv1: exact": "?"}}, ValueError, "no function is called 'conv1'.*conv1d"),
        ({"xfail": {"conv1d: all": "?"}}, ValueError, "'all' is no theorem"),
        ({"only": "conv2"}, ValueError, "only has no 'conv2'"),
        ({"timeout": 0.0}, ValueError, "timeout must be more than 0 seconds, got 0.0"),
        ({"supports": ["all"]}, TargetError, "supports names all; known are asymmetric"),
        ({"lacks": ["all"]}, TargetError, "lacks names all; known are anisotropic, bfloat16"),
        ({"only": ["relu"]}, TargetError, "offers conv1d.*asked for were relu"),
    ],
)
@pytest.mark.usefixtures("untyped")
def test_a_wrong_argument_is_told(options: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        check_conv(Space(), **options)


def test_one_name_may_stand_alone() -> None:
    outcomes = check_conv(right, only="conv1d_bias", dtypes="float32")
    assert {o.function.name for o in outcomes} == {"conv1d_bias"}


CHECKED = parametrize_with_checks("numpy", only=["conv1d", "relu"])


@CHECKED  # type: ignore[untyped-decorator]  # pytest.mark.parametrize with what it found
def test_each_check_asks_one_function(target: str, check: Check) -> None:
    outcomes = check(target)
    assert {f"{o.function.name}-{o.dtype}" for o in outcomes} == {str(check)}


def _ids(mark: Any) -> list[str]:
    return [parameter.id for parameter in mark.args[1]]


def test_the_ids_name_the_function_and_the_dtype() -> None:
    assert _ids(CHECKED.mark)[:2] == ["conv1d-float32", "conv1d-int64"]
    mark = parametrize_with_checks([Space(), Space.conv1d], dtypes=["float64"]).mark
    assert _ids(mark) == [
        "Space-conv1d-float64",
        "Space-conv1d_input-float64",
        "Space-conv1d_bias-float64",
        *[i for i in _ids(mark) if not i.startswith("Space-")],
    ]


def test_a_check_fails_as_check_conv_does_and_skips_what_is_not_offered() -> None:
    space = Space()
    mark = parametrize_with_checks(space, dtypes=["float32", "int64"]).mark
    checks = {parameter.id: parameter.values[1] for parameter in mark.args[1]}
    checks["conv1d-float32"](space)
    with pytest.raises(AssertionError, match="breaks the law 'exact'"):
        checks["conv1d_input-float32"](space)
    with pytest.raises(pytest.skip.Exception, match="declares no integer arrays"):
        checks["conv1d-int64"](space)


def test_a_misspelt_option_is_an_error() -> None:
    with pytest.raises(TypeError, match="examples"):
        parametrize_with_checks("numpy", examples=[3])


def _public(module: Any) -> Iterator[tuple[str, Any]]:
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        found = getattr(module, name)
        if inspect.isfunction(found) and (
            module is functional or found.__module__ == module.__name__
        ):
            yield name, found


@pytest.mark.parametrize("module", [testing, strategies, functional], ids=lambda m: m.__name__)
def test_every_public_function_says_what_its_arguments_are(module: Any) -> None:
    """The page of the API is made of docstrings; a function of arguments has ``Args:``."""
    functions = dict(_public(module))
    assert functions
    for name, function in functions.items():
        assert "Args:" in (inspect.getdoc(function) or ""), name


def test_an_expectation_is_of_any_version() -> None:
    (entry,) = testing._expected({"conv1d: exact": "why"}, "here")
    assert entry == Expected(
        target="here", versions=(), function="conv1d", theorem="exact", reason="why"
    )


def test_what_a_released_library_is_known_for_is_no_failure_of_a_users_suite() -> None:
    """As in `convproof verify`: onnxruntime's maxima lose a NaN."""
    pytest.importorskip("onnxruntime")
    check_conv("onnxruntime", only=["max_pool2d"], profile="ci", seed=0)
