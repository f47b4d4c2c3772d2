"""CUDA C++ as the host's compiler takes it: the few words that macros cannot change are rewritten.

==============================  ==================================================================
in the source                   becomes
==============================  ==================================================================
``extern __shared__ T s[];``    ``extern T s[] asm("sim_dynamic_shared");``
a ``__device__`` variable       one in a section of its own, ``sim_device``
a ``__constant__`` variable     one in ``sim_constant``
a host function                 nothing: a function of no qualifier, not ``constexpr``
``#include <vector>``           nothing: a header of the host's
``#include "tile.cuh"``         the same, of a rewritten copy
==============================  ==================================================================

Line numbers stay. What the simulator does not know is refused, with its line.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from convproof.errors import ConvProofError

_OURS = {
    "cuda_runtime.h", "cuda_fp16.h", "cuda_bf16.h", "stdint.h", "cstdint", "cuda.h",
    "device_launch_parameters.h", "cuda_runtime_api.h", "math.h", "cmath", "float.h", "cfloat",
    "limits.h", "climits", "stddef.h", "cstddef", "assert.h", "cassert",
}  # fmt: skip
_REFUSED_HEADERS = ("cooperative_groups", "mma.h", "cuda/", "cub/", "thrust/", "cute/", "cutlass/")
_REFUSED = {
    "asm": "PTX outside prims.cuh",
    "__asm__": "PTX outside prims.cuh",
    "cooperative_groups": "cooperative groups",
    "cudaTextureObject_t": "textures",
    "cudaSurfaceObject_t": "surfaces",
    "tex1D": "textures",
    "tex2D": "textures",
    "tex3D": "textures",
    "tex1Dfetch": "textures",
    "__cluster_dims__": "clusters",
    "wmma": "nvcuda::wmma (use prims.cuh)",
}
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


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel as it is declared.

    Attributes:
        name: with its namespaces.
        parameters: their names.
        template: whether it is one.
        line: where.
    """

    name: str
    parameters: tuple[str, ...]
    template: bool
    line: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A source after rewriting.

    Attributes:
        text: for the compiler.
        kernels: in order.
        included: names of the files that it includes by quotes, in order.
    """

    text: str
    kernels: tuple[Kernel, ...]
    included: tuple[str, ...]


def rewritten(source: str, file: str) -> Rewritten:
    """Return what the compiler is given for a source.

    Args:
        source: CUDA C++.
        file: its name, for messages.

    Raises:
        SourceError: if the source uses what is not supported.
    """
    tokens = list(_tokens(source, file))
    writer = _Writer(tokens, file)
    writer.declarations(0, len(tokens), "")
    return Rewritten("".join(writer.out), tuple(writer.kernels), tuple(writer.included))


def _tokens(source: str, file: str) -> Iterator[Token]:
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


class _Writer:
    """Goes through declarations, from the outermost in."""

    def __init__(self, tokens: Sequence[Token], file: str) -> None:
        self.tokens, self.file = tokens, file
        self.out = [token.text for token in tokens]
        self.kernels: list[Kernel] = []
        self.included: list[str] = []

    def declarations(self, begin: int, end: int, prefix: str) -> None:
        """Rewrite what stands in a namespace, or in the file."""
        at = start = begin
        while at < end:
            token = self.tokens[at]
            if token.kind == "directive":
                self._directive(at)
                start = at + 1 if not self._words(start, at) else start
            elif token.text == ";":
                self._variable(start, at)
                start = at + 1
            elif token.text == "{":
                close = self._closing(at, end)
                at = self._braced(start, at, close, prefix)
                start = at + 1
            elif token.text in "([":
                at = self._closing(at, end)
            at += 1

    def _braced(self, start: int, brace: int, close: int, prefix: str) -> int:
        """Rewrite what ends in braces; return where it ends."""
        words = self._words(start, brace)
        if words[:1] == ["namespace"] or words[:2] == ["inline", "namespace"]:
            name = words[-1] if words[-1] != "namespace" else ""
            self.declarations(brace + 1, close, f"{prefix}{name}::" if name else prefix)
            return close
        if words == ["extern"]:  # extern "C" { ... }
            self.declarations(brace + 1, close, prefix)
            return close
        if not self._is_function(start, brace):
            end = close
            while end < len(self.tokens) - 1 and self.tokens[end].text != ";":
                end += 1
            if "__shared__" not in words:
                self._variable(start, brace)
            self._body(brace, close)
            return end
        if "__global__" in words:
            self.kernels.append(self._kernel(start, brace, prefix))
        if "__global__" in words or "__device__" in words or "constexpr" in words:
            self._body(brace, close)
        else:  # the host's
            for at in range(start, close + 1):
                if self.tokens[at].kind != "directive":
                    self.out[at] = "\n" * self.out[at].count("\n") or " "
        return close

    def _body(self, begin: int, end: int) -> None:
        """Rewrite a function's or a class's inside."""
        at = begin
        while at <= end:
            token = self.tokens[at]
            if token.kind == "directive":
                self._directive(at)
            elif token.text == "<<<":
                self._refuse(token, "a launch from within a kernel")
            elif token.kind == "word":
                if token.text in _REFUSED:
                    self._refuse(token, _REFUSED[token.text])
                if token.text == "extern":
                    at = self._extern(at)
                elif token.text == "static":
                    words = self._words(at, self._statement(at))
                    shape = "(" in self._between(at, self._statement(at)).split("=")[0]
                    if not {"const", "constexpr", "__shared__"} & set(words) and not shape:
                        self._refuse(token, "a static variable within a function")
            at += 1

    def _variable(self, start: int, semicolon: int) -> None:
        """Give a variable of the device its section."""
        words = self._words(start, semicolon)
        for at in range(start, semicolon):
            if self.tokens[at].text == "extern" and "__shared__" in words:
                self._extern(at)
                return
            if self.tokens[at].kind == "word" and self.tokens[at].text in _REFUSED:
                self._refuse(self.tokens[at], _REFUSED[self.tokens[at].text])
        held = {"const", "constexpr", "using", "typedef", "struct", "class", "enum", "template"}
        if not {"__device__", "__constant__", "__managed__"} & set(words) or held & set(words):
            return
        text = self._between(start, semicolon).split("=")[0]
        if "(" in re.sub(r"__\w+__\s*\([^()]*\)", "", text):
            return  # a function that is declared
        section = "sim_constant" if "__constant__" in words else "sim_device"
        for at in range(start, semicolon):
            if self.tokens[at].kind not in ("space", "directive"):
                self.out[at] = f'__attribute__((section("{section}"))) {self.out[at]}'
                return

    def _extern(self, at: int) -> int:
        """Rewrite ``extern __shared__ T name[];``; return its last token."""
        end = self._statement(at)
        words = self._words(at, end)
        if "__shared__" not in words:
            return at
        for k in range(at, end):
            if self.tokens[k].text == "__shared__":
                self.out[k] = ""
        self.out[end] = ' __asm__("sim_dynamic_shared");'
        return end

    def _directive(self, at: int) -> None:
        token = self.tokens[at]
        match = re.match(r'#\s*include\s*(?:<([^>]+)>|"([^"]+)")', token.text)
        if match is None:
            return
        header, quoted = match.groups()
        if quoted is not None:
            if Path(quoted).name == "prims.cuh":
                self.out[at] = '#include "prims.cuh"'
            elif quoted not in _OURS:
                self.included.append(quoted)
            return
        if header.startswith(_REFUSED_HEADERS):
            self._refuse(token, f"<{header}>")
        if header in {"cuda.h", "device_launch_parameters.h", "cuda_runtime_api.h"}:
            self.out[at] = "#include <cuda_runtime.h>"
        elif header in {"assert.h", "cassert"} or header not in _OURS:
            self.out[at] = ""

    def _is_function(self, start: int, brace: int) -> bool:
        words = self._words(start, brace)
        text = self._between(start, brace)
        if {"struct", "class", "union", "enum"} & set(words) and "(" not in text:
            return False
        if re.search(r"(?<![=!<>])=(?!=)[^)]*$", text) and "operator" not in words:
            return False
        return "(" in re.sub(r"__\w+__\s*\([^()]*\)", "", text)

    def _kernel(self, start: int, brace: int, prefix: str) -> Kernel:
        held = [t for t in self.tokens[start:brace] if t.kind not in ("space", "directive")]
        template = bool(held) and held[0].text == "template"
        after = next(k for k, t in enumerate(held) if t.text == "__global__")
        open_, depth = after, 0
        while True:  # the parenthesis after a name that is no attribute's
            t = held[open_]
            named = open_ > 0 and held[open_ - 1].kind == "word"
            if t.text == "(" and named and not held[open_ - 1].text.startswith("__"):
                break
            open_ += 1
        parameters: list[str] = []
        names: list[str] = []
        depth = 0
        for t in held[open_ + 1 :]:
            if t.text == ")" and depth == 0:
                break
            if t.text in "([{<":
                depth += 1
            elif t.text in ")]}>":
                depth -= 1
            if t.text == "," and depth == 0:
                parameters.append(names[-1] if names else "")
                names = []
            elif t.kind == "word" and depth == 0:
                names.append(t.text)
        if names:
            parameters.append(names[-1])
        name = held[open_ - 1]
        return Kernel(prefix + name.text, tuple(parameters), template, name.line)

    def _closing(self, at: int, end: int) -> int:
        pairs = {"(": ")", "[": "]", "{": "}"}
        close, depth = pairs[self.tokens[at].text], 0
        for k in range(at, end):
            text = self.tokens[k].text
            if self.tokens[k].kind == "mark":
                depth += (text == self.tokens[at].text) - (text == close)
                if depth == 0:
                    return k
        token = self.tokens[at]
        msg = f"{self.file}:{token.line}: {token.text!r} is never closed."
        raise SourceError(msg)

    def _statement(self, at: int) -> int:
        while at < len(self.tokens) - 1 and self.tokens[at].text not in (";", "{"):
            at += 1
        return at

    def _words(self, begin: int, end: int) -> list[str]:
        return [t.text for t in self.tokens[begin:end] if t.kind == "word"]

    def _between(self, begin: int, end: int) -> str:
        kinds = ("space", "directive")
        return " ".join(t.text for t in self.tokens[begin:end] if t.kind not in kinds)

    def _refuse(self, token: Token, what: str) -> None:
        msg = f"{self.file}:{token.line}: the simulator has no {what}."
        raise SourceError(msg)
