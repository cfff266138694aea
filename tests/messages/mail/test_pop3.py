"""POP3: retrieved mails, whole, cut and damaged."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.messages.mail import pop3
from tests.messages.carrier import check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up

MAIL = b"Subject: x\r\n\r\n.a\r\nb\r\n"
EVENTS = [
    down(b"+OK Dovecot ready.\r\n"), up(b"USER u\r\n"), down(b"+OK\r\n"), up(b"PASS s3cret\r\n"), down(b"+OK\r\n"),
    up(b"LIST\r\n"), down(b"+OK 1\r\n1 20\r\n.\r\n"), up(b"RETR 1\r\nLIST 1\r\nTOP 1 0\r\n"),
    down(b"+OK 20 octets\r\nSubject: x\r\n\r\n..a\r\nb\r\n.\r\n+OK 1 20\r\n+OK\r\nSubject: x\r\n\r\n.\r\n"), up(b"QUIT\r\n"), down(b"+OK\r\n"),
]  # fmt: skip


def test_mails():
    messages, summary = check_cuts(EVENTS, server_port=110)
    assert [(m.method, m.path, m.body, m.complete) for m in messages] == [
        ("greeting", "", b"", True), ("RETR", "1", MAIL, True), ("TOP", "1 0", b"Subject: x\r\n\r\n", False),
    ]  # fmt: skip
    assert b"s3cret" not in repr(messages).encode()
    assert summary.protocol == "pop3"


def test_gaps():
    check_gaps(EVENTS, {MAIL}, server_port=110)


def test_the_way_is_found_again_behind_a_gap():
    retrieve = [up(b"RETR 1\r\n"), down(b"+OK\r\n" + MAIL + b".\r\n")]
    head = b"+OK\r\nSubject"
    for lost in (5, len(MAIL)):
        rest = (b"+OK\r\n" + MAIL + b".\r\n")[len(head) + lost :]
        events = [*EVENTS[:5], up(b"RETR 9\r\n"), down(head), (1, lost), down(rest), *retrieve]
        messages, _ = read(events, server_port=110)
        assert [m.complete for m in messages if m.body] == [False, True], lost
        assert messages[-1].body == MAIL.replace(b".a", b"a")


def test_unfinished():
    messages, _ = read([*EVENTS[:7], up(b"RETR 1\r\n"), down(b"+OK\r\nSubject: x\r\n")], server_port=110)
    assert not messages[-1].complete


def test_tls_is_handed_over():
    events = [EVENTS[0], up(b"STLS\r\n"), down(b"+OK\r\n"), up(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")]
    assert read(events, server_port=110)[1].protocol == "tls"


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=40) | st.integers(1, 40) | st.sampled_from([b"RETR 1\r\n", b"+OK\r\n", b"\r\n.\r\n"]),
        ),
        max_size=14,
    )
)
def test_noise(chunks):
    check_noise(pop3.Pop3Reader, chunks)
