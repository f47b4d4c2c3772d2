"""A network's forward pass as one list of launches, and on a GPU as one CUDA graph."""

from convproof_gpu.inference.inference import Inference

__all__ = ["Inference"]
