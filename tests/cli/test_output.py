"""The places that options name: pipes, links and files, alike in ``--json`` and ``--save``."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from convproof.cli import run

COUNT = ("network", "linear", "--json")
TRAIN = ("train", "linear", "--data", "digits", "--epochs", "1", "--save")
WRITING = pytest.mark.parametrize("words", [COUNT, TRAIN])


def _is_whole(words: tuple[str, ...], content: bytes) -> bool:
    """Whether it is a JSON document, or the head of a safetensors file and its arrays."""
    if words is COUNT:
        return bool(json.loads(content)["command"] == "network")
    size = int.from_bytes(content[:8], "little")
    ends = [each["data_offsets"][1] for each in json.loads(content[8 : 8 + size]).values()]
    return len(content) == 8 + size + int(max(ends))


@WRITING
def test_the_reader_of_a_named_pipe_gets_all_of_it_before_its_end(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    """It is opened once: an end before the content would send the reader away."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def read() -> tuple[bytes, int]:
        return pipe.read_bytes(), os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(read)
        assert run([*words, str(pipe)]) == 0
        content, later = reading.result()
    os.close(later)
    assert _is_whole(words, content)
    assert pipe.is_fifo()


@WRITING
def test_a_pipe_without_a_name_is_written_to_by_its_number(words: tuple[str, ...]) -> None:
    """As ``>(...)`` of a shell and ``/dev/stdout`` name it."""
    reading, writing = os.pipe()
    with open(reading, "rb") as end:  # noqa: PTH123
        with open(writing, "wb"):  # noqa: PTH123
            assert run([*words, f"/dev/fd/{writing}"]) == 0
        assert _is_whole(words, end.read())


@pytest.mark.parametrize("option", ["--json", "--save", "--checkpoint"])
def test_a_loop_of_links_is_one_line(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert run([*TRAIN[:-1], option, str(tmp_path / "a")]) == 4
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "cannot be written: Too many levels of symbolic links." in told
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b"]


@WRITING
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(
    words: tuple[str, ...], mode: int, tmp_path: Path
) -> None:
    place = tmp_path / "held"
    place.touch()
    place.chmod(mode)
    assert run([*words, str(place)]) == 0
    assert _is_whole(words, place.read_bytes())
    assert place.stat().st_mode & 0o777 == mode
