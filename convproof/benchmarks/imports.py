"""What a user waits for before anything happens: imports and ``--help``, in fresh processes."""

import subprocess
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from convproof.benchmarks.tables import aligned

_COMMANDS = {
    "python itself": "pass",
    "import numpy": "import numpy",
    "import convproof": "import convproof",
    "convproof --help": "from convproof.cli import main; main(['--help'])",
    "import sympy": "import sympy",
}


def measure(rounds: int, on: Callable[[str], None]) -> dict[str, Any]:
    """Return the least seconds of each, in turn; the first round also fills the file cache."""
    times: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for number in range(rounds + 1):
        for name, code in _COMMANDS.items():
            if number == 0:
                on(name)
            begin = perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
            times[name].append(perf_counter() - begin)
    return {"seconds": {name: round(min(seen), 4) for name, seen in times.items()}}


def text(record: dict[str, Any]) -> str:
    """Return the table."""
    rows = [[name, f"{seconds:.3f}"] for name, seconds in record["seconds"].items()]
    return aligned(["in a fresh process", "s"], rows)
