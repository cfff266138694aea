"""SMB 1 and 2: files by their pieces, compounds, holes, what is encrypted."""

from __future__ import annotations

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.message import UP
from netaudit.protocols.smb import reader as smb
from tests.protocols.carrier import JPEG, check_cuts, check_gaps, check_noise
from tests.reference.messages import down, read, up

FILE = b"F" * 15 + b"1"
LAST = b"\xff" * 16
TREE_CONNECT, CREATE, CLOSE, READ, WRITE = 3, 5, 6, 8, 9


def session(*commands):
    body = b""
    for number, command in enumerate(commands):
        if number < len(commands) - 1:
            command += bytes(-len(command) % 8)
            command = command[:20] + struct.pack("<I", len(command)) + command[24:]
        body += command
    return b"\0" + len(body).to_bytes(3, "big") + body


def header(code, ident, *, answer=False, status=0):
    return struct.pack(
        "<4sHHIHHIIQ8sQ16s", b"\xfeSMB", 64, 0, status, code, 1, int(answer), 0, ident, b"\0\0\0\0\1\0\0\0", 77, b""
    )


def tree(ident=1):
    name = "\\\\srv\\share".encode("utf-16-le")
    return up(session(header(TREE_CONNECT, ident) + struct.pack("<HHHH", 9, 0, 72, len(name)) + name)), down(
        session(header(TREE_CONNECT, ident, answer=True) + bytes(16))
    )


def create(ident, name="dir\\a.jpg"):
    raw = name.encode("utf-16-le")
    return header(CREATE, ident) + bytes(44) + struct.pack("<HHII", 120, len(raw), 0, 0) + raw


def created(ident, file=FILE, size=0, action=2):
    return (
        header(CREATE, ident, answer=True)
        + struct.pack("<HBBI", 89, 0, 0, action)
        + bytes(40)
        + struct.pack("<Q", size)
        + bytes(8)
        + file
        + bytes(8)
    )


def write(ident, offset, data, file=FILE):
    return header(WRITE, ident) + struct.pack("<HHIQ16sIIHHI", 49, 112, len(data), offset, file, 0, 0, 0, 0, 0) + data


def asked(ident, offset, size, file=FILE):
    return header(READ, ident) + struct.pack("<HBBIQ16sIIIHH", 49, 0, 0, size, offset, file, 0, 0, 0, 0, 0) + b"\0"


def answered(ident, data):
    return header(READ, ident, answer=True) + struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data


def close(ident, *, answer=False, file=FILE):
    return header(CLOSE, ident, answer=answer) + (bytes(60) if answer else struct.pack("<HHI", 24, 0, 0) + file)


UPLOAD = [
    *tree(), up(session(create(2))), down(session(created(2))), up(session(write(3, 0, JPEG[:50]))), up(session(write(4, 50, JPEG[50:]))),
    down(session(header(WRITE, 3, answer=True) + bytes(16))), up(session(close(5))), down(session(close(5, answer=True))),
]  # fmt: skip
DOWNLOAD = [
    up(session(create(2))), down(session(created(2, size=len(JPEG), action=1))), up(session(asked(3, 0, 50), asked(4, 50, 999))),
    down(session(answered(4, JPEG[50:]))), down(session(answered(3, JPEG[:50]))), up(session(close(5))), down(session(close(5, answer=True))),
]  # fmt: skip


def brief(messages):
    return [(m.method, m.path, m.body, m.complete, m.missing) for m in messages if m.body]


def test_upload():
    messages, summary = check_cuts(UPLOAD, server_port=445)
    assert brief(messages) == [("WRITE", "\\\\srv\\share\\dir\\a.jpg", JPEG, True, [])]
    assert messages[0].file_name == "a.jpg"
    assert summary.protocol == "smb"


def test_download_out_of_order():
    messages, _ = check_cuts(DOWNLOAD, server_port=445)
    assert brief(messages) == [("READ", "dir\\a.jpg", JPEG, True, [])]


def test_compound():
    whole = session(create(2), write(3, 0, JPEG, LAST), close(4, file=LAST))
    events = [up(whole), down(session(created(2), header(WRITE, 3, answer=True) + bytes(16), close(4, answer=True)))]
    messages, _ = check_cuts(events, server_port=445)
    assert brief(messages) == [("WRITE", "dir\\a.jpg", JPEG, True, [])]


