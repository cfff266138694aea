"""Single codecs against their slow twins and their awkward inputs."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content import mime, xml_text
from netaudit.content.budget import Budget
from netaudit.content.codecs import binary_to_text
from netaudit.content.part import Leaf, Part
from netaudit.content.scalars import Field, fields
from netaudit.content.sniff import sniff
from netaudit.core.text import json_text
from netaudit.core.text.charset import unquote
from tests.content.samples import (
    B64,
    FORM,
    FORM_HEAD,
    JPEG,
    MULTI,
    form_part,
    multipart,
    open_all,
    zipped,
)
from tests.reference import unwrapping as reference

SCRAPS = st.lists(
    st.sampled_from([b'"', b"\\", b'\\"', b"abc", b"{", b":", b"\\\\", "中".encode(), b" " * 30, b"x" * 70]),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(SCRAPS.map(b"".join))
def test_long_strings_equal_the_slow_twin(data: bytes) -> None:
    """Where backslashes stand in strings only, as in JSON."""
    outside = data.split(b'"')[0]
    data = data[len(outside) :]
    slow = reference.long_strings(data, 64)
    if any(byte == 0x5C for byte in _outside(data)):
        return
    assert [(s.start, s.end, s.closed) for s in json_text.long_strings(data, [])] == slow


def _outside(data: bytes) -> bytes:
    """Bytes outside of strings."""
    at, out = 0, b""
    for start, end, _ in reference.long_strings(data, 0):
        out += data[at:start]
        at = end
    return out + data[at:]


def test_long_strings_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    data = json.dumps([{"k\\": "v" * n, "q": '"' * n, "b": "\\" * n} for n in range(60, 90)]).encode()
    whole = [(s.start, s.end, s.closed) for s in json_text.long_strings(data, [])]
    assert whole == reference.long_strings(data, 64)
    for chunk, few in itertools.product((1, 7, 64, 1000), (1, 3, 256)):
        monkeypatch.setattr(json_text, "_CHUNK", chunk)
        monkeypatch.setattr(json_text, "_FEW", few)
        assert [(s.start, s.end, s.closed) for s in json_text.long_strings(data, [])] == whole


def test_long_strings_among_many_short_ones() -> None:
    """One by one where quotation marks are few, all at once where they are many: the same strings."""
    short = [{"k": "\\\\", "q": '"'}] * 400
    runs = json.dumps(["\\" * n + '"' + "z" * 70 for n in (30, 31, 32, 33, 63, 64, 65, 500)]).encode()
    assert [(s.start, s.end, s.closed) for s in json_text.long_strings(runs, [])] == reference.long_strings(runs, 64)
    data = json.dumps([*short, "v" * 5000, *short, "w\\" * 90, "x" * 70]).encode()
    for least in (64, 4096):
        found = [(s.start, s.end, s.closed) for s in json_text.long_strings(data, [], least)]
        assert found == reference.long_strings(data, least)
    spread = json.dumps(["y" * n for n in range(900)]).encode()
    assert [(s.start, s.end, s.closed) for s in json_text.long_strings(spread, [])] == reference.long_strings(
        spread, 64
    )


BASE64_SCRAPS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=90).map(base64.b64encode),
        st.binary(min_size=1, max_size=90).map(base64.urlsafe_b64encode),
        st.sampled_from(
            [b"A", b"Zm9v" * 16, b"=", b"==", b"===", b"\r\n", b"\\", b" ", b"-", b"_", b"\x00", b"!", b"\xc3", b"."]
        ),
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(BASE64_SCRAPS)
def test_base64_equals_the_slow_twin(data: bytes) -> None:
    assert binary_to_text._decode_whole(data) == reference.decode_base64(data)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"%", b"%2", b"%2F", b"%41", b"%zz", b"a", b"%e4", b"%%"]), max_size=40).map(b"".join))
def test_unquote_equals_the_slow_twin(data: bytes) -> None:
    assert unquote(data) == reference.unquote(data)


@pytest.mark.parametrize("size", range(120, 132))
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode, base64.encodebytes])
def test_base64_of_any_length(size: int, encode) -> None:
    data = (JPEG * 2)[:size]
    for unpadded in (False, True):
        body = encode(data)
        body = body.replace(b"=", b"") if unpadded else body
        leaf = open_all(body)[0]
        assert (leaf.part.data, leaf.part.complete) == (data, True)


def test_base64_with_a_lost_character_is_not_whole() -> None:
    broken = B64[:400].rstrip(b"=") + B64[401:].rstrip(b"=")
    if len(broken) % 4 != 1:
        broken = broken[: len(broken) - (len(broken) - 1) % 4]
    leaf = open_all(broken)[0]
    assert leaf.kind == "jpeg"
    assert not leaf.part.complete


def test_base64_ends_where_something_else_begins() -> None:
    leaf = open_all(B64 + b"}\r\n?")[0]
    assert leaf.part.data == JPEG
    assert not leaf.part.complete


def test_encrypted_and_damaged_zip_members_are_named() -> None:
    body = bytearray(zipped(a=JPEG, b=JPEG))
    body[6] |= 1  # encrypted flag of the first member
    budget = Budget()
    leaves = open_all(bytes(body), budget)
    assert [leaf.part.path for leaf in leaves] == ["request body › zip ../../b.jpg › jpeg", "request body › zip"]
    assert "zip: encrypted member" in leaves[0].notes
    body[40] ^= 0xFF
    assert [leaf.kind for leaf in open_all(bytes(body))] == ["jpeg", "zip"]


def test_content_length_of_a_part_wins_over_a_boundary_inside() -> None:
    inside = JPEG + b"\r\n--XyZ\r\n" + JPEG
    header = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n" % len(inside)
    first, second = open_all(multipart(form_part(inside, header)), content_type=MULTI)
    assert (first.part.data, second.part.data) == (inside, JPEG)  # and what stands behind the first image's end
    wrong = b"Content-Type: image/jpeg\r\nContent-Length: 7\r\n"
    (leaf,) = open_all(multipart(form_part(JPEG, wrong)), content_type=MULTI)
    assert leaf.part.data == JPEG


def test_lost_beginning_of_a_multipart_body_is_kept() -> None:
    body = JPEG[500:] + b"\r\n" + multipart(form_part(JPEG))
    leaves = open_all(body, content_type=MULTI)
    assert leaves[0].part.path == "request body › multipart preamble › opaque"
    assert leaves[0].part.data == JPEG[500:]
    assert leaves[1].part.data == JPEG


def test_never_closed_multipart_says_so() -> None:
    leaves = open_all(multipart(form_part(JPEG), close=False), content_type=MULTI)
    assert "multipart without closing boundary" in leaves[-1].notes or leaves[-1].part.complete
    budget = Budget()
    open_all(multipart(form_part(JPEG), close=False), budget, content_type=MULTI)
    assert budget.notes == ["multipart without closing boundary"]


def test_names_in_headers() -> None:
    assert mime.parameter('form-data; name="a\\"b"; filename=x.jpg', "name") == 'a"b'
    assert mime.parameter("attachment; filename*=UTF-8''%E5%BC%A0.jpg; filename=z", "filename") == "张.jpg"
    assert mime.parameter("multipart/mixed; boundary=a b ;charset=x", "boundary") == "a b"
    assert mime.name_of({"content-disposition": 'form-data; name="f"', "content-type": "image/jpeg; name=y.jpg"}) == (
        "f",
        "y.jpg",
    )
    head = 'Content-Disposition: form-data; name="图"; filename="张三.jpg"\r\n'
    for charset in ("utf-8", "gbk"):
        (leaf,) = open_all(multipart(form_part(JPEG, head.encode(charset))), content_type=MULTI)
        assert (leaf.part.name, leaf.part.path) == ("张三.jpg", "request body › multipart 图 › jpeg")


def test_folded_header_lines() -> None:
    fields_, body, crlf = mime.read_header(b"A: b;\r\n  c=d\r\nE:f\r\n\r\nrest", 0, 25)
    assert (fields_, body, crlf) == ({"a": "b; c=d", "e": "f"}, 21, True)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"[1,2]", "json"),
        (b"[section]\nkey=1\n", "text"),
        (b"{ margin: 0 }", "json"),
        (b"{ margin }", "text"),
        (b"<soap:Envelope xmlns:soap='x'/>", "xml"),
        (b"< 5 items", "text"),
        (b"\xff\xfe{\x00}\x00", "json"),
        ("名字".encode("gbk"), "text"),
        (b"RIFF\x00\x00\x00\x00WAVE", "opaque"),
        (gzip.compress(b"x", mtime=0), "gzip"),
    ],
)
def test_sniff(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


def leaf(data: bytes, kind: str, **about: object) -> Leaf:
    return Leaf(Part(data, **about), kind)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            leaf(b'{"DeviceID":"7","f":[{"Similarity":0.9,"ok":true},{"n":null}],"img":"' + B64 * 4 + b'"}', "json"),
            [("$.DeviceID", "DeviceID", "7"), ("$.f[0].Similarity", "Similarity", "0.9"), ("$.f[0].ok", "ok", "true")],
        ),
        (leaf('{"名":"张'.encode("gbk"), "json"), []),
        (leaf('{"名":"张"}'.encode("gbk"), "json"), [("$.名", "名", "张")]),
        (leaf('{"名":"张"}'.encode("utf-16"), "json"), [("$.名", "名", "张")]),
        (leaf(b'{"a":1}\n{"a":2}', "json"), [("$[0].a", "a", "1"), ("$[1].a", "a", "2")]),
        (leaf(b'<R id="3"><N> x </N><E/></R>', "xml"), [("/R/@id", "id", "3"), ("/R/N", "N", "x")]),
        (leaf(b"<R><N>x</N><M>", "xml"), [("/R/N", "N", "x")]),
        (leaf(b"name=%E5%BC%A0&t=a+b&img=" + B64 * 4, "form"), [("name", "name", "张"), ("t", "t", "a b")]),
        (leaf(b"CAM-1", "text", name="deviceId"), [("$", "deviceId", "CAM-1")]),
        (leaf(JPEG, "jpeg"), []),
    ],
)
def test_fields(document: Leaf, expected: list[tuple[str, str, str]]) -> None:
    assert fields(document) == [Field(*row) for row in expected]


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["json", "xml", "form", "text"]))
def test_fields_of_any_bytes(data: bytes, kind: str) -> None:
    for field in fields(leaf(data, kind)):
        assert len(field.path) <= 512 + len(field.key)


def test_form_content_type_and_plus_signs() -> None:
    body = b"a=1&img=" + base64.b64encode(b"\xfb\xef\xbe" + JPEG).replace(b"/", b"%2F").replace(b"+", b"%2B").replace(
        b"=", b"%3D"
    )
    assert b"\xfb\xef\xbe" + JPEG in [leaf.part.data for leaf in open_all(body, content_type=FORM)]


def test_headers_without_end_are_bounded() -> None:
    (opened, *_) = open_all(multipart(FORM_HEAD * 200 + b"\r\n" + JPEG), content_type=MULTI)
    assert opened.part.data


@pytest.mark.parametrize(
    ("coding", "note"),
    [
        ("gzip", "gzip declared, but the bytes are not"),
        ("aws-chunked", "aws-chunked declared, but the bytes are not"),
        ("exi", "exi is no known coding"),
        ("identity", None),
    ],
)
def test_codings_that_are_not_there_are_noted(coding: str, note: str | None) -> None:
    (found,) = open_all(JPEG, encoding=coding)
    assert (found.kind, found.part.complete) == ("jpeg", True)
    assert found.notes == ([note] if note else [])


@pytest.mark.parametrize("name", ["gzip", "gzip\0", " x-gzip;"])
def test_a_stream_whose_checksum_is_untrue_is_read(name: str) -> None:
    """Browsers show what it holds; whole it is not called. What stands around a coding's name is none of it."""
    sound = gzip.compress(JPEG, mtime=0)
    for size, complete in ((0, True), (8, False)):
        (found,) = open_all(sound[: len(sound) - size] + b"\0" * size, encoding=name)
        assert (found.kind, found.part.data, found.part.complete) == ("jpeg", JPEG, complete)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([b"<a>", b"&amp;", b'"', b"x" * 63, b"y" * 64, b"]]>", b" \n", b"'"]), max_size=20).map(
        b"".join
    )
)
def test_long_runs_of_xml_are_the_long_ones_between_markup(data: bytes) -> None:
    for start, end in xml_text.long_runs(data):
        assert end - start >= 64
        assert data[start:end] == data[start:end].strip()
        assert not set(data[start:end]) & set(b"<>\"'&")
    longest = max((len(run.strip(b" \n]")) for run in re.split(rb"<[^<>]*>|&\w+;|[<>\"'&]", data)), default=0)
    if longest > 64 + 2:
        assert xml_text.long_runs(data)


