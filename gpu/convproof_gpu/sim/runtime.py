"""The runtime library, and a launch as it takes it: ``runtime/launch.hpp``, mirrored."""

import ctypes
from ctypes import c_char, c_char_p, c_int, c_longlong, c_size_t, c_uint, c_ulonglong, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

MOST_ARRAYS, MOST_REGIONS = 48, 512  # of a launch


class Report(ctypes.Structure):
    """What was reported of a fault: ``struct Report``."""

    _fields_ = (
        ("kind", c_int), ("line", c_int), ("file", c_char_p), ("pc", c_void_p),
        ("thread", c_uint * 3), ("block", c_uint * 3), ("has_thread", c_int), ("array", c_int),
        ("wrong", c_int), ("offset", c_longlong), ("message", c_char * 600),
    )  # fmt: skip


class Totals(ctypes.Structure):
    """What was counted of every launch: ``struct Totals``."""

    _fields_ = (("switches", c_ulonglong), ("accesses", c_ulonglong), ("steps", c_ulonglong))


class Launch(ctypes.Structure):
    """A launch: ``struct Launch``."""

    _fields_ = (
        ("grid", c_uint * 3), ("block", c_uint * 3), ("dynamic_shared", c_uint), ("races", c_int),
        ("adversary", c_int), ("exits", c_int), ("landing", c_int), ("rounding", c_int),
        ("counted", c_int), ("seed", c_ulonglong), ("steps", c_ulonglong), ("report", Report),
        ("totals", Totals),
    )  # fmt: skip


class Given(ctypes.Structure):
    """An array that is given: ``struct Given`` of ``arrays.hpp``."""

    _fields_ = (
        ("host", c_void_p), ("size", c_size_t), ("at", c_size_t), ("element", c_size_t),
        ("constant", c_int), ("output", c_int), ("is_struct", c_int), ("beyond", c_int),
        ("region", c_int), ("pad", c_int),
    )  # fmt: skip


class Fixed(ctypes.Structure):
    """A variable of a module: ``struct Fixed`` of ``arrays.hpp``."""

    _fields_ = (("begin", c_void_p), ("size", c_size_t), ("space", c_int), ("pad", c_int))


class Called(ctypes.Structure):
    """A kernel that is called: ``struct Called`` of ``arrays.hpp``."""

    _fields_ = (
        ("function", c_void_p), ("arguments", c_void_p), ("offsets", ctypes.POINTER(c_size_t)),
        ("givens", ctypes.POINTER(Given)), ("fixed", ctypes.POINTER(Fixed)),
        ("image_begin", c_void_p), ("image_end", c_void_p), ("count", c_int),
        ("given_count", c_int), ("fixed_count", c_int), ("pad", c_int),
    )  # fmt: skip


class Traffic(ctypes.Structure):
    """What was counted of memory: ``struct Traffic`` of ``counts.hpp``."""

    _fields_ = tuple(
        (name, c_ulonglong)
        for name in (
            "requests", "sectors", "least_sectors", "bytes", "shared_requests", "turns",
            "least_turns", "lost",
        )
    )  # fmt: skip


class Node(ctypes.Structure):
    """Where a number comes from: ``struct Node`` of ``provenance.hpp``."""

    _fields_ = (
        ("value", ctypes.c_double), ("a", ctypes.c_uint32), ("b", ctypes.c_uint32),
        ("origin", ctypes.c_uint32), ("padding", ctypes.c_uint32),
    )  # fmt: skip


class Runtime:
    """A runtime that is loaded, with its arena of slots for arrays."""

    SLOTS, SLOT_BITS = 64, 36
    FRONT = 1 << 30  # bytes of a slot before its array, which nothing may touch

    def __init__(self, path: Path) -> None:
        library = ctypes.CDLL(str(path))
        self.launch = _typed(
            library.sim_launch, c_int,
            ctypes.POINTER(Called), ctypes.POINTER(Launch),
        )  # fmt: skip
        self.map = _typed(library.sim_map, c_void_p, c_int, c_size_t)
        self.unmap = _typed(library.sim_unmap, None, c_int, c_size_t)
        self.traffic = _typed(library.sim_traffic, ctypes.POINTER(Traffic))
        self.forget_nodes = _typed(library.sim_forget_nodes, None)
        self.variable = _typed(library.sim_variable, ctypes.c_uint32, ctypes.c_double)
        self.constant = _typed(library.sim_constant, ctypes.c_uint32, ctypes.c_double)
        self.nodes = _typed(
            library.sim_nodes, ctypes.POINTER(Node), ctypes.POINTER(ctypes.c_uint32)
        )
        self.arena = _typed(library.sim_arena, c_void_p)()
        sizes = (c_size_t * 5)()
        library.sim_bytes(sizes)
        mirrored = [ctypes.sizeof(kind) for kind in (Launch, Traffic, Given, Fixed, Called)]
        assert list(sizes) == mirrored, "the runtime's structs and runtime.py differ"


def _typed(function: Any, result: Any, *arguments: Any) -> Any:
    function.restype, function.argtypes = result, list(arguments)
    return function


@cache
def runtime(path: Path) -> Runtime:
    """Return the runtime of a file, loaded once."""
    return Runtime(path)
