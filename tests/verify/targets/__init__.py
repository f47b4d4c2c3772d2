"""The ready-made implementations of other libraries, against the oracle."""
