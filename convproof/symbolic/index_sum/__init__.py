"""Derivations for all sizes: indexed sums, differentiated, their deltas eliminated soundly.

A layer is one sum with symbols for its sizes. Its derivatives come out as closed forms with the
conditions under which they hold, ``s | i + p - t k``, and with claims that say why, for a solver to
prove.
"""

from convproof.symbolic.index_sum.convolution import Convolution as Convolution
from convproof.symbolic.index_sum.convolution import TransposedConvolution as TransposedConvolution
from convproof.symbolic.index_sum.derive import derived as derived
from convproof.symbolic.index_sum.differentiate import derivative as derivative
from convproof.symbolic.index_sum.elimination import eliminate as eliminate
from convproof.symbolic.index_sum.elimination import unwrap as unwrap
from convproof.symbolic.index_sum.form import Form as Form
from convproof.symbolic.index_sum.instances import differing as differing
from convproof.symbolic.index_sum.instances import explicit as explicit
from convproof.symbolic.index_sum.instances import monomials as monomials
from convproof.symbolic.index_sum.instances import triples as triples
from convproof.symbolic.index_sum.iverson import Iverson as Iverson
from convproof.symbolic.index_sum.normalisation import local_response_norm as local_response_norm
from convproof.symbolic.index_sum.normalisation import (
    local_response_norm_input as local_response_norm_input,
)
from convproof.symbolic.index_sum.normalisation import softmax as softmax
from convproof.symbolic.index_sum.normalisation import softmax_input as softmax_input
from convproof.symbolic.index_sum.pooling import AveragePooling as AveragePooling
from convproof.symbolic.index_sum.pooling import MaxPooling as MaxPooling
from convproof.symbolic.index_sum.relation import Relation as Relation
from convproof.symbolic.index_sum.sliding import SlidingSum as SlidingSum
