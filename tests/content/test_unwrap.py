"""Unwrapping: every carrier whole, cut, with gaps; bombs; any bytes."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import zipfile
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.part import Part
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.content.unwrap import CODECS, Budget, _without, unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.content.samples import (
    B64,
    EXAMPLES,
    FORM_HEAD,
    IMAGE_DOCUMENT,
    JPEG,
    MULTI,
    PNG,
    Example,
    form_part,
    multipart,
    open_all,
    picture,
    wanted,
    zipped,
)
from tests.processor_time import within
from tests.reference.unwrapping import base64_missing

ids = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


@ids
def test_the_image_is_found_whole(example: Example) -> None:
    leaves = open_all(example.body, content_type=example.content_type, encoding=example.encoding)
    image = [leaf for leaf in leaves if leaf.part.data == wanted(example)]
    assert [leaf.part.path for leaf in image] == ["request body › " + example.path]
    assert image[0].part.complete
    assert image[0].kind in IMAGE_KINDS
    assert len({leaf.part.path for leaf in leaves}) == len(leaves)


@ids
def test_body_range_carries_the_image(example: Example) -> None:
    leaves = open_all(example.body, content_type=example.content_type, encoding=example.encoding)
    part = next(leaf.part for leaf in leaves if leaf.part.data == wanted(example))
    assert part.body_range is not None
    start, end = part.body_range
    assert 0 <= start < end <= len(example.body)
    if end - start == len(part.data):
        assert example.body[start:end] == part.data
    elif not example.encoding and "utf-16" not in example.path and "zip" not in example.path:
        head = B64[:8] if B64[:8] in example.body else b""
        assert head in example.body[start:end]


@ids
def test_cut_bodies_give_nothing_whole(example: Example) -> None:
    """Cut anywhere, the image is either not there or marked, and what is there is its beginning."""
    size = len(example.body)
    for cut in sorted(
        {*range(1, min(size, 120)), *range(120, size, max(1, size // 60)), *range(max(1, size - 6), size)}
    ):
        leaves = open_all(
            example.body[:cut], content_type=example.content_type, encoding=example.encoding, unknown_from=cut
        )
        assert leaves, cut
        for leaf in leaves:
            if leaf.kind in IMAGE_KINDS and leaf.part.complete:
                assert leaf.part.data == wanted(example), cut
                assert cut > size - 60 or "zip" in example.path, cut
            elif leaf.kind in IMAGE_KINDS:
                known = leaf.part.data[: leaf.part.unknown_from]
                assert wanted(example).startswith(known[: len(wanted(example))]) or known.startswith(wanted(example)), (
                    cut
                )


@ids
def test_gaps_are_never_hidden(example: Example) -> None:
    """Wherever bytes are missing, no image that differs from the sent one is complete."""
    size = len(example.body)
    for start in range(0, size - 30, max(1, size // 40)):
        body = example.body[:start] + bytes(30) + example.body[start + 30 :]
        leaves = open_all(
            body, content_type=example.content_type, encoding=example.encoding, missing=[(start, start + 30)]
        )
        assert leaves
        for leaf in leaves:
            part = leaf.part
            if leaf.kind in IMAGE_KINDS and part.complete:
                assert part.data == wanted(example), start
            for a, b in part.missing:
                assert 0 <= a < b <= len(part.data)
                assert not any(part.data[a:b])


GAPS = st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 400)), min_size=1, max_size=3)


def blanked(body: bytes, base: int, size: int, gaps: list[tuple[int, int]]) -> tuple[bytes, list[tuple[int, int]]]:
    """Body with gaps inside [base, base + size), sorted and disjoint."""
    flags = bytearray(len(body))
    for start, length in gaps:
        for i in range(base + start % size, min(base + start % size + length, base + size)):
            flags[i] = 1
    ranges, at = [], 0
    while (start := flags.find(1, at)) >= 0:
        end = flags.find(0, start)
        at = end if end >= 0 else len(body)
        ranges.append((start, at))
    out = bytearray(body)
    for a, b in ranges:
        out[a:b] = bytes(b - a)
    return bytes(out), ranges


@settings(max_examples=60, deadline=None)
@given(GAPS)
def test_gaps_pass_exactly_through_multipart(gaps: list[tuple[int, int]]) -> None:
    body = multipart(form_part(JPEG))
    base = body.index(JPEG)
    body, missing = blanked(body, base + 3, len(JPEG) - 3, gaps)
    (leaf,) = open_all(body, content_type=MULTI, missing=missing)
    assert leaf.part.missing == [(a - base, b - base) for a, b in missing]
    assert leaf.part.unknown_from is None
    assert leaf.part.body_range == (base, base + len(JPEG))


WRAPS = (
    ("json", b'{"id":"7","img":"', B64, b'"}'),
    ("folded 76 LF", b"<R><D>\n", base64.encodebytes(JPEG)[:-1], b"\n</D></R>"),
    ("folded 64 CRLF", b"<R><D>", b"\r\n".join(B64[i : i + 64] for i in range(0, len(B64), 64)), b"</D></R>"),
    ("form", b"img=", B64.rstrip(b"="), b"&x=1"),
)


@pytest.mark.parametrize("wrap", WRAPS, ids=lambda wrap: wrap[0])
@settings(max_examples=60, deadline=None)
@given(gaps=GAPS)
def test_gaps_pass_exactly_through_base64(wrap: tuple[str, bytes, bytes, bytes], gaps: list[tuple[int, int]]) -> None:
    _, before, text, after = wrap
    skip = 160  # two line breaks must be known for the folding to be
    body, missing = blanked(before + text + after, len(before) + skip, len(text) - skip - 4, gaps)
    leaves = [leaf for leaf in open_all(body, missing=missing, content_type="") if leaf.kind == "jpeg"]
    assert len(leaves) == 1
    part = leaves[0].part
    gone = base64_missing(text, [(a - len(before), b - len(before)) for a, b in missing])
    if part.unknown_from is not None:  # the folding could not be told: all before the gap, and nothing behind it
        assert wrap[0].startswith("folded")
        assert part.data == JPEG[: len(part.data)]
        return
    assert part.missing == gone
    assert len(part.data) == len(JPEG)
    assert [(x, y) for x, y in zip(part.data, JPEG, strict=True) if x != y and x != 0] == []


def lzw(data: bytes) -> bytes:
    """As Unix compress writes it, with codes of 16 bits at most; eight codes of a width stand together."""
    known, width, word, packed, begun, end = {bytes([byte]): byte for byte in range(256)}, 9, b"", 0, 0, 0
    free = 257
    for byte in [*data, None]:
        if byte is not None and word + bytes([byte]) in known:
            word += bytes([byte])
            continue
        packed |= known[word] << end
        end += width
        if byte is not None and free < 1 << 16:
            known[word + bytes([byte])] = free
            free += 1
            if free > 1 << width:
                begun = end = begun - (begun - end) // (8 * width) * 8 * width
                width += 1
        word = bytes([byte or 0])
    return b"\x1f\x9d\x90" + packed.to_bytes(-(-end // 8), "little")


def alone(data: bytes) -> bytes:
    return lzma.compress(data, format=lzma.FORMAT_ALONE)


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress, alone, lzw], ids=["bzip2", "xz", "lzma", "compress"])
def test_a_packed_image_is_found_and_a_cut_one_is_not_called_whole(pack) -> None:
    body = pack(JPEG)
    whole = [leaf.part for leaf in open_all(body) if leaf.kind == "jpeg"]
    assert [part.data for part in whole] == [JPEG]
    assert whole[0].complete
    if pack is not lzw:  # which has no end of its own: the picture's tells
        assert not any(leaf.part.complete for leaf in open_all(body[:-20]) if leaf.kind == "jpeg")
        assert [leaf.part.data for leaf in open_all(body[:12] + bytes(40))] == [body[:12] + bytes(40)]


def test_gap_behind_gzip_leaves_the_prefix() -> None:
    body = bytearray(gzip.compress(JPEG, 1))
    middle = len(body) // 2
    body[middle : middle + 10] = bytes(10)
    (leaf,) = open_all(bytes(body), encoding="gzip", missing=[(middle, middle + 10)])
    assert leaf.kind == "jpeg"
    assert 0 < len(leaf.part.data) < len(JPEG)
    assert leaf.part.data == JPEG[: len(leaf.part.data)]
    assert leaf.part.unknown_from == len(leaf.part.data)


@pytest.mark.parametrize("place", ["within a member", "over the header of the next", "in a header"])
def test_members_of_a_zip_behind_a_gap_are_whole(place: str) -> None:
    """Each is in the archive by itself: what is lost is the one that the gap lies in."""
    pictures = [picture(seed=seed) for seed in (1, 2, 3)]
    body = bytearray(zipped(**dict(zip("abc", pictures, strict=True))))
    headers = [at for at in range(len(body)) if body[at : at + 4] == b"PK\3\4"]
    first, last = {
        "within a member": (headers[0] + 200, headers[0] + 300),
        "over the header of the next": (headers[0] + 200, headers[1] + 20),
        "in a header": (headers[1] + 10, headers[1] + 20),
    }[place]
    body[first:last] = bytes(last - first)
    whole = [one.part.data for one in open_all(bytes(body), missing=[(first, last)]) if one.part.complete]
    lost = {"within a member": [0], "over the header of the next": [0, 1], "in a header": [1]}[place]
    assert whole == [one for number, one in enumerate(pictures) if number not in lost]


def test_json_with_a_hole_tells_whole_strings_from_touched_ones() -> None:
    """A gap from one string into another: the strings before and behind are whole, the touched one is not."""
    other = base64.b64encode(PNG)
    body = b'{"a":"' + other + b'","b":"' + B64 + b'","c":"' + other + b'"}'
    start = body.index(B64) + 200
    end = body.rindex(other) - 3
    holed = body[:start] + bytes(end - start) + body[end:]
    found = {
        leaf.part.path.split(" › ")[1]: leaf
        for leaf in open_all(holed, missing=[(start, end)])
        if leaf.kind in IMAGE_KINDS
    }
    whole = [leaf for leaf in found.values() if leaf.part.complete]
    assert [leaf.part.data for leaf in whole] == [PNG, PNG]
    assert any(leaf.kind == "jpeg" and not leaf.part.complete for leaf in found.values())


def test_paths_are_numbered() -> None:
    body = multipart(form_part(JPEG), form_part(PNG), form_part(JPEG))
    assert [leaf.part.path for leaf in open_all(body, content_type=MULTI)] == [
        "request body › multipart image › jpeg",
        "request body › multipart image[2] › png",
        "request body › multipart image[3] › jpeg",
    ]


def test_hostile_names_stay_names() -> None:
    evil = "x\u202e › y\x1b" + "z" * 3000
    header = f'Content-Disposition: form-data; name="{evil}"\r\n'.encode()
    (leaf,) = open_all(multipart(form_part(JPEG, header)), content_type=MULTI)
    assert len(leaf.part.path) <= 1024 + 8
    assert not set(leaf.part.path) & {"\u202e", "\x1b", "\n"}
    assert leaf.part.path.count("›") == 2


def test_documents_are_objects_too() -> None:
    leaves = open_all(
        multipart(b'Content-Disposition: form-data; name="r"\r\n\r\n{"id":1}', form_part(JPEG)), content_type=MULTI
    )
    assert [(leaf.kind, leaf.part.name) for leaf in leaves] == [("json", "r"), ("jpeg", "a.jpg")]
    kinds = {leaf.kind: leaf.part.data for leaf in open_all(IMAGE_DOCUMENT)}
    assert kinds["json"] == IMAGE_DOCUMENT


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"plain words", "text"),
        (b"<!DOCTYPE html><html></html>", "html"),
        (b"{}", "json"),
        (b"<a/>", "xml"),
        (b"a=1&b=2", "form"),
        (b"\x00\x01\x02\x03", "opaque"),
        (b"%PDF-1.4\n%\xff", "pdf"),
        (b"--XyZ--\r\n", "text"),
        (gzip.compress(b"", mtime=0), "gzip"),
    ],
)
def test_every_body_gives_a_leaf(body: bytes, kind: str) -> None:
    for about in ({}, {"content_type": MULTI}, {"encoding": "gzip"}):
        (leaf,) = open_all(body, **about)
        assert (leaf.kind, leaf.part.data) == (kind, body)


def test_tokens_are_no_objects() -> None:
    """Digests and tokens in a document decode to nothing known: only the document counts."""
    body = json.dumps(
        {"sha": "ab" * 32, "token": base64.b64encode(bytes(range(200))).decode(), "html": "<p>" + "word " * 40}
    ).encode()
    assert [leaf.kind for leaf in open_all(body)] == ["json"]


def test_order_of_codecs_is_by_name() -> None:
    names = [codec.name for codec in CODECS]
    assert len(set(names)) == len(names)
    assert names[:2] == ["aws-chunked", "coding"]
    assert names.index("hex") < names.index("base64") < names.index("carved")


# ---------------------------------------------------------------- limits


def nested_json(depth: int) -> bytes:
    return b'{"a":' * depth + b'"' + B64 + b'"' + b"}" * depth


def onion(layers: int) -> bytes:
    body = JPEG
    for _ in range(layers):
        body = base64.b64encode(body)
    return body


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(20):
            archive.writestr(f"{i}", bytes(20 << 20))
    return out.getvalue()


def zlib_bomb() -> bytes:
    return zlib.compress(bytes(100 << 20))


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (i, b"&a%d;" % (i - 1) * 10 if i else b"&a;" * 10) for i in range(9))
    + b"]><l><i>"
    + B64
    + b"</i>&a8;</l>"
)

BOMBS = (
    ("multipart", lambda: multipart(*[b"\r\nx"] * 1_000_000), {"content_type": MULTI}, "limit: parts"),
    ("gzip", lambda: gzip.compress(bytes(100 << 20)), {"encoding": "gzip"}, "limit: gzip ratio or expansion"),
    ("deflate", zlib_bomb, {"encoding": "deflate"}, "limit: deflate ratio or expansion"),
    ("brotli", lambda: brotli.compress(bytes(100 << 20), quality=1), {"encoding": "br"}, "limit: br ratio or expansion"),
    ("zstd", lambda: zstandard.compress(bytes(100 << 20)), {"encoding": "zstd"}, "limit: zstd ratio or expansion"),
    ("bzip2", lambda: bz2.compress(bytes(4 << 20)), {}, "limit: bzip2 ratio or expansion"),
    ("xz", lambda: lzma.compress(bytes(4 << 20)), {}, "limit: xz ratio or expansion"),
    ("zip", zip_bomb, {}, "limit: zip ratio or expansion"),
    ("onion", lambda: onion(14), {}, "limit: depth"),
    ("entities", lambda: LAUGHS, {}, "limit: xml entity declarations"),
    ("elements", lambda: b"<a>" * 100_000 + b"<b>" + B64 + b"</b>", {}, "limit: xml depth"),
    ("document", lambda: b'{"a":"' + b"A" * (33 << 20) + b'"}', {}, "limit: document size"),
)  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[0])
def test_bombs_end_in_a_note(bomb: tuple) -> None:
    _, make, about, note = bomb
    body = make()
    budget = Budget()
    with within(10):
        size = count = 0
        for leaf in unwrap(Part(body, way=Way.of("request body"), body_range=(0, len(body)), **about), budget):
            size += len(leaf.part.data)
            count += 1
            assert len(leaf.part.data) <= max(64 << 20, len(body))
        assert note in budget.notes
        assert count <= 20_001
        assert size <= 300 << 20


@pytest.mark.parametrize(
    "body",
    [b"%" * (8 << 20), b"a=" + b"%41" * (3 << 20), b'{"a":"' + b"\\" * (4 << 20), b'{"' * (2 << 20), b"[" * (4 << 20), b'{"a":"' + b'\\"' * (2 << 20)],
    ids=["percent", "escapes", "backslashes", "braces", "brackets", "escaped quotes"],
)  # fmt: skip
def test_megabytes_of_nonsense_cost_little(body: bytes) -> None:
    with within(6):
        for content_type in ("", "application/x-www-form-urlencoded", "application/json"):
            assert open_all(body, content_type=content_type)


def test_false_image_starts_cost_little() -> None:
    """Every three bytes a JPEG begins, and none ends."""
    for body in (b"\x00" + b"\xff\xd8\xff\xe0" * 200_000, b"\x00" + b"\xff\xd8\xff\xe0\x00\x02" * 200_000):
        with within(6):
            assert open_all(body)


def test_deep_json_still_gives_its_image() -> None:
    leaves = open_all(nested_json(5000))
    assert [leaf.kind for leaf in leaves] == ["jpeg", "json"]


FRAGMENTS = st.sampled_from(
    [b"{", b"}", b'"', b"\\", b"[", b"<a>", b"<", b"=", b"&", b"%2F", b"--XyZ", b"\r\n", b"\n", b"\x00", JPEG[:200], B64[:300], B64,
     b"data:image/jpeg;base64,", b"PK\x03\x04", gzip.compress(B64, mtime=0)[:200], FORM_HEAD, b"\xff\xfe", b"\x78\x9c", b"\xff\xd8\xff", PNG]
)  # fmt: skip
TYPES = st.sampled_from(
    ["", MULTI, "application/json", "text/xml", "application/x-www-form-urlencoded", "text/html", "message/rfc822"]
)
CODINGS = st.sampled_from(["", "gzip", "br", "deflate", "zstd", "base64", "quoted-printable", "nonsense, gzip"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.binary(max_size=40)), max_size=12).map(b"".join), TYPES, CODINGS, st.data())
def test_any_bytes_give_leaves_and_no_exception(
    body: bytes, content_type: str, encoding: str, data: st.DataObject
) -> None:
    a = data.draw(st.integers(0, len(body)))
    b = data.draw(st.integers(a, len(body)))
    missing = [(a, b)] if a < b else []
    body = body[:a] + bytes(b - a) + body[b:]
    unknown = data.draw(st.one_of(st.none(), st.integers(0, len(body))))
    leaves = open_all(body, content_type=content_type, encoding=encoding, missing=missing, unknown_from=unknown)
    assert bool(leaves) == bool(body)
    assert len({leaf.part.path for leaf in leaves}) == len(leaves)
    for leaf in leaves:
        assert leaf.part.data
        assert all(0 <= x < y <= len(leaf.part.data) for x, y in leaf.part.missing)
        assert leaf.part.unknown_from is None or 0 <= leaf.part.unknown_from <= len(leaf.part.data)


def test_a_signature_in_armour_is_no_multipart() -> None:
    """Its first line looks like a boundary, and header fields follow."""
    text = (
        b"-----BEGIN PGP SIGNATURE-----\nVersion: GnuPG v1\n\n"
        + b"iQEcBAEBAgAGBQJU\n" * 20
        + b"-----END PGP SIGNATURE-----\n"
    )
    (leaf,) = unwrap(Part(text, way=Way.of("response body")), Budget())
    assert (leaf.kind, leaf.part.data, leaf.part.complete) == ("text", text, True)


@pytest.mark.parametrize(
    ("data", "one"),
    [
        (b"head" + bytes(range(200)) + b"tail", bytes(range(200))),
        (b"a" * 900 + b"b", b"a" * 80 + b"b"),  # its beginning stands in more places than are looked at
        (b"a" * 900, b"a" * 80),
        (b"ab" * 90, b"abc"),
        (b"x" * 70 + b"y" + b"x" * 70 + b"z", b"x" * 70 + b"z"),
        (b"", b"abc"),
        (b"the end is cut: " + bytes(range(150)), bytes(range(200))),
    ],
)
def test_the_first_place_is_taken_out_as_replace_would(data, one):
    assert _without(data, one) == data.replace(one, b" ", 1)


def test_a_mail_without_a_text_says_what_its_subject_says() -> None:
    head = b"Subject: =?GBK?B?1cXI/SAx?=\r\n =?GBK?B?Mg==?=\r\nContent-Type: text/plain\r\n\r\n"
    assert open_all(head, content_type="message/rfc822")[0].part.data.decode() == "张三 12"
    mail = open_all(head + b"text\r\n", content_type="message/rfc822")
    assert (mail[0].part.data, mail[0].part.name) == (b"text\r\n", "张三 12")
