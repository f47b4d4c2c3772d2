"""What is claimed of learning: regularisation, bases, low rank, maxout."""

PROOFS: tuple[str, ...] = ()
