"""What each exact row gives, from its definition, one number at a time."""

import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from tests.gpu.sim import exact
from tests.gpu.sim.exact import BFLOAT16, DOUBLE, FLOAT, HALF
from tests.gpu.sim.rows import TYPES, Row

Model = Callable[..., Any]
INTEGERS: dict[str, np.dtype] = {
    "int": TYPES["int"], "uint": TYPES["unsigned"], "ll": TYPES["long long"],
    "ull": TYPES["unsigned long long"], "short": TYPES["short"],
    "ushort": TYPES["unsigned short"],
}  # fmt: skip
FORMATS = {"half": HALF, "bfloat16": BFLOAT16, "float": FLOAT, "double": DOUBLE}


def expected(row: Row, operands: Sequence[np.ndarray]) -> np.ndarray:
    """Return what a row is to give."""
    if re.fullmatch(r"of_(float|double)_as_\w+", row.name):  # which of the NaNs it is, counts
        return operands[0].view(row.result)
    model = _model(row)
    columns = [column.tolist() for column in operands]
    found = [model(*values) for values in zip(*columns, strict=True)]
    if row.result.kind == "f":
        with np.errstate(invalid="ignore"):  # of a signalling NaN
            return np.array(found, np.float64).astype(row.result)
    mask = (1 << 8 * row.result.itemsize) - 1
    return np.array([value & mask for value in found], f"u{row.result.itemsize}").view(row.result)


def is_modelled(row: Row) -> bool:
    """Return whether there is a model of a row."""
    return _found(row) is not None or "_as_" in row.name


def _model(row: Row) -> Model:
    model = _found(row)
    assert model is not None, row.name
    return model


@cache
def _found(row: Row) -> Model | None:
    name = row.name.removeprefix("of_")
    for find in (_directed, _conversion, _of_halves, _of_words, _plain):
        model = find(name)
        if model is not None:
            return model
    return None


def _directed(name: str) -> Model | None:
    match = re.fullmatch(r"([fd])?(add|sub|mul|div|fma|rcp|sqrt|rsqrt)(f)?_(r[nzud])", name)
    if match is None:
        return None
    letter, operation, after, direction = match.groups()
    to = DOUBLE if letter == "d" or (operation == "fma" and not after and not letter) else FLOAT
    of = exact.ARITHMETIC[operation]
    return lambda *values: of(*values, direction, to)


def _conversion(name: str) -> Model | None:
    match = re.fullmatch(r"(\w+?)2(\w+?)_(r[nzud])", name)
    if match is None or {match[1], match[2]} - {*INTEGERS, *FORMATS}:
        return None
    source, target, direction = match.groups()
    read: Model = (lambda v: exact.value_of(v, source)) if source in ("half", "bfloat16") else _same
    if target in INTEGERS:
        to, wide = INTEGERS[target], source == "double"
        return lambda v: exact.whole(read(v), direction, to, wide=wide)
    return _narrowing(target, direction, of_integer=source in INTEGERS)


def _same(value: Any) -> Any:
    return value


def _narrowing(target: str, direction: str, *, of_integer: bool) -> Model:
    form = FORMATS[target]
    if of_integer:
        made: Model = lambda v: exact.rounded(Fraction(v), direction, form)  # noqa: E731
    else:
        made = lambda v: exact.narrowed(v, direction, form)  # noqa: E731
    if target in ("half", "bfloat16"):
        return lambda v: exact.bits_of(made(v), target)
    return made


def _least(a: float, b: float) -> float:
    if math.isnan(a) or math.isnan(b):
        return b if math.isnan(a) else a
    return min((a, b), key=lambda v: (v, math.copysign(1, v)))


def _greatest(a: float, b: float) -> float:
    return -_least(-a, -b)


def _arithmetic_of(form: exact.Format) -> dict[str, Model]:
    def nearest(operation: str) -> Model:
        return lambda *values: exact.ARITHMETIC[operation](*values, "rn", form)

    by_words = {"plus": "add", "minus": "sub", "times": "mul", "by": "div"}
    held = {
        f"{word}{end}": nearest(by_words[word]) for word in by_words for end in ("", "_assigned")
    }
    held |= {
        f"h{operation}": nearest(operation) for operation in ("add", "sub", "mul", "div", "fma")
    }
    return held | {"hmax": _greatest, "hmin": _least, "hsqrt": nearest("sqrt"),
                   "hrcp": nearest("rcp"),
                   "hrsqrt": nearest("rsqrt"), "hneg": lambda v: -v, "negative": lambda v: -v,
                   "habs": abs, "hexp": _rounded(np.exp, form), "hlog": _rounded(np.log, form),
                   "htanh": _rounded(np.tanh, form)}  # fmt: skip


