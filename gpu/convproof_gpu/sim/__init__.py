"""CUDA kernels on a CPU, every load and store checked: ``SimModule(code).get_function(name)``."""

from convproof_gpu.sim.compiler import CompilerError as CompilerError
from convproof_gpu.sim.conditions import Conditions as Conditions
from convproof_gpu.sim.conditions import conditions as conditions
from convproof_gpu.sim.fault import KINDS as KINDS
from convproof_gpu.sim.fault import SimFault as SimFault
from convproof_gpu.sim.kernel import SimKernel as SimKernel
from convproof_gpu.sim.module import SimModule as SimModule
from convproof_gpu.sim.provenance import Polynomial as Polynomial
from convproof_gpu.sim.provenance import linear_map as linear_map
from convproof_gpu.sim.provenance import provenance as provenance
from convproof_gpu.sim.report import SimReport as SimReport
from convproof_gpu.sim.signature import LaunchError as LaunchError
from convproof_gpu.sim.source import SourceError as SourceError
from convproof_gpu.sim.sparse import sparse as sparse
