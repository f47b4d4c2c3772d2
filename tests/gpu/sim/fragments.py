"""The sums of a tensor core's products, whose numbers lie as the tables of the PTX ISA say."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.gpu.tensor_core import CUT, instruction

Model = Callable[..., Sequence[np.ndarray | None]]


def multiplied(half: int) -> Model:
    def model(a: Any, b: Any, c: Any, _to: Any, _alone: Any) -> Sequence[np.ndarray | None]:
        thread = np.arange(128)
        w, g, t = thread // 32, thread % 32 // 4, thread % 4
        rows = np.zeros((64, 8), np.uint32)
        for held in range(4):
            rows[16 * w + g + 8 * (held & 1), t + 4 * (held >> 1)] = a.reshape(128, 4)[:, held]
        lines = (b.view(np.uint32) & CUT).view(np.float32).reshape(2 * half, 32)
        words = (rows & CUT).view(np.float32)
        register = np.arange(half)
        j, e = register // 4, register % 4
        m = (16 * w + g)[:, None] + 8 * (e >= 2)
        n = 8 * j + (2 * t)[:, None] + (e & 1)
        total = c.reshape(128, half)
        for k in range(0, 32, 8):
            total = instruction(total, words[m], lines[n][..., k : k + 8])
        single = instruction(np.zeros_like(total), words[m], lines[n][..., 8:16])
        return [None, None, None, total.ravel(), single.ravel()]

    return model


def product(name: str) -> Model:
    """The fragments of ``mma.sync``, by the tables that ``tensor.hpp`` names."""

    def model(a: np.ndarray, b: np.ndarray, c: np.ndarray, _to: np.ndarray) -> Sequence[Any]:
        lane = np.arange(32)
        g, t = lane // 4, lane % 4
        wide, depth = name != "tf32", 8 if name == "tf32" else 16
        rows, columns = np.zeros((16, depth), np.float32), np.zeros((8, depth), np.float32)
        for words, held, lines in ((a.reshape(32, 4), rows, 2), (b.reshape(32, 2), columns, 1)):
            for j in range(words.shape[1]):
                line, part = g + 8 * (j % lines), j // lines
                if wide:
                    for h in range(2):
                        held[line, 2 * t + h + 8 * part] = _halves(words[:, j] >> 16 * h, name)
                else:
                    held[line, t + 4 * part] = (words[:, j] & CUT).view(np.float32)
        register = np.arange(4)
        m, n = g[:, None] + 8 * (register >= 2), 2 * t[:, None] + (register & 1)
        least = -14 if name == "f16" else -126
        total = instruction(c.reshape(32, 4), rows[m], columns[n], least=least)
        return [None, None, None, total.ravel()]

    return model


def both_shared(half: int, name: str) -> Model:
    def model(a: Any, b: Any, c: Any, _to: Any, _alone: Any) -> Sequence[np.ndarray | None]:
        thread, register = np.arange(128), np.arange(half)
        w, g, t = thread // 32, thread % 32 // 4, thread % 4
        j, e = register // 4, register % 4
        m = (16 * w + g)[:, None] + 8 * (e >= 2)
        n = 8 * j + (2 * t)[:, None] + (e & 1)
        rows, lines = (_numbers(each.reshape(-1, 32), name) for each in (a, b))
        step, least = rows.shape[1] // 4, -14 if name == "f16" else -126
        total = c.reshape(128, half)
        for k in range(0, 4 * step, step):
            part = slice(k, k + step)
            total = instruction(total, rows[m][..., part], lines[n][..., part], least=least)
        part = slice(step, 2 * step)
        single = instruction(
            np.zeros_like(total), rows[m][..., part], lines[n][..., part], least=least
        )
        return [None, None, None, total.ravel(), single.ravel()]

    return model


def _numbers(words: np.ndarray, name: str) -> np.ndarray:
    if name == "tf32":
        return (words & CUT).view(np.float32)
    low, high = _halves(words, name), _halves(words >> 16, name)
    return np.stack([low, high], axis=-1).reshape(len(words), -1)


def _halves(words: np.ndarray, name: str) -> np.ndarray:
    bits = (words & 0xFFFF).astype(np.uint32)
    if name == "bf16":
        return (bits << 16).view(np.float32)
    with np.errstate(invalid="ignore"):
        return bits.astype(np.uint16).view(np.float16).astype(np.float32)
