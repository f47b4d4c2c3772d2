"""Cross entropy: exact where few scores count, else within bounds, of two derivations and torch."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import given
from hypothesis import strategies as st

from convproof import functional, get_implementation, layers
from convproof.errors import DTypeError, GeometryError, ShapeError
from convproof.implementation import ByLayer
from convproof.layers import CrossEntropy, Softmax
from convproof.layers.loss import Reduction, class_axis
from convproof.numeric.fast import cross_entropy as fast_loss
from convproof.numeric.reference import implementation as reference
from convproof.symbolic.index_sum.normalisation import CHANNEL, CHANNELS
from convproof.theorems.derivatives import softmax_derivative
from tests.numeric.calls import answers_of_torch
from tests.numeric.cases import Case, answers, both, few, losses
from tests.numeric.precision import PRECISIONS, Precision, every_precision

REDUCTIONS: tuple[Reduction, ...] = ("none", "mean", "sum")


def bounds(case: Case, u: float) -> dict[str, np.ndarray]:
    """Return the bound of each verb for integers ``x``, so that ``x - max x`` is exact.

    exp has 8 u and the sum adds (C - 1) u, so log S is off by (C + 7) u, and by its own 8 u; the
    loss is rounded once more. A sum of N losses, none of which is negative, adds N u of it, a mean
    u more; ignored ones are 0, and a mean's divisor does not count them. softmax is off by
    (C + 16) u, as in ``test_softmax``; less one, times the cotangent, which a mean has divided, 4 u
    more.
    """
    layer, x, (target,), y_bar = case
    assert isinstance(layer, CrossEntropy)
    axis = class_axis(x.shape)
    lines = np.moveaxis(x - x.max(axis=axis, keepdims=True), axis, -1).astype(np.float64)
    powers, classes = np.exp(lines), x.shape[axis]
    sums = powers.sum(-1)
    kept = target != layer.ignore_index
    own = np.take_along_axis(lines, np.where(kept, target, 0)[..., None], -1)[..., 0]
    loss = kept * (np.log(sums) - own)
    each = u * kept * (classes + 8 + 8 * np.log(sums) + 2 * loss)
    forward: Any = each
    if layer.reduction != "none":
        forward = each.sum() + (target.size + 2) * u * loss.sum()
    count = np.count_nonzero(kept) if layer.reduction == "mean" else 1
    y = powers / sums[..., None]
    away = abs(y - (np.arange(classes) == target[..., None]))
    cotangent = (kept * np.broadcast_to(abs(y_bar), target.shape))[..., None] / count
    x_bar = u * cotangent * ((classes + 17) * y + 5 * away)
    return {"forward": forward / count, "input_vjp": np.moveaxis(x_bar, -1, axis)}


@every_precision
@few
@given(losses(*REDUCTIONS))
def test_the_loss_and_its_gradient_are_within_their_bounds(
    precision: Precision, case: Case
) -> None:
    """|y^ - y| <= (C + 8 + 8 log S + 2 y) u, and the same of means, sums and derivatives."""
    _, error = precision.errors(case)

    for verb, bound in bounds(case, precision.u).items():
        assert (error[verb] <= bound).all()


@few
@given(losses(*REDUCTIONS))
def test_cross_entropy_agrees_with_torch(case: Case) -> None:
    """Both are within their bounds of the oracle in longdouble."""
    torchs = pytest.importorskip("torch.nn.functional")
    theirs = answers_of_torch(torchs, case)
    exact = answers(reference, case.astype(np.longdouble))

    for verb, bound in bounds(case, 2.0**-53).items():
        assert (abs(theirs[verb] - exact[verb]) <= bound).all()


@few
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=4), st.data())
def test_the_oracle_is_what_sympy_derives_for_all_sizes(
    line: list[int], data: st.DataObject
) -> None:
    """``d (sum_j t[j] (log Z - x[j])) / d x[c]`` at these scores, and the sum itself, 30 digits."""
    classes, right = len(line), data.draw(st.integers(0, len(line) - 1))
    one_hot = [int(c == right) for c in range(classes)]
    x, t = sp.IndexedBase("x"), sp.IndexedBase("target")
    numbers = {x[c]: line[c] for c in range(classes)} | {t[c]: one_hot[c] for c in range(classes)}
    derived = softmax_derivative._cross_entropy().expression.subs(CHANNELS, classes)
    z = sum(sp.exp(score) for score in line)
    one, x_held = np.array(1, np.longdouble), np.array(line, np.longdouble)
    case = Case(CrossEntropy(), x_held, (np.array(right),), one)
    found = reference.input_vjp(case.layer, case.x, one, *case.arrays)
    loss = reference.forward(case.layer, case.x, *case.arrays)

    allowed = bounds(case, 2.0**-64)
    assert abs(_long(sp.log(z) - line[right]) - loss) <= allowed["forward"]
    for c in range(classes):
        exact = _long(derived.subs(CHANNEL, c).doit().subs(numbers))
        assert abs(exact - found[c]) <= allowed["input_vjp"][c]


def _long(number: sp.Expr) -> np.longdouble:
    return np.longdouble(str(sp.N(number, 30)))


@few
@given(losses("none"))
def test_the_derivative_is_that_of_the_logarithm_of_softmax(case: Case) -> None:
    """``x_bar == softmax_vjp(x, -onehot loss_bar / softmax(x))``, by the chain rule."""
    wide = case.astype(np.longdouble)
    axis = class_axis(case.x.shape)
    softmax, (target,) = Softmax(dim=axis), case.arrays
    y = reference.forward(softmax, wide.x)
    assert isinstance(case.layer, CrossEntropy)
    ignored = target == case.layer.ignore_index
    target = np.where(ignored, 0, target)
    one_hot = np.moveaxis(np.arange(case.x.shape[axis]) == target[..., None], -1, axis)
    wide = wide._replace(y_bar=np.where(ignored, 0, wide.y_bar))
    chained = reference.input_vjp(
        softmax, wide.x, -1 * one_hot * np.expand_dims(wide.y_bar, axis) / y
    )
    found = reference.input_vjp(CrossEntropy(reduction="none"), wide.x, wide.y_bar, target)

    allowed = 8 * bounds(case, 2.0**-64)["input_vjp"]
    assert (abs(chained - found) <= allowed).all()


@pytest.mark.parametrize("name", ["numpy", "reference", "sim", "torch"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("images", [1, 64])
def test_where_one_score_counts_the_loss_is_an_integer(
    images: int, reduction: str, name: str
) -> None:
    """x = 0 at one class, so far below elsewhere that exp is 0: loss = -x[target], equal."""
    on, rng = get_implementation(name), np.random.default_rng(images)
    x = np.full((images, 5, 2), -512, np.float32)
    places, positions = np.ix_(range(images), range(2))
    one, target = rng.integers(0, 5, (2, images, 2))
    x[places, one, positions] = 0
    each = -x[places, target, positions]
    shape = (images, 2) if reduction == "none" else ()
    y_bar = np.array(4 * rng.integers(-3, 4, shape), np.float32)
    loss_bar = y_bar / np.float32(2 * images if reduction == "mean" else 1)
    expected = {"none": each, "sum": each.sum(), "mean": each.mean()}[reduction]
    x_bar = np.zeros_like(x)
    x_bar[places, one, positions] += loss_bar
    x_bar[places, target, positions] -= loss_bar

    y = on.cross_entropy(x, target, reduction=reduction)
    assert type(y) is np.ndarray
    assert y.shape == shape
    assert np.array_equal(y, expected)
    found = on.cross_entropy_input(x, y_bar, target, reduction=reduction)
    assert np.array_equal(found, x_bar)


@pytest.mark.parametrize("name", ["numpy", "reference", "sim", "torch"])
@pytest.mark.parametrize("index", [-100, 255, 1])
def test_scores_whose_target_is_ignored_are_left_out(index: int, name: str) -> None:
    """loss = -x[target] of three of five; the mean is over three, and 0 / 0 of none is NaN."""
    on, target = get_implementation(name), np.array([0, index, 2, index, 0])
    x = np.full((5, 3), -512, np.float32)
    x[:, 2] = 0
    options: dict[str, Any] = {"ignore_index": index}
    one = np.ones((), np.float32)
    shares = {"mean": np.float32(1) / np.float32(3), "sum": np.float32(1)}
    x_bar = np.zeros_like(x)
    for line in (0, 4):
        x_bar[line] = [-1, 0, 1]
    assert on.cross_entropy(x, target, reduction="none", **options).tolist() == [512, 0, 0, 0, 512]
    assert on.cross_entropy(x, target, reduction="sum", **options) == 1024
    assert on.cross_entropy(x, target, **options) == np.float32(1024) / np.float32(3)
    for reduction, share in shares.items():
        found = on.cross_entropy_input(x, one, target, reduction=reduction, **options)
        assert np.array_equal(found, x_bar * share)

    target[:] = index
    assert np.isnan(on.cross_entropy(x, target, **options))
    assert on.cross_entropy(x, target, reduction="sum", **options) == 0
    assert not on.cross_entropy_input(x, one, target, **options).any()


@both
def test_large_scores_do_not_overflow(implementation: ByLayer) -> None:
    """loss(x + c) = loss(x); a class of score -inf has an infinite loss."""
    x, layer = np.array([[1000.0, 1000.0, -np.inf]] * 2), CrossEntropy(reduction="none")

    found = implementation.forward(layer, x, np.array([1, 2]))
    assert found.tolist() == [math.log(2), math.inf]


@pytest.mark.parametrize("name", ["numpy", "reference", "sim"])
@pytest.mark.parametrize("wrong", [-1, -101, 3, 2**40])
def test_a_target_that_is_no_class_is_refused(wrong: int, name: str) -> None:
    """0 <= target < C, or the ignore_index."""
    on, x, target = get_implementation(name), np.zeros((2, 3), np.float32), np.array([1, wrong])

    words = f"0.*2, .*{wrong}"
    with pytest.raises(ShapeError, match=words):
        on.cross_entropy(x, target)
    with pytest.raises(ShapeError, match=words):
        on.cross_entropy_input(x, np.ones((), np.float32), target)


X, T = np.zeros((2, 3, 4), np.float32), np.zeros((2, 4), np.int64)


@pytest.mark.usefixtures("untyped")
@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda f: f(X, T[:1]), ShapeError, r"target must have the shape \(2, 4\), got \(1, 4\)"),
        (lambda f: f(X, X), DTypeError, "target must be integers, got .*float32.*no probabilities"),
        (
            lambda f: f(X, T.astype(np.int32)),
            DTypeError,
            r"int64, got int32. Use target.astype\('int64'\)",
        ),
        (
            lambda f: f(torch.tensor(X), torch.tensor(T).int()),
            DTypeError,
            r"int64, got torch.int32. Use target.long\(\)",
        ),
        (lambda f: f(X, T.tolist()), DTypeError, "target must be an array, got a list"),
        (lambda f: f(X, T, reduction="max"), GeometryError, "'none', 'mean' or 'sum', got 'max'"),
        (lambda f: f(X, T, np.ones(3)), GeometryError, "got 'ndarray'.*no weights of classes"),
        (lambda f: f(X, T, "sum"), GeometryError, "got 'sum'.*by its name, reduction='sum'"),
        (lambda f: f(X, T, ignore_index=True), GeometryError, "ignore_index must be .*got True"),
        (lambda f: f(X, T, ignore_index=2**63), GeometryError, "integer of 64 bits"),
        (
            lambda f: f(X, T, weight=None),
            TypeError,
            r"^cross_entropy\(\) got an unexpected keyword",
        ),
        (lambda f: f(X, T, label_smoothing=0.1), TypeError, "unexpected keyword argument"),
        (lambda f: f(X), TypeError, "missing a required argument: 'target'"),
        (lambda f: f(X[0, 0, 0], T), ShapeError, r"\(classes,\), of at least one class.*\(\)"),
        (lambda f: f(X[:, :0], T), ShapeError, "at least one class"),
        (lambda f: f(X[:0], T[:0]), ShapeError, "no mean of the 0 losses.*reduction='sum'"),
        (lambda f: f(X.astype(int), T), DTypeError, "not defined: use a floating type"),
    ],
)
def test_what_is_no_loss_is_refused(call: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        call(functional.cross_entropy)


@pytest.mark.usefixtures("untyped")
def test_an_integer_of_numpy_may_be_ignored() -> None:
    """As in torch, and as other arguments may be: it is kept as Python's."""
    number: Any
    for number in (np.int64(1), np.uint8(255)):
        layer = CrossEntropy(ignore_index=number)
        assert type(layer.ignore_index) is int
        assert layer == CrossEntropy(ignore_index=int(number))
        assert f"ignore_index={int(number)}," in repr(layer)


