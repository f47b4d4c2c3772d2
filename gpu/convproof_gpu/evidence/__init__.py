"""What ``convproof verify`` saw of the kernels that stand here, one file per target and dtype."""
