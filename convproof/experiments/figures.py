"""Pictures by matplotlib, the same bytes for the same numbers; without its state of a session."""

from io import BytesIO
from typing import TYPE_CHECKING, Any

from convproof.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which the colour-blind tell apart; lines differ in their dashes too
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))
MARKS = ("o", "s", "^", "D", "v", "P")
FORMATS = ("png", "svg", "pdf")
_DOTS_PER_INCH = 150


def needed() -> None:
    """Raise ``MissingExtraError`` without matplotlib: before the work, not after it."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        package = "matplotlib"
        raise MissingExtraError(package, "plot") from None


def panels(rows: int, columns: int, *, width: float = 7.0, height: float = 3.2) -> tuple[Any, Any]:
    """Return a figure and its axes, an array of ``(rows, columns)``; sizes in inches."""
    needed()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def line(axes: Any, place: int, x: Any, y: Any, label: str) -> None:
    """Draw the ``place``-th line of a panel: told apart by colour, dash and mark."""
    axes.plot(
        x,
        y,
        color=COLOURS[place % len(COLOURS)],
        linestyle=DASHES[place % len(DASHES)],
        marker=MARKS[place % len(MARKS)],
        markersize=4,
        label=label,
    )


def image(axes: Any, values: Any, title: str = "", *, signed: bool = False) -> None:
    """Show a matrix, or ``(H, W, 3)`` in [0, 1], without ticks; ``signed``: zero is white."""
    largest = max((abs(v) for v in _flat(values)), default=1) or 1
    limits = {"vmin": -largest, "vmax": largest} if signed else {}
    axes.imshow(values, cmap="RdBu" if signed else "gray", interpolation="nearest", **limits)
    axes.set_xticks([])
    axes.set_yticks([])
    if title:
        axes.set_title(title, fontsize=8)


def _flat(values: Any) -> Any:
    for value in values:
        if hasattr(value, "__iter__"):
            yield from _flat(value)
        else:
            yield float(value)


def rendered(figure: "Figure", kind: str) -> bytes:
    """Return a figure as a file's bytes, without the date and the program's name.

    Args:
        figure: as ``panels`` began it.
        kind: one of ``FORMATS``.
    """
    import matplotlib as mpl

    silent: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    place = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "convproof", "svg.fonttype": "path"}):
        figure.savefig(place, format=kind, dpi=_DOTS_PER_INCH, metadata=silent[kind])
    return place.getvalue()
