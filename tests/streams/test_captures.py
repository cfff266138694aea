"""A real capture through the decoder: what is whole comes whole."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.streams.from_packets import Assembler


def finals(path):
    """Final FLOW rows of a capture."""
    decoder, assembler, rows = Decoder(), Assembler(), []
    for window in open_captures([path]).windows():
        decoded = decoder.feed(window)
        rows += [d.flow for d in assembler.feed(decoded.buffer, decoded.packets) if d.closed]
    return np.array([*rows, *(d.flow for d in assembler.finish())])


@pytest.mark.captures
def test_office_is_delivered_whole(captures):
    """As many payload bytes as tshark counts (tcp.len, udp.length - 8), none missing, none dropped."""
    rows = finals(captures / "office" / "office.pcap")
    payload = {proto: int(rows["payload"][rows["proto"] == proto].sum()) for proto in (6, 17)}
    assert payload == {6: 28_678_788, 17: 4_447_946}
    assert int(rows["delivered"].sum()) + 1066 == int(rows["payload"].sum())
    assert int(rows["duplicate"].sum()) == 1066
    for name in ("missing", "evicted", "conflicting", "after_close"):
        assert not rows[name].any()
