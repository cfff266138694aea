"""The command that opens Wireshark names the capture, the first packet and the filter."""

from __future__ import annotations

from pathlib import Path

import pytest

import netaudit
from netaudit.cli.wireshark import commands, wireshark_command
from netaudit.errors import UsageError

SMALL = Path(__file__).parents[2] / "pcaps" / "carriers" / "s3.pcapng"


def test_the_command_leads_to_the_packet(tmp_path, capsys):
    case = netaudit.audit(SMALL, tmp_path / "case", faces=False)
    row = case.evidence.iloc[0]
    ((program, *options),) = commands(case, row["object_id"], [SMALL])
    assert program == "wireshark"
    assert options[:4] == ["-r", str(SMALL), "-g", str(row["first_frame"])]
    wireshark_command(case.folder, row["object_id"], [SMALL])
    assert capsys.readouterr().out.startswith(f"wireshark -r {SMALL}")
    with pytest.raises(UsageError, match="begins so"):
        commands(case, "nothing", [SMALL])
