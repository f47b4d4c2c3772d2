"""Files that are whole, or what they were before."""

import errno
import os
import socket
from pathlib import Path

import pytest

from convproof import whole


def test_the_longest_name_has_room_for_its_draft(tmp_path: Path) -> None:
    """255 bytes, as many as a name may have."""
    place = tmp_path / ("n" * 255)
    whole.write([(place, b"all")])
    assert place.read_bytes() == b"all"


@pytest.mark.parametrize("name", ["absent/a", "file/a", "folder", "socket", "loop"])
def test_an_error_has_the_name_that_was_asked_for(name: str, tmp_path: Path) -> None:
    """Not that of the draft; and of several files none is written."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    before = tmp_path / "before"
    with socket.socket(socket.AF_UNIX) as held:
        held.bind(str(tmp_path / "socket"))
        with pytest.raises(OSError, match=r"^\[Errno \d+\] .+") as told:
            whole.write([(before, b"1"), (tmp_path / name, b"2")])
    assert told.value.filename == str(tmp_path / name)
    assert not before.exists()
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_a_pipe_that_may_not_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the work, and without a look into it."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PermissionError) as told:
        whole.Draft(tmp_path / "pipe")
    assert told.value.errno == errno.EACCES


def test_a_link_that_leads_to_nothing_yet_stays(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    whole.write([(tmp_path / "link", b"all")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_bytes() == b"all"
    assert [each.name for each in (tmp_path / "there").iterdir()] == ["file"]


@pytest.mark.parametrize("mode", [None, 0o600, 0o664, 0o444, 0o755])
def test_a_mode_is_kept_and_a_new_file_has_that_of_any_other(
    mode: int | None, tmp_path: Path
) -> None:
    place, other = tmp_path / "place", tmp_path / "other"
    if mode is not None:
        place.touch()
        place.chmod(mode)
    whole.write([(place, b"all")])
    other.touch()
    wanted = other.stat().st_mode & 0o777 if mode is None else mode
    assert place.stat().st_mode & 0o777 == wanted
    assert place.read_bytes() == b"all"
