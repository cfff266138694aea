"""Carving: every image comes out byte for byte, whatever surrounds it and however it is cut; what is broken is called so."""

from __future__ import annotations

import base64
import io
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from netaudit.core.contracts.details import NOTHING
from netaudit.protocols import carve
from netaudit.protocols.carve import Carver, CarveReader
from tests.reference.messages import down, essence, read, up

if TYPE_CHECKING:
    import random

NOISE = Image.effect_noise((40, 30), 90).convert("RGB")


def encoded(form, **options):
    out = io.BytesIO()
    NOISE.save(out, form, **options)
    return out.getvalue()


IMAGES = {
    "jpeg": encoded("JPEG"),
    "progressive": encoded("JPEG", progressive=True),
    "png": encoded("PNG"),
    "gif": encoded("GIF"),
    "bmp": encoded("BMP"),
    "webp": encoded("WEBP"),
}
EVERY = pytest.mark.parametrize("name", IMAGES)


def thumbnailed():
    """A JPEG with a JPEG inside its APP1 segment."""
    inner = IMAGES["jpeg"]
    return b"\xff\xd8\xff\xe1" + (len(inner) + 2).to_bytes(2, "big") + inner + IMAGES["jpeg"][2:]


def carved(pieces):
    carver, at, out = Carver(0, framed=False), 0, []
    for piece in pieces:
        if isinstance(piece, int):
            out += carver.gap(at, piece)
            at += piece
        elif piece:
            out += carver.feed(at, piece)
            at += len(piece)
        assert carver.needed_from(at) <= at
    return out + carver.finish()


@EVERY
def test_found_whole(name):
    image = IMAGES[name]
    stream = b"head \xff\xd8 BM RIFF" + image + b"\x00tail"
    for pieces in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        (message,) = carved(pieces)
        assert message.body == image
        assert (message.start, message.end) == (15, 15 + len(image))
        assert message.body_start == 15
        assert (message.unknown_from, message.notes) == (len(image), [carve.FRAMING_NOTE])
        assert message.content_type == "image/" + name.replace("progressive", "jpeg")


@EVERY
@pytest.mark.parametrize(
    "head",
    [
        "", "{:08x}", "cafe{:04x}0001", "0001{:08x}0000", "{little}",
        "+{total}", "ascii",
    ],
)  # fmt: skip
def test_whole_where_the_framing_is_known(name, head):
    image = IMAGES[name]
    size = len(image)
    if head == "ascii":
        lead = b"LEN %d\n" % size
    elif head == "+{total}":
        lead = b"\x01\x02" + (size + 4).to_bytes(4) + b"\x07\x00\x00\x00"
    else:
        lead = bytes.fromhex(head.format(size, little=size.to_bytes(4, "little").hex()))
    stream = lead + image + b"tail"
    for pieces in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        (message,) = carved(pieces)
        assert message.body == image
        assert message.complete


def test_pieces_of_a_carrier_in_an_image_are_not_called_whole():
    """Datagrams of KCP: heads of 24 bytes, with the length of each piece, lie among the bytes of the picture."""
    image = IMAGES["jpeg"]
    pieces = [image[at : at + 400] for at in range(0, len(image), 400)]
    stream = b"".join(b"\1\0\0\0\x51\0\x20\0" + bytes(12) + len(one).to_bytes(4, "little") + one for one in pieces)
    assert not any(message.complete for message in carved([stream]))


