"""The scoreboard's findings are true of the versions that it names."""

import re
from importlib import metadata
from pathlib import Path

import pytest

from convproof.verify.threads import one_thread

TEXT = (Path(__file__).parent.parent / "reports" / "scoreboard.md").read_text(encoding="utf-8")
SECTIONS = re.findall(r"^## (\w+) ([\d.]+)\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S)
FINDINGS = [
    pytest.param(library, version, code, id=f"{library}-{number}")
    for library, version, text in SECTIONS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.S))
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("library", "version", "code"), FINDINGS)
def test_a_finding_shows_what_it_says(library: str, version: str, code: str) -> None:
    pytest.importorskip(library)
    installed = metadata.version(library).partition("+")[0]
    if installed != version:
        pytest.skip(f"the finding is of {library} {version}, installed is {installed}")
    with one_thread():  # a finding may choose its threads; they are given back
        exec(compile(code, f"{library} finding", "exec"), {})
