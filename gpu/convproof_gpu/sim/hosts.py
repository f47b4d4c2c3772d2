"""What of a source is the host's, and is taken out before it is compiled."""

from collections.abc import Sequence

from convproof_gpu.sim.tokens import bare

_DEVICES = {"__device__", "__global__", "__constant__", "__shared__", "__managed__", "constexpr"}
_TYPES = {
    "struct", "class", "union", "enum", "typedef", "template", "namespace", "static_assert",
    "const", "friend", "operator", "concept",
}  # fmt: skip


def is_hosts(words: Sequence[str], text: str) -> bool:
    """Return whether a declaration without braces is the host's: a prototype, or a variable."""
    if not words or _DEVICES & set(words):
        return False
    if words[0] == "using":
        return "=" not in text and "std" in words
    if "(" in bare(text).split("=")[0]:  # a prototype, whatever its parameters are
        return not {"typedef", "static_assert", "friend", "concept"} & set(words)
    return len(words) > 1 and not _TYPES & set(words)


def is_host_class(words: Sequence[str], text: str) -> bool:
    """Return whether a class is the host's: nothing in it is the device's, and some cannot be."""
    if {"__device__", "__global__"} & set(words):
        return False
    hosts = {"new", "malloc", "cudaStream_t", "cudaEvent_t", "cudaError_t", "FILE"} & set(words)
    return bool(hosts) or "std ::" in text or "<<<" in text
