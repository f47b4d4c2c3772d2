"""The lecture's notation, read: ``input(32,1) conv(5,6) avg(2) conv(5,16) avg(2) fc(10) softmax``.

==================================  ==========================================================
``input(n, k)``, ``input(h, w, k)``  an image of ``k`` channels; ``input(n)`` a vector
``conv(r, k'[, p1][, s2][, t2])``    convolution: padding, stride, dilation; ``g2``: groups
``masked(r, (0,1), (1,), ...)``      a convolution in which output map ``m`` reads the input maps
                                    of the ``m``-th bracket alone
``structured(r, k'[, order])``       kernels of Gaussian derivatives up to an order, 2 if not given
``scale``                            a coefficient and a bias for each map
``pool(r[, s][, p1])``, ``avg(...)``  max and average pooling; stride ``r`` if not given; ``ceil``
                                    rounds the output's size up
``gap``, ``gmp``                     global pooling
``fc(k')``                           fully connected
``rbf(digits)``                      squared distances to fixed codes, ``negate`` makes logits
``norm``, ``norm(5)``                local response normalisation, of Krizhevsky et al. 2012
``relu``, ``tanh``, ``softmax``      activations; ``stanh`` is LeCun's scaled tanh
``maxout(k)``                        the maximum of each ``k`` adjacent maps, an activation too
``dropout(p)``, ``flatten``; ``concat(a, b)`` joins the maps of layers by name
``inc(a, (b, c), (d, e), f)``        an inception module, ``inc(a, b, c)`` a naive one
==================================  ==========================================================

A layer may have a name and say what it reads, as in the lecture: ``z1 = conv(5, 32)(x)``. Stride
and padding are given by letter in either order, or by place. Layers end with white space, commas or
line ends; ``#`` begins a comment. Where no activation is written at all, every convolution and
fully connected layer but a branch's last has a ReLU, as the lecture's tables say below them. What
nothing reads is an output: the main one first, auxiliary classifiers after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from convproof.errors import NetworkError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][\w.]*'?)|(?P<sign>[(),=]))"
)
Argument = int | float | str | tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One layer as it is written.

    Attributes:
        word: ``conv``.
        arguments: numbers, words such as ``p1``, and tuples of these.
        name: what it is called, or "".
        reads: what it reads, or nothing: the layer before it.
        text: as it was written, for tables and messages.
    """

    word: str
    arguments: tuple[Argument, ...] = ()
    name: str = ""
    reads: tuple[str, ...] = ()
    text: str = ""


def parse(text: str) -> tuple[Call, ...]:
    """Return the layers of a text.

    Raises:
        NetworkError: if it can't be read; the message shows where.

    Example:
        >>> [call.text for call in parse("input(32, 1), conv(5, 6, s2) z = fc(10)")]
        ['input(32,1)', 'conv(5,6,s2)', 'fc(10)']
    """
    return tuple(_Reader(text).calls())


class _Reader:
    """Tokens of a text, read from left to right."""

    def __init__(self, text: str) -> None:
        self._text = re.sub(r"#[^\n]*", lambda found: " " * len(found[0]), text)
        self._tokens = list(self._split())
        self._at = 0

    def calls(self) -> Iterator[Call]:
        while self._at < len(self._tokens):
            if not self._taken(","):
                yield self._call()

    def _call(self) -> Call:
        name, word = "", self._word()
        if self._taken("="):
            name, word = word, self._word()
        arguments: tuple[Argument, ...] = ()
        reads: tuple[str, ...] = ()
        if self._taken("("):
            arguments = self._arguments()
        if self._taken("("):
            reads = tuple(str(each) for each in self._arguments())
        if word == "concat" and not reads:
            arguments, reads = (), tuple(map(str, arguments))
        return Call(
            word=word, arguments=arguments, name=name, reads=reads, text=written(word, arguments)
        )

    def _arguments(self) -> tuple[Argument, ...]:
        found: list[Argument] = []
        while not self._taken(")"):
            if self._taken(","):
                continue
            if self._taken("("):
                found.append(self._arguments())
                continue
            kind, token, _ = self._next("an argument or ')'")
            if kind == "sign":
                self._refuse("an argument or ')'", self._at - 1)
            found.append(token if kind == "word" else float(token) if "." in token else int(token))
        return tuple(found)

    def _word(self) -> str:
        kind, token, _ = self._next("the name of a layer")
        if kind != "word":
            self._refuse("the name of a layer", self._at - 1)
        return token

    def _taken(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at][1] == sign:
            self._at += 1
            return True
        return False

    def _next(self, wanted: str) -> tuple[str, str, int]:
        if self._at >= len(self._tokens):
            self._refuse(wanted, self._at)
        self._at += 1
        return self._tokens[self._at - 1]

    def _split(self) -> Iterator[tuple[str, str, int]]:
        place = 0
        while self._text[place:].strip():
            found = _TOKEN.match(self._text, place)
            if found is None or found.lastgroup is None:
                while self._text[place].isspace():
                    place += 1
                self._point("a layer", place)
            yield found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)
            place = found.end()

    def _refuse(self, wanted: str, at: int) -> NoReturn:
        place = self._tokens[at][2] if at < len(self._tokens) else len(self._text)
        self._point(wanted, place)

    def _point(self, wanted: str, place: int) -> NoReturn:
        """Show the line, with a mark under the place."""
        start = self._text.rfind("\n", 0, place) + 1
        line = self._text[start:].partition("\n")[0]
        mark = " " * (place - start) + "^"
        msg = f"{wanted} is expected here:\n  {line}\n  {mark}"
        raise NetworkError(msg)


def written(word: str, arguments: tuple[Argument, ...]) -> str:
    """Return a layer in the notation, without spaces."""
    return word + (_in_brackets(arguments) if arguments else "")


def _in_brackets(arguments: tuple[Argument, ...]) -> str:
    parts = [_in_brackets(a) if isinstance(a, tuple) else str(a) for a in arguments]
    return f"({','.join(parts)})"
