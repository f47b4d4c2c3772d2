"""What kernels that round are off by, at most."""

PROOFS: tuple[str, ...] = ("promotion",)
