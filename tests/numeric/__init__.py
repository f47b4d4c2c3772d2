"""Tests of the two NumPy implementations."""
