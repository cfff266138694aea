"""Real captures: nothing crashes, every packet is accounted for, and what others can read is decoded."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.packets.from_capture import Decoder
from netaudit.packets.layouts import Skip
from tests.processor_time import within

pytestmark = pytest.mark.captures

# Link types of the suite that carry no IP we could reach, and skips that are right for the others
FOREIGN = {Skip.LINKTYPE_UNKNOWN, Skip.CONTROL_FRAME, Skip.ENCRYPTED, Skip.TUNNEL_UNKNOWN, Skip.FRAGMENT}
BROKEN = {
    "packetnet__80211_raw.pcap": Skip.MALFORMED_LINK,  # a reserved version of 802.11
    "tcpdump__erspan-type-iii-pb-1.pcap": Skip.TRUNCATED_IP,  # cut within the ERSPAN header
    "tcpdump__slip-bad-direction.pcap": Skip.MALFORMED_IP,
    "wireshark__wpa-Induction.pcap.gz": Skip.MALFORMED_LINK,  # frames with a bad checksum
}
UNREAD = {  # frames of protocols that nobody reads (IS-IS, FabricPath, 802.1ah …), which are told as such
    "PcapPlusPlus__CiscoHDLC.pcap": 1, "tcpdump__isis-seg-fault-3.pcapng": 1, "tcpdump__spb.pcap": 53,
    "tcpdump__various_gre.pcap": 28, "wireshark__wpa-Induction.pcap.gz": 1, "zeek__cisco-fabric-path.pcap": 66,
    "zeek__pbb.pcap": 1,
}  # fmt: skip


def audit(path):
    """Decoder, records read and link types of one file."""
    decoder, read, linktypes = Decoder(), 0, Counter()
    for window in open_captures([path]).windows():
        read += len(window.records)
        linktypes.update(window.records["linktype"].tolist())
        decoder.feed(window)
    decoder.finish()
    return decoder, read, linktypes


def test_every_encapsulation_of_the_link_suite(captures):
    missed = {}
    for case in json.loads((captures / "link" / "expected.json").read_text())["cases"]:
        decoder, read, _ = audit(captures / "link" / case["file"])
        skipped = Counter()
        for (_, skip), count in decoder.skipped.items():
            skipped[skip] += count
        assert read == sum(decoder.decoded.values()) + sum(skipped.values())
        assert skipped.pop(Skip.NOT_READ, 0) == UNREAD.get(case["file"], 0), case["file"]
        wrong = {skip: n for skip, n in skipped.items() if skip not in FOREIGN and BROKEN.get(case["file"]) != skip}
        if wrong:
            missed[case["file"]] = wrong
    assert missed == {}


def test_malformed_captures_end_in_time(captures):
    for path in sorted((captures / "malformed").iterdir()):
        if path.name == "expected.json":
            continue
        with within(10):
            decoder, read, _ = audit(path)
        assert read == sum(decoder.decoded.values()) + sum(decoder.skipped.values())


def test_the_office_is_decoded_whole(captures):
    decoder, read, _ = audit(captures / "office" / "office.pcap")
    assert not decoder.skipped
    assert decoder.decoded[0] == read > 10_000
