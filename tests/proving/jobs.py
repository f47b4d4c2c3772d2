"""Work for other processes that needs no import: what it does is the job itself."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from convproof.proving.hands import shared


def work(job: str) -> Any:
    """Do what a job says, "return 3", and tell which process does it."""
    word, _, more = job.partition(" ")
    if word == "raise":
        raise ZeroDivisionError(more)
    if word == "signal":
        os.kill(os.getpid(), getattr(signal, more))
    if word == "exit":
        os._exit(int(more))
    if word == "setting":
        return os.environ.get(more)
    if word == "lambda":
        return lambda: more
    if word == "wait":
        Path(more).write_text(str(os.getpid()), encoding="utf-8")
        time.sleep(100)
    return more, os.getpid()


def main(folder: str) -> None:
    """Do two jobs that wait, each in a process of its own."""
    shared(work, [f"wait {folder}/{name}" for name in ("one", "two")], 2, on=print)


if __name__ == "__main__":
    main(sys.argv[1])
