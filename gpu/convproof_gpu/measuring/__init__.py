"""Our kernels beside PyTorch's and cuDNN's: what is timed, how, and with which error.

A row is a layer of a network and one of its operations. Both sides get the same random numbers on
the same stream of the same GPU; the answer of each is compared with one in float64 before it is
timed, and a time is never told without its error.
"""