def test_a_gap_that_may_hide_line_breaks_gives_no_false_ranges() -> None:
    """Forty known characters, then a gap of several lines: whether the text is folded nobody knows."""
    encoded = base64.encodebytes(JPEG)
    body = encoded[:60] + bytes(300) + encoded[360:380]
    found = open_all(b"<R><D>" + body + b"</D></R>", missing=[(66, 366)])
    images = [leaf.part for leaf in found if leaf.kind == "jpeg"]
    assert [part.data for part in images] == [JPEG[: len(part.data)] for part in images]
    assert not any(part.missing for part in images)


@pytest.mark.parametrize("width", [0, 64, 76])
def test_what_stands_among_letters_of_a_picture_is_seen(width: int) -> None:
    letters = base64.b64encode(bytes(range(256)) * 40)
    folded = b"\n".join(letters[at : at + width] for at in range(0, len(letters), width)) if width else letters
    assert binary_to_text.is_only_base64(folded)
    for at in range(len(folded) - 400, len(folded)):
        assert not binary_to_text.is_only_base64(folded[:at] + b"110101198803120019" + folded[at:])
    for other in (b" 110101 19880312 0019", b"\n110101\n19880312\n0019", b"\n" + b"9" * 15):
        assert not binary_to_text.is_only_base64(folded + other)
