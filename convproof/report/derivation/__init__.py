"""The derivation of a variant as a document: setting, matrices, derivatives, proofs, pictures."""
