"""Stages take messages a batch at a time: how these are put together, and where they are cut, shows nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from netaudit.capture.from_files import open_captures
from netaudit.core.schema import PRIVATE
from netaudit.core.storage import private_streams
from netaudit.core.storage.table_streams import read_streams
from netaudit.evidence.case.writing import make_folders
from netaudit.packets.from_capture import Decoder
from netaudit.pipeline import message_stages, stages
from netaudit.pipeline.message_stages import MessageStages
from netaudit.pipeline.stages import Shard
from netaudit.pipeline.storing import Keep
from netaudit.protocols.from_streams import Conversations
from tests.streams.wire import ACK, FIN, SYN, batch, down, numbered, up
from tests.tables.test_plain_lookups import no_takers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PCAPS = Path(__file__).parents[2] / "pcaps"
WAYS = [
    (1, 1, 1),
    (3, 1 << 40, 1 << 40),
    (1 << 20, 1 << 40, 7),
]  # messages and bytes that wait, bytes that are opened …
# … and, but for very few, of which messages are made at once
STREAMS = (
    "messages", "objects", "evidence", "parts", "observations", "persons", "events", "media", "encrypted_uploads",
    "flows", "tls_hellos",
)  # fmt: skip


def new_shard(folder: Path, **given: Any) -> Shard:
    folder.mkdir()
    make_folders(folder)
    (folder / "private" / "key").write_bytes(bytes(range(32)))
    return Shard(folder, "0", Keep(), **given)


def told(folder: Path) -> dict[str, list[str]]:
    """All rows of an audit without its last step, those that go with it, too."""
    private = {name: private_streams.rows(folder, name) for name in PRIVATE}
    tables = private | {name: read_streams(folder, name) for name in STREAMS}
    return {name: sorted(map(repr, rows.to_pylist())) for name, rows in tables.items()}


def fed(folder: Path, packets: Sequence[Any], cuts: Iterable[int] = ()) -> dict[str, list[str]]:
    shard, begin = new_shard(folder, takes=no_takers), 0
    for end in (*cuts, len(packets)):
        shard.feed(*batch(packets[begin:end]))
        begin = end
    assert shard.finish() == []
    return told(folder)


def with_handshake(requests: Iterable[bytes], *, answered: bool = False) -> list[Any]:
    """Packets of one connection, each with what a client says; or, of an answered request, the server."""
    first, *rest = requests
    packets = [up(99, flags=SYN), down(199, flags=SYN | ACK, ack=100), up(100, first, ack=200)]
    seq, ack = (200, 100 + len(first)) if answered else (100 + len(first), 200)
    for one in rest:
        packets.append((down if answered else up)(seq, one, ack=ack))
        seq += len(one)
    mine, other = (down, up) if answered else (up, down)
    packets += [mine(seq, b"", ack=ack, flags=FIN | ACK), other(ack, b"", ack=seq + 1, flags=FIN | ACK)]
    return numbered(packets)


@pytest.mark.parametrize("name", ["sales_office/lan.pcapng", "sales_office/wan.pcapng"])
def test_an_office_is_told_alike_however_its_messages_are_put_together(name: str, tmp_path: Path) -> None:
    offices = []
    for number, (most, size, opened) in enumerate([*WAYS, (stages.MOST_WAITING, stages.MOST_WAITING_BYTES, 2 << 20)]):
        shard, captures, decoder = new_shard(tmp_path / str(number)), open_captures([PCAPS / name]), Decoder()
        with (
            mock.patch.multiple(stages, MOST_WAITING=most, MOST_WAITING_BYTES=size, MOST_READ=max(opened, 1400)),
            mock.patch.object(message_stages, "MOST_OPENED", opened),
        ):
            for window in captures.windows():
                decoded = decoder.feed(window)
                shard.feed(decoded.buffer, decoded.packets)
            assert shard.finish() == []
        captures.close()
        offices.append(told(tmp_path / str(number)))
    assert len(offices[0]["events"]) > 10 or name != "sales_office/lan.pcapng"
    assert offices[0]["objects"]
    for other in offices[1:]:
        for table, rows in other.items():
            assert rows == offices[0][table], table


def post(body: bytes) -> bytes:
    head = b"POST /r HTTP/1.1\r\nHost: a.example\r\nX-Thing: 1\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


TELLING = (  # 256 bytes: the most that a plain document may have, and the least of which scraps are told
    b'{"idCard":"110101199003074514","a":"oHwLMeaZqo9DZDNjN1GTPdVKsb1DS2S5yXB62gin7BMsFxvKK4Q519Pk174JSn",'
    b'"b":"ZJrd09fXzjsV2cMcSu28F9teLbmzLjc1t73xCGNKIM6FASos8GIazJbMNdMCQv",'
    b'"c":"RTbdP7pCKtwtwKsxVbJTtnXolARgtuZB1kuO2BnhGlYZlrYNXvisXqvzAz5ja6","29A65nUZPGrvo":1}'
)


def test_a_document_that_is_read_later_leaves_no_scraps(tmp_path: Path) -> None:
    bodies = [b'{"n":%d,"s":"ok"}' % number for number in range(1100)]
    bodies[5] = TELLING
    packets = with_handshake(map(post, bodies))
    ways = [
        fed(tmp_path / str(number), packets, cuts) for number, cuts in enumerate([(), (700,), range(110, 1100, 110)])
    ]
    assert len(ways[0]["persons"]) == 1
    for way in ways:
        assert way["scraps"] == []
        assert way["persons"] == ways[0]["persons"]


PART = (
    b'<?xml version="1.0"?><EventNotificationAlert xmlns="http://www.hikvision.com/ver20/XMLSchema">'
    b"<ipAddress>10.0.0.5</ipAddress><channelID>1</channelID><dateTime>2024-05-01T10:00:00+08:00</dateTime>"
    b"<eventType>faceSnap</eventType><eventState>active</eventState>"
    b'<device xmlns="urn:schemas-upnp-org:device-1-0"><friendlyName>Foo</friendlyName></device>'
    b"</EventNotificationAlert>"
)


def test_facts_are_taken_of_a_part_of_which_events_wait(tmp_path: Path) -> None:
    part = b"--b\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(PART) + PART + b"\r\n"
    ask = b"GET /ISAPI/Event/notification/alertStream HTTP/1.1\r\nHost: 10.0.0.5\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n"
    rows = fed(tmp_path / "case", with_handshake([ask, head + part, part, b"--b--\r\n"], answered=True))
    assert len(rows["events"]) == 3  # the request is one
    assert any("'upnp'" in row and "Foo" in row for row in rows["observations"])


def test_no_batch_is_larger_than_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    take = MessageStages.take

    def noted(self: MessageStages, taken: Any, advance: Any) -> None:
        sizes.append((len(taken), sum(len(one.message.body) for one in taken[:-1])))
        take(self, taken, advance)

    monkeypatch.setattr(MessageStages, "take", noted)
    monkeypatch.setattr(stages, "MOST_WAITING_BYTES", 4096)
    bodies = [b'{"n":%d,"s":"%s"}' % (number, b"o" * (number % 7 * 100)) for number in range(500)]
    fed(tmp_path / "case", with_handshake([b"".join(map(post, bodies[:9])), *map(post, bodies[9:])]))
    assert sum(count for count, _ in sizes) == 500
    assert max(count for count, _ in sizes) <= stages.MOST_WAITING
    assert max(held for _, held in sizes) < 4096


def test_messages_are_made_of_so_much_at_a_time_and_written_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes, written = [], []
    feed, flush = Conversations.feed, Shard._flush

    def noted(self: Conversations, delivery: Any, **given: Any) -> Any:
        sizes.append(sum(len(run.data) for run in delivery.runs))
        return feed(self, delivery, **given)

    monkeypatch.setattr(Conversations, "feed", noted)
    monkeypatch.setattr(Shard, "_flush", lambda self: (written.append(len(sizes)), flush(self)))
    monkeypatch.setattr(stages, "MOST_READ", 8192)
    requests = [b"".join(b"GET /%d HTTP/1.0\r\n\r\n" % (50 * part + k) for k in range(50)) for part in range(100)]
    rows = fed(tmp_path / "case", with_handshake(requests))
    assert len(rows["messages"]) == 5000
    assert max(sizes) < 8192 + len(requests[-1])  # no packet is torn
    assert len(written) >= len(sizes) - 3
