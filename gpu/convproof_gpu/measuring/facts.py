"""What the numbers were taken on: the GPU, its driver, and the libraries of both sides."""

import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from convproof import __version__

_ASKED = "name,driver_version,clocks.max.sm,clocks.max.mem,power.limit"


def facts(versions: Mapping[str, str], arguments: list[str] | None = None) -> dict[str, str]:
    """Return the facts by their names.

    Args:
        versions: those that our implementation tells.
        arguments: of the command line; None: this process's.
    """
    import torch

    backend: Any = torch.backends.cudnn
    cudnn = backend.version()
    given = sys.argv[1:] if arguments is None else arguments
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["convproof", *given]),
        "convproof": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "cuDNN": str(cudnn) if cudnn is not None else "none",
        "CUDA of torch": str(torch.version.cuda),
        **versions,
        **_driver(),
    }


def _driver() -> dict[str, str]:
    """Return what the driver tells of the first GPU; nothing if its program is not there."""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            ["nvidia-smi", f"--query-gpu={_ASKED}", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        values = told.stdout.splitlines()[0].split(", ")
        return {f"GPU {name}": v for name, v in zip(_ASKED.split(","), values, strict=True)}
    return {}
