"""WebSocket: masking, fragments, control frames and compression; whole, byte by byte, with gaps, and any bytes at all."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import BYTES
from tests.protocols.examples import size, with_gap
from tests.protocols.mqtt import test_reader as mqtt
from tests.reference.messages import down, essence, read, up

KEY = b"\x11\x22\x33\x44"
BODY = bytes(range(256)) * 3
ASK = b"GET /ws/face HTTP/1.1\r\nHost: cloud.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n"


def ws(opcode, payload, *, mask=True, last=True, packed=False):
    first = opcode | (0x80 if last else 0) | (0x40 if packed else 0)
    bit = 0x80 if mask else 0
    n = len(payload)
    head = bytes((first, bit | n)) if n < 126 else bytes((first, bit | 126)) + n.to_bytes(2, "big")
    if not mask:
        return head + payload
    return head + KEY + bytes(byte ^ KEY[i % 4] for i, byte in enumerate(payload))


def switched(extensions=""):
    line = f"Sec-WebSocket-Extensions: {extensions}\r\n".encode() if extensions else b""
    return [up(ASK), down(b"HTTP/1.1 101 Switching\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n" + line + b"\r\n")]


class Packer:
    def __init__(self, *, takeover=True):
        self.takeover, self.c = takeover, zlib.compressobj(9, zlib.DEFLATED, -15)

    def __call__(self, data):
        out = self.c.compress(data) + self.c.flush(zlib.Z_SYNC_FLUSH)
        if not self.takeover:
            self.c = zlib.compressobj(9, zlib.DEFLATED, -15)
        return out[:-4]


def packed(extensions, *, takeover=True):
    pack = Packer(takeover=takeover)
    texts = [b"face face face one", b"face face face two", b"face face face three"]
    return [
        *switched(extensions),
        *[up(ws(1, pack(text), packed=True)) for text in texts],
        down(ws(8, b"", mask=False)),
    ]


SHAPES = {
    "plain": ([*switched(), up(ws(2, BODY)), down(ws(1, b"ok", mask=False)), up(ws(8, b"\x03\xe8"))], [(0, BODY), (1, b"ok")]),
    "fragments": (
        [*switched(), up(ws(2, BODY[:300], last=False) + ws(9, b"ping") + ws(0, b"", last=False) + ws(0, BODY[300:])), down(ws(10, b"ping", mask=False))],
        [(0, BODY)],
    ),
    "takeover": (packed("permessage-deflate; client_max_window_bits=15"), [(0, b"face face face %s" % n) for n in (b"one", b"two", b"three")]),
    "no takeover": (packed("permessage-deflate; client_no_context_takeover", takeover=False), [(0, b"face face face %s" % n) for n in (b"one", b"two", b"three")]),
}  # fmt: skip
CASES = pytest.mark.parametrize("name", SHAPES)


def inside(messages):
    return [m for m in messages if m.protocol == "websocket"]


@CASES
def test_whole(name):
    events, expected = SHAPES[name]
    messages, summary = read(events)
    assert summary.protocol == "websocket"
    assert [(m.direction, m.body) for m in inside(messages)] == expected
    assert all(m.complete and m.unknown_from is None for m in messages)
    assert {(m.host, m.path) for m in inside(messages)} == {("cloud.example", "/ws/face")}


@CASES
def test_byte_by_byte(name):
    events, _ = SHAPES[name]
    whole, summary = read(events)
    cut, cut_summary = read(events, cuts=range(size(events)), batch=1)
    assert essence(cut) == essence(whole)
    assert cut_summary == summary


@CASES
def test_losses_are_never_unnoticed(name):
    events, expected = SHAPES[name]
    for at in range(size(events[:2]), size(events)):
        messages, _ = read(with_gap(events, at))
        for message in inside(messages):
            assert not message.complete or (message.direction, message.body) in expected, at
        if at % BYTES == 0:
            cut, _ = read(with_gap(events, at), cuts=range(size(events)), batch=1)
            assert essence(cut) == essence(messages), at


def test_types_and_place():
    messages, _ = read(SHAPES["plain"][0])
    image, text = inside(messages)
    assert image.content_type == "application/octet-stream"
    assert text.content_type.startswith("text/plain")
    assert image.body_start == -1  # masked: its bytes do not lie in the stream
    assert text.body_start == text.start + 2


def test_a_gap_inside_a_frame_is_exact():
    frame = ws(2, BODY)
    messages, _ = read([*switched(), up(frame[:108]), up(50), up(frame[158:] + ws(1, b"next"))])
    image, text = inside(messages)
    assert image.missing == [(100, 150)]
    assert image.unknown_from is None
    assert image.body == BODY[:100] + bytes(50) + BODY[150:]
    assert (text.body, text.complete) == (b"next", True)


def test_what_is_compressed_against_something_lost_is_not_guessed():
    for extensions, takeover in (
        ("permessage-deflate", True),
        ("permessage-deflate; client_no_context_takeover", False),
    ):
        events = packed(extensions, takeover=takeover)
        frame = events[2][1]
        broken = [*events[:2], up(frame[:-3]), up(1), up(frame[-2:]), *events[3:]]
        first, second, third = inside(read(broken)[0])
        assert not first.complete
        assert second.complete is third.complete is (not takeover)


def test_a_lost_frame_header_ends_reading_but_not_carving():
    picture = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xda\x00\x02pixels\xff\xd9"
    events = [*switched(), down(ws(1, b"first", mask=False)), down(9), down(ws(2, picture, mask=False))]
    messages, _ = read(events)
    assert [(m.protocol, m.body) for m in messages[2:]] == [("websocket", b"first"), ("carved", picture)]


def test_cut_at_the_end_of_the_capture():
    messages, _ = read([*switched(), up(ws(2, BODY)[:500])])
    (image,) = inside(messages)
    assert image.missing == [(492, 768)]
    assert not image.complete


def test_expansion_is_bounded():
    bomb = Packer()(bytes(300 << 20))[:200_000]
    frame = bytes((0xC2, 127)) + len(bomb).to_bytes(8, "big") + bomb
    (message,) = inside(read([*switched("permessage-deflate"), down(frame)])[0])
    assert len(message.body) <= 200 * len(bomb)
    assert not message.complete


def test_broken_compression():
    (message,) = inside(read([*switched("permessage-deflate"), down(ws(2, b"\xff" * 40, mask=False, packed=True))])[0])
    assert not message.complete
    assert message.notes == ["broken compression"]


@given(st.binary(max_size=300), st.lists(st.integers(0, 700), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_bytes_any_split(noise, cuts):
    events = [*switched("permessage-deflate"), up(ws(1, b"hello") + noise), down(noise + b"-")]
    whole, _ = read(events)
    cut, _ = read(events, cuts=cuts, batch=1)
    assert essence(cut) == essence(whole)


MQTT = [
    mqtt.connect(),
    mqtt.publish(b"cam/1/face", mqtt.JPEG),
    mqtt.publish(b"cam/1/face", b"\x00" * 300, 2),
    b"\xc0\x00",
    mqtt.publish(b"cam/2/state", b"{}"),
]
SPEAKS = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"


def over(chunks, *, agreed=True):
    answer = SPEAKS if agreed else SPEAKS.replace(b"Sec-WebSocket-Protocol: mqtt\r\n", b"")
    return [
        up(ASK),
        down(answer),
        *[up(ws(2, chunk)) for chunk in chunks],
        down(ws(2, b"\x20\x02\x00\x00", mask=False)),
    ]


def said(messages):
    return [(m.protocol, m.method, m.path, m.body, m.complete) for m in messages[2:]]


@pytest.mark.parametrize("agreed", [True, False], ids=["agreed", "by its first packet"])
def test_mqtt_inside(agreed):
    """A packet a frame: CONNECT and publishes come out, with their topics, over the frames that carried them."""
    messages, summary = read(over(MQTT, agreed=agreed))
    assert said(messages) == [
        ("mqtt", "CONNECT", "", b"", True),
        ("mqtt", "PUBLISH", "cam/1/face", mqtt.JPEG, True),
        ("mqtt", "PUBLISH", "cam/1/face", b"\x00" * 300, True),
        ("mqtt", "PUBLISH", "cam/2/state", b"{}", True),
    ]
    assert summary.protocol == "mqtt"
    assert messages[3].host == "cloud.example"


@given(st.lists(st.integers(1, sum(map(len, MQTT)) - 1), max_size=12, unique=True).map(sorted))
@settings(max_examples=60, deadline=None)
def test_mqtt_packets_lie_anywhere_in_frames(cuts):
    """Each message spans the frames from the one its packet began in to the one it ended in."""
    data = b"".join(MQTT)
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    messages, _ = read(over(chunks), batch=1)
    assert said(messages) == said(read(over(MQTT))[0])
    edges = [len(ASK)]
    for chunk in chunks:
        edges.append(edges[-1] + len(ws(2, chunk)))
    for message in messages[2:]:
        assert message.start in edges
        assert message.end in edges
        assert message.start < message.end
        assert message.pieces is not None


def test_what_is_no_mqtt_stays_what_it_is():
    """Whatever was agreed on, pictures that are sent must not be passed over."""
    messages, _ = read(over([mqtt.JPEG, mqtt.JPEG]))
    assert [m.body for m in messages if m.protocol == "websocket"] == [mqtt.JPEG, mqtt.JPEG, b"\x20\x02\x00\x00"]


def test_what_is_no_mqtt_behind_mqtt_is_told_as_it_was_sent():
    text = b'{"id": "119999198803120008"}'
    messages, _ = read(over([*MQTT, text, *MQTT[1:]]))
    assert [m.body for m in messages if m.protocol == "websocket"] == [text]
    assert len([m for m in messages if m.path == "cam/2/state"]) == 2


def test_a_gap_in_mqtt_inside_is_a_hole_in_its_payload():
    """The bytes lost within a frame are lost within the payload, and what follows is read on."""
    at = len(ASK) + len(SPEAKS) + len(ws(2, MQTT[0])) + 40
    messages, _ = read(with_gap(over(MQTT), at, 20))
    (face,) = [m for m in messages if m.path == "cam/1/face" and len(m.body) == len(mqtt.JPEG)]
    assert not face.complete
    assert sum(end - start for start, end in face.missing) == 20
    assert messages[-1].path == "cam/2/state"


@pytest.mark.parametrize(("code", "refused"), [(1008, True), (4001, False), (1000, False), (1001, False)])
def test_a_close_for_an_error_answers_what_was_said_last(code, refused):
    events = [*switched(), up(ws(2, BODY)), down(ws(8, code.to_bytes(2, "big") + b"policy", mask=False))]
    messages, _ = read(events)
    closing = [one for one in messages if one.method == "CLOSE"]
    said = next(one for one in inside(messages) if one.body == BODY)
    assert [(one.status, one.request.message_id) for one in closing] == [(code, said.message_id)] * refused
    cut, _ = read(events, cuts=range(size(events)), batch=1)
    assert essence(cut) == essence(messages)


def test_what_was_acknowledged_is_not_refused_by_a_later_close():
    taken = [*switched(), up(ws(2, BODY)), down(ws(1, b"taken", mask=False))]
    messages, _ = read([*taken, down(ws(8, (1008).to_bytes(2, "big"), mask=False))])
    assert not [one for one in messages if one.method == "CLOSE"]
    messages, _ = read([*taken, up(ws(2, BODY[:9])), down(ws(8, (1008).to_bytes(2, "big"), mask=False))])
    assert [one.status for one in messages if one.method == "CLOSE"] == [1008]
