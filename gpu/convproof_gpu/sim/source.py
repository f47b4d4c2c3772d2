"""CUDA C++ as the host's compiler takes it: the few words that macros cannot change are rewritten.

==============================  ==================================================================
in the source                   becomes
==============================  ==================================================================
``extern __shared__ T s[];``    ``extern T s[] asm("sim_dynamic_shared");``
a ``__device__`` variable       one in a section of its own, ``sim_device``
a ``__constant__`` variable     one in ``sim_constant``
what is the host's              nothing: functions of no qualifier, not ``constexpr``, and more
``#include <vector>``           nothing: a header of the host's
``#include "tile.cuh"``         the same, of a rewritten copy
==============================  ==================================================================

Line numbers stay. What the simulator does not know is refused, with its line.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from convproof_gpu.sim.hosts import is_host_class, is_hosts
from convproof_gpu.sim.tokens import SourceError as SourceError
from convproof_gpu.sim.tokens import Token, bare, tokens_of

_OURS = {
    "cuda_runtime.h", "cuda_fp16.h", "cuda_bf16.h", "stdint.h", "cstdint", "cuda.h",
    "device_launch_parameters.h", "cuda_runtime_api.h", "math.h", "cmath", "float.h", "cfloat",
    "limits.h", "climits", "stddef.h", "cstddef", "assert.h", "cassert", "math_constants.h",
}  # fmt: skip
PTX = ("prims.cuh", "warpgroup.cuh")  # with bodies for the simulator: taken as they are
_REFUSED_HEADERS = ("cooperative_groups", "mma.h", "cuda/", "cub/", "thrust/", "cute/", "cutlass/")
_REFUSED = {
    **dict.fromkeys(("asm", "__asm__"), "PTX outside prims.cuh"),
    "cooperative_groups": "cooperative groups",
    "cudaTextureObject_t": "textures",
    "cudaSurfaceObject_t": "surfaces",
    "tex1D": "textures",
    "tex2D": "textures",
    "tex3D": "textures",
    "tex1Dfetch": "textures",
    "__cluster_dims__": "clusters",
    "wmma": "nvcuda::wmma (use prims.cuh)",
    "new": "heap of the device (new)",
    "malloc": "heap of the device (malloc)",
}


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

    @property
    def short(self) -> str:
        """The name without its namespaces."""
        return self.name.rpartition("::")[2]


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


def stub_of(expression: str) -> str:
    """Return what the names of a kernel's stubs end in."""
    return hashlib.sha256(expression.encode()).hexdigest()[:16]


def copy_of(header: str) -> str:
    """Return the name of a header's rewritten copy."""
    return f"header-{hashlib.sha256(header.encode()).hexdigest()[:16]}.hpp"


def rewritten(source: str, file: str) -> Rewritten:
    """Return what the compiler is given for a source.

    Args:
        source: CUDA C++.
        file: its name, for messages.

    Raises:
        SourceError: if the source uses what is not supported.
    """
    tokens = list(tokens_of(source, file))
    writer = _Writer(tokens, file)
    writer.declarations(0, len(tokens), "")
    return Rewritten("".join(writer.out), tuple(writer.kernels), tuple(writer.included))


