"""What another process prints, and whether it depends on what that process has imported."""

import subprocess
import sys

_MORE = "import convproof.verify.zoo, convproof.benchmarks.parts, convproof.functional;"


def printed(code: str) -> str:
    """Return what Python prints that runs these lines alone."""
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return run.stdout


def printed_whatever_is_imported(code: str) -> str:
    """Return what it prints, the same with more of the package imported before."""
    alone = printed(code)
    assert printed(_MORE + code) == alone
    return alone


_COMMAND_LINE = (  # which hears that it is hung up on, and Ctrl-C, even where these tests do not
    "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL);"
    "signal.signal(signal.SIGINT, signal.default_int_handler);"
    "from convproof.cli import main; main(sys.argv[1:])"
)


def started(*arguments: str) -> subprocess.Popen[str]:
    """Start the command line, and return while it runs."""
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND_LINE, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
