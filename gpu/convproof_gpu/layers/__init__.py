"""The four verbs of every layer as launches of kernels, for any machine."""
