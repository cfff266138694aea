"""IMAP: literals of FETCH and APPEND, whole, in parts, damaged; others are dropped."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.mail import imap
from tests.messages.carrier import check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up

MAIL = b"Subject: x\r\n\r\nbody {3}\r\n"
LITERAL = b"{%d}\r\n" % len(MAIL) + MAIL
EVENTS = [
    down(b"* OK [CAPABILITY IMAP4rev1] ready\r\n"), up(b"a1 LOGIN {4}\r\n"), down(b"+ ok\r\n"), up(b"user {6}\r\n"), down(b"+ ok\r\n"),
    up(b"s3cret\r\n"), down(b"a1 OK\r\n"), up(b"a2 FETCH 1 (FLAGS BODY[])\r\n"),
    down(b"* 1 FETCH (FLAGS (\\Seen) BODY[] " + LITERAL + b")\r\na2 OK\r\n"),
    up(b'a3 APPEND "My Box" (\\Seen) ' + LITERAL + b"\r\n"), down(b"a3 OK\r\n"),
    down(b"* 2 FETCH (UID 7 BODY[2] {5}\r\nAAAA= BODY[]<10> {3}\r\nxyz)\r\n"),
]  # fmt: skip


def brief(messages):
    return [(m.method, m.path, m.body, m.complete) for m in messages if m.body]


def test_mails():
    messages, summary = check_cuts(EVENTS, server_port=143)
    assert brief(messages) == [
        ("FETCH", "BODY[]", MAIL, True), ("APPEND", "My Box", MAIL, True), ("FETCH", "BODY[2]", b"AAAA=", True), ("FETCH", "BODY[]<10>", b"xyz", True),
    ]  # fmt: skip
    assert messages[1].content_type == "message/rfc822"
    assert messages[-1].file_range == "10-12/*"
    assert b"s3cret" not in repr(messages).encode()
    assert summary.protocol == "imap"


def test_gaps():
    check_gaps(EVENTS[:9], {MAIL}, server_port=143)


def test_unfinished():
    messages, _ = read([*EVENTS[:8], down(b"* 1 FETCH (BODY[] {9999}\r\nSubj")], server_port=143)
    assert (messages[-1].body, messages[-1].body_size, messages[-1].complete) == (b"Subj", 9999, False)


def test_tls_and_compression():
    hello = up(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")
    assert read([EVENTS[0], up(b"a STARTTLS\r\n"), down(b"a OK go\r\n"), hello], server_port=143)[1].protocol == "tls"
    messages, summary = read([EVENTS[0], up(b"a COMPRESS DEFLATE\r\n"), down(b"a OK go\r\n"), hello], server_port=143)
    assert not messages[-1].complete
    assert summary.to_ignore


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=40)
            | st.integers(1, 40)
            | st.sampled_from([b"* 1 FETCH (BODY[] {7}\r\n", b"a APPEND x {9}\r\n", b"a X {9999999999}\r\n", b"\r\n"]),
        ),
        max_size=14,
    )
)
def test_noise(chunks):
    check_noise(imap.ImapReader, chunks)
