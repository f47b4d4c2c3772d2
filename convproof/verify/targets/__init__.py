"""Targets: what can be verified, and how it is found and called."""
