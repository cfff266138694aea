"""SMTP: mails by DATA and BDAT, pipelined, refused, cut, and behind STARTTLS."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.mail import smtp
from netaudit.protocols.message import UP
from tests.protocols.carrier import check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up

MAIL = b"Subject: x\r\n\r\n.dots\r\n..\r\nend\r\n"
SENT = b"Subject: x\r\n\r\n..dots\r\n...\r\nend\r\n.\r\n"
PLAIN = b"Subject: y\r\n\r\nplain\r\n"
HELLO = [down(b"220-a\r\n220 mx ESMTP\r\n"), up(b"EHLO cam\r\n"), down(b"250-mx\r\n250 PIPELINING\r\n")]
AUTH = [
    up(b"AUTH LOGIN\r\n"),
    down(b"334 VXNlcg==\r\n"),
    up(b"dXNlcg==\r\n"),
    down(b"334 UGFzcw==\r\n"),
    up(b"czNjcmV0\r\n"),
    down(b"235 ok\r\n"),
]
ENVELOPE = [
    up(b"MAIL FROM:<cam@shop.cn> SIZE=9\r\n"),
    down(b"250 ok\r\n"),
    up(b"RCPT TO:<ops@cloud.cn>\r\n"),
    down(b"250 ok\r\n"),
]
DATA = [up(b"DATA\r\n"), down(b"354 go\r\n"), up(SENT), down(b"250 queued\r\n")]
EVENTS = [
    *HELLO,
    *AUTH,
    *ENVELOPE,
    *DATA,
    *ENVELOPE,
    up(b"DATA\r\n"),
    down(b"354 go\r\n"),
    up(PLAIN + b".\r\n"),
    down(b"250 ok\r\n"),
    up(b"QUIT\r\n"),
]


def mails(messages):
    return [(m.method, m.path, m.body, m.complete) for m in messages if m.body]


def test_two_mails_and_no_secret():
    messages, summary = check_cuts(EVENTS, server_port=25)
    assert mails(messages) == [("DATA", "ops@cloud.cn", MAIL, True), ("DATA", "ops@cloud.cn", PLAIN, True)]
    assert messages[0].header("server") == "a"
    assert messages[1].host == "cam"
    assert messages[1].body_start == -1
    assert messages[2].body_start > 0
    assert b"czNjcmV0" not in repr(messages).encode()
    assert summary.protocol == "smtp"


def test_pipelined_and_refused():
    batch = b"MAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"
    events = [
        *HELLO,
        up(batch),
        down(b"250 ok\r\n550 no\r\n503 no\r\n"),
        up(batch),
        down(b"250 ok\r\n250 ok\r\n354 go\r\n"),
        up(PLAIN + b".\r\n"),
        down(b"250 ok\r\n"),
    ]
    messages, _ = check_cuts(events, server_port=25)
    assert mails(messages) == [("DATA", "b", PLAIN, True)]


def test_chunks():
    events = [
        *HELLO,
        *ENVELOPE,
        up(b"BDAT 5\r\n" + PLAIN[:5]),
        down(b"250 ok\r\n"),
        up(b"BDAT %d LAST\r\n" % (len(PLAIN) - 5) + PLAIN[5:] + b"QUIT\r\n"),
        down(b"250 ok\r\n"),
    ]
    messages, _ = check_cuts(events, server_port=25)
    assert mails(messages) == [("BDAT", "ops@cloud.cn", PLAIN, True)]


def test_only_the_client_was_captured():
    events = [up(b"EHLO cam\r\nMAIL FROM:<a>\r\nRCPT TO:<b>\r\nDATA\r\n"), up(PLAIN + b".\r\nQUIT\r\n")]
    messages, _ = check_cuts(events, server_port=25)
    assert mails(messages) == [("DATA", "b", PLAIN, True)]


def test_gaps():
    check_gaps([*HELLO, *ENVELOPE, *DATA], {MAIL}, server_port=25)


def test_gap_in_a_mail_is_exact_also_behind_dots():
    at = SENT.index(b"end")
    events = [*HELLO, *ENVELOPE, *DATA[:2], up(SENT[:at]), (UP, 1), up(SENT[at + 1 :])]
    messages, _ = read(events, server_port=25)
    hole = MAIL.index(b"end")
    assert messages[-1].missing == [(hole, hole + 1)]
    assert messages[-1].body == MAIL.replace(b"end", b"\0nd")


def test_mail_whose_end_is_lost_ends_with_the_reply():
    events = [*HELLO, *ENVELOPE, *DATA[:2], up(SENT[:-5]), (UP, 5), down(b"250 ok\r\n"), *ENVELOPE, *DATA]
    messages, _ = check_cuts(events, server_port=25)
    assert [m[3] for m in mails(messages)] == [False, True]


def test_unfinished_mail():
    messages, _ = read([*HELLO, *ENVELOPE, *DATA[:2], up(SENT[:-5])], server_port=25)
    assert mails(messages) == [("DATA", "ops@cloud.cn", MAIL[:-2], False)]


def test_tls_is_handed_over():
    events = [*HELLO, up(b"STARTTLS\r\n"), down(b"220 go\r\n"), up(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00")]
    _, summary = read(events, server_port=25)
    assert summary.protocol == "tls"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=40)
            | st.integers(1, 40)
            | st.sampled_from(
                [
                    b"DATA\r\n",
                    b"354 go\r\n",
                    b"\r\n.\r\n",
                    b"BDAT 20\r\n",
                    b"BDAT 5 LAST\r\n",
                    b"250 ok\r\n",
                    b"AUTH X\r\n",
                ]
            ),
        ),
        max_size=14,
    )
)
def test_noise(chunks):
    check_noise(smtp.SmtpReader, chunks)


def test_a_mail_that_was_sent_and_refused_has_that_reply_for_its_answer():
    refused = [*HELLO, *ENVELOPE, up(b"DATA\r\n"), down(b"354 go\r\n"), up(PLAIN + b".\r\n"), down(b"554 5.7.1 no\r\n")]
    messages, _ = check_cuts(refused, server_port=25)
    answers = [one for one in messages if one.request is not None]
    assert [(one.status, one.request.method, one.request.start) for one in answers] == [
        (554, "DATA", next(one.start for one in messages if one.method == "DATA" and not one.status))
    ]
    assert [one for one in check_cuts(EVENTS, server_port=25)[0] if one.request is not None] == []
