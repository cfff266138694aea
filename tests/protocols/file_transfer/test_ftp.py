"""FTP: control dialogues tied to data connections, active and passive, in any order of commands and windows."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.file_transfer import ftp
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise, two_flows
from tests.reference.messages import down, essence, read, up

LOGIN = [
    down(b"220-Welcome\r\n220 (vsFTPd 3.0.3)\r\n"),
    up(b"USER cam\r\n"),
    down(b"331 ?\r\n"),
    up(b"PASS s3cret\r\n"),
    down(b"230 ok\r\n"),
]
PASSIVE = [up(b"PASV\r\n"), down(b"227 Entering Passive Mode (10,0,0,9,195,80)\r\n")]
EXTENDED = [up(b"EPSV\r\n"), down(b"229 Extended (|||50000|)\r\n")]
BINARY = [up(b"TYPE I\r\n"), down(b"200 ok\r\n")]
CONTROL = {"server_port": 21}


def brief(messages):
    return [(m.method, m.path, m.body, m.complete) for m in messages if m.protocol == "ftp-data"]


def test_dialogue_keeps_no_password():
    events = [*LOGIN, *BINARY, *PASSIVE, up(b"STOR a.jpg\r\n"), down(b"150 go\r\n"), down(b"226 done\r\n")]
    messages, summary = check_cuts(events, **CONTROL)
    assert [m.method for m in messages] == ["greeting", "USER", "PASV", "STOR"]
    assert messages[0].header("server") == "Welcome"
    assert messages[1].details.user == "cam"
    assert b"s3cret" not in repr(messages).encode()
    assert summary.protocol == "ftp"


@pytest.mark.parametrize("announce", [PASSIVE, EXTENDED])
@pytest.mark.parametrize("between", [[], BINARY])
@pytest.mark.parametrize("windows", [1, 3, 20])
def test_passive_upload(announce, between, windows):
    events = [*LOGIN, *announce, *between, up(b"STOR /up/face 1.jpg\r\n"), down(b"150 go\r\n"), down(b"226 ok\r\n")]
    start = len(LOGIN) + len(announce) + 0.5
    data = ([up(JPEG[:40]), up(JPEG[40:])], start + 3)
    messages = two_flows(
        (events, 0), data, control_row=CONTROL, data_row={"server_port": 50000, "client_port": 41000}, windows=windows
    )
    assert brief(messages) == [("STOR", "/up/face 1.jpg", JPEG, True)]
    assert messages[-1].file_name == "face 1.jpg"


def test_active_download_and_listing():
    port = up(b"PORT 192,168,1,2,195,81\r\n")
    for verb, body in ((b"RETR x.jpg", JPEG), (b"LIST", b"")):
        events = [
            *LOGIN,
            *BINARY,
            port,
            down(b"200 ok\r\n"),
            up(verb + b"\r\n"),
            down(b"150 go\r\n"),
            down(b"226 ok\r\n"),
        ]
        row = {"server_port": 50001, "client_port": 20}
        messages = two_flows((events, 0), ([up(JPEG)], 10.5), control_row=CONTROL, data_row=reversed_ends(row))
        assert brief(messages) == [(verb.split()[0].decode(), verb[5:].decode(), body, True)]


def reversed_ends(row):
    return {**row, "swap": True}


def test_refused_command_does_not_name_the_file():
    events = [
        *LOGIN,
        *BINARY,
        *PASSIVE,
        up(b"RETR no\r\n"),
        down(b"550 no such file\r\n"),
        up(b"RETR yes\r\n"),
        down(b"150 go\r\n"),
    ]
    messages = two_flows((events, 0), ([down(JPEG)], 13.5), control_row=CONTROL, data_row={"server_port": 50000})
    assert brief(messages) == [("RETR", "yes", JPEG, True)]


def test_restart_is_a_range():
    events = [
        *LOGIN,
        *BINARY,
        *PASSIVE,
        up(b"REST 100\r\n"),
        down(b"350 ok\r\n"),
        up(b"RETR f\r\n"),
        down(b"150 go\r\n"),
    ]
    messages = two_flows((events, 0), ([down(JPEG)], 13.5), control_row=CONTROL, data_row={"server_port": 50000})
    assert messages[-1].file_range == f"100-{99 + len(JPEG)}/*"


def test_lost_bytes_of_the_file_are_missing():
    events = [*LOGIN, *BINARY, *PASSIVE, up(b"STOR f\r\n"), down(b"150 go\r\n")]
    messages = two_flows(
        (events, 0),
        ([up(JPEG[:10]), (0, 5), up(JPEG[15:])], 11.5),
        control_row=CONTROL,
        data_row={"server_port": 50000},
    )
    assert messages[-1].missing == [(10, 15)]
    assert not messages[-1].complete


def test_unannounced_or_late_flow_is_carved():
    events = [*LOGIN, *PASSIVE, up(b"STOR f\r\n")]
    for row, start in (({"server_port": 50002}, 8.5), ({"server_port": 50000}, 500)):
        messages = two_flows((events, 0), ([up(JPEG)], start), control_row=CONTROL, data_row=row)
        assert [m.protocol for m in messages if m.body] == ["carved"]


def test_tls_is_handed_over():
    hello = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
    events = [LOGIN[0], up(b"AUTH TLS\r\n"), down(b"234 go\r\n"), up(hello)]
    _, summary = read(events, **CONTROL)
    assert summary.protocol == "tls"


def test_gaps():
    events = [*LOGIN, *PASSIVE, up(b"STOR a\r\n"), down(b"150 go\r\n")]
    check_gaps(events, set(), **CONTROL)


def test_only_the_client_was_captured():
    messages, summary = read([up(b"USER a\r\nPASV\r\nSTOR x\r\n")], **CONTROL)
    assert summary.protocol == "ftp"
    assert [m.method for m in messages] == ["USER", "STOR"]
    assert essence(messages)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=60)
            | st.integers(1, 50)
            | st.sampled_from(
                [
                    b"PORT 1,2,3,4,5,6\r\n",
                    b"227 (1,2,3,4,300,6)\r\n",
                    b"229 (|||99999|)\r\n",
                    b"EPRT |1|x|\r\n",
                    b"220-a\r\n",
                    b"REST x\r\n",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_noise(chunks):
    check_noise(ftp.FtpReader, chunks)
    check_noise(ftp.FtpDataReader, chunks)
