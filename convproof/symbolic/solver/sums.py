"""One rule for all that is summed: sums are equal if a bijection maps one's indices to the other's.

::

    sum_{v in G} f(v)  =  sum_{u in H} g(u)     if   phi: G -> H,  psi: H -> G,
                                                psi(phi(v)) = v,  phi(psi(u)) = u,  f(v) = g(phi(v))

``G`` and ``H`` are given by guards; the summands are products of entries of arrays, ``w[k] x[i]``,
so that ``f(v) = g(phi(v))`` is an equality of indices. Every condition is a claim about integers.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from math import prod
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.solver.bounds import bounded, points, ranges
from convproof.symbolic.solver.claim import Claim, carried, conjunction, conjuncts
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.prove import prove
from convproof.symbolic.solver.terms import both, eq, put

Entry = tuple[str, tuple[Any, ...]]  # an array's letter and the indices into it
Monomial = tuple[tuple[str, tuple[int, ...]], ...]
Polynomial = Counter[Monomial]
_MOST = 100_000  # points of a polynomial


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedSum:
    """``sum over the indices that obey the guard of a product of entries``.

    Attributes:
        indices: the bound integers.
        guard: conditions, all of which hold; they must bound every index.
        entries: the factors, ``("w", (k,))`` for ``w[k]``.
    """

    indices: tuple[sp.Symbol, ...]
    guard: tuple[Boolean, ...]
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        if len({*self.indices}) < len(self.indices) or not all(v.is_integer for v in self.indices):
            msg = f"the indices {self.indices} of a sum must be integers, each named once."
            raise ClaimError(msg)
        for _, index in self.entries:
            _check_integer(index)
        guard = conjuncts(self.guard)
        declared = tuple(c for c in carried(self.indices) if c not in guard)
        object.__setattr__(self, "guard", (*declared, *guard))

    @property
    def speaks_of(self) -> set[sp.Symbol]:
        """The symbols that are free in it."""
        found = [*self.guard, *(sp.sympify(i) for _, index in self.entries for i in index)]
        return {s for part in found for s in part.free_symbols} - {*self.indices}

    def without(self, condition: Boolean) -> "GuardedSum":
        """Return the sum with one condition of its guard left out.

        Raises:
            ClaimError: if it is none.
        """
        if condition not in self.guard:
            msg = f"{condition} is not among the conditions {self.guard}."
            raise ClaimError(msg)
        return replace(self, guard=tuple(each for each in self.guard if each != condition))

    def at(self, sizes: Mapping[sp.Symbol, int], reach: int) -> Polynomial:
        """Return the polynomial at sizes: all of it if the guard's inequalities bound the indices.

        An index that they do not bound goes from ``-reach`` to ``reach``, and so do all if they
        have too many values.
        """
        within = range(-reach, reach + 1)
        found = ranges(self.indices, self.guard, sizes)
        places = [within if each is None else each for each in found]
        if prod(map(len, places)) > _MOST:
            places = [range(max(r.start, -reach), min(r.stop, reach + 1)) for r in places]
        return Counter(
            tuple(sorted(self._monomial({**sizes, **point})))
            for point in points(self.indices, places, self.guard, sizes)
        )

    def coefficient(self, monomial: Monomial, sizes: Mapping[sp.Symbol, int]) -> int:
        """Return how often a monomial occurs at sizes, whether or not the sum is finite.

        Raises:
            ClaimError: if it occurs infinitely often.
        """
        met: set[tuple[int, ...]] = set()
        entries = sorted(self.entries, key=lambda entry: entry[0])
        for order in set(permutations(monomial)):
            if [letter for letter, _ in order] != [letter for letter, _ in entries]:
                continue
            same = [
                eq(a, b)
                for (_, index), (_, numbers) in zip(entries, order, strict=True)
                for a, b in zip(index, numbers, strict=True)
            ]
            guard = (*self.guard, *same)
            places = bounded(self.indices, guard, sizes)
            for point in points(self.indices, places, guard, sizes):
                met.add(tuple(point[v] for v in self.indices))
        return len(met)

    def _monomial(self, values: Mapping[sp.Symbol, int]) -> list[tuple[str, tuple[int, ...]]]:
        return [
            (letter, tuple(int(value(i, values)) for i in index)) for letter, index in self.entries
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SameSum:
    """Two sums are equal, for all sizes and all free indices that obey the hypotheses.

    Attributes:
        name: a few words.
        left: one sum.
        right: the other.
        to_right: each index of ``right`` in terms of those of ``left``.
        to_left: each index of ``left`` in terms of those of ``right``.
        hypotheses: on sizes and free indices.

    Raises:
        ClaimError: if the maps do not name just the indices, or the factors do not match, or an
            index is used where it is not summed over.

    Example:
        A convolution is commutative, ``sum_k w[k] x[i - k] = sum_j x[j] w[i - j]``:

        >>> from convproof.symbolic.solver.terms import box
        >>> n, r = sp.symbols("n r", integer=True, positive=True)
        >>> i, j, k = sp.symbols("i j k", integer=True)
        >>> one = GuardedSum(
        ...     indices=(k,), guard=(*box(0, k, r), *box(0, i - k, n)),
        ...     entries=(("w", (k,)), ("x", (i - k,))),
        ... )
        >>> two = GuardedSum(
        ...     indices=(j,), guard=(*box(0, j, n), *box(0, i - j, r)),
        ...     entries=(("w", (i - j,)), ("x", (j,))),
        ... )
        >>> same = SameSum(
        ...     name="commuted", left=one, right=two, to_right={j: i - k}, to_left={k: i - j}
        ... )
        >>> same.claims()  # each is a hypothesis already, in the other letters
        ()
    """

    name: str
    left: GuardedSum
    right: GuardedSum
    to_right: Mapping[sp.Symbol, Any]
    to_left: Mapping[sp.Symbol, Any]
    hypotheses: tuple[Boolean, ...] = field(default=())

    def __post_init__(self) -> None:
        for indices, image in (
            (self.right.indices, self.to_right),
            (self.left.indices, self.to_left),
        ):
            if set(indices) != set(image):
                msg = f"{self.name}: {tuple(image)} is mapped, but the indices are {indices}."
                raise ClaimError(msg)
            _check_integer(image.values())
        self._check_scopes()
        letters = [
            sorted(f"{letter}[{','.join('_' * len(index))}]" for letter, index in s.entries)
            for s in (self.left, self.right)
        ]
        if letters[0] != letters[1]:
            msg = f"{self.name}: one sum has the factors {letters[0]}, the other {letters[1]}."
            raise ClaimError(msg)

    def claims(self) -> tuple[Claim, ...]:
        """Return what the rule asks for, less what is a hypothesis, or ``a = a``, as it stands."""
        left = (*self.hypotheses, *self.left.guard)
        right = (*self.hypotheses, *self.right.guard)
        there, back = self.to_right, self.to_left
        asked = [
            *(("maps into the right sum", put(part, there), left) for part in self.right.guard),
            *(("maps into the left sum", put(part, back), right) for part in self.left.guard),
            *((f"{v} comes back", eq(put(back[v], there), v), left) for v in self.left.indices),
            *((f"{u} comes back", eq(put(there[u], back), u), right) for u in self.right.indices),
        ]
        for letter, one, other in self._pairs():
            image = [put(i, self.to_right) for i in other]
            asked += [
                (f"the index of {letter}", eq(a, b), left) for a, b in zip(one, image, strict=True)
            ]
        return tuple(
            Claim(name=f"{self.name}: {what}", goal=goal, hypotheses=given)
            for what, goal, given in asked
            if goal not in given and not (isinstance(goal, sp.Eq) and goal.lhs == goal.rhs)
        )

    def check_finite(self, sizes: Mapping[sp.Symbol, int]) -> None:
        """Raise ``ClaimError`` unless both sums are finite at sizes: the rule is of finite sums."""
        for each in (self.left, self.right):
            bounded(each.indices, each.guard, sizes)

    def nonempty(self) -> Claim:
        """Return the claim that some index obeys the guard, refuted where it is satisfiable."""
        given = (*self.hypotheses, *self.left.guard)
        return Claim(name=f"{self.name}: not empty", goal=sp.false, hypotheses=given)

    def differs_at(self, sizes: Mapping[sp.Symbol, int], reach: int) -> str:
        """Return in which monomial the sums differ at sizes, or "" if they do not."""
        given = Claim(name=self.name, goal=sp.false, hypotheses=self.hypotheses)
        if not truth(conjunction(given.assumed), sizes):
            return ""
        one, other = self.left.at(sizes, reach), self.right.at(sizes, reach)
        for monomial in sorted((one - other) + (other - one)):
            counts = [s.coefficient(monomial, sizes) for s in (self.left, self.right)]
            if counts[0] != counts[1]:
                text = " ".join(f"{letter}[{', '.join(map(str, i))}]" for letter, i in monomial)
                told = f"{counts[0]} times on the left, {counts[1]} on the right"
                return f"{text or '1'} occurs {told}"
        return ""

    def _check_scopes(self) -> None:
        left, right = {*self.left.indices}, {*self.right.indices}
        given: set[sp.Symbol] = set()
        for hypothesis in self.hypotheses:
            given |= sp.sympify(hypothesis).free_symbols
        scopes = (
            ("the hypotheses", given & (left | right)),
            ("the left sum", self.left.speaks_of & right),
            ("the right sum", self.right.speaks_of & left),
            ("to_right", _symbols(self.to_right) & (right - left)),
            ("to_left", _symbols(self.to_left) & (left - right)),
        )
        for where, strangers in scopes:
            if strangers:
                named = ", ".join(sorted(map(str, strangers)))
                msg = (
                    f"{self.name}: {where} must not speak of {named}: it is summed over elsewhere."
                )
                raise ClaimError(msg)

    def _pairs(self) -> Iterator[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        """Yield the factors that are claimed to be equal, letter by letter."""
        for letter in sorted({letter for letter, _ in self.left.entries}):
            ones, others = (
                [index for each, index in s.entries if each == letter]
                for s in (self.left, self.right)
            )
            for one, other in zip(ones, self._ordered(ones, others), strict=True):
                yield letter, one, other

    def _ordered(
        self, ones: list[tuple[Any, ...]], others: list[tuple[Any, ...]]
    ) -> Sequence[tuple[Any, ...]]:
        """Return the right sum's factors of one letter in an order that is not refuted."""
        given = (*self.hypotheses, *self.left.guard)
        for order in permutations(others) if len(others) > 1 else ():
            pairs = zip(ones, order, strict=True)
            same = [
                eq(a, put(b, self.to_right))
                for one, other in pairs
                for a, b in zip(one, other, strict=True)
            ]
            claim = Claim(name=f"{self.name}: order", goal=both(*same), hypotheses=given)
            if all(a.lhs == a.rhs for a in same):
                return order
            if not any(verdict.status == "refuted" for verdict in prove(claim)):
                return order
        return others


def _check_integer(images: Iterable[Any]) -> None:
    """Refuse ``k/2``: between integers it is no map, though it is undone by ``2 j``."""
    for image in images:
        if not sp.sympify(image).is_integer:
            msg = f"{image} is not known to be an integer: use quotient(...), or a symbol for it."
            raise ClaimError(msg)


def _symbols(image: Mapping[sp.Symbol, Any]) -> set[sp.Symbol]:
    return {s for part in image.values() for s in sp.sympify(part).free_symbols}