def _rounded(function: Any, form: exact.Format) -> Model:
    def model(v: float) -> float:
        with np.errstate(all="ignore"):
            return exact.narrowed(float(function(v)), "rn", form)

    return model


_COMPARED: dict[str, Model] = {
    "hgt": lambda a, b: a > b, "hlt": lambda a, b: a < b, "heq": lambda a, b: a == b,
    "hge": lambda a, b: a >= b, "hle": lambda a, b: a <= b, "more": lambda a, b: a > b,
    "less": lambda a, b: a < b, "equal": lambda a, b: a == b, "at_least": lambda a, b: a >= b,
    "at_most": lambda a, b: a <= b, "hisnan": math.isnan, "unequal": lambda a, b: a != b,
    "hne": lambda a, b: a != b and not (math.isnan(a) or math.isnan(b)),
}  # fmt: skip


def _of_halves(name: str) -> Model | None:
    kind, _, rest = name.partition("_")
    if kind not in ("half", "bfloat16"):
        return _of_pairs(name)
    arithmetic = _arithmetic_of(FORMATS[kind])
    two = re.sub(r"_of_two$", "", rest) if rest.endswith("_of_two") else rest.removesuffix("2")
    if rest == "h2div":
        two = "hdiv"
    if rest in _COMPARED:
        return lambda *v: int(_COMPARED[rest](*(exact.value_of(each, kind) for each in v)))
    if rest.startswith("made_of_") or rest == f"double2{kind}":
        return _narrowing(kind, "rn", of_integer=rest in ("made_of_int", "made_of_unsigned"))
    if rest.startswith("float2"):
        return _narrowing(kind, rest[-2:], of_integer=False)
    if rest == "as_float":
        return lambda v: exact.value_of(v, kind)
    if rest in arithmetic:
        return lambda *v: exact.bits_of(
            arithmetic[rest](*(exact.value_of(e, kind) for e in v)), kind
        )
    if two in arithmetic:
        one = _of_halves(f"{kind}_{two}")
        assert one is not None
        return lambda *v: one(*(e & 0xFFFF for e in v)) | one(*(e >> 16 for e in v)) << 16
    return None


def _of_pairs(name: str) -> Model | None:
    for kind in ("half", "bfloat16"):
        plain = _narrowing(kind, "rn", of_integer=False)

        def read(v: int, kind: str = kind) -> float:
            return exact.value_of(v, kind)

        if name == f"{kind}2float":
            return read
        if name == f"float2{kind}":
            return plain
        if name in (f"float2{kind}2_rn", f"float22{kind}2_rn", f"floats2{kind}2_rn"):
            return lambda a, b=None, plain=plain: plain(a) | plain(a if b is None else b) << 16
        short = "half2" if kind == "half" else "bfloat162"
        if name in (f"{kind}2{short}", f"make_{short}"):
            return lambda a, b=None: a | (a if b is None else b) << 16
        if name in (f"low2{kind}", f"high2{kind}"):
            return lambda v: v >> 16 if name.startswith("high") else v & 0xFFFF
        if name in (f"{short}2float2_low", f"{kind}22float2_low", "low2float" * (kind == "half")):
            return lambda v, read=read: read(v & 0xFFFF)
        if name in (
            f"{short}2float2_high",
            f"{kind}22float2_high",
            "high2float" * (kind == "half"),
        ):
            return lambda v, read=read: read(v >> 16)
    return None


def _lanes(v: int, bits: int, *, signed: bool) -> list[int]:
    held = [v >> at & ((1 << bits) - 1) for at in range(0, 32, bits)]
    return [lane - (1 << bits) if signed and lane >> (bits - 1) else lane for lane in held]


def _half_away(total: int) -> int:
    return (abs(total) + 1) // 2 * (1 if total >= 0 else -1)


_OPERATIONS: dict[str, Model] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "absdiff": lambda a, b: abs(a - b),
    "avgs": lambda a, b: _half_away(a + b),
    "avgu": lambda a, b: (a + b + 1) // 2, "haddu": lambda a, b: (a + b) // 2,
    "max": max, "min": min, "abs": abs, "neg": lambda a: -a,
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "ge": lambda a, b: a >= b,
    "gt": lambda a, b: a > b, "le": lambda a, b: a <= b, "lt": lambda a, b: a < b,
}  # fmt: skip


