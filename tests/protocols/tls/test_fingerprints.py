"""JA3 and JA4 by their published examples and by every rule of theirs."""

from __future__ import annotations

import hashlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.protocols.tls.fingerprints import ja3, ja3_text, ja4
from netaudit.protocols.tls.hello import parse
from netaudit.protocols.tls.hello_details import client_said

GREASE = 0x3A3A


def words(*values):
    return struct.pack(f">{len(values)}H", *values)


def vector(data, size=2):
    return len(data).to_bytes(size, "big") + data


def hello(*, legacy=0x0303, suites=(0x1301,), extensions=(), cookie=None, tail=b"", session=b""):
    body = legacy.to_bytes(2, "big") + bytes(32) + vector(session, 1)
    body += vector(cookie, 1) if cookie is not None else b""
    body += vector(words(*suites)) + b"\1\0"
    if extensions:
        body += vector(b"".join(words(kind) + vector(data) for kind, data in extensions))
    body += tail
    return b"\1" + len(body).to_bytes(3, "big") + body


def name(text):
    return 0, vector(b"\0" + vector(text))


def alpn(*names):
    return 16, vector(b"".join(vector(one, 1) for one in names))


def versions(*values):
    return 43, vector(words(*values), 1)


def signatures(*values):
    return 13, vector(words(*values))


# The example of FoxIO's description of JA4: what a browser of 2023 sends.
BROWSER_SUITES = (
    0x1301,
    0x1302,
    0x1303,
    0xC02B,
    0xC02F,
    0xC02C,
    0xC030,
    0xCCA9,
    0xCCA8,
    0xC013,
    0xC014,
    0x9C,
    0x9D,
    0x2F,
    0x35,
)
BROWSER = hello(
    suites=(GREASE, *BROWSER_SUITES),
    extensions=(
        (GREASE, b""), (0x1B, b""), name(b"example.com"), (0x33, b""), alpn(b"h2", b"http/1.1"), (0x4469, b""), (0x17, b""),
        (0x2D, b""), signatures(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601), (0x05, b""), (0x23, b""),
        (0x12, b""), versions(GREASE, 0x0304, 0x0303), (0xFF01, b""), (0x0B, b"\1\0"), (0x0A, vector(words(GREASE, 29, 23))),
        (0x15, b""),
    ),
)  # fmt: skip


def test_published_example():
    assert ja4(parse(BROWSER), "tcp") == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4(parse(BROWSER), "quic").startswith("q13d1516h2_")


def test_ja3_leaves_grease_out():
    assert ja3_text(parse(BROWSER)) == (
        "771,4865-4866-4867-49195-49199-49196-49200-52393-52392-49171-49172-156-157-47-53,"
        "27-0-51-16-17513-23-45-13-5-35-18-43-65281-11-10-21,29-23,0"
    )
    assert ja3(parse(BROWSER)) == hashlib.md5(ja3_text(parse(BROWSER)).encode()).hexdigest()


def test_ja3_published_example():
    """From the description of JA3: the text and its MD5."""
    plain = hello(
        legacy=0x0301,
        suites=(47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4),
        extensions=(name(b"example.com"), (10, vector(words(23, 24, 25))), (11, b"\1\0")),
    )
    assert ja3_text(parse(plain)) == "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
    assert ja3(parse(plain)) == "ada70206e40642a3e4461f35503241d5"
    bare = hello(legacy=0x0301, suites=(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99))
    assert ja3_text(parse(bare)) == "769,4-5-10-9-100-98-3-6-19-18-99,,,"
    assert ja3(parse(bare)) == "de350869b8c85de67a350c8d186f11e6"


@pytest.mark.parametrize(
    ("parts", "transport", "head"),
    [
        ({"legacy": 0x0300}, "tcp", "ts3i010000"),
        ({"legacy": 0x0301}, "tcp", "t10i010000"),
        ({"legacy": 0x0302}, "tcp", "t11i010000"),
        ({"extensions": (versions(0x0304, 0x0303, 0xFAFA),)}, "tcp", "t13i010100"),
        ({"extensions": (versions(0x7F1C, 0x0303),)}, "tcp", "t00i010100"),  # drafts of TLS 1.3 have no name
        ({"extensions": (versions(GREASE),)}, "tcp", "t12i010100"),
        ({"extensions": (name(b""),)}, "tcp", "t12d010100"),
        ({"extensions": (alpn(b"h3"),)}, "quic", "q12i0101h3"),
        ({"extensions": (alpn(b"x"),)}, "tcp", "t12i0101xx"),
        ({"extensions": (alpn(b"\xab"),)}, "tcp", "t12i0101ab"),
        ({"extensions": (alpn(b"0\xab"),)}, "tcp", "t12i01013b"),
        ({"extensions": (alpn(b"-2"),)}, "tcp", "t12i010122"),
        ({"extensions": (alpn(),)}, "tcp", "t12i010100"),
        ({"suites": tuple(range(1, 121))}, "tcp", "t12i990000"),
        ({"suites": (), "extensions": ((99, b""),) * 120}, "tcp", "t12i009900"),
        ({"legacy": 0xFEFF, "cookie": b"abc"}, "dtls", "dd1i010000"),
        ({"legacy": 0xFEFD, "cookie": b""}, "dtls", "dd2i010000"),
        ({"legacy": 0xFEFD, "cookie": b"", "extensions": (versions(0xFEFC, 0xFEFD),)}, "dtls", "dd3i010100"),
    ],
)
def test_head_of_ja4(parts, transport, head):
    said = client_said(hello(**parts), transport)
    assert said.ja4.partition("_")[0] == head


def test_empty_lists_have_a_name_of_their_own():
    assert ja4(parse(hello(suites=(GREASE,))), "tcp") == "t12i000000_000000000000_000000000000"


def test_no_underscore_without_signatures():
    digest = hashlib.sha256(b"000a,0017").hexdigest()[:12]
    assert ja4(parse(hello(extensions=((0x17, b""), name(b"a"), (10, b"")))), "tcp").endswith("_" + digest)


@settings(deadline=None)
@given(st.permutations(range(1, 9)), st.permutations([5, 10, 11, 13, 23, 35]))
def test_the_order_of_suites_and_extensions_says_nothing(suites, kinds):
    contents = {13: vector(words(0x0403, 0x0804)), 10: vector(words(29)), 11: b"\1\0"}
    mixed = hello(suites=suites, extensions=[(kind, contents.get(kind, b"")) for kind in kinds])
    sorted_ = hello(suites=sorted(suites), extensions=[(kind, contents.get(kind, b"")) for kind in sorted(kinds)])
    assert ja4(parse(mixed), "tcp") == ja4(parse(sorted_), "tcp")


@pytest.mark.parametrize(
    "damaged",
    [
        hello(tail=b"\0\5abc"),  # extensions shorter than said
        hello(tail=b"\0\0x"),  # bytes behind the end
        hello(extensions=((10, b"1234"),))[:-1],
        hello(session=bytes(33)),
        BROWSER[:60],
    ],
)
def test_no_fingerprint_of_a_hello_whose_lengths_disagree(damaged):
    said = client_said(damaged, "tcp")
    assert (said.ja3, said.ja4) == ("", "")


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_survived(data):
    for transport in ("tcp", "quic", "dtls"):
        client_said(b"\1" + data, transport)
    client_said(b"\1\0\1\0" + data, "tcp")
