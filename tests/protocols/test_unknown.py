"""TLS behind preludes that no reader knows, and what must not be taken for it."""

from __future__ import annotations

import gzip

import pytest

from netaudit.protocols.unknown import PRELUDE
from tests.conftest import BYTES
from tests.images.pictures import sample
from tests.protocols.tls.test_tls import APPLICATION, SUPPORTED, client_hello, server_hello
from tests.reference.messages import down, essence, read, up

HELLO = client_hello("directory.example")
ANSWER = server_hello(extensions=SUPPORTED) + APPLICATION
# an extended request for TLS in LDAP (RFC 4511, 4.14), as bytes
ASK = bytes.fromhex("301d02010177188016312e332e362e312e342e312e313436362e3230303337")
PRELUDES = {
    "ldap": [up(ASK), down(bytes.fromhex("300c02010178070a010004000400"))],
    "server first": [down(b"\x4a\0\0\0\x0a8.0.36\0" + bytes(60)), up(bytes.fromhex("200000018fa20a"))],
    "postgresql": [up(bytes.fromhex("0000000804d2162f")), down(b"S")],
    "remote desktop": [
        up(bytes.fromhex("030000130ee000000000000100080003000000")),
        down(bytes.fromhex("030000130ed000001234000209080002000000")),
    ],
    "bytes like a hello": [up(b"\x01\x16\x03\x01\x02\x00\x01\x00\x01\xfc"), down(b"ok")],
}


@pytest.mark.parametrize("prelude", PRELUDES.values(), ids=PRELUDES)
def test_tls_behind_a_prelude(prelude):
    events = [*prelude, up(HELLO), down(ANSWER), up(APPLICATION)]
    messages, summary = read(events)
    assert [m.method for m in messages] == ["client_hello", "server_hello"]
    assert messages[0].host == "directory.example"
    assert messages[0].start == sum(len(data) for direction, data in prelude if not direction)
    assert (summary.protocol, summary.server_name, summary.to_ignore) == ("tls", "directory.example", True)
    for batch in (1, 3):
        cut, again = read(events, cuts=range(batch, 4000, BYTES), batch=batch)
        assert essence(cut) == essence(messages)
        assert again == summary


def test_a_hello_without_an_answer_is_content():
    picture = sample(1)
    for events in (
        [up(b"\1\2\3" + HELLO + picture), down(b"fine")],
        [up(b"\1\2\3" + HELLO), up(picture), up(HELLO), down(b"\1\2" + HELLO)],  # both ask, nobody answers
        [up(bytes(PRELUDE)), up(HELLO + picture), down(b"\1\2" + ANSWER)],  # too late for a prelude
        [up(b"\1\2\3" + HELLO + bytes(70 << 10)), down(b"\1\2" + ANSWER), up(picture)],
        [up(b"\1\2\3" + HELLO), up(50), up(picture), down(b"\1\2" + ANSWER)],
    ):
        messages, summary = read(events)
        assert [m.protocol for m in messages] == ["carved"]
        assert messages[0].body == picture
        assert summary.protocol == "unknown"
        cuts = (*range(0, 7000, 7 * BYTES), *range(7000, 90_000, 211))
        assert essence(read(events, cuts=cuts, batch=1)[0]) == essence(messages)


def test_nothing_before_the_turn_is_lost():
    picture = sample(1)
    events = [up(b"\1\2\3" + picture + b"\x16\x03\x01\x02"), up(ASK), down(b"\1\2"), up(HELLO), down(ANSWER)]
    messages, _ = read(events)
    assert [m.protocol for m in messages] == ["carved", "tls", "tls"]
    assert messages[0].body == picture
    assert essence(read(events, cuts=range(0, 9000, BYTES), batch=1)[0]) == essence(messages)


def test_http_behind_bytes_like_a_hello():
    request = b"\1\2\3\x16\x03\x01\x02\x00\x01\x00POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc"
    events = [up(request), down(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    messages, _ = read(events)
    assert [m.body for m in messages if m.protocol == "http"] == [b"abc", b"ok"]
    assert essence(read(events, cuts=range(200), batch=1)[0]) == essence(messages)


def test_the_server_of_the_connection_may_be_the_client_of_tls():
    messages, _ = read([up(b"\1\2\3"), down(b"\4" + HELLO), up(ANSWER)])
    assert [(m.method, m.direction) for m in messages] == [("client_hello", 1), ("server_hello", 0)]


OTHERS = {
    "a document": b'{"a":1}\n',
    "lines with a length": b"SEEN/2\r\nUnit: A-1\r\nBody-Size: 40\r\n\r\n",
    "MessagePack behind its length": b"\x00\x00\x00\x05\x81\xa3box\x01\x00\x00\x00\x05\x81\xa3box\x01",
    "words with lengths": b"*1\r\n$4\r\nPING\r\n",
    "letters and a version": b"AMQP\0\0\x09\1",
    "a length and numbers": b"\0\0\0\x0c\0\x12\0\0\0\0\0\1\0\2ab",
    "four letters and a length": b"HELF" + (32).to_bytes(4, "little") + bytes(24),
    "two codes": b"\x00\xe1\x00\x45",
    "mongodb": (31).to_bytes(4, "little")
    + bytes(8)
    + (2013).to_bytes(4, "little")
    + bytes(5)
    + b"\x0a\0\0\0\x0aa\0\0\0\0",
    "mqtt": b"\x10\x0d\0\4MQTT\4\2\0\x3c\0\1a",
}
POSTS = b"".join(
    b"POST /up?n=%d HTTP/1.1\r\nHost: up.example\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (at, len(body), body)
    for at, body in enumerate(gzip.compress(b'{"id":"11010519491231002X","n":%d}' % at, mtime=0) for at in range(6))
)  # fmt: skip
ANSWERS = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 6


@pytest.mark.parametrize("prelude", OTHERS.values(), ids=OTHERS)
def test_http_behind_the_first_bytes_of_another_protocol(prelude):
    """Whatever was written first, what follows is told as without it, however it comes."""
    for first in ([up(prelude)], [up(prelude), down(b"OK 1\n")], [down(b"OK 1\n"), up(prelude)]):
        events = [*first, up(POSTS), down(ANSWERS)]
        messages, _ = read(events)
        told = [one for one in messages if one.protocol == "http" and not one.status]
        assert [(one.method, one.path, gzip.decompress(one.body)[:26]) for one in told] == [
            ("POST", f"/up?n={at}", b'{"id":"11010519491231002X"') for at in range(6)
        ]
        assert len([one for one in messages if one.status == 200]) == 6
        for cuts, batch in ((range(4000), 1), (range(0, 4000, 7), 3)):
            assert essence(read(events, cuts=cuts, batch=batch)[0]) == essence(messages)


@pytest.mark.parametrize("prelude", OTHERS.values(), ids=OTHERS)
def test_text_behind_the_first_bytes_of_another_protocol(prelude):
    events = [up(prelude), up(b"PASS 11010519491231002X Li Wei\n" + b"." * 3000 + b"\n" * 3000)]
    messages, _ = read(events)
    assert any(b"11010519491231002X Li Wei" in one.body for one in messages)
