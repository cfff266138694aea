"""Files that somebody names: plain ones are read, up to a size; nothing is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netaudit.core.storage.files import read_given


@pytest.mark.links
def test_a_file_and_a_link_to_it_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_given(tmp_path / "a", 3) == read_given(tmp_path / "b", 3) == b"abc"


def test_what_is_larger_is_not(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(8 << 30)
    with pytest.raises(OSError, match="is larger than 1,000 bytes"):
        read_given(tmp_path / "a", 1000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_pipes_devices_and_circles_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"no plain file|directory"):
            read_given(path, 1000)
    with pytest.raises(OSError, match=r"symbolic links"):
        read_given(tmp_path / "circle", 1000)