def test_holes_and_what_was_there_before():
    parts = [up(session(create(2))), down(session(created(2, size=200, action=1))), up(session(write(3, 10, JPEG)))]
    messages, _ = read(parts, server_port=445)
    assert [m[3:] for m in brief(messages)] == [(False, [(0, 10), (10 + len(JPEG), 200)])]
    messages, _ = read([up(session(write(3, 0, JPEG)))], server_port=445)
    assert [m[3] for m in brief(messages)] == [False]  # how long the file was before is not known


def test_gaps():
    check_gaps(UPLOAD, {JPEG}, step=5, server_port=445)
    check_gaps(DOWNLOAD, {JPEG}, step=5, server_port=445)


def test_gap_in_a_write_is_exact():
    data = session(write(3, 0, JPEG))
    cut = len(data) - 20
    events = [*UPLOAD[:4], up(data[:cut]), (UP, 7), up(data[cut + 7 :]), *UPLOAD[-2:]]
    messages, _ = check_cuts(events, server_port=445)
    assert brief(messages)[0][4] == [(len(JPEG) - 20, len(JPEG) - 13)]


def test_encrypted_is_said_once():
    packet = b"\0\0\0\x40\xfdSMB" + bytes(60)
    messages, summary = read([up(packet * 3)], server_port=445)
    assert [m.method for m in messages] == ["ENCRYPTED"]
    assert summary.protocol == "smb-encrypted"
    assert summary.read == (0, 0)


def test_what_is_encrypted_beside_a_file_that_is_read_is_not_counted_as_read():
    packet = b"\0\0\0\x40\xfdSMB" + bytes(60)
    alone = read(UPLOAD, server_port=445)[1]
    messages, summary = read([*UPLOAD[:5], up(packet * 3), *UPLOAD[5:], up(packet)], server_port=445)
    assert [m.complete for m in messages if m.body] == [True]
    assert summary.read == alone.read


def smb1(code, words, data=b"", *, answer=False, mid=1):
    head = (
        b"\xffSMB"
        + bytes([code])
        + bytes(4)
        + bytes([0x80 if answer else 0])
        + bytes(14)
        + struct.pack("<HHHH", 5, 9, 0, mid)
    )
    body = head + bytes([len(words) // 2]) + words + struct.pack("<H", len(data)) + data
    return b"\0" + len(body).to_bytes(3, "big") + body


def test_first_generation():
    created1 = b"\xff\0\0\0" + b"\0" + struct.pack("<HI", 7, 2) + bytes(44) + struct.pack("<QQ", 0, 0) + bytes(4)
    words = b"\xff\0\0\0" + struct.pack("<HIIHHHHH", 7, 0, 0, 0, 0, 0, len(JPEG), 32 + 1 + 24 + 2) + bytes(2)
    events = [
        up(smb1(0xA2, b"\xff\0\0\0" + bytes(44), b"\\a.jpg\0")), down(smb1(0xA2, created1 + bytes(len(created1) % 2), answer=True)),
        up(smb1(0x2F, words[:24], JPEG)), down(smb1(0x2F, b"\xff\0\0\0" + bytes(8), answer=True)),
        up(smb1(0x2E, b"\xff\0\0\0" + struct.pack("<HI", 7, 0) + bytes(10), mid=3)),
        down(smb1(0x2E, b"\xff\0\0\0" + bytes(6) + struct.pack("<HH", len(JPEG), 32 + 1 + 24 + 2) + bytes(10), JPEG, answer=True, mid=3)),
        up(smb1(0x04, struct.pack("<HI", 7, 0))),
    ]  # fmt: skip
    messages, _ = check_cuts(events, server_port=445)
    assert brief(messages) == [("WRITE", "\\a.jpg", JPEG, True, []), ("READ", "\\a.jpg", JPEG, True, [])]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1),
            st.binary(max_size=60)
            | st.integers(1, 40)
            | st.sampled_from([UPLOAD[4][1], DOWNLOAD[3][1], session(write(3, 1 << 62, b"x")), session(create(2))]),
        ),
        max_size=10,
    ),
    st.binary(min_size=1, max_size=8),
    st.integers(0, 200),
)
def test_noise(chunks, noise, at):
    data = bytearray(UPLOAD[4][1])
    data[at : at + len(noise)] = noise
    check_noise(smb.SmbReader, [*chunks, (0, bytes(data))])