def _of_words(name: str) -> Model | None:
    match = re.fullmatch(r"v(cmp|set)?(\w+?)([24])", name)
    if match is None:
        return None
    kind, operation, count = match.groups()
    bits = 32 // int(count)
    saturated = operation[-2:] if operation.endswith(("ss", "us")) else ""
    name_of = operation.removesuffix(saturated) if saturated else operation
    signed = saturated == "ss" or name_of.endswith("s") or name_of in ("abs", "neg")
    if name_of in ("sads", "sadu"):
        return lambda a, b: sum(
            abs(x - y)
            for x, y in zip(
                _lanes(a, bits, signed=signed), _lanes(b, bits, signed=signed), strict=True
            )
        )
    base = name_of if name_of in _OPERATIONS else name_of[:-1]
    of = _OPERATIONS[base]
    least = -(1 << (bits - 1)) if saturated == "ss" else 0
    most = least + (1 << bits) - 1

    def made(*words: int) -> int:
        result = 0
        lanes = [_lanes(word, bits, signed=signed) for word in words]
        for at, values in enumerate(zip(*lanes, strict=True)):
            value = of(*values)
            if kind == "cmp":
                value = -int(value)
            if saturated:
                value = min(max(value, least), most)
            result |= (int(value) & ((1 << bits) - 1)) << (at * bits)
        return result

    return made


def _permuted(a: int, b: int, selector: int) -> int:
    both, result = b << 32 | a, 0
    for i in range(4):
        chosen = selector >> 4 * i & 7
        result |= (both >> 8 * chosen & 255) << 8 * i
    return result


def _signed24(v: int) -> int:
    return ((v & 0xFFFFFF) ^ 0x800000) - 0x800000


def _dot(a: int, b: int, c: int, *, bits: int, first: int, signed: bool) -> int:
    lanes = _lanes(a & 2**32 - 1, bits, signed=signed)
    bytes_ = _lanes(b & 2**32 - 1, 8, signed=signed)[first:]
    return c + sum(x * y for x, y in zip(lanes, bytes_, strict=False))


def _bits(value: float, kind: str) -> int:
    array = np.array(value, np.float64 if kind == "d" else np.float32)
    return int(array.view(np.uint64 if kind == "d" else np.uint32))


def _number(bits: int, kind: str) -> float:
    wide = kind == "d"
    held = np.array(bits & (2**64 - 1 if wide else 2**32 - 1), np.uint64 if wide else np.uint32)
    return float(held.view(np.float64 if wide else np.float32))


