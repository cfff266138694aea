"""TFTP: both directions, options, rolling over, repetitions and losses, joined with the request."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.expected import Announcement, Transfer
from netaudit.protocols.file_transfer import tftp
from netaudit.protocols.reader import Opening
from tests.protocols.carrier import check_noise, two_flows
from tests.reference.messages import down, up

FILE = bytes(range(256)) * 5
REQUEST = {"proto": 17, "client_port": 41000, "server_port": 69}
DATA = {"proto": 17, "client_port": 41000, "server_port": 5001}


def block(number, data):
    return b"\0\3" + (number & 0xFFFF).to_bytes(2, "big") + data


def ack(number):
    return b"\0\4" + (number & 0xFFFF).to_bytes(2, "big")


def blocks(data, size=512):
    return [block(i // size + 1, data[i : i + size]) for i in range(0, len(data) + 1, size)]


def files(messages):
    return [(m.method, m.path, m.body, m.complete, m.missing) for m in messages if m.body]


def test_upload_and_download():
    for method, code, way in (("WRQ", b"\0\2", up), ("RRQ", b"\0\1", down)):
        request = code + b"dir/a.jpg\0octet\0"
        data = [way(block) for block in blocks(FILE)]
        for windows in (1, 4):
            messages = two_flows(([up(request)], 0), (data, 0.5), control_row=REQUEST, data_row=DATA, windows=windows)
            assert files(messages) == [(method, "dir/a.jpg", FILE, True, [])]
            assert messages[-1].file_name == "a.jpg"


def test_the_server_opens_the_data_flow():
    row = {"proto": 17, "client_port": 5001, "server_port": 41000, "swap": True}
    data = [up(b"\0\6blksize\x00300\0tsize\x001280\0"), *[down(b) for b in blocks(FILE, 300)]]
    messages = two_flows(([up(b"\0\2a\0octet\0blksize\x00300\0")], 0), (data, 0.5), control_row=REQUEST, data_row=row)
    assert files(messages) == [("WRQ", "a", FILE, True, [])]


def test_lost_and_repeated_blocks():
    sent = blocks(FILE)
    data = [up(sent[0]), up(sent[0]), up(sent[2])]
    messages = two_flows(([up(b"\0\2a\0octet\0")], 0), (data, 0.5), control_row=REQUEST, data_row=DATA)
    assert [m[3:] for m in files(messages)] == [(False, [(512, 1024)])]
    messages = two_flows(([up(b"\0\2a\0octet\0")], 0), ([up(sent[0])], 0.5), control_row=REQUEST, data_row=DATA)
    assert not files(messages)[0][3]


def reader_of(size):
    reader = tftp.TftpReader()
    reader.announced = Announcement(tftp.NAME, 0, [(0, Transfer("WRQ", "big", coding="octet"))])
    reader.begin(Opening(b"", b"", 41000, 5001, midstream=False))
    reader.feed(1, 0, b"\0\6blksize\0" + str(size).encode() + b"\0")
    return reader


def test_rolling_over_to_zero_and_to_one():
    count = 65540
    data = b"".join(i.to_bytes(4, "big") * 2 for i in range(count)) + b"end"
    for skip in (0, 1):
        reader = reader_of(8)
        at = 0
        for i in range(count + 1):
            number = i + 1 if i < 65535 else i + 1 + skip
            datagram = block(number, data[8 * i : 8 * i + 8])
            reader.feed(0, at, datagram)
            at += len(datagram)
        (message,) = reader.finish()
        assert message.complete
        assert message.body == data


def test_all_in_one_flow_and_errors():
    events = [
        up(b"\0\1a\0octet\0"),
        down(block(1, b"x")),
        up(ack(1)),
        up(b"\0\1b\0octet\0"),
        down(b"\0\5\0\1gone\0"),
        up(b"\0\2c\0netascii\0"),
        up(block(1, b"y")),
    ]
    messages = two_flows((events, 0), ([up(b"?")], 0.5), control_row=REQUEST, data_row={**DATA, "client_port": 9})
    assert [m[:4] for m in files(messages)] == [("RRQ", "a", b"x", True), ("WRQ", "c", b"y", True)]
    assert [m.method for m in messages if not m.body] == ["RRQ", "RRQ", "WRQ"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(min_size=1, max_size=40)
            | st.sampled_from(
                [
                    b"\0\1a\0octet\0",
                    b"\0\3\0\1abc",
                    b"\0\3\xff\xffabc",
                    b"\0\6blksize\x00999999999\0",
                    b"\0\6tsize\x0099999999999\0",
                ]
            ),
        ),
        max_size=14,
    )
)
def test_noise(chunks):
    check_noise(tftp.TftpReader, chunks)
