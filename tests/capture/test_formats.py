"""Formats of other tools are named, with the command that converts them, and refused: never taken for no capture."""

from __future__ import annotations

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from netaudit.capture.formats import HOLDERS, looks_like, may_hold_captures
from netaudit.report.texts import Texts

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"
WRITTEN = (
    "5views", "lanalyzer", "netmon1", "netmon2", "nettl", "ngsniffer", "ngwsniffer_1_1", "ngwsniffer_2_0", "observer",
    "snoop", "visual", "k12text",
)  # fmt: skip


@pytest.mark.parametrize(("offset", "magic", "what"), HOLDERS)
def test_every_holder_is_known_by_its_beginning(offset: int, magic: bytes, what: str) -> None:
    head = b"\x01" * offset + magic + b"\x01" * 64
    assert looks_like(head) == what
    assert may_hold_captures(head)


@pytest.mark.skipif(shutil.which("editcap") is None, reason="NO EDITCAP")
@pytest.mark.parametrize("kind", WRITTEN)
def test_what_others_write_is_named_with_its_remedy(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "capture"
    subprocess.run(["editcap", "-r", "-F", kind, str(DEMO), str(out), "1-5"], check=True, capture_output=True)
    assert (
        Texts("en")
        .known("looks", looks_like(out.read_bytes()[:300]))
        .endswith(" capture (convert it with editcap -F pcapng)")
    )


def test_an_event_trace_of_windows_names_its_converter() -> None:
    head = b"\0\0\1\0" + bytes(68) + b"\x02\0\x02\xc0" + bytes(100)
    assert "etl2pcapng" in Texts("en").known("looks", looks_like(head))


@pytest.mark.parametrize(
    ("first", "text", "document"),
    [
        ("[Content_Types].xml", "<Types/>", True),
        ("_rels/.rels", "<R/>", True),
        ("mimetype", "application/vnd.oasis.opendocument.text", True),
        ("mimetype", "text/plain", False),
        ("a.pcap", "", False),
    ],
)
def test_documents_that_are_zip_archives_hold_no_captures(first: str, text: str, document: bool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(first, text)
    head = out.getvalue()[:300]
    assert may_hold_captures(head) is not document
    assert looks_like(head) == ("office" if document else "zip")
