"""The addresses that kernels compute: in bounds, within int32, each output written once."""

PROOFS: tuple[str, ...] = ()
