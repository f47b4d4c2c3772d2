r"""Text in LaTeX: whatever a user wrote is printed as it is.

What comes out is ASCII, so that it means the same to every TeX; a letter that the fonts of a small
TeX do not have is printed as its number, ``[U+6F22]``.
"""

from unicodedata import normalize

from convproof.report.model import Badge, Code, Inline, Math, Prose, runs

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    "'": "'", "-": "-", "`": r"\textasciigrave{}", "\n": " ", "\t": " ",
}  # fmt: skip
_SYMBOLS = {
    "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "→": r"$\to$", "×": r"$\times$", "·": r"$\cdot$",
    "⋆": r"$\star$", "∗": r"$*$", "⌊": r"$\lfloor$", "⌋": r"$\rfloor$", "⌈": r"$\lceil$",
    "⌉": r"$\rceil$", "…": r"\dots{}", "–": "--", "—": "---", "−": r"$-$", "±": r"$\pm$",
    "∈": r"$\in$", "∞": r"$\infty$", "√": r"$\surd$", "λ": r"$\lambda$", "α": r"$\alpha$",
    "β": r"$\beta$", "γ": r"$\gamma$", "σ": r"$\sigma$", "ε": r"$\varepsilon$", "μ": r"$\mu$",
    "’": "'", "‘": "`", "“": "``", "”": "''", "²": r"\textsuperscript{2}", "°": r"\textdegree{}",
    "³": r"\textsuperscript{3}", "∑": r"$\sum$", "⟨": r"$\langle$", "⟩": r"$\rangle$",
    "ᵀ": r"$^\top$", "′": r"$'$", "∂": r"$\partial$", "∀": r"$\forall$", "⇒": r"$\Rightarrow$",
    "∧": r"$\wedge$", "∨": r"$\vee$", "\u00a0": "~", "\u202f": r"\,", "\u2009": r"\,",
    "r\N{COMBINING CIRCUMFLEX ACCENT}": r"$\hat r$", "✓": r"$\checkmark$", "✗": r"$\times$",
}  # fmt: skip
_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_ACCENTS = dict(
    zip(
        map(
            chr,
            (
                0x300,
                0x301,
                0x302,
                0x303,
                0x304,
                0x306,
                0x307,
                0x308,
                0x30A,
                0x30B,
                0x30C,
                0x327,
                0x328,
            ),
        ),
        "`'^~=u.\"rHvck",
        strict=True,
    )
)
_LETTERS = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L",
    "đ": "dj", "Đ": "DJ", "þ": "th", "Þ": "TH", "ð": "dh", "Ð": "DH", "ı": "i", "ŋ": "ng",
    "Ŋ": "NG", "«": "guillemotleft", "»": "guillemotright", "¡": "textexclamdown",
    "¿": "textquestiondown", "§": "S", "¶": "P", "©": "textcopyright", "®": "textregistered",
    "£": "pounds", "µ": "textmu", "¹": "textonesuperior", "½": "textonehalf",
    "¼": "textonequarter", "¾": "textthreequarters", "¬": "textlnot", "¢": "textcent",
    "¥": "textyen", "ª": "textordfeminine", "º": "textordmasculine", "÷": "textdiv",
}  # fmt: skip


def escape(text: str) -> str:
    r"""Return plain text as LaTeX that prints it.

    Example:
        >>> escape("50% of x_1 & r̂ ≤ 3")
        '50\\% of x\\_1 \\& $\\hat r$ $\\le$ 3'
    """
    parts, place = [], 0
    while place < len(text):
        pair = text[place : place + 2]
        if pair in _SYMBOLS:
            parts.append(_SYMBOLS[pair])
            place += 2
            continue
        parts.append(_character(text[place]))
        place += 1
    return "".join(parts)


def typed(text: str) -> str:
    r"""Return what is typed in a face of equal widths, which may be broken after its signs."""
    parts = []
    for character in text:
        escaped = r"\textquotesingle{}" if character == "'" else escape(character)
        escaped = r"\ " if character == " " else escaped
        escaped = "{-}" if character == "-" else escaped
        parts.append(escaped + (r"\allowbreak{}" if character in "_/.,:=()" else ""))
    return rf"\texttt{{{''.join(parts)}}}"


def _character(character: str) -> str:
    for table in (_SPECIAL, _SYMBOLS):
        if character in table:
            return table[character]
    if character in _SUBSCRIPTS:
        return rf"\textsubscript{{{_SUBSCRIPTS[character]}}}"
    if character in _LETTERS:
        return rf"\{_LETTERS[character]}{{}}"
    if " " <= character <= "~":
        return character
    base, accent = [*normalize("NFD", character), "", ""][:2]
    if accent in _ACCENTS and base.isascii() and normalize("NFD", character) == base + accent:
        return rf"\{_ACCENTS[accent]}{{{base}}}"
    return f"[U+{ord(character):04X}]"


def prose(text: Prose) -> str:
    """Return prose as LaTeX."""
    return "".join(map(_inline, runs(text)))


def badge(block: Badge) -> str:
    """Return a verdict in a word."""
    return rf"\badge{block.kind}{{{escape(block.word)}}}"


def _inline(run: Inline) -> str:
    if isinstance(run, str):
        return escape(run)
    if isinstance(run, Math):
        return f"${run.latex}$"
    if isinstance(run, Code):
        return typed(run.text)
    return badge(run) if isinstance(run, Badge) else rf"\textbf{{{escape(run.text)}}}"
