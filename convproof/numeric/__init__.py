"""Two NumPy implementations: the oracle (``reference``, textbook loops) and the fast path.

They share no arithmetic. Each has one module per layer with the verbs of
``convproof.implementation`` as its functions.
"""
