"""Verification of a target: find it, ask it every theorem, say what was seen."""
