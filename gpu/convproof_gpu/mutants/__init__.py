"""The wing's kernels with one fault each in their own source, run on the simulator.

A mutant is a patch: a line of a ``.cu`` or ``.cuh`` file, and what stands there instead.
"""

from convproof_gpu.mutants.contraction import MUTANTS as _CONTRACTION
from convproof_gpu.mutants.depthwise import MUTANTS as _DEPTHWISE
from convproof_gpu.mutants.few_channels import MUTANTS as _FEW_CHANNELS
from convproof_gpu.mutants.grouped import MUTANTS as _GROUPED
from convproof_gpu.mutants.halo import MUTANTS as _HALO
from convproof_gpu.mutants.losses import MUTANTS as _LOSSES
from convproof_gpu.mutants.outer import MUTANTS as _OUTER
from convproof_gpu.mutants.pointwise import MUTANTS as _POINTWISE
from convproof_gpu.mutants.pooling import MUTANTS as _POOLING
from convproof_gpu.mutants.tensor import MUTANTS as _TENSOR
from convproof_gpu.mutants.wrapping import MUTANTS as _WRAPPING

MUTANTS = [
    *_CONTRACTION,
    *_DEPTHWISE,
    *_FEW_CHANNELS,
    *_GROUPED,
    *_HALO,
    *_POOLING,
    *_POINTWISE,
    *_TENSOR,
    *_WRAPPING,
    *_OUTER,
    *_LOSSES,
]
