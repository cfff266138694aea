"""SSH: which programs talk; nothing else."""

from __future__ import annotations

import random

import pytest

from netaudit.protocols.network_services import ssh
from netaudit.protocols.reader import Opening, Verdict
from tests.reference.messages import down, essence, read, up
from tests.spoken import number, request

SERVER, CLIENT = b"SSH-2.0-dropbear_2019.78\r\n", b"SSH-2.0-OpenSSH_9.6 test\n"
NAMES = b"curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,diffie-hellman-group14-sha256"
OFFER = b"\x06\x14" + bytes(16) + len(NAMES).to_bytes(4) + NAMES + bytes(41)
OFFER, NEWKEYS = len(OFFER).to_bytes(4) + OFFER, (12).to_bytes(4) + b"\x0a\x15" + bytes(10)
NOISE = random.Random(3).randbytes(3000)
KEYS = (700).to_bytes(4, "big") + b"\x06\x14" + bytes(698)  # a packet that offers algorithms
PICTURE = b"\xff\xd8\xff\xe0\0\x10" + bytes(14) + b"\xff\xda\0\x08" + bytes(6) + b"pixels" * 40 + b"\xff\xd9"


def test_both_lines():
    events = [down(SERVER), up(CLIENT + KEYS), down(KEYS), up(KEYS)]
    messages, summary = read(events)
    assert [(m.direction, m.start, m.end, m.details.lines[0]) for m in messages] == [
        (1, 0, len(SERVER), "SSH-2.0-dropbear_2019.78"),
        (0, 0, len(CLIENT), "SSH-2.0-OpenSSH_9.6 test"),
    ]
    assert (summary.protocol, summary.to_ignore) == ("ssh", False)
    assert essence(read(events, cuts=range(60), batch=1)[0]) == essence(messages)


@pytest.mark.parametrize(
    "events",
    [
        [up(b"SSH-"), down(SERVER)],
        [down(SERVER), up(b"x" * 5000)],
        [down(SERVER), up(b"SSH-2.0-" + b"x" * 300 + b"\n")],
        [down(SERVER), up(10), up(CLIENT)],
        [down(SERVER), up(b"SSH-2.0-a"), up(20), up(KEYS)],
    ],
)
def test_one_line_only(events):
    messages, summary = read(events)
    assert [m.details.lines[0] for m in messages] == ["SSH-2.0-dropbear_2019.78"]
    assert summary.protocol == "ssh"
    assert essence(read(events, cuts=range(6000), batch=1)[0]) == essence(messages)


def test_an_image_behind_a_line_is_found():
    events = [down(SERVER), up(CLIENT), up(PICTURE)]
    messages, _ = read(events)
    assert [m.body for m in messages if m.protocol == "carved"] == [PICTURE]
    assert essence(read(events, cuts=range(400), batch=1)[0]) == essence(messages)


@pytest.mark.parametrize(("up_", "down_", "verdict"), [
    (b"", b"SSH-", Verdict.YES), (b"SS", b"", Verdict.MORE), (b"", b"S", Verdict.MORE), (b"GET", b"", Verdict.NO), (b"", b"", Verdict.MORE),
    (b"SSH", b"220", Verdict.MORE), (b"SSH_", b"", Verdict.NO),
])  # fmt: skip
def test_recognition(up_, down_, verdict):
    assert ssh.recognise(Opening(up_, down_, 1, 22, midstream=False)) is verdict


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    "before",
    [
        CLIENT + OFFER + NEWKEYS,
        CLIENT + OFFER + NEWKEYS + NOISE,
        CLIENT + OFFER,
        b"SSH-1.5-a\n" + NOISE,
        NOISE,
        CLIENT + OFFER + (900).to_bytes(4) + b"\x06\x14",  # as if algorithms were offered again
    ],
)
def test_clear_http_wherever_it_begins_is_read(before: bytes, turned: bool) -> None:
    say, answer = (down, up) if turned else (up, down)
    events = [answer(SERVER), say(before), answer(OFFER + NEWKEYS), say(request("PUT", "/p", PICTURE, "image/jpeg"))]
    messages, summary = read(events)
    assert PICTURE in [m.body for m in messages]
    assert summary.protocol == "ssh"
    assert essence(read(events, cuts=range(0, 6000, 7), batch=1)[0]) == essence(messages)


def test_what_is_encrypted_is_nobodys() -> None:
    events = [down(SERVER), up(CLIENT + OFFER), down(OFFER + NEWKEYS + NOISE), up(NEWKEYS + NOISE), up(10), up(NOISE)]
    messages, _ = read(events)
    assert [m.method for m in messages] == ["banner", "banner"]


def test_a_number_in_a_line_is_said() -> None:
    messages, _ = read([up(f"SSH-2.0-{number(3)}\r\n".encode()), down(SERVER)])
    assert [m.headers for m in messages] == [[("banner", f"SSH-2.0-{number(3)}")], []]
