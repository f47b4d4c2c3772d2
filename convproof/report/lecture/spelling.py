r"""The lecture's formulas and matrices in LaTeX, as it prints them: ``x(k + n)`` is x[k + n]."""

import ast
import re
from decimal import Decimal
from fractions import Fraction

from convproof.report.lecture.claim import Formula, Table
from convproof.report.lecture.formulas import value

_SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(5)  # how tightly an operator binds
_WORDS = {"lam": r"\lambda", "delta": r"\delta", "xh": r"(x \star h)"}
_NAME = re.compile(r"(d?)([A-Za-z])(\d*)")
_WRITTEN = re.compile(r"sum over (.+?) of (.+)")
_LEFT = {"r\N{COMBINING CIRCUMFLEX ACCENT}": r"\hat{r}", "^T": r"^\top", "⋆": r"\star "}


def formula(of: Formula, *, left: bool = True) -> str:
    r"""Return a formula in LaTeX.

    Example:
        >>> formula(Formula("w(i, j, k)*x(i, k + n)", ("i", "k"), "(W^T ⋆ x)_j[n]"))
        '(W^\\top \\star  x)_j[n] = \\sum_{i, k} w_{i j}[k]\\, x_{i}[k + n]'
    """
    sums = rf"\sum_{{{', '.join(of.over)}}} " if of.over else ""
    right = f"{sums}{spelled(of.text)}"
    return f"{_left(of.left)} = {right}" if of.left and left else right


def computed_formula(text: str) -> str:
    r"""Return what the library says, which is written with its sum in words, in LaTeX.

    Example:
        >>> computed_formula("sum over k of w(k)")
        '\\sum_{k} w[k]'
    """
    found = _WRITTEN.fullmatch(text)
    over = tuple(found[1].split(", ")) if found else ()
    return formula(Formula(found[2] if found else text, over))


def spelled(text: str) -> str:
    r"""Return the text of a formula in LaTeX.

    Example:
        >>> spelled("floor((n - r)/s) + 1")
        '\\left\\lfloor \\frac{n - r}{s} \\right\\rfloor + 1'
        >>> spelled("10*(84 + 1)")
        '10 \\cdot (84 + 1)'
    """
    return _spelled(ast.parse(text, mode="eval").body)[0]


def sum_of(text: str) -> str:
    r"""Return a sum of numbers and what it makes.

    Example:
        >>> sum_of("(9*3 + 1)*224**2*64")
        '(9 \\cdot 3 + 1) \\cdot 224^{2} \\cdot 64 = 89{,}915{,}392'
    """
    made = value(text, {})
    plain = spelled(text)
    if isinstance(made, Fraction):
        made = Decimal(made.numerator) / Decimal(made.denominator)
    result = f"{made:,}".replace(",", "{,}")
    shown = rf"\displaystyle {plain}" if r"\frac" in plain else plain
    return plain if plain == result else f"{shown} = {result}"


def matrix(of: Table) -> str:
    r"""Return a matrix in LaTeX; a blank is a dot.

    Example:
        >>> matrix(Table("w1 w2 ."))
        '\\left[\\begin{matrix}w_{1} & w_{2} & \\cdot\\end{matrix}\\right]'
    """
    rows = r" \\ ".join(" & ".join(map(_entry, row)) for row in of.rows)
    return rf"\left[\begin{{matrix}}{rows}\end{{matrix}}\right]"


def _entry(text: str) -> str:
    return r"\cdot" if text == "." else letter(text)


def letter(text: str) -> str:
    r"""Return a letter with its number in LaTeX: ``dw1`` is ``dw_{1}``."""
    if text in _WORDS:
        return _WORDS[text]
    found = _NAME.fullmatch(text)
    if found is None:
        return text if text.isdigit() else rf"\mathrm{{{text}}}"
    low = f"_{{{found[3]}}}" if found[3] else ""
    return f"{found[1]}{found[2]}{low}"


def _left(text: str) -> str:
    for old, new in _LEFT.items():
        text = text.replace(old, new)
    return re.sub(r"(?<!\\)\b[a-z]{3,}(?: [a-z]+)*", lambda m: rf"\text{{{m[0]}}}", text)


def _spelled(tree: ast.expr) -> tuple[str, int]:
    """Return an expression and how tightly it binds."""
    if isinstance(tree, ast.Constant):
        assert isinstance(tree.value, int)
        return f"{tree.value:,}".replace(",", "{,}"), _ATOM
    if isinstance(tree, ast.Name):
        return letter(tree.id), _ATOM
    if isinstance(tree, ast.UnaryOp):
        return f"-{_within(tree.operand, _PRODUCT)}", _SIGN
    if isinstance(tree, ast.Call):
        return _call(tree), _ATOM
    assert isinstance(tree, ast.BinOp)
    return _binary(tree)


def _binary(tree: ast.BinOp) -> tuple[str, int]:
    if isinstance(tree.op, ast.Pow):
        return f"{_within(tree.left, _ATOM)}^{{{_within(tree.right, _SUM)}}}", _POWER
    if isinstance(tree.op, ast.Div):
        over, under = (_within(side, _SUM) for side in (tree.left, tree.right))
        return rf"\frac{{{over}}}{{{under}}}", _ATOM
    if isinstance(tree.op, ast.Mult):
        left, right = _within(tree.left, _PRODUCT), _within(tree.right, _POWER)
        between = r" \cdot " if right[0].isdigit() or _number(tree) else r"\, "
        return f"{left}{between}{right}", _PRODUCT
    sign = "+" if isinstance(tree.op, ast.Add) else "-"
    return f"{_within(tree.left, _SUM)} {sign} {_within(tree.right, _PRODUCT)}", _SUM


def _number(tree: ast.expr) -> bool:
    return not any(isinstance(each, ast.Name) for each in ast.walk(tree))


def _within(tree: ast.expr, least: int) -> str:
    """Return an expression, in parentheses if it binds less tightly."""
    text, binds = _spelled(tree)
    return text if binds >= least else f"({text})"


def _call(tree: ast.Call) -> str:
    arguments = [_within(each, _SUM) for each in tree.args]
    if isinstance(tree.func, ast.Call):
        return f"{_call(tree.func)}[{', '.join(arguments)}]"
    assert isinstance(tree.func, ast.Name)
    name = tree.func.id
    if name in {"floor", "ceil"}:
        return rf"\left\l{name} {arguments[0]} \right\r{name}"
    if name == "T":
        return rf"{_within(tree.args[0], _ATOM)}^\top"
    if name == "s":  # a signal, moved
        return f"s_{{{arguments[0]}}}({', '.join(arguments[1:])})"
    if name == "w" and len(arguments) > 1:
        low, arguments = arguments[:2], arguments[2:]
    else:
        low, arguments = arguments[:-1], arguments[-1:]
    subscript = f"_{{{' '.join(low)}}}" if low else ""
    return f"{letter(name)}{subscript}" + "".join(f"[{each}]" for each in arguments)
