"""Documents for tests: one of every block, with names that both languages would misread."""

from convproof.report.model import (
    Badge,
    Block,
    Box,
    Cell,
    Code,
    Column,
    Diagram,
    Document,
    Equation,
    Frame,
    Grid,
    Items,
    Listing,
    Math,
    Matrix,
    Plot,
    Scale,
    Section,
    Series,
    Spot,
    Strong,
    Table,
    Text,
    TheoremRecord,
    Vector,
    Verdict,
    Window,
)

HOSTILE = (
    r"""<b>&amp; 50% #1 $x_1^2$ {\bfseries a} ~ "q" 'r' \input{x} -- `c` |p| r̂ ≤ ⌊é⌋ <!-- ]]>"""
)

MATRIX = Matrix(
    caption=("of ", Math("w_1"), f" and {HOSTILE}"),
    description=HOSTILE,
    shape=(2, 3),
    cells=tuple(
        Cell(row=row, column=row + tap, label=f"w_{{{tap + 1}}}", classes=(tap,), marked=tap == 1)
        for row in range(2)
        for tap in range(2)
    ),
    left=Vector(labels=("a_{1}", "a_{2}")),
    right=Vector(labels=("x_{1}", "x_{2}", "x_{3}"), marked=frozenset({1})),
)
_FRAME = Frame(
    reads=(Spot(row=0, column=0, label="w_{1}", classes=(0, 1)),),
    writes=(0, 0), done=(), equation="a_{1} = w_{1} x_{1}", matrix_row=MATRIX.cells[:2],
)  # fmt: skip
WINDOW = Window(
    caption=HOSTILE, description=HOSTILE,
    input=Grid(name="x", labels=(("x_{1}", "x_{2}", "0"),), padding=frozenset({(0, 2)})),
    output=Grid(name="a", labels=(("a_{1}", "a_{2}"),)), columns=3, frames=(_FRAME, _FRAME),
    left_out=3,
)  # fmt: skip
TABLE = Table(
    caption=HOSTILE,
    columns=(
        Column(heading=HOSTILE[:20]),
        Column(heading="number", align="right"),
        Column(heading="long", wraps=True),
    ),
    rows=((HOSTILE[:24], 1234567, HOSTILE), ((Code("a_b"),), 8, (Badge("differs", "bad"),))),
    totals=(("total", 1234575, ""),),
)
THEOREM = TheoremRecord(
    name="odd_name", statement=HOSTILE, latex=r"n' = \lfloor n/s \rfloor, \quad s \mid u",
    source=HOSTILE, kind="all sizes", verdict=Badge("proved", "good"), steps=(3, 3),
    engines=(("z3+cvc5", 3),), rule=HOSTILE, changed="without s | u", counterexample="n = 1",
)  # fmt: skip
LINES = Plot(
    caption=HOSTILE, description=HOSTILE, x=Scale(label=HOSTILE[:12]),
    y=Scale(label="y", logarithmic=True),
    series=(
        Series(name=HOSTILE[:9], points=((0.0, 1.0), (2.0, 30.0)), labels=("p", "q")),
        Series(name="b", points=((1.0, 5.0),)),
    ),
)  # fmt: skip
BARS = Plot(
    caption="bars", description="two bars", x=Scale(label="x", categories=("one", HOSTILE[:9])),
    y=Scale(label="y"), series=(Series(name="n", points=((0.0, 3.0), (1.0, 7.0))),), style="bars",
)  # fmt: skip
DIAGRAM = Diagram(
    caption=HOSTILE, description=HOSTILE,
    boxes=(
        Box(name="a", label=HOSTILE[:9]),
        Box(name="b", label="b", note="1×2", tone=1),
        Box(name="c", label="c", tone=2),
    ),
    arrows=(("a", "b"), ("a", "c"), ("b", "c")), key=((0, HOSTILE[:9]), (1, "other")),
)  # fmt: skip
BLOCKS: tuple[Block, ...] = (
    Text("text ", HOSTILE, Math(r"\hat r \le n'"), Code(HOSTILE), Strong(HOSTILE)),
    Items(HOSTILE, (Math("x"), " item")),
    Equation(r"a &= b + c", r"&\quad {} + d"),
    Equation(r"n' = \left\lfloor \frac{n}{s} \right\rfloor"),
    MATRIX, WINDOW, TABLE, THEOREM, Verdict(badge=Badge("weak", "open"), prose=HOSTILE),
    LINES, BARS, DIAGRAM, Listing(text=f"one line\n\n  {HOSTILE}", caption=HOSTILE),
    Section(title=("deep ", Code(HOSTILE)), blocks=(Text("inside"),)),
)  # fmt: skip


def document(*blocks: Block, title: str = HOSTILE) -> Document:
    """Return a document of some blocks, of all by default."""
    held = Section(title=title, blocks=blocks or BLOCKS)
    return Document(
        title=title, subtitle=title, command=f"convproof report {title}", version="1",
        blocks=(held,), contents=True,
    )  # fmt: skip
