"""One rule for all that is summed: sums are equal if a bijection maps one's indices to the other's.

::

    sum_{v in G} f(v)  =  sum_{u in H} g(u)     if   phi: G -> H,  psi: H -> G,
                                                psi(phi(v)) = v,  phi(psi(u)) = u,  f(v) = g(phi(v))

``G`` and ``H`` are given by guards; the summands are products of entries of arrays, ``w[k] x[i]``,
so that ``f(v) = g(phi(v))`` is an equality of indices. Every condition is a claim about integers.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from convproof.errors import ClaimError
from convproof.symbolic.solver.claim import Claim, conjunction, conjuncts
from convproof.symbolic.solver.evaluation import truth, value
from convproof.symbolic.solver.terms import eq, put

Entry = tuple[str, tuple[Any, ...]]  # an array's letter and the indices into it
Polynomial = Counter[tuple[tuple[str, tuple[int, ...]], ...]]


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
        object.__setattr__(self, "guard", conjuncts(self.guard))

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
        """Return the polynomial at sizes, over indices of at most ``reach`` in size."""
        terms: Polynomial = Counter()
        for numbers in product(range(-reach, reach + 1), repeat=len(self.indices)):
            values = {**sizes, **dict(zip(self.indices, numbers, strict=True))}
            if all(truth(condition, values) for condition in self.guard):
                monomial = [
                    (letter, tuple(int(value(i, values)) for i in index))
                    for letter, index in self.entries
                ]
                terms[tuple(sorted(monomial))] += 1
        return terms


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
        ClaimError: if the maps do not name just the indices, or the factors do not match.

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
        >>> len(same.claims())
        10
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
        letters = [sorted(letter for letter, _ in s.entries) for s in (self.left, self.right)]
        if letters[0] != letters[1]:
            msg = f"{self.name}: one sum has the factors {letters[0]}, the other {letters[1]}."
            raise ClaimError(msg)

    def claims(self) -> tuple[Claim, ...]:
        """Return what the rule asks for."""
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
                (f"the index of {letter}", eq(a, b), left)
                for a, b in zip(one, image, strict=True)
                if a != b
            ]
        return tuple(
            Claim(name=f"{self.name}: {what}", goal=goal, hypotheses=given)
            for what, goal, given in asked
        )

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
        if one == other:
            return ""
        monomial = min((one - other) + (other - one))
        text = " ".join(f"{letter}[{', '.join(map(str, i))}]" for letter, i in monomial)
        counts = f"{one[monomial]} times on the left, {other[monomial]} on the right"
        return f"{text or '1'} occurs {counts}"

    def _pairs(self) -> Sequence[tuple[str, tuple[Any, ...], tuple[Any, ...]]]:
        one, other = (
            sorted(s.entries, key=lambda entry: entry[0]) for s in (self.left, self.right)
        )
        return [(letter, i, j) for (letter, i), (_, j) in zip(one, other, strict=True)]