_PLAIN: dict[str, Model] = {
    "popc": lambda v: v.bit_count(), "popcll": lambda v: v.bit_count(),
    "clz": lambda v: 32 - (v & 2**32 - 1).bit_length(),
    "clzll": lambda v: 64 - (v & 2**64 - 1).bit_length(),
    "ffs": lambda v: (v & -v & 2**32 - 1).bit_length(),
    "ffsll": lambda v: (v & -v & 2**64 - 1).bit_length(),
    "brev": lambda v: int(f"{v:032b}"[::-1], 2), "brevll": lambda v: int(f"{v:064b}"[::-1], 2),
    "umulhi": lambda a, b: a * b >> 32, "mulhi": lambda a, b: a * b >> 32,
    "umul64hi": lambda a, b: a * b >> 64, "mul64hi": lambda a, b: a * b >> 64,
    "mul24": lambda a, b: _signed24(a) * _signed24(b),
    "umul24": lambda a, b: (a & 0xFFFFFF) * (b & 0xFFFFFF),
    "uhadd": lambda a, b: (a + b) // 2, "urhadd": lambda a, b: (a + b + 1) // 2,
    "hadd_of_int": lambda a, b: (a + b) // 2, "rhadd": lambda a, b: (a + b + 1) // 2,
    "sad": lambda a, b, c: abs(a - b) + c, "usad": lambda a, b, c: abs(a - b) + c,
    "byte_perm": _permuted,
    "funnelshift_l": lambda a, b, c: (b << 32 | a) << (c & 31) >> 32,
    "funnelshift_r": lambda a, b, c: (b << 32 | a) >> (c & 31),
    "funnelshift_lc": lambda a, b, c: (b << 32 | a) << min(c, 32) >> 32,
    "funnelshift_rc": lambda a, b, c: (b << 32 | a) >> min(c, 32),
    "int_as_float": lambda v: _number(v, "f"), "uint_as_float": lambda v: _number(v, "f"),
    "longlong_as_double": lambda v: _number(v, "d"),
    "double2hiint": lambda v: _bits(v, "d") >> 32, "double2loint": lambda v: _bits(v, "d"),
    "hiloint2double": lambda a, b: _number((a & 2**32 - 1) << 32 | (b & 2**32 - 1), "d"),
    "plus": lambda a, b: exact.ARITHMETIC["add"](a, b, "rn", FLOAT),
    "minus": lambda a, b: exact.ARITHMETIC["sub"](a, b, "rn", FLOAT),
    "times": lambda a, b: exact.ARITHMETIC["mul"](a, b, "rn", FLOAT),
    "by": lambda a, b: exact.ARITHMETIC["div"](a, b, "rn", FLOAT),
    "to_float": lambda v: exact.narrowed(v, "rn", FLOAT),
    "sqrtf": lambda v: exact.ARITHMETIC["sqrt"](v, "rn", FLOAT),
    "sqrt": lambda v: exact.ARITHMETIC["sqrt"](v, "rn", DOUBLE),
    "fmaf": lambda a, b, c: exact.ARITHMETIC["fma"](a, b, c, "rn", FLOAT),
    "fma": lambda a, b, c: exact.ARITHMETIC["fma"](a, b, c, "rn", DOUBLE),
    "saturatef": lambda v: 0.0 if not v > 0 else min(v, 1.0),
    "floorf": lambda v: math.copysign(math.floor(v), v) if math.isfinite(v) else v,
    "ceilf": lambda v: math.copysign(math.ceil(v), v) if math.isfinite(v) else v,
    "truncf": lambda v: math.copysign(math.trunc(v), v) if math.isfinite(v) else v,
    "rintf": lambda v: math.copysign(round(v), v) if math.isfinite(v) else v,
    "roundf": lambda v: math.copysign(math.floor(abs(v) + 0.5), v) if math.isfinite(v) else v,
    "whole_part": lambda v: math.modf(v)[1], "broken_part": lambda v: math.modf(v)[0],
    "double_whole_part": lambda v: math.modf(v)[1],
    "fraction": lambda v: math.frexp(v)[0], "double_fraction": lambda v: math.frexp(v)[0],
    "exponent": lambda v: math.frexp(v)[1] if math.isfinite(v) else 0,
    "fabsf": abs, "copysignf": math.copysign,
    "fmodf": lambda a, b: math.fmod(a, b) if math.isfinite(a) and b != 0 else _by_nothing(a, b),
    "rest": lambda a, b: math.remainder(a, b) if math.isfinite(a) and b != 0 else _by_nothing(a, b),


}  # fmt: skip
_PLAIN |= {
    f"{function}_of_{kind}": (_least if function == "min" else _greatest)
    if kind in ("floats", "doubles")
    else (min if function == "min" else max)
    for function in ("min", "max")
    for kind in ("floats", "doubles", "int", "unsigned", "long_long", "unsigned_long_long")
}
_PLAIN |= {
    f: _least if f.startswith("fmin") else _greatest for f in ("fminf", "fmaxf", "fmin", "fmax")
}
_PLAIN |= {
    f"{f.__name__}_of_{kind}": (lambda a, b, f=f: f(a & 2**32 - 1, b & 2**32 - 1))
    for f in (min, max)
    for kind in ("unsigned_and_int", "int_and_unsigned")
}
_PLAIN |= {
    f"{name}{end}": (
        lambda a, b, c, bits=bits, first=first, signed=not end: _dot(
            a, b, c, bits=bits, first=first, signed=signed
        )
    )
    for name, bits, first in (("dp4a", 8, 0), ("dp2a_lo", 16, 0), ("dp2a_hi", 16, 2))
    for end in ("", "_of_unsigned")
}
_PLAIN |= dict.fromkeys(
    ("ldg", "ldcg", "ldca", "ldcs", "ldlu", "ldcv", "stcg", "stcs", "stwb", "stwt"), _same
)


def _by_nothing(*_: float) -> float:
    return math.nan


def _last_bits(a: float, b: float) -> int:
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or b == 0:
        return 0
    if math.isinf(b):
        return 0
    return (abs(round(Fraction(a) / Fraction(b))) * (1 if (a < 0) == (b < 0) else -1)) & 7


def _tf32(v: float) -> float:
    """Return the nearest word; of a NaN the last bits are cut too, so that it may end as Inf."""
    bits = _bits(v, "f")
    is_finite = bits & 0x7F800000 != 0x7F800000
    return _number((bits + 0x1000 * is_finite) & 0xFFFFE000, "f")


_PLAIN |= {"last_bits_of_quotient": _last_bits, "cvt_rna_tf32": _tf32}


def _plain(name: str) -> Model | None:
    return _PLAIN.get(name)
