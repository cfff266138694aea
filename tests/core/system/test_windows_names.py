r"""Long and reserved names of Windows are spelt out, all others stay as they are."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from netaudit.core.system import windows_names
from netaudit.core.system.windows_names import is_special, openable, real, spelt_out

HERE = r"C:\evidence"
LONG = "\\".join(["抓包" * 20] * 7)


@pytest.mark.parametrize(
    "path",
    ["a.pcap", r"C:\x\a.pcap", r"..\a.pcap", r"\\nas\share\a.pcap", r"\\?\C:\x\aux", r"\\.\pipe\x", "console.pcap"],
)
def test_ordinary_names_stay(path: str) -> None:
    assert spelt_out(path, HERE) == path


@pytest.mark.parametrize(
    ("path", "opened"),
    [
        ("aux.pcap", r"\\?\C:\evidence\aux.pcap"),
        (r"sub\NUL", r"\\?\C:\evidence\sub\NUL"),
        ("com¹.pcapng.gz", r"\\?\C:\evidence\com¹.pcapng.gz"),
        ("LPT9", r"\\?\C:\evidence\LPT9"),
        (r"con\a.pcap", r"\\?\C:\evidence\con\a.pcap"),
        ("报告. ", r"\\?\C:\evidence\报告. "),
        (r"..\prn .pcap", r"\\?\C:\prn .pcap"),
        (r"\\nas\share\aux.pcap", r"\\?\UNC\nas\share\aux.pcap"),
        (LONG, rf"\\?\C:\evidence\{LONG}"),
        (rf"\\nas\share\{LONG}", rf"\\?\UNC\nas\share\{LONG}"),
    ],
)
def test_names_that_windows_reads_otherwise_are_spelt_out(path: str, opened: str) -> None:
    assert spelt_out(path, HERE) == opened
    assert spelt_out(opened, HERE) == opened


def test_a_case_needs_room_for_what_is_in_it() -> None:
    folder = "C:\\" + "x" * 150
    assert spelt_out(folder, HERE) == folder
    assert spelt_out(folder, HERE, 110) == "\\\\?\\" + folder


def test_special_names() -> None:
    assert all(map(is_special, ("CON", "con.txt", "Aux .pcap", "lpt1", "a.", "a ")))
    assert not any(map(is_special, ("cone", "com10", "auxiliary", "a.b", "", "lptx")))


@pytest.mark.skipif(os.name == "nt", reason="it changes there")
def test_elsewhere_nothing_changes() -> None:
    assert openable(Path("aux.pcap")) == Path("aux.pcap")


def test_where_windows_tells_no_final_name_a_path_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An audit into a path of 400 characters ended with error 234, and one on some disks of a network would."""
    place = tmp_path / "case" / ".." / "case"
    assert real(place) == (tmp_path / "case").resolve()

    def resolve(self: Path, strict: bool = False) -> Path:
        raise OSError(f"no final name of {self} {strict}")

    monkeypatch.setattr(Path, "resolve", resolve)
    monkeypatch.setattr(windows_names, "os", SimpleNamespace(name="posix"))
    with pytest.raises(OSError, match="no final name"):
        real(place)
    monkeypatch.setattr(windows_names, "os", SimpleNamespace(name="nt"))
    assert real(place) == place
