"""The output size of each kind of axis, as a law and with the numbers put in.

For a window of span ``r̂ = r + (r - 1)(t - 1)``, the lecture's effective kernel size::

    n' = ⌊(n + p_low + p_high - r̂)/s⌋ + 1
"""

from dataclasses import dataclass

from convproof.axes import Axis, AxisLike, SignalAxis, TransposedAxis


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How one notation writes the names and the operations of a law."""

    label: str
    span: str
    low: str
    high: str
    extra: str
    times: str
    floor: str
    ceil: str

    def quotient(self, numerator: str, denominator: object, *, up: bool) -> str:
        """Return the quotient, rounded down or up."""
        return (self.ceil if up else self.floor).format(numerator, denominator)


UNICODE = Words(
    label="{}: ", span="r̂", low="p_low", high="p_high", extra="p_out", times="·",
    floor="⌊({})/{}⌋", ceil="⌈({})/{}⌉",
)  # fmt: skip
LATEX = Words(
    label=r"\text{{{}: }}", span=r"\hat{r}", low=r"p_{\mathrm{low}}", high=r"p_{\mathrm{high}}",
    extra=r"p_{\mathrm{out}}", times=r" \cdot ",
    floor=r"\left\lfloor \frac{{{}}}{{{}}} \right\rfloor",
    ceil=r"\left\lceil \frac{{{}}}{{{}}} \right\rceil",
)  # fmt: skip


def size_law(axis: AxisLike, words: Words = UNICODE) -> tuple[str, ...]:
    """Return the sizes of an axis, its span and the law of its output size, one per line.

    Example:
        >>> for line in size_law(Axis(input_size=7, kernel_size=3, stride=2)):
        ...     print(line)
        n = 7, r = 3, s = 2, t = 1, p_low = 0, p_high = 0
        r̂ = r + (r - 1)(t - 1) = 3 + 2·0 = 3
        n' = ⌊(n + p_low + p_high - r̂)/s⌋ + 1 = ⌊(7 + 0 + 0 - 3)/2⌋ + 1 = 3
    """
    n, r, out = axis.input_size, axis.kernel_size, axis.output_size
    if isinstance(axis, Axis | TransposedAxis):
        low, high = axis.padding
        sizes = f"n = {n}, r = {r}, s = {axis.stride}, t = {axis.dilation}"
        ends = f"{words.low} = {low}, {words.high} = {high}"
        span = (
            f"{words.span} = r + (r - 1)(t - 1) = "
            f"{r} + {r - 1}{words.times}{axis.dilation - 1} = {axis.span}"
        )
        if isinstance(axis, Axis):
            return f"{sizes}, {ends}", span, _window(axis, words)
        extra = f"{words.extra} = {axis.output_padding}"
        return f"{sizes}, {ends}, {extra}", span, _transposed(axis, words)
    law = f"n' = {out}"
    if isinstance(axis, SignalAxis):
        symbolic, numbers = {
            "full": ("n + r - 1", f"{n} + {r} - 1"),
            "same": ("n", f"{n}"),
            "valid": ("n - r + 1", f"{n} - {r} + 1"),
        }[axis.mode]
        law = f"n' = {symbolic} = {numbers}" + ("" if axis.mode == "same" else f" = {out}")
    return f"n = {n}, r = {r}", law


def _window(axis: Axis, words: Words) -> str:
    low, high = axis.padding
    up = axis.ceil_mode
    slack = f"n + {words.low} + {words.high} - {words.span}"
    numbers = f"{axis.input_size} + {low} + {high} - {axis.span}"
    # ceil_mode leaves out a last window that would start beyond the input and the low padding
    rounded_up = -(-(axis.padded_size - axis.span) // axis.stride) + 1
    one = "+ 1 - 1" if up and axis.output_size < rounded_up else "+ 1"
    return (
        f"n' = {words.quotient(slack, 's', up=up)} {one} = "
        f"{words.quotient(numbers, axis.stride, up=up)} {one} = {axis.output_size}"
    )


def _transposed(axis: TransposedAxis, words: Words) -> str:
    low, high = axis.padding
    return (
        f"n' = s(n - 1) + {words.span} - {words.low} - {words.high} + {words.extra} = "
        f"{axis.stride}{words.times}{axis.input_size - 1} + {axis.span} - {low} - {high} + "
        f"{axis.output_padding} = {axis.output_size}"
    )
