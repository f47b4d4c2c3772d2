"""Networks as documents: layer by layer, and all beside each other."""
