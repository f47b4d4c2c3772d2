"""What the numbers were taken on: versions, the BLAS, cores and threads; no names and no paths."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from convproof import __version__

_PACKAGES = ("numpy", "sympy", "torch")
_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def facts() -> dict[str, Any]:
    """Return date, versions and machine as plain values."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"convproof": __version__, "python": platform.python_version(), **_versions()},
        "blas": _blas(),
        "cpu": _cpu(),
        "cores": _cores(),
        "threads": {name: os.environ.get(name, "not set") for name in _THREADS},
        "system": f"{platform.system()} {platform.machine()}",
    }


def text(record: dict[str, Any]) -> str:
    """Return the facts in a few lines."""
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    threads = ", ".join(f"{name} {value}" for name, value in record["threads"].items())
    return "\n".join(
        [
            f"{record['date']}: {versions}",
            f"BLAS of numpy: {record['blas']}",
            f"{record['cpu']}, {record['cores']} cores, {record['system']}; {threads}",
        ]
    )


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _blas() -> str:
    config: Any = np.show_config(mode="dicts")
    blas = config["Build Dependencies"]["blas"]
    return blas.get("openblas configuration") or f"{blas.get('name')} {blas.get('version')}"


def _cores() -> int:
    """Return how many cores this process may use, where the system tells."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown processor"
