"""No bytes upset an opener: damaged records, wrong lengths, other keys; what it carries is what was sent, or nothing."""

from __future__ import annotations

import contextlib
import ssl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netaudit.protocols.decryption.carried import FlowKeys, Sessions
from netaudit.protocols.decryption.keylog import LOG, KeyRing, Source
from netaudit.protocols.decryption.quic import QuicOpener
from netaudit.protocols.decryption.quic_frames import frames
from netaudit.protocols.decryption.scope import wanted
from netaudit.protocols.decryption.tls import TlsOpener
from netaudit.protocols.message import DOWN, UP
from tests.protocols.decryption.test_opened_captures import FOLDER

SENT = b"GET /face HTTP/1.1\r\nHost: cloud.example\r\n\r\n" * 40
ANSWERED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" * 50


def keys_with(text: bytes) -> FlowKeys:
    return FlowKeys(KeyRing((Source("log", LOG, text),)), wanted(("all",)), ("192.0.2.1", "192.0.2.2"), Sessions(), {})


@pytest.fixture(scope="module", params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def spoken(request, tmp_path_factory):
    """Both directions of a connection of Python's own TLS in flights, and its key log."""
    log = tmp_path_factory.mktemp("log") / "keys"
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode, client.keylog_filename = False, ssl.CERT_NONE, str(log)
    client.minimum_version = client.maximum_version = request.param
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(FOLDER / "server.pem", FOLDER / "server.key")
    near_in, near_out, far_in, far_out = (ssl.MemoryBIO() for _ in range(4))
    near = client.wrap_bio(near_in, near_out, server_hostname="cloud.example")
    far = server.wrap_bio(far_in, far_out, server_side=True)
    flights: list[tuple[int, bytes]] = []

    def step(action) -> None:
        with contextlib.suppress(ssl.SSLWantReadError):
            action()
        for out, to, direction in ((near_out, far_in, UP), (far_out, near_in, DOWN)):
            if data := out.read():
                flights.append((direction, data))
                to.write(data)

    for _ in range(3):
        step(near.do_handshake)
        step(far.do_handshake)
    for at in range(0, len(SENT), 500):
        step(lambda at=at: near.write(SENT[at : at + 500]))
    step(lambda: far.read(1 << 16))
    for at in range(0, len(ANSWERED), 700):
        step(lambda at=at: far.write(ANSWERED[at : at + 700]))
    return flights, log.read_bytes()


def fed(opener: TlsOpener, flights) -> tuple[bytes, bytes]:
    ends, said = [0, 0], [bytearray(), bytearray()]
    for direction, data in flights:
        if isinstance(data, int):
            opener.gap(direction, ends[direction], data)
            ends[direction] += data
        else:
            opener.feed(direction, ends[direction], data)
            ends[direction] += len(data)
    opener.finish()
    for part in opener.carried:
        said[part.direction] += part.data or bytes(part.length)
    return bytes(said[UP]), bytes(said[DOWN])


def test_whole(spoken):
    flights, log = spoken
    opener = TlsOpener(keys_with(log))
    assert fed(opener, flights) == (SENT, ANSWERED)
    assert opener.outcome.state == "opened"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cut_and_either_direction_late(spoken, data):
    flights, log = spoken
    pieces = []
    for direction, flight in flights:
        cut = data.draw(st.integers(0, len(flight)))
        pieces += [(direction, part) for part in (flight[:cut], flight[cut:]) if part]
    if data.draw(st.booleans()):  # all of the server's side comes last, or first
        late = data.draw(st.sampled_from((UP, DOWN)))
        pieces = [p for p in pieces if p[0] != late] + [p for p in pieces if p[0] == late]
    assert fed(TlsOpener(keys_with(log)), pieces) == (SENT, ANSWERED)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_gives_what_was_sent_or_less(spoken, data):
    flights, log = spoken
    at = data.draw(st.integers(0, len(flights) - 1))
    direction, flight = flights[at]
    place = data.draw(st.integers(0, len(flight) - 1))
    damaged = bytearray(flight)
    damaged[place] ^= data.draw(st.integers(1, 255))
    opener = TlsOpener(keys_with(log))
    up, down = fed(opener, [*flights[:at], (direction, bytes(damaged)), *flights[at + 1 :]])
    assert SENT.startswith(up)
    assert ANSWERED.startswith(down)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_hole_has_its_true_length(spoken, data):
    flights, log = spoken
    first = next(at for at, (direction, flight) in enumerate(flights) if direction == UP and flight[0] == 23 and at > 3)
    at = data.draw(st.integers(first, len(flights) - 1))
    direction, flight = flights[at]
    start = data.draw(st.integers(0, len(flight) - 1))
    size = data.draw(st.integers(1, len(flight) - start))
    holed = [(direction, part) for part in (flight[:start], size, flight[start + size :]) if part]
    opener = TlsOpener(keys_with(log))
    for said, true in zip(fed(opener, [*flights[:at], *holed, *flights[at + 1 :]]), (SENT, ANSWERED), strict=True):
        assert len(said) <= len(true)
        assert all(a in (b, 0) for a, b in zip(said, true, strict=False))


@given(st.lists(st.tuples(st.integers(0, 1), st.binary(min_size=1, max_size=200)), max_size=8), st.binary(max_size=100))
def test_noise(flights, log):
    opener = TlsOpener(keys_with(log))
    assert fed(opener, flights) == (b"", b"")
    quic = QuicOpener(keys_with(log))
    for number, (direction, data) in enumerate(flights):
        assert quic.feed(direction, number * 200, b"\xc0\0\0\0\1" + data) == []
        assert quic.feed(direction, number * 200 + 100, data) == []
    assert quic.finish() == []


@given(st.binary(max_size=300))
def test_frames_of_noise_end(data):
    assert len(list(frames(data))) <= len(data)
