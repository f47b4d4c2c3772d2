"""The GPU wing of convproof: so far the simulator of CUDA, ``convproof_gpu.sim``."""