def test_the_sum_of_no_losses_is_0() -> None:
    """And there are no derivatives of it."""
    for on in map(get_implementation, ("numpy", "reference", "sim")):
        assert on.cross_entropy(X[:0], T[:0], reduction="sum") == 0
        one = np.ones((), np.float32)
        assert on.cross_entropy_input(X[:0], one, T[:0], reduction="sum").shape == (0, 3, 4)


def test_lists_of_scores_have_one_answer() -> None:
    """Both classes alike: log 2, and half of the cotangent from one to the other."""
    x, target = np.zeros((1, 2)), np.array([1])
    assert functional.cross_entropy(x, target) == math.log(2)
    assert functional.cross_entropy_input(x, np.array(4.0), target).tolist() == [[2, -2]]


def of_sums(module: Any, verb: str) -> Any:
    """Return the verb of a sum, in the place of a mean's."""
    right = getattr(module, verb)
    return lambda _layer, *given: right(CrossEntropy(reduction="sum"), *given)


def along_the_last_axis(module: Any, verb: str) -> Any:
    """Return the verb for classes in the last axis."""
    right = getattr(module, verb)
    return lambda layer, x, target: right(layer, x.swapaxes(1, -1), target)


@pytest.mark.parametrize(
    ("verb", "fault"),
    [("forward", of_sums), ("input_vjp", of_sums), ("forward", along_the_last_axis)],
)
def test_the_bounds_refute_what_is_wrong(
    verb: str, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mean that does not divide, or whose cotangent is not divided; another axis of classes."""
    rng = np.random.default_rng(0)
    x, target = rng.integers(-4, 5, (2, 3, 3)), rng.integers(0, 3, (2, 3))
    case = Case(CrossEntropy(), x, (target,), np.array(3))
    precision = next(p for p in PRECISIONS if p.implementation.name == "numpy")
    allowed = bounds(case, precision.u)
    _, error = precision.errors(case)
    assert (error[verb] <= allowed[verb]).all()

    monkeypatch.setattr(fast_loss, verb, fault(fast_loss, verb))
    _, error = precision.errors(case)
    assert (error[verb] > allowed[verb]).any()


def test_the_spec_says_what_stands_beside_the_scores() -> None:
    """The target's shape, by its name; of other layers nothing."""
    assert CrossEntropy().index_shapes((2, 3, 4, 5)) == {"target": (2, 4, 5)}
    assert CrossEntropy().index_shapes((3,)) == {"target": ()}
    assert layers.ReLU().index_shapes((3,)) == {}