class _Writer:
    """Goes through declarations, from the outermost in."""

    def __init__(self, tokens: Sequence[Token], file: str) -> None:
        self.tokens, self.file = tokens, file
        self.out = [token.text for token in tokens]
        self.kernels: list[Kernel] = []
        self.included: list[str] = []
        self.in_template = False

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
            elif token.text == "{" and self._initialises(start, at):
                at = self._closing(at, end)
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
            name = "::".join(word for word in words if word not in ("inline", "namespace"))
            self.declarations(brace + 1, close, f"{prefix}{name}::" if name else prefix)
            return close
        if words == ["extern"]:  # extern "C" { ... }
            self.declarations(brace + 1, close, prefix)
            return close
        if not self._is_function(start, brace):
            end = close
            while end < len(self.tokens) - 1 and self.tokens[end].text != ";":
                end += 1
            if is_host_class(self._words(start, close), self._between(start, close)):
                self._blank(start, end)
                return end
            if "__shared__" not in words:
                self._variable(start, brace)
            self._body(brace, close, template=words[:1] == ["template"])
            return end
        if "__global__" in words:
            kernel = self._kernel(start, brace, prefix)
            self.kernels.append(kernel)
            if not kernel.template:  # here, for it may stand under an #if
                bounds = self._bounds(start, brace)
                stub = stub_of(kernel.name)
                self.out[close] = f"}} SIM_EXPORT({stub}, {kernel.short})"
                if bounds:
                    self.out[close] += f" SIM_BOUNDS({stub}, {bounds})"
        if "__global__" in words or "__device__" in words or "constexpr" in words:
            self._body(brace, close, template=words[:1] == ["template"])
        else:
            self._blank(start, close)
        return close

    def _blank(self, begin: int, end: int) -> None:
        """Take out what is the host's."""
        for at in range(begin, end + 1):
            if self.tokens[at].kind != "directive":
                self.out[at] = "\n" * self.out[at].count("\n") or " "

    def _body(self, begin: int, end: int, *, template: bool) -> None:
        """Rewrite a function's or a class's inside."""
        self.in_template = template
        at = begin
        while at <= end:
            token = self.tokens[at]
            if token.kind == "directive":
                self._directive(at)
            elif token.text == "<<<":
                self._refuse(token, "launches from within kernels")
            elif token.kind == "word":
                if token.text in _REFUSED:
                    self._refuse(token, _REFUSED[token.text])
                if token.text == "extern":
                    at = self._extern(at)
                elif token.text == "static" and "__shared__" in self._words(
                    at, self._statement(at)
                ):
                    self.out[at] = ""
                elif token.text == "alignas" and "__shared__" in self._words(
                    self._begin(at), self._statement(at)
                ):
                    self._aligned(at)
                elif token.text == "static":
                    words = self._words(at, self._statement(at))
                    shape = "(" in self._between(at, self._statement(at)).split("=")[0]
                    if not {"const", "constexpr", "__shared__"} & set(words) and not shape:
                        self._refuse(token, "static variables within functions")
            at += 1

    def _variable(self, start: int, semicolon: int) -> None:
        """Give a variable of the device its section."""
        words = self._words(start, semicolon)
        if is_hosts(words, self._between(start, semicolon)):
            self._blank(start, semicolon)
            return
        for at in range(start, semicolon):
            if self.tokens[at].text == "extern" and "__shared__" in words:
                self._extern(at)
                return
            if self.tokens[at].kind == "word" and self.tokens[at].text in _REFUSED:
                self._refuse(self.tokens[at], _REFUSED[self.tokens[at].text])
        text = self._between(start, semicolon).split("=")[0]
        held = {"constexpr", "using", "typedef", "template"} & set(words)
        constant = re.search(r"\bconst\b[^*]*$", text)  # and not only what it points to
        if not {"__device__", "__constant__", "__managed__"} & set(words) or held or constant:
            return
        if "(" in bare(self._between(start, semicolon).split("=")[0]):
            return  # a function that is declared
        section = "sim_constant" if "__constant__" in words else "sim_device"
        for at in range(start, semicolon):
            if self.tokens[at].text == "alignas":
                self._aligned(at)
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
        if self.in_template:
            self._referred(at, end)
            return end
        for k in range(at, end):
            if self.tokens[k].text == "__shared__":
                self.out[k] = ""
            elif self.tokens[k].text == "alignas":
                self._aligned(k)
        self.out[end] = ' __asm__("sim_dynamic_shared");'
        return end

    def _referred(self, at: int, end: int) -> None:
        """Make dynamic shared memory a reference, for g++ drops the symbol's name in templates."""
        kept: list[str] = []
        k = at
        while k < end:
            text = self.tokens[k].text
            if text in ("alignas", "__align__", "__attribute__"):
                k = self._closing(next(o for o in range(k, end) if self.tokens[o].text == "("), end)
            elif self.tokens[k].kind not in ("space", "directive") and text not in (
                "extern", "__shared__",
            ):  # fmt: skip
                kept.append(text)
            k += 1
        opening = kept.index("[")
        kind, name = " ".join(kept[: opening - 1]), kept[opening - 1]
        more = " ".join(kept[opening + 2 :])
        lines = "".join("\n" * self.out[k].count("\n") for k in range(at, end))
        self._blank(at, end)
        self.out[at] = (
            f"{kind} (&{name})[]{more} = *reinterpret_cast<{kind} (*)[]{more}>(sim_dynamic_shared);"
        )
        for k in range(at + 1, end + 1):
            self.out[k] = ""
        self.out[end] = lines

    def _aligned(self, at: int) -> None:
        """Make ``alignas(n)`` an attribute that may stand anywhere."""
        opening = next(k for k in range(at, len(self.tokens)) if self.tokens[k].text == "(")
        self.out[at] = "__attribute__((aligned"
        self.out[self._closing(opening, len(self.tokens))] = ")))"

    def _begin(self, at: int) -> int:
        while at > 0 and self.tokens[at - 1].text not in (";", "{", "}"):
            at -= 1
        return at

    def _directive(self, at: int) -> None:
        token = self.tokens[at]
        match = re.match(r'#\s*include\s*(?:<([^>]+)>|"([^"]+)")', token.text)
        if match is None:
            return
        header, quoted = match.groups()
        if quoted is not None:
            if Path(quoted).name in PTX:
                self.out[at] = f'#include "{Path(quoted).name}"'
            elif quoted not in _OURS:
                self.included.append(quoted)
                self.out[at] = f'#include "{copy_of(quoted)}"'
            return
        if header.startswith(_REFUSED_HEADERS):
            self._refuse(token, f"<{header}>")
        if header in {"cuda.h", "device_launch_parameters.h", "cuda_runtime_api.h"}:
            self.out[at] = "#include <cuda_runtime.h>"
        elif header in {"assert.h", "cassert"} or header not in _OURS:
            self.out[at] = ""

    def _initialises(self, start: int, brace: int) -> bool:
        """Return whether a brace holds a member's value, before a constructor's body."""
        last = next(t for t in reversed(self.tokens[:brace]) if t.kind != "space")
        listed = re.search(r"\) (?:noexcept )?: (?!:)", bare(self._between(start, brace)))
        return last.kind == "word" and listed is not None

    def _is_function(self, start: int, brace: int) -> bool:
        words = self._words(start, brace)
        text = bare(self._between(start, brace))
        if {"struct", "class", "union", "enum"} & set(words) and "(" not in text:
            return False
        if re.search(r"(?<![=!<>])=(?!=)[^)]*$", text) and "operator" not in words:
            return False
        return "(" in text

    def _kernel(self, start: int, brace: int, prefix: str) -> Kernel:
        held = [t for t in self.tokens[start:brace] if t.kind not in ("space", "directive")]
        template = bool(held) and held[0].text == "template"
        open_ = next(k for k, t in enumerate(held) if t.text == "__global__") + 1
        while held[open_].text != "(" or held[open_ - 1].text.startswith("__"):
            if held[open_].text == "(":  # of an attribute
                depth = 0
                while True:
                    depth += {"(": 1, ")": -1}.get(held[open_].text, 0)
                    if depth == 0:
                        break
                    open_ += 1
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
        name = next(t for t in reversed(held[:open_]) if t.kind == "word")
        return Kernel(prefix + name.text, tuple(parameters), template, name.line)

    def _bounds(self, start: int, brace: int) -> str:
        """Return what stands in a kernel's __launch_bounds__, or ""."""
        for at in range(start, brace):
            if self.tokens[at].text == "__launch_bounds__":
                opening = next(k for k in range(at, brace) if self.tokens[k].text == "(")
                return self._between(opening + 1, self._closing(opening, brace))
        return ""

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
