"""``python -m convproof``: the same command line."""

from convproof.cli import main

main()