@EVERY
def test_cut_off_is_incomplete(name):
    image = IMAGES[name]
    (message,) = carved([b"x" + image[: len(image) // 2]])
    assert message.body == image[: len(image) // 2]
    assert not message.complete
    assert message.unknown_from == len(image) // 2


@EVERY
def test_gap_in_pixels_is_exact_or_told(name):
    image = IMAGES[name]
    at = len(image) * 2 // 3
    message = carved([image[:at], 20, image[at + 20 :]])[0]
    assert not message.complete
    if name != "gif":  # its sub-blocks lose their way
        assert message.missing == [(at, at + 20)]
        assert message.body == image[:at] + bytes(20) + image[at + 20 :]


def test_lost_end_does_not_swallow_the_next_image():
    image = IMAGES["jpeg"]
    first, second = carved([image[:-50], 80, b"header" + image])
    assert not first.complete
    assert second.unknown_from == len(second.body)
    assert second.body == image


def test_images_side_by_side_and_inside():
    nested = thumbnailed()
    messages = carved([nested + b"".join(IMAGES.values()) + nested])
    assert [m.body for m in messages] == [nested, *IMAGES.values(), nested]


@pytest.mark.parametrize("name", ["jpeg", "png"])
@pytest.mark.parametrize("fold", [b"", b"\r\n", b"\n", b"\\n", b"\\r\\n"])
def test_base64_text(name, fold):
    image = IMAGES[name]
    plain = base64.b64encode(image)
    text = fold.join(plain[i : i + 76] for i in range(0, len(plain), 76))
    escaped = text.replace(b"/", b"\\/") if fold == b"\\n" else text
    if name == "jpeg" and escaped != text:
        escaped = b"/9j/" + escaped[len(b"\\/9j\\/") :]
    stream = b'{"pic":"' + escaped + b'","n":1}'
    for pieces in ([stream], [stream[i : i + 1] for i in range(len(stream))]):
        (message,) = carved(pieces)
        assert message.body == image
        assert message.complete
        assert stream[message.start : message.end] == escaped
        assert message.details == NOTHING


def test_short_and_broken_base64():
    text = base64.b64encode(IMAGES["jpeg"])
    assert carved([b'"' + text[:200] + b'"']) == []
    (message,) = carved([b'"' + text[:1000] + b'"'])
    assert not message.complete
    (message,) = carved([b'"' + text[:1000], 10, text[1010:]])
    assert not message.complete


def test_over_the_cap(monkeypatch):
    monkeypatch.setattr(carve, "CAP", 1000)
    image = IMAGES["png"]
    for pieces in ([image + IMAGES["webp"][:900]], [image[:600], image[600:] + IMAGES["webp"][:900]]):
        messages = carved(pieces)
        assert len(messages[0].body) == 1000
        assert not messages[0].complete
        assert "32 MiB" in messages[0].notes[0]
        assert messages[-1].content_type == "image/webp"


def test_many_false_beginnings_stay_linear():
    """Chains of segments that lead nowhere are walked once, not once for each of their beginnings."""
    chain = b"\xff\xd8\xff\xe0\x00\x06\xff\xd8" * 40_000
    steps = 0

    class Counting(set):
        def __contains__(self, item):
            nonlocal steps
            steps += 1
            return super().__contains__(item)

    carver = Carver(0)
    carver.dead = Counting()
    carver.feed(0, chain + b"\x00" * 10)
    carver.finish()
    assert steps < 10 * len(chain)


def test_udp_datagrams_are_carved_together():
    image = IMAGES["jpeg"]
    events = [up(b"hdr1" + image[:300]), down(b"ack"), up(image[300:])]
    messages, summary = read(events, proto=17, server_port=9999)
    assert [m.body for m in messages] == [image]
    assert summary.protocol == "unknown"
    assert messages[0].pieces["frame"].tolist() == [1, 3]


def test_reader_keeps_directions_apart():
    reader, image = CarveReader(), IMAGES["jpeg"]
    assert reader.feed(0, 0, image[:100]) == []
    (second,) = reader.feed(1, 0, IMAGES["png"])
    (first,) = reader.feed(0, 100, image[100:])
    assert (first.direction, second.direction) == (0, 1)
    assert reader.finish() == []


PIECES = st.sampled_from(
    [*IMAGES.values(), base64.b64encode(IMAGES["jpeg"]), b"\xff\xd8\xff", b"BM", b"GIF89a", b"RIFF"]
) | st.binary(max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PIECES, st.integers(0, 3000)) | st.integers(1, 500), max_size=6), st.randoms())
def test_any_cut_same_images(parts, rng: random.Random):
    whole = [p if isinstance(p, int) else p[0][: p[1]] for p in parts]
    cut = []
    for piece in whole:
        if isinstance(piece, int):
            cut.append(piece)
            continue
        edges = sorted([0, len(piece), *(rng.randint(0, len(piece)) for _ in range(4))])
        cut += [piece[a:b] for a, b in itertools.pairwise(edges)]
    joined = []
    for piece in whole:  # neighbours are one run to the twin
        if joined and isinstance(piece, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    assert essence(carved(cut)) == essence(carved(joined))
