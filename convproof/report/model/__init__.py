r"""The document model: what a report says, without how it looks.

A document is a tree of frozen values. Blocks stand below each other; prose runs within a line::

    Document(title="Strided convolution", blocks=(
        Section(title="Sizes", blocks=(
            Text("Of ", Math("n = 7"), " inputs and ", Math("r = 3"), " taps:"),
            Equation(r"n' = \lfloor (n - r)/s \rfloor + 1 = 3"),
        )),
    ))

Plain strings are text and nothing else: both back ends escape them, so ``"50 % of x_1 < y"`` and
a user's file name are printed as they are. Mathematics is LaTeX in ``Math`` and ``Equation`` (use
``\left .. \right``, not ``\Bigl``; lines of one equation are aligned at their ``&``), or SymPy by
``Math.of`` and ``Equation.of``. ``convproof.report.write`` renders a document.
"""

from convproof.report.model.blocks import Align as Align
from convproof.report.model.blocks import Block as Block
from convproof.report.model.blocks import Column as Column
from convproof.report.model.blocks import Document as Document
from convproof.report.model.blocks import Equation as Equation
from convproof.report.model.blocks import Items as Items
from convproof.report.model.blocks import Listing as Listing
from convproof.report.model.blocks import Section as Section
from convproof.report.model.blocks import Table as Table
from convproof.report.model.blocks import Text as Text
from convproof.report.model.blocks import TheoremRecord as TheoremRecord
from convproof.report.model.blocks import Verdict as Verdict
from convproof.report.model.blocks import walk as walk
from convproof.report.model.figures import Box as Box
from convproof.report.model.figures import Cell as Cell
from convproof.report.model.figures import Diagram as Diagram
from convproof.report.model.figures import Frame as Frame
from convproof.report.model.figures import Grid as Grid
from convproof.report.model.figures import Matrix as Matrix
from convproof.report.model.figures import Plot as Plot
from convproof.report.model.figures import Scale as Scale
from convproof.report.model.figures import Series as Series
from convproof.report.model.figures import Spot as Spot
from convproof.report.model.figures import Vector as Vector
from convproof.report.model.figures import Window as Window
from convproof.report.model.prose import Badge as Badge
from convproof.report.model.prose import Code as Code
from convproof.report.model.prose import Inline as Inline
from convproof.report.model.prose import Kind as Kind
from convproof.report.model.prose import Math as Math
from convproof.report.model.prose import Prose as Prose
from convproof.report.model.prose import Strong as Strong
from convproof.report.model.prose import plain as plain
from convproof.report.model.prose import runs as runs
from convproof.report.model.spoken import spoken as spoken
