"""Running proofs: which are asked for, in several processes, and what became of each."""
