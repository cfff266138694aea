"""Readers of device protocols claim no flow of the captures at hand that is something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.errors import NetauditError
from netaudit.packets.from_capture import Decoder
from netaudit.protocols.from_streams import Conversations
from netaudit.streams.from_packets import Assembler

PCAPS = Path(__file__).parents[2] / "pcaps"
MINE = frozenset({"dahua", "sofia", "hcnet", "ezviz", "ezviz_vtm", "ehome", "tplink", "sip", "idcard", "ps"})
OWN = [path for path in sorted(PCAPS.rglob("*.pcap*")) if path.parent.name != "frames"]
LARGEST = 1 << 20  # bytes of a capture
STEP = 4  # every so many of the shared captures; all of them were tried once
TRUE = {  # flows of the sample that are what they are called
    "nDPI__fuzz-2006-06-26-2594.pcap": {"sip"}, "nDPI__gre.pcapng": {"sip"}, "ja4__latest.pcapng": {"tplink"},
}  # fmt: skip


def protocols(path):
    """What the flows of a capture are taken for."""
    opened = open_captures([str(path)])
    decoder, assembler, conversations = Decoder(), Assembler(), Conversations()
    for window in opened.windows():
        decoded = decoder.feed(window)
        for delivery in assembler.feed(decoded.buffer, decoded.packets):
            conversations.feed(delivery)
    for delivery in assembler.finish():
        conversations.feed(delivery)
    return {summary.protocol for summary in conversations.closed}


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)
def test_own_captures(path):
    assert not protocols(path) & MINE


@pytest.mark.captures
def test_captures_of_others(captures):
    wrong = {}
    for path in sorted(captures.rglob("*.pcap*"))[::STEP]:
        if path.stat().st_size > LARGEST:
            continue
        try:
            claimed = protocols(path) & MINE - TRUE.get(
                path.name, {"sip"} if path.name.startswith("gb28181-") else set()
            )
        except NetauditError:
            continue
        if claimed:
            wrong[path.name] = claimed
    assert wrong == {}
