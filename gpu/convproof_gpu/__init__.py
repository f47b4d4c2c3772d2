"""The GPU wing of convproof: CUDA kernels for every layer, and their simulator. Still empty."""
