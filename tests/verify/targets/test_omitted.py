"""What a target lacks is passed to it in no call, and a snippet calls as the target is called."""

from types import SimpleNamespace
from typing import Any

import pytest

from convproof import functional as F  # noqa: N812  # as everyone writes it
from convproof.errors import UnsupportedError
from convproof.functions import Function
from convproof.verify.inquiry import Inquiry, inquiry
from convproof.verify.runner import Outcome, failures
from convproof.verify.session import Asked
from convproof.verify.targets.omitted import omitted, without

ALL = frozenset({"stride", "padding", "dilation", "groups"})


def conv1d(x: Any, w: Any, b: Any = None) -> Any:
    return F.conv1d(x, w, b)


def conv1d_input(input_size: Any, w: Any, y_bar: Any) -> Any:
    return F.conv1d_input(input_size, w, y_bar)


def conv1d_weight(x: Any, weight_size: Any, y_bar: Any) -> Any:
    return F.conv1d_weight(x, weight_size, y_bar)


def flipped(x: Any, weight_size: Any, y_bar: Any) -> Any:
    return conv1d_weight(x, weight_size, y_bar)[..., ::-1]


def _asked(**held: Any) -> tuple[Inquiry, list[Outcome]]:
    space = SimpleNamespace(conv1d=conv1d, conv1d_bias=F.conv1d_bias, **held)
    asked = Asked(profile="quick", seed=1, dims=(1,), examples=20, lacks=ALL)
    with inquiry("here", asked, live=space) as opened:
        return opened, [o for each in opened.questions() for o in opened.answers(*each)]


def test_a_target_without_options_is_verified_in_every_role() -> None:
    """f(x, w, b), f_input(size, w, y_bar), f_weight(x, size, y_bar): legal calls and illegal."""
    opened, outcomes = _asked(conv1d_input=conv1d_input, conv1d_weight=conv1d_weight)
    assert not opened.refutation(outcomes)
    passed = {(o.function.role, o.theorem.name) for o in outcomes if o.status == "pass"}
    for role in ("forward", "input", "weight"):
        assert {(role, "exact"), (role, "rejects")} <= passed
    assert opened.target.lacks == ALL


def test_a_snippet_calls_as_the_target_is_called() -> None:
    """f_weight(x, (m, c, r), y_bar), which answers wrongly and takes no options."""
    opened, outcomes = _asked(conv1d_weight=flipped)
    (failed,) = failures(outcomes)
    told = opened.told(failed)
    code = told.partition("reproduce:\n")[2].replace("\n    ", "\n").strip()
    with pytest.raises(AssertionError):
        exec(code, {"module": SimpleNamespace(conv1d_weight=flipped)})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2d", ALL),
        ("conv2d_bias", set()),
        ("conv_transpose1d", ALL),
        ("max_pool2d", {"padding", "dilation", "ceil_mode"}),
        ("unfold", {"stride", "padding", "dilation"}),
    ],
)
def test_only_keywords_whose_default_is_neutral_are_left_out(name: str, expected: Any) -> None:
    """The stride of a pooling is its kernel's size where it is not given."""

    def call(x: Any, **options: Any) -> Any:
        """Take whatever comes."""

    assert omitted(Function.named(name), call, ALL | {"ceil", "rejects"}) == expected


def test_a_keyword_that_a_signature_demands_is_passed() -> None:
    def call(x: Any, w: Any, b: Any, stride: Any, padding: Any, dilation: Any = 1) -> Any:
        """Demand a stride and a padding."""

    assert omitted(Function("conv1d"), call, ALL) == {"dilation", "groups"}


def test_a_value_that_says_more_is_refused_and_not_dropped() -> None:
    asked = without(lambda **options: options, {"groups", "stride"}, "few")
    assert asked(stride=(1, 1), groups=1, padding=(2, 0)) == {"padding": (2, 0)}
    with pytest.raises(UnsupportedError, match=r"few takes no stride, asked for stride=\(1, 2\)"):
        asked(stride=(1, 2))
