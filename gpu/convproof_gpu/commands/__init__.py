"""Commands that the GPU wing adds: entry points of the group ``convproof.commands``."""
