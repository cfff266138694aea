"""Every file that was given is in the case, read or not, under a name that says nothing of the auditor's machine."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import orjson
import pyarrow.compute as pc
import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.capture.inputs import short_names
from netaudit.cli.app import app
from netaudit.errors import UsageError
from netaudit.evidence.case.reading import restored, storable
from tests.wording import english

LAN = Path(__file__).parent.parent.parent / "pcaps" / "sales_office" / "lan.pcapng"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ([], []),
        (["-"], ["-"]),
        (["/home/zhangsan/a.pcap"], ["a.pcap"]),
        (["/home/z/mon/a.pcap", "/home/z/tue/a.pcap", "/home/z/b.pcap"], ["mon/a.pcap", "tue/a.pcap", "b.pcap"]),
        (["/x/a", "/x/a"], ["//x/a", "//x/a"]),
        (["/x/1/a/b", "/x/2/a/b"], ["1/a/b", "2/a/b"]),
        ([os.fsdecode("门口.pcap".encode("gbk"))], ["门口.pcap"]),
        ([os.fsdecode(b"\xff\xfe\x80.pcap")], [b"\xff\xfe\x80.pcap".decode("latin-1")]),
    ],
)
def test_names_without_the_folders_of_this_machine(names: list[str], shown: list[str]) -> None:
    assert short_names(names) == shown


def test_a_path_that_is_no_text_is_kept(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode("门".encode("gbk"))
    assert restored(orjson.loads(orjson.dumps(storable(path)))) == str(path)
    assert storable(tmp_path) == str(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="names and links of POSIX")
def test_every_file_of_a_folder_is_accounted_for(tmp_path: Path) -> None:
    folder = tmp_path / "给定"
    folder.mkdir()
    capture = folder / os.fsdecode("门口.pcapng".encode("gbk"))
    shutil.copy(LAN, capture)
    (folder / "notes.txt").write_text("seen on site")
    (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"")
    os.mkfifo(folder / "pipe")
    (folder / "elsewhere").symlink_to(tmp_path)
    done = CliRunner().invoke(
        app, ["audit", str(folder), "--case", str(tmp_path / "case"), "--no-faces", "--lang", "en"], env={"LC_ALL": "C"}
    )
    assert done.exit_code == 5, done.output  # images were not judged, which is graver than what is no capture
    assert "Exit 3:" in done.output
    case = netaudit.open_case(tmp_path / "case")
    (row,) = case.manifest["inputs"]
    assert row["name"] == "门口.pcapng"
    assert {entry["name"]: english(entry["problem"]) for entry in case.manifest["rejected"]} == {
        "notes.txt": "not a capture: it looks like text",
        "\\xff\\xfe" if "\\xff\\xfe" in done.output else "ÿþ": "not a capture: it is empty",
        "pipe": "a named pipe in a folder: not read unless it is named itself",
        "elsewhere": "a link to a folder: not followed",
    }
    assert case.run["paths"] == [str(capture.resolve())]
    shared = [path for path in case.folder.rglob("*") if path.is_file() and "private" not in path.parts]
    assert [path.name for path in shared if str(tmp_path).encode() in path.read_bytes()] == []


def test_what_is_no_capture_in_a_folder_is_listed_and_costs_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    shutil.copy(LAN, folder / "lan.pcapng")
    shutil.copy(LAN, folder / "copy.pcapng")
    (folder / "README.md").write_text("three captures")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(64))
    audited = ["audit", str(folder), "--no-faces", "--lang", "en", "--case"]
    done = CliRunner().invoke(app, [*audited, str(tmp_path / "case")])
    assert "Exit 3" not in done.output, done.output
    assert "could not be read" not in done.output
    assert "Set aside: README.md" in done.output
    case = netaudit.open_case(tmp_path / "case")
    inputs = case.table("ledgers").filter(pc.equal(case.table("ledgers")["ledger"], "inputs")).to_pylist()
    assert sorted((row["reason"], row["count"], row["understood"]) for row in inputs) == [
        ("audited", 1, True), ("no capture", 1, True), ("no capture", 1, True), ("same content", 1, True),
    ]  # fmt: skip
    assert {entry["name"] for entry in case.manifest["rejected"]} >= {"README.md"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("monday.pcap", b"anything at all"),  # calls itself a capture
        ("monday", b"\xd4\xc3\xb2\xa1\x02\x00"),  # begins like one
        ("monday.zip", b"PK\x03\x04" + bytes(60)),  # may hold some
    ],
)
def test_what_should_have_been_read_in_a_folder_is_told(tmp_path: Path, name: str, content: bytes) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    shutil.copy(LAN, folder / "lan.pcapng")
    (folder / "README.md").write_text("captures")
    (folder / name).write_bytes(content)
    audited = ["audit", str(folder), "--no-faces", "--lang", "en", "--case"]
    done = CliRunner().invoke(app, [*audited, str(tmp_path / "case")])
    assert "Exit 3" in done.output
    assert "Damaged or unreadable: 1 of 2 files" in done.output


def test_a_period_that_holds_nothing(tmp_path: Path) -> None:
    words = ["audit", str(LAN), "--no-faces", "--lang", "en", "--case", str(tmp_path / "case"), "--since"]
    done = CliRunner().invoke(app, [*words, "2031-01-01T00:00:00Z"])
    assert "Exit 3" in done.output
    assert done.exit_code == 5  # of all packets none was judged
    assert "NOTHING WAS AUDITED: of 5,522 packets none was in the period" in done.output
    with pytest.raises(UsageError, match="not before until="):
        netaudit.audit(LAN, tmp_path / "other", since=2, until=2)
    assert not (tmp_path / "other").exists()
