r"""Formulas in letters alone: for accessible names, where neither LaTeX nor MathML is read."""

import re
from functools import lru_cache

_SIGNS = {
    "top": "ᵀ", "cdot": "·", "times": "×", "star": "⋆", "ldots": "…", "dots": "…", "cdots": "…",
    "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "neq": "≠", "ne": "≠", "to": "→", "mid": "|",
    "sum": "∑", "partial": "∂", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "langle": "⟨", "rangle": "⟩", "lambda": "λ", "delta": "δ", "equiv": "≡", "infty": "∞",
    "alpha": "α", "beta": "β", "epsilon": "ε", "theta": "θ", "xi": "ξ", "leftarrow": "←",
    "bmod": " mod ", "max": "max", "min": "min",
    "quad": " ", "qquad": " ", "prime": "′", "circ": "∘", "in": "∈", "approx": "≈",
}  # fmt: skip
_SILENT = {
    *("left", "right", "mathbf", "mathrm", "mathit", "mathcal", "text", "operatorname", "begin"),
    *("end", "displaystyle", "textstyle"),
}
_HAT = re.compile(r"\\hat\s*(?:\{(\w+)\}|(\w))")
_FRACTION = re.compile(r"\\[td]?frac\{([^{}]*)\}\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SPACE = re.compile(r"\\[,;:! \\]|~")
_LOW = re.compile(r"_(?:\{([^{}]*)\}|(\w))")
_HIGH = re.compile(r"\^(?:\{(\d+)\}|(\d))")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_DIGITS = str.maketrans("0123456789+-()", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎")


@lru_cache(maxsize=4096)
def spoken(latex: str) -> str:
    r"""Return a formula as text without any command.

    Example:
        >>> spoken(r"\mathbf{a} = T^\top\,\mathbf{x}")
        'a = Tᵀ x'
        >>> spoken(r"a_{1,2} = \frac{1}{4} x_{1} + \frac{n - 1}{s}")
        'a₁,₂ = 1/4 x₁ + (n − 1)/s'
        >>> spoken(r"224^{2} \cdot 64 = 3{,}211{,}264")
        '224² · 64 = 3,211,264'
    """
    text = _HAT.sub(lambda match: f"{match[1] or match[2]}\N{COMBINING CIRCUMFLEX ACCENT}", latex)
    text = _COMMAND.sub(_sign, _SPACE.sub(" ", text).replace("\\{", "(").replace("\\}", ")"))
    text = _LOW.sub(_subscript, text)
    text = _HIGH.sub(lambda match: (match[1] or match[2]).translate(_RAISED), text)
    while (shorter := _FRACTION.sub(_quotient, text)) != text:
        text = shorter
    text = text.replace("{,}", ",").replace("-", "−").replace("'", "′")
    bare = re.sub(r"[{}\\&^]", "", text)
    return re.sub(r"\s+", " ", bare).strip()


def _sign(match: re.Match[str]) -> str:
    word = match[1]
    if word in {"frac", "tfrac", "dfrac"}:
        return r"\frac"
    return "" if word in _SILENT else _SIGNS.get(word, f" {word} ")


def _subscript(match: re.Match[str]) -> str:
    low = match[1] if match[1] is not None else match[2]
    return low.translate(_DIGITS) if re.fullmatch(r"[\d,+\-() ]+", low) else f"_{low}"


def _quotient(match: re.Match[str]) -> str:
    over, under = (f"({part})" if " " in part.strip() else part.strip() for part in match.groups())
    return f"{over}/{under}"
