"""C++ in pieces: comments, directives, texts, words, numbers and marks."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from convproof.errors import ConvProofError

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*(?:\\\n[^\n]*)*|/\*.*?\*/)
    |(?P<directive>\#(?:[^\n\\/]|\\\n|\\.|/(?!\*)|/\*.*?\*/)*)
    |(?P<text>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\.?\d(?:[\w.']|[eEpP][+-])*)
    |(?P<mark3><<<|>>>|::|->|[^\w\s])""",
    re.VERBOSE | re.DOTALL,
)


class SourceError(ConvProofError):
    """A source that the simulator cannot take, or that does not compile."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a source: ``kind`` is space, directive, text, word, number or mark."""

    kind: str
    text: str
    line: int


def tokens_of(source: str, file: str) -> Iterator[Token]:
    """Yield the tokens of a source.

    Raises:
        SourceError: if it is no C++.
    """
    at, line = 0, 1
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            msg = f"{file}:{line}: {source[at : at + 20].splitlines()[0]!r} is no C++."
            raise SourceError(msg)
        kind, text = str(match.lastgroup), match.group()
        if kind == "mark":  # the delimiter within a raw string matched last
            kind = "text"
        yield Token("mark" if kind == "mark3" else kind, text, line)
        line += text.count("\n")
        at = match.end()


def bare(text: str) -> str:
    """Return a declaration without what attributes and extents hold; its tokens lie apart."""
    kept: list[str] = []
    depth = 0
    for token in text.split():
        attribute = bool(kept) and re.fullmatch(r"__\w+__|alignas|decltype", kept[-1])
        if depth or token == "[" or (token == "(" and attribute):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token, 0)
        else:
            kept.append(token)
    return " ".join(kept)
