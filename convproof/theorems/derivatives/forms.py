"""Derived forms as the sums that ``SameSum`` compares: ranges are guards, factors are entries.

What a forward form says of a loss ``<da, a>`` is a sum over the output's and its own indices::

    <da, a> = sum_{o', k'} [guards] w[k'] da[o'] x[e(o', k')]

It is linear in ``x``, so that its derivative by ``x[i]`` is the sum of the terms that read
``x[i]``, without this factor: the *forward pairs* ``(o', k')`` with ``e(o', k') = i``. It stands on
its own beside SymPy's derivation, and the two are compared. Its indices are primed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.symbolic.index_sum import Convolution, Form
from convproof.symbolic.solver import GuardedSum, SameSum
from convproof.symbolic.solver.sums import Entry
from convproof.symbolic.solver.terms import eq, put
from convproof.theorems.proof import Twin

Images = Mapping[sp.Symbol, Any]
WHOLE = Convolution(dims=2, channels=True, groups=True, batch=True)


def inner(form: Form, letter: str) -> GuardedSum:
    """Return ``<letter, form>``, the sum of an entry times the form over all entries."""
    terms = form.guarded_sum()
    free = tuple(form.left.indices)
    return GuardedSum(
        indices=(*free, *terms.indices),
        guard=(*form.given, *terms.guard),
        entries=(*terms.entries, (letter, free)),
    )


def primed(terms: GuardedSum) -> GuardedSum:
    """Return the sum with a prime on every index summed over."""
    names = {v: sp.Symbol(f"{v.name}'", integer=True) for v in terms.indices}
    return GuardedSum(
        indices=tuple(names.values()),
        guard=tuple(put(condition, names) for condition in terms.guard),
        entries=tuple((a, tuple(put(i, names) for i in index)) for a, index in terms.entries),
    )


def same(
    name: str,
    left: GuardedSum,
    right: GuardedSum,
    *,
    to_right: Images | None = None,
    to_left: Images | None = None,
    hypotheses: Iterable[Boolean] = (),
) -> SameSum:
    """Return that sums are equal term by term: factors and names say which index is which."""
    return SameSum(
        name=name,
        left=left,
        right=right,
        to_right=_matched(right, left) | dict(to_right or {}),
        to_left=_matched(left, right) | dict(to_left or {}),
        hypotheses=tuple(hypotheses),
    )


def from_pairs(forward: Form, derived: Form, to_right: Images | None = None) -> SameSum:
    """Return that a derived form is the sum over the forward pairs of its entry.

    Args:
        forward: the layer.
        derived: the form of ``dx[i]`` or of ``dw[k]``.
        to_right: indices of the form that are in none of its factors.
    """
    letter = str(derived.left.base).removeprefix("d")
    loss = primed(inner(forward, "da"))
    (places,) = (index for array, index in loss.entries if array == letter)
    at = tuple(zip(places, derived.left.indices, strict=True))
    left = GuardedSum(
        indices=loss.indices,
        guard=(*loss.guard, *(eq(place, free) for place, free in at)),
        entries=tuple(entry for entry in loss.entries if entry[0] != letter),
    )
    return same(
        f"{derived.name}, {derived.left}: the sum over the forward pairs",
        left,
        derived.guarded_sum(),
        to_right=to_right,
        to_left={place: free for place, free in at if place in left.indices},
        hypotheses=derived.given,
    )


def lacking(step: SameSum, derived: Form, guard: Boolean, words: str) -> Twin:
    """Return the twin whose derived form lacks one of its guards, which the words say."""
    shorter = derived.without(guard).guarded_sum()
    false = SameSum(
        name=step.name,
        left=step.left,
        right=shorter,
        to_right=step.to_right,
        to_left=step.to_left,
        hypotheses=step.hypotheses,
    )
    return Twin(changed=f"without {words}", of=step, step=false)


def _matched(mine: GuardedSum, other: GuardedSum) -> dict[sp.Symbol, Any]:
    """Return the other sum's term for each index that is by itself an index of a factor.

    Else it is the index of the same name, but for primes.
    """
    theirs: dict[str, tuple[Any, ...]] = dict(other.entries)
    named = {v.name.rstrip("'"): v for v in other.indices}
    by_name = {v: named[v.name.rstrip("'")] for v in mine.indices if v.name.rstrip("'") in named}
    return by_name | {
        v: image for entry in mine.entries for v, image in _places(entry, theirs, mine.indices)
    }


def _places(
    entry: Entry, theirs: Mapping[str, tuple[Any, ...]], indices: tuple[sp.Symbol, ...]
) -> Iterable[tuple[sp.Symbol, Any]]:
    letter, index = entry
    pairs = zip(index, theirs[letter], strict=True)
    return ((v, image) for v, image in pairs if v in indices)
