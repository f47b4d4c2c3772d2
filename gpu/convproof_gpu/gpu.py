"""The implementation ``gpu``: importing it fails, in one line, where there is no GPU."""

from convproof_gpu.device import Gpu
from convproof_gpu.wing import Wing

gpu = Wing(Gpu())
