"""MQTT of three versions: publishes of any size, midway starts, gaps, and what is never kept."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.core.contracts.answers import IN_FIELD, UNACKNOWLEDGED
from netaudit.core.contracts.details import MqttDetails
from netaudit.protocols.message import DOWN, UP
from netaudit.protocols.mqtt import reader as mqtt
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up


def varint(number):
    out = bytearray()
    while True:
        number, low = number >> 7, number & 127
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def block(data):
    return len(data).to_bytes(2, "big") + data


def packet(first, body):
    return bytes([first]) + varint(len(body)) + body


def connect(level=4, extra=b""):
    name = b"MQIsdp" if level == 3 else b"MQTT"
    props = b"\x00" if level == 5 else b""
    return packet(
        0x10,
        block(name) + bytes([level, 0xC2, 0, 60]) + props + block(b"cam-1") + block(b"user") + block(b"s3cret") + extra,
    )


def publish(topic, body, flags=0, props=b""):
    ident = b"\x00\x07" if flags & 6 else b""
    return packet(0x30 | flags, block(topic) + ident + props + body)


CONNACK = b"\x20\x02\x00\x00"
EVENTS = [
    up(connect()),
    down(CONNACK),
    up(publish(b"cam/1/face", JPEG)),
    up(b"\xc0\x00"),
    down(b"\xd0\x00"),
    up(publish(b"cam/1/face", JPEG, 2)),
]


def brief(messages):
    return [(m.method, m.path, m.body, m.complete) for m in messages]


def test_versions():
    for level in (3, 4, 5):
        props = b"\x00" if level == 5 else b""
        events = [
            up(connect(level)),
            down(CONNACK),
            up(publish(b"t/1", JPEG, 0, props)),
            down(publish(b"t/1", JPEG, 0x0A, props)),
        ]
        messages, summary = check_cuts(events, server_port=1883)
        assert brief(messages) == [("CONNECT", "", b"", True), *[("PUBLISH", "t/1", JPEG, True)] * 2]
        assert messages[0].details == MqttDetails("cam-1", "user", level)
        assert messages[2].notes == ["sent again (DUP)"]
        assert b"s3cret" not in repr(messages).encode()
        assert summary.protocol == "mqtt"


def test_what_the_sender_gave_to_a_message_of_version_5():
    """User properties are its headers; a packet without them has none."""
    given_ = [(b"personName", "张三".encode()), (b"Temp", b"36.4"), (b"Temp", b"36.5")]
    props = b"\x01\x01" + b"".join(b"\x26" + block(name) + block(value) for name, value in given_) + b"\x02\0\0\0\x09"
    events = [up(connect(5)), down(CONNACK), up(publish(b"t/1", JPEG, 0, varint(len(props)) + props))]
    events.append(up(publish(b"t/1", JPEG, 0, b"\x00")))
    told = [message.headers for message in read(events, server_port=1883)[0] if message.method == "PUBLISH"]
    assert told == [[("personName", "张三"), ("Temp", "36.4"), ("Temp", "36.5")], []]


def test_aliases_and_content_type():
    first = b"\x0f\x03\x00\x09image/png\x23\x00\x05"
    events = [up(connect(5)), up(publish(b"t/long", b"a", 0, first)), up(publish(b"", b"b", 0, b"\x03\x23\x00\x05"))]
    messages, _ = check_cuts(events, server_port=1883)
    assert [(m.path, m.body) for m in messages[1:]] == [("t/long", b"a"), ("t/long", b"b")]
    assert messages[1].content_type == "image/png"


def test_gaps():
    check_gaps(EVENTS, {JPEG}, server_port=1883)
    check_gaps(EVENTS, {JPEG}, length=300, server_port=1883)


def test_gap_in_the_payload_is_exact():
    whole = publish(b"cam/face", JPEG)
    messages, _ = read(
        [up(connect()), up(whole[:30]), (UP, 9), up(whole[39:]), up(publish(b"next", b"x"))], server_port=1883
    )
    head = len(whole) - len(JPEG)
    assert messages[1].missing == [(30 - head, 39 - head)]
    assert brief(messages)[2] == ("PUBLISH", "next", b"x", True)


def test_midway():
    events = [up(JPEG[30:] + publish(b"cam/2/face", JPEG) + publish(b"cam/2/face", JPEG, 0, b"\x00"))]
    messages, _ = check_cuts(events, server_port=1883, handshake=0)
    assert brief(messages) == [("PUBLISH", "cam/2/face", JPEG, True)] * 2


def test_never_ending_publish_is_incomplete():
    messages, _ = read([up(connect()), up(b"\x30\xff\xff\xff\x7f" + block(b"cam") + JPEG)], server_port=1883)
    assert messages[1].body == JPEG
    assert not messages[1].complete
    assert messages[1].body_size == 0xFFFFFFF - 5


def test_payloads_of_frames():
    reader = mqtt.MqttReader(in_place=False)
    data = connect() + publish(b"ws/face", JPEG)
    messages = [m for i, byte in enumerate(data) for m in reader.feed(UP, 10 * i, bytes([byte]))]
    assert brief(messages)[1] == ("PUBLISH", "ws/face", JPEG, True)
    assert messages[1].body_start == -1


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=40)
            | st.integers(1, 40)
            | st.sampled_from([connect(5), publish(b"abcd", b"x", 2), b"\x30\xff\xff\xff\xff\x01"]),
        ),
        max_size=12,
    )
)
def test_noise(chunks):
    check_noise(mqtt.MqttReader, chunks)


SMALL = st.builds(
    publish,
    st.sampled_from([b"t/1", b"", b"sensor/temp", "温度/一".encode("gb18030"), b"long/" * 24]),
    st.binary(max_size=8) | st.sampled_from([b'{"t":21.5}', b"\x80\x00x", b"\x02\x01\x00x", b"a" * 130]),
    st.sampled_from([0, 1, 2, 8 | 2]),
)


@given(st.sampled_from([0, 3, 4, 5]), st.lists(SMALL | st.sampled_from([b"\xc0\x00", b"\x30\x01\x00"]), max_size=6))
def test_many_at_once_are_read_as_byte_by_byte(level, packets):
    begin, data = connect(level) if level else publish(b"cam/face", b"{}"), b"".join(packets)
    given_out = []
    for step in (len(data) or 1, 1):
        reader = mqtt.MqttReader()
        reader.sides[UP].lost = not level  # met midway
        messages = reader.feed(UP, 0, begin)
        for at in range(0, len(data), step):
            messages += reader.feed(UP, len(begin) + at, data[at : at + step])
        given_out.append((messages + reader.finish(), reader.needed_from(UP)))
    assert given_out[0] == given_out[1]


def test_a_broker_that_takes_no_client_took_nothing_that_came_before() -> None:
    early = [up(connect()), up(publish(b"cam/1", JPEG)), up(publish(b"cam/2", b"ab"))]
    refused, _ = read([*early, down(b"\x20\x02\x00\x05"), up(publish(b"cam/3", b"cd"))], server_port=1883)
    answers = [one for one in refused if one.direction == DOWN]
    assert [(one.request.path, one.notes) for one in answers] == [("cam/1", [IN_FIELD]), ("cam/2", [IN_FIELD])]
    taken, _ = read([*early, down(CONNACK)], server_port=1883)
    assert not any(one.direction == DOWN for one in taken)


def test_a_publication_that_asks_for_it_and_is_never_acknowledged_is_told() -> None:
    def session(*answers: bytes, level: int = 4) -> list:
        props = b"\0" if level == 5 else b""
        said = [
            up(publish(b"cam/1", JPEG, flags, props).replace(b"\0\7", number))
            for flags, number in ((2, b"\0\7"), (4, b"\0\x08"), (0, b""))
        ]
        return [up(connect(level)), down(CONNACK), *said, *map(down, answers)]

    def told(events: list) -> list:
        messages, _ = read(events, server_port=1883)
        return [(one.request.direction, one.notes) for one in messages if one.direction == DOWN]

    acknowledged = b"\x40\2\0\7"
    ping = [up(b"\xc0\0"), down(b"\xd0\0")]
    assert told(session() + ping) == [(UP, [UNACKNOWLEDGED])] * 2
    assert told(session(acknowledged) + ping) == [(UP, [UNACKNOWLEDGED])]
    assert told(session(b"\x50\2\0\x08")) == [(UP, [UNACKNOWLEDGED])]  # what came later was acknowledged
    assert told(session()) == told(session(acknowledged)) == []  # it may come after the end
    assert told([*session(), ping[1]]) == []  # nor is this an answer to what came later
    assert told(session(acknowledged, b"\x50\2\0\x08")) == []
    assert told(session(b"\x40\4\0\7\x87\0", b"\x50\2\0\x08", level=5)) == [(UP, [IN_FIELD])]
    assert told([*session(), (DOWN, 4), *ping]) == []  # what it said was not captured
    assert told([*session(), down(b"\0\0"), *ping]) == []  # or not read
    assert told(session()[:1] + session()[2:]) == []  # it may never have taken the client


def test_of_a_connection_met_under_way_no_acknowledgement_is_missed() -> None:
    said = [
        up(publish(b"cam/1", JPEG, 2)),
        down(b"\x40\2\0\7"),
        down(publish(b"cmd/1", b"{}")),
        up(b"\xc0\0"),
        down(b"\xd0\0"),
    ]
    messages, _ = read(said, server_port=1883, handshake=0)
    assert [one.path for one in messages] == ["cam/1", "cmd/1"]


@pytest.mark.parametrize(
    "said", [b"\xd0\x00", b"\x40\x02\x00\x07", publish(b"cmd/1", b"{}"), publish(b"c" * 200, b"{}")]
)
def test_payloads_are_not_kept_until_a_broker_answers(said: bytes) -> None:
    """Nor publications behind what a broker says only to a client that it took: the connection was met under way."""
    reader = mqtt.MqttReader()
    reader.sides[UP].lost = True
    (message,) = reader.feed(UP, 0, publish(b"cam/1", JPEG))
    assert message.body == JPEG
    assert [(one.path, one.body, one.body_size) for one in reader.early or ()] == [("cam/1", b"", len(JPEG))]
    reader.feed(DOWN, 0, b"\xf0\x00")  # AUTH, which comes before the CONNACK
    assert reader.early
    reader.feed(DOWN, 2, said)
    assert reader.early is None
