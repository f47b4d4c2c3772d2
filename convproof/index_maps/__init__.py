"""Where the kernels' numbers lie: every address as arithmetic over abstract integers.

Each map is written with ``+ - * // %`` and comparisons alone, so that NumPy runs it on all indices
at once, SymPy prints it and a solver decides it. The kernels write the same maps in CUDA C++
(``convproof_gpu/kernels``), and are tested to be equal to these.

All arrays are C-contiguous. Names in capitals are sizes:

=====  ==============================================================================
N      images
G      groups
C, M   input and output channels of *one* group
I, K,  positions of the input, taps, and positions of the output along each axis, and
O      their products where an offset needs them
=====  ==============================================================================
"""

from convproof.index_maps.address import Address as Address
from convproof.index_maps.contraction import Correlated as Correlated
from convproof.index_maps.contraction import Paired as Paired
from convproof.index_maps.contraction import Sizes as Sizes
from convproof.index_maps.contraction import Spread as Spread
from convproof.index_maps.correlation import Correlations as Correlations
from convproof.index_maps.correlation import Laid as Laid
from convproof.index_maps.unfolding import Folded as Folded
from convproof.index_maps.unfolding import Unfolded as Unfolded
from convproof.index_maps.unshared import UnsharedCorrelated as UnsharedCorrelated
from convproof.index_maps.unshared import UnsharedPaired as UnsharedPaired
from convproof.index_maps.unshared import UnsharedSpread as UnsharedSpread
from convproof.index_maps.windows import Counted as Counted
from convproof.index_maps.windows import Range as Range
from convproof.index_maps.windows import Windows as Windows
from convproof.index_maps.wrapping import Wrapping as Wrapping