def negotiated(able=True, client=b"c" * 16):
    """Negotiation with both peers' ids, and what they are able to."""
    ask = struct.pack("<HHHHI16s8s", 36, 1, 1, 0, 8 * able, client, bytes(8)) + b"\x11\x03"
    answer = struct.pack("<HHHH16sI", 65, 1, 0x0311, 0, b"s" * 16, 8 * able) + bytes(40)
    return [up(session(header(0, 0) + ask)), down(session(header(0, 0, answer=True) + answer))]


def bound():
    return up(session(header(1, 1) + struct.pack("<HBBIIHHQ", 25, 1, 1, 0, 0, 88, 0, 0)))


def interfaces():
    return up(session(header(11, 1) + struct.pack("<HHI16s", 57, 0, 0x1401FC, LAST) + bytes(32)))


def end_set(ident, size):
    ask = header(17, ident) + struct.pack("<HBBIHHI16sQ", 33, 1, 20, 8, 96, 0, 0, FILE, size)
    return [up(session(ask)), down(session(header(17, ident, answer=True) + b"\x02\0"))]


def closed(ident, size):
    answer = header(CLOSE, ident, answer=True) + struct.pack("<HHI", 60, 1, 0) + bytes(40) + struct.pack("<QI", size, 0)
    return [up(session(close(ident))), down(session(answer))]


OPENED = [up(session(create(2))), down(session(created(2)))]


def files(events, **row):
    return [m for m in check_cuts(events, **row)[0] if m.method in ("WRITE", "READ")]


def test_files_of_several_connections_have_one_name():
    first = [*negotiated(), interfaces(), *OPENED, up(session(write(3, 0, JPEG[:40]))), *closed(4, len(JPEG))]
    second = [*negotiated(), bound(), up(session(write(3, 40, JPEG[40:])))]
    (one,), (two,) = files(first), files(second)
    assert one.spread == (two.spread[0], len(JPEG))
    assert two.spread[1] == -1
    assert (one.complete, one.missing) == (False, [(40, len(JPEG))])
    assert not two.complete
    midway = [files(events[2:])[0] for events in (first, second)]  # neither negotiation was captured
    assert midway[0].spread[0] == midway[1].spread[0] != one.spread[0]
    for other in (negotiated(client=b"d" * 16), negotiated()[1:], negotiated(able=False)):
        found = files([*other, *OPENED, up(session(write(3, 0, JPEG[:40]))), *closed(4, len(JPEG))])[0]
        assert found.spread != one.spread


def test_what_one_of_several_connections_wrote_is_not_taken_for_all():
    written = [*OPENED, up(session(write(3, 0, JPEG))), up(session(close(4))), down(session(close(4, answer=True)))]
    for told in (interfaces(), bound()):
        (message,) = files([*negotiated(), told, *written])
        assert (message.complete, message.missing, message.unknown_from) == (False, [], len(JPEG))
    (message,) = files([*negotiated(), *written])
    assert message.complete
    for end in (end_set(9, len(JPEG)), []):
        (message,) = files(
            [*negotiated(), bound(), *OPENED, *end, up(session(write(3, 0, JPEG))), *closed(4, len(JPEG))]
        )
        assert message.complete
        assert message.spread is None


def test_an_end_that_was_set_before_it_grew_tells_nothing_of_other_connections():
    emptied = [*OPENED, *end_set(9, 0), up(session(write(3, 0, JPEG)))]
    (message,) = files([*negotiated(), bound(), *emptied, up(session(close(4))), down(session(close(4, answer=True)))])
    assert (message.complete, message.unknown_from) == (False, len(JPEG))
    assert message.spread[1] == 0


def test_the_end_that_was_set_counts():
    for end in (end_set(9, len(JPEG) + 7), closed(4, len(JPEG) + 7)):
        (message,) = files([*OPENED, up(session(write(3, 0, JPEG))), *end, *closed(5, len(JPEG) + 7)])
        assert (message.complete, message.missing) == (False, [(len(JPEG), len(JPEG) + 7)])


def test_gaps_on_one_of_several_connections():
    events = [
        *negotiated(),
        bound(),
        *OPENED,
        *end_set(9, len(JPEG)),
        up(session(write(3, 0, JPEG))),
        *closed(4, len(JPEG)),
    ]
    check_gaps(events, {JPEG}, step=9)
