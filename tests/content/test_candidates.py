"""Which codecs are asked: what is left out would not have recognised the part."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netaudit.content import unwrap
from netaudit.content.part import Part
from netaudit.content.unwrap import CODECS, candidates, declares

BEGINNINGS = (
    b'{"a":1}', b"[1]", b"\xef\xbb\xbf{}", b"\x00\x00[1]", b' \r\n"{\\"a\\":1}"', b"<a/>", b"\xef\xbb\xbf<?xml", b"\x0c\x0b--",
    b"--x\r\nContent-Type: a/b\r\n\r\n", b"data:;base64,", b"\tDATA:image/png;base64,", b"a=1&b=2", b"%41=&*=", b"PK\x03\x04",
    b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x78\x9c", b"\xff\xfe{\0", b"{\0}\0", b"\0{\0}", b"\xaa\xaa\xaa\x96\x69",
    b"1f;chunk-signature=" + b"0" * 64 + b"\r\n", b"deadbeef" * 16, b"/9j/" + b"A" * 96, b"%2F9j%2F" * 10,
    b"\x16\0\0\0\x02a\0\x06\0\0\0hello\0\0\0", b"x" * 80 + b"\xff\xd8\xff\xe0",
)  # fmt: skip
bodies = st.builds(
    lambda head, tail, size: (head + tail)[:size],
    st.sampled_from(BEGINNINGS) | st.binary(max_size=4),
    st.binary(max_size=40) | st.text('ab=&%{}[]"<>- 09\r\n', max_size=120).map(str.encode),
    st.integers(1, 240),
)


def left_out(part: Part) -> list[str]:
    asked = {codec.name for codec in candidates(part) if len(part.data) >= codec.least}
    return [codec.name for codec in CODECS if codec.name not in asked]


TYPES = ("", "application/json; charset=utf-8", "Text/XML", "application/VIID+JSON", "application/octet-stream",
         "text/html", "text/plain", "image/jpeg", "Multipart/Mixed; boundary=x", "message/RFC822", "application/grpc+proto",
         "application/x-protobuf", "application/vnd.google.protobuf; a=b", "video/h264", "video/h265", "application/bson",
         "application/x-www-form-urlencoded; charset=utf-8", "text/plain; a=urlencoded", "application/json; " + "x" * 300)  # fmt: skip


@given(bodies, st.sampled_from(TYPES))
@example(b"\x0c\x0b--\r\nA: b\r\n\r\n", "")
@example("姓名=a&b=c".encode(), "text/plain; a=urlencoded")
@settings(max_examples=1200, deadline=None)
def test_who_is_not_asked_would_not_recognise_it(data: bytes, content_type: str) -> None:
    """The rule of candidates, against every recogniser."""
    part = Part(data, content_type=content_type)
    silent = left_out(part)
    assert not [codec.name for codec in CODECS if codec.name in silent and codec.recognise(part)]


@pytest.mark.parametrize("data", BEGINNINGS)
def test_the_beginnings_of_all_codecs(data: bytes) -> None:
    """As above, for what each codec is made for, alone and with white space in front."""
    for text in (data, b" " + data, b"\n" + data, data * 3):
        part = Part(text)
        assert not [codec.name for codec in CODECS if codec.name in left_out(part) and codec.recognise(part)]


@pytest.mark.parametrize(
    "part",
    [
        Part(b"{}", encoding="gzip"),
        Part(b"{}", missing=[(0, 1)]),
        Part(b""),
    ],
)
def test_all_are_asked_where_a_coding_is_declared_or_bytes_are_missing(part: Part) -> None:
    """First bytes say nothing then."""
    assert candidates(part) == CODECS


def test_long_content_types_are_not_remembered() -> None:
    """They may be as long as a head."""
    before = unwrap._remembered.cache_info().currsize
    assert candidates(Part(b"a=b", content_type="multipart/" + "x" * 300))
    assert declares("y" * 300)
    assert unwrap._remembered.cache_info().currsize == before


@pytest.mark.parametrize("content_type", [kind for kind in TYPES if declares(kind) and len(kind) < 256])
def test_what_is_said_to_be_something_is_asked_by_its_codec(content_type: str) -> None:
    """Whatever it begins with."""
    more = [
        codec
        for codec in candidates(Part(b"\xfe", content_type=content_type))
        if codec not in candidates(Part(b"\xfe"))
    ]
    assert more or "bson" in content_type
    assert all(codec.declared in content_type.lower() for codec in more)


def test_a_small_json_is_asked_of_few() -> None:
    """What most small messages are."""
    assert [codec.name for codec in candidates(Part(b'{"t":21.5}'))][:4] == ["id card", "bson", "utf-16", "json"]
