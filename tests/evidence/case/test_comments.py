"""Comments that people wrote into a pcapng stand in the table, in the report, and in what is extracted; masked."""

from __future__ import annotations

from pathlib import Path

import netaudit
from netaudit.capture.from_files import open_captures, read_frames
from netaudit.capture.write import PcapngWriter

DEMO = Path(__file__).parents[3] / "pcaps" / "sales_office" / "lan.pcapng"
NUMBER = "11010519491231002X"  # a published example with a right check digit


def test_comments_are_kept(tmp_path: Path) -> None:
    case = netaudit.audit(DEMO, tmp_path / "demo")
    finding = case.findings.finding_id.iloc[0]
    case.extract(finding, tmp_path / "part.pcapng")
    frames = list(range(1, open_captures([tmp_path / "part.pcapng"]).sources[0].packets_read + 1)) or [*range(1, 40)]
    with PcapngWriter(tmp_path / "noted.pcapng") as writer:
        number = writer.interface(1)
        for record, data in read_frames(tmp_path / "part.pcapng", frames):
            said = [f"seen by John Smith, card {NUMBER}"] if record["frame"] == 2 else []
            writer.packet(number, int(record["ts"]), data, comments=said)
    noted = netaudit.audit(tmp_path / "noted.pcapng", tmp_path / "noted")
    (comments,) = noted.captures.comments
    assert [one for one in comments if one.startswith("2: ") and ", card " in one]
    text = (tmp_path / "noted" / "report.html").read_text("utf-8")
    assert "2: s*** by J*** S****, card" in text
    noted.extract(noted.findings.finding_id.iloc[0], tmp_path / "again.pcapng")
    again = netaudit.audit(tmp_path / "again.pcapng", tmp_path / "again", faces=False)
    assert any("comment in" in one and "s*** by J*** S****" in one for one in again.captures.comments[0])
    for place in (text, str(list(comments)), (tmp_path / "again.pcapng").read_bytes().decode("latin-1")):
        assert NUMBER not in place
        assert "Smith" not in place
