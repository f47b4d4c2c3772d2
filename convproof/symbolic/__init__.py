"""Layers derived symbolically: matrices, both derivatives and their proofs.

At one size, everything is a reading of the layer's integer triples (``reading``, ``derivation``);
SymPy appears where something is printed, differentiated or cross-checked.
"""

from convproof.symbolic.derivation import Derivation as Derivation
from convproof.symbolic.equation import Equation as Equation
from convproof.symbolic.letters import Letters as Letters
from convproof.symbolic.letters import Reciprocals as Reciprocals
from convproof.symbolic.reading import Reading as Reading
from convproof.symbolic.variants import derive as derive
from convproof.symbolic.variants import products as products
