"""Two NumPy implementations: the oracle (``reference``, textbook loops) and the fast path (``fast``).

They share no arithmetic; each has one module per layer with the verbs of
``convproof.implementation`` as its functions.
"""
