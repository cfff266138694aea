"""Where images end, what their headers say, what decoding tells."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from netaudit.content.sniff import IMAGE_KINDS
from netaudit.images import extents
from netaudit.images.images import extent, header_size, inspect, perceptual_hash, sniff
from netaudit.images.pictures import MAX_PIXELS, MAX_SCAN_PIXELS, Picture
from tests.images.pictures import FORMATS, NAMES, astronaut, encode, sample, texture
from tests.processor_time import within
from tests.reference.images import jpeg_end

ALL = pytest.mark.parametrize("index", range(len(FORMATS)), ids=NAMES)
FEW = settings(max_examples=60, deadline=None)
WHICH = st.integers(0, len(FORMATS) - 1)


@ALL
def test_an_image_ends_where_its_bytes_do(index):
    kind, data = FORMATS[index][0], sample(index)
    assert sniff(data) == kind
    assert extent(data, kind) == extents.Extent(len(data), whole=True)


@ALL
def test_what_follows_an_image_is_not_part_of_it(index):
    kind, data = FORMATS[index][0], sample(index)
    for trailer in (b"\0" * 9, b"\r\n--boundary--", sample(0), b"\xff\xd9"):
        assert extent(data + trailer, kind) == extents.Extent(len(data), whole=True)


@ALL
def test_the_header_gives_the_size_without_decoding(index):
    kind, data = FORMATS[index][0], sample(index)
    assert header_size(data, kind) == (96, 64)
    assert header_size(data[:8], kind) is None


def test_a_targa_is_known_by_its_end():
    data = encode(astronaut().resize((96, 64)), "tga")
    assert (sniff(data), header_size(data, "tga")) == ("tga", (96, 64))
    assert sniff(data + b"x") is None
    assert Picture(data, "tga").image(64) is not None


@given(index=WHICH, share=st.floats(0, 1, exclude_max=True))
@FEW
def test_a_cut_image_is_never_whole(index, share):
    kind, data = FORMATS[index][0], sample(index)
    found = extent(data[: int(len(data) * share)], kind)
    assert not found.whole
    assert found.problem


@given(
    index=WHICH,
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    cut=st.floats(0, 1),
)
@FEW
def test_damaged_images_never_raise(index, edits, cut):
    kind, data = FORMATS[index][0], bytearray(sample(index))
    for place, value in edits:
        data[int(place * len(data))] = value
    damaged = bytes(data[: int(cut * len(data))])
    found = extent(damaged, kind)
    assert 0 <= found.end <= len(damaged)
    assert found.whole != bool(found.problem)
    header_size(damaged, kind)
    facts = inspect(damaged, kind)
    assert facts.decodable in {True, False}
    assert bool(facts.phash) == facts.decodable


@given(data=st.binary(max_size=300), kind=st.sampled_from([*sorted(IMAGE_KINDS), "opaque"]))
@example(data=b"", kind="jpeg")
@example(data=b"\xff\xd8\xff", kind="jpeg")
@example(data=b"GIF89a" + b"\0" * 7, kind="gif")
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_an_answer(data, kind):
    found = extent(data, kind)
    assert 0 <= found.end <= len(data)
    header_size(data, kind)
    sniff(data)


JPEG_TOKENS = st.sampled_from(
    [b"\xff\xd8", b"\xff\xd9", b"\xff\x00", b"\xff\xd3", b"\xff\xff", b"\xff", b"\x01\x02", b"\xff\xda\x00\x04ab", b"\xff\xfe\x00\x06\xff\xd9zz",
     b"\xff\xe1\x00\x03q", b"\xff\xc4\x00\x01", b"\xff\x01", b"\xff\xdb\x7f\xff", b"plain" * 200]
)  # fmt: skip


@given(tokens=st.lists(JPEG_TOKENS, max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_jpeg_walk_equals_its_slow_twin(tokens):
    data = b"\xff\xd8" + b"".join(tokens)
    found = extent(data, "jpeg")
    assert (found.end, found.whole) == jpeg_end(data)


@given(cut=st.floats(0.2, 1), place=st.floats(0.2, 1, exclude_max=True), value=st.binary(min_size=2, max_size=2))
@FEW
def test_the_jpeg_walk_equals_its_slow_twin_in_long_scans(cut, place, value):
    data = bytearray(encode(texture(1, (320, 240)), "jpeg", quality=95))
    at = int(place * len(data))
    data[at : at + 2] = value
    cut_off = bytes(data[: int(cut * len(data))])
    found = extent(cut_off, "jpeg")
    assert (found.end, found.whole) == jpeg_end(cut_off)


def test_scans_of_any_length_end_at_their_marker():
    head = b"\xff\xd8\xff\xda\x00\x02"
    for length in range(1200):
        data = head + b"x" * length + b"\xff\xd9"
        assert extent(data + b"y" * 50, "jpeg") == extents.Extent(len(data), whole=True)
        restarts = head + b"\xff\xd0" * length + b"\xff\xd9"
        assert extent(restarts, "jpeg") == extents.Extent(len(restarts), whole=True)


def test_a_thumbnail_in_exif_does_not_end_the_image():
    thumbnail = sample(0, 32, 32)
    plain = encode(astronaut().resize((200, 150)), "jpeg")
    segment = b"Exif\0\0" + thumbnail
    data = plain[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:]
    assert extent(data, "jpeg").end == len(data)
    assert header_size(data, "jpeg") == (200, 150)


def test_a_jpeg_may_say_its_lines_behind_the_scan():
    """T.81 B.2.5: the frame header then has zero, and a DNL segment follows the first scan."""
    data = encode(texture(1, (200, 152)), "jpeg")
    at = data.index(b"\xff\xc0") + 5
    lines, headless = data[at : at + 2], data[:at] + b"\0\0" + data[at + 2 :]
    said = headless[:-2] + b"\xff\xdc\0\x04" + lines + b"\xff\xd9"
    assert header_size(said, "jpeg") == header_size(data, "jpeg")
    assert extent(said, "jpeg") == extents.Extent(len(said), whole=True)
    assert Picture(said, "jpeg").image(200).tobytes() == Picture(data, "jpeg").image(200).tobytes()
    comment = headless.index(b"\xff\xc4")  # between frame header and scan: what it holds is no segment
    hidden = said[:comment] + b"\xff\xfe\0\x0c\xff\xda\0\0\xff\xdc\0\x04\0\1" + said[comment:]
    assert header_size(hidden, "jpeg") == header_size(data, "jpeg")
    assert header_size(headless[:-2] + b"\xff\xd9" + said[-8:], "jpeg") is None  # behind the end
    assert Picture(headless, "jpeg").problem == "image_no_size"
    assert Picture(said[:-3], "jpeg").problem == "image_no_size"


def test_an_image_cut_off_by_the_next_one_ends_there():
    first, second = sample(0), sample(1)
    found = extent(first[:-200] + second, "jpeg")
    assert (found.end, found.whole) == (len(first) - 200, False)


def test_a_bmp_that_declares_no_size_ends_where_its_pixels_do():
    data = bytearray(sample(6))
    data[2:6] = b"\0\0\0\0"
    assert extent(bytes(data), "bmp") == extents.Extent(len(data), whole=True)
    assert not extent(bytes(data[:-1]), "bmp").whole


def test_text_that_begins_like_a_bmp_is_none():
    assert sniff(b"BMW drives past the sales office every day, it says here") is None


def test_hostile_lengths_cost_no_time():
    """A run of fill bytes, tiny segments, chunks and blocks: linear, and ended by the step limit at the latest."""
    hostile = {
        "jpeg": b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_000_000,
        "png": extents.PNG_SIGNATURE + b"\0\0\0\0teSt\0\0\0\0" * 1_200_000,
        "gif": b"GIF89a" + b"\0" * 7 + b"\x21\xf9" + b"\x01x" * 2_000_000,
        "avif": b"\0\0\0\x10ftypavif\0\0\0\0" + b"\0\0\0\x08free" * 1_200_000,
    }
    with within(20):
        for kind, data in hostile.items():
            assert not extent(data, kind).whole
        assert not extent(b"\xff\xd8" + b"\xff" * 8_000_000, "jpeg").whole
        assert not extent(b"\xff\xd8\xff\xda\x00\x02" + b"\xff" * 8_000_000 + b"\0", "jpeg").whole


@ALL
def test_facts_of_whole_images(index):
    facts = inspect(sample(index), FORMATS[index][0])
    assert (facts.width, facts.height, facts.decodable, facts.problem) == (96, 64, True, "")
    assert len(facts.phash) == 16


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_truncated_jpeg_decodes_in_part(options):
    data = encode(astronaut(), "jpeg", **options)
    facts = inspect(data[: len(data) // 2], "jpeg")
    assert facts.decodable
    assert facts.problem.startswith("image_part?said=")
    assert (facts.width, facts.height) == (512, 512)


def test_the_shown_part_of_a_truncated_jpeg_is_the_picture():
    data = encode(astronaut(), "jpeg", quality=90)
    pixels = np.asarray(Picture(data[: len(data) * 3 // 4], "jpeg").image(512))
    whole = np.asarray(Image.open(io.BytesIO(data)))
    assert np.array_equal(pixels[:200], whole[:200])


def test_formats_without_a_decoder_say_so():
    heic = (
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
        b"\0\0\0\x20meta" + b"\0" * 4 + b"\0\0\0\x14ispe\0\0\0\0\0\0\x0f\xc0\0\0\x0b\xd0"
    )
    heic += b"\0\0\0\x0cmdatdata"
    assert sniff(heic) == "heic"
    assert header_size(heic, "heic") == (4032, 3024)
    assert extent(heic, "heic") == extents.Extent(len(heic), whole=True)
    facts = inspect(heic, "heic")
    assert (facts.decodable, facts.problem) == (False, "image_never")


def test_a_decompression_bomb_is_refused_by_its_header():
    side = 40_000
    ihdr = b"IHDR" + side.to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    body = b"IDAT" + zlib.compress(b"\0" * 1_000_000)
    data = extents.PNG_SIGNATURE
    for chunk in (ihdr, body, b"IEND"):
        data += (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    assert side * side > MAX_PIXELS
    facts = inspect(data, "png")
    assert facts.decodable is False
    assert facts.problem == "image_large?n=40000&m=40000"


def test_a_picture_of_many_scans_is_refused_before_it_is_decoded():
    """A scan of ten bytes costs the decoder a walk over all coefficients: 13 million of them fit into a file."""
    usual = encode(texture(1, (640, 480)), "jpeg", progressive=True)
    assert inspect(usual, "jpeg").decodable is True
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\0"
    with within(1):
        facts = inspect(usual[:-2] + scan * 100_000 + usual[-2:], "jpeg")
    assert facts.decodable is False
    scans = 100_000 + usual.count(b"\xff\xda")
    assert facts.problem == f"image_work?scans={scans}&n=640&m=480"


@pytest.mark.parametrize("scans", [1, 12])
def test_what_is_let_in_is_decoded_in_bounded_time(scans):
    usual = encode(texture(1, (640, 480)), "jpeg", progressive=True)
    scan = b"\xff\xda\0\x08\1\1\0\1\x3f\0"
    most = (MAX_SCAN_PIXELS // (640 * 480) - usual.count(b"\xff\xda")) // scans
    with within(10):
        assert inspect(usual[:-2] + scan * most + usual[-2:], "jpeg").decodable is True


def test_exif_is_read_and_turns_the_picture():
    image = astronaut().resize((120, 80))
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "ACME\0", "Cam\x07 5", 6
    exif.get_ifd(0x8769)[36867] = "2026:11:24 10:00:00"
    data = encode(image, "jpeg", exif=exif)
    facts = inspect(data, "jpeg")
    assert (facts.exif_make, facts.exif_model, facts.exif_time) == ("ACME", "Cam 5", "2026:11:24 10:00:00")
    assert (facts.width, facts.height) == (120, 80)
    picture = Picture(data, "jpeg")
    assert picture.image(320).size == (80, 120)
    assert picture.upright_size == (80, 120)


def test_the_perceptual_hash_follows_the_content():
    one = perceptual_hash(astronaut())
    same = perceptual_hash(Image.open(io.BytesIO(encode(astronaut().resize((300, 300)), "jpeg", quality=40))))
    other = perceptual_hash(texture(3))
    assert (int(one, 16) ^ int(same, 16)).bit_count() <= 4
    assert (int(one, 16) ^ int(other, 16)).bit_count() >= 16


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_every_colour_mode_decodes(mode):
    kind = "jpeg" if mode == "CMYK" else "png"
    image = (
        Image.fromarray(np.arange(40 * 50, dtype=np.uint16).reshape(40, 50) * 30)
        if mode == "I;16"
        else astronaut().resize((50, 40)).convert(mode)
    )
    pixels = np.asarray(Picture(encode(image, kind), kind).image(320))
    assert pixels.shape == (40, 50, 3)
    assert pixels.std() > 10


def test_large_pictures_are_reduced():
    image = Picture(encode(texture(0, (2600, 1304)), "png"), "png").image(5000)
    assert max(image.size) == 1280
    picture = Picture(encode(texture(0, (2560, 1440)), "jpeg"), "jpeg")
    assert [picture.image(side).size for side in (320, 160, 427)] == [(320, 180), (320, 180), (640, 360)]


def test_a_tiff_whose_strips_share_their_place_is_not_listed_again_and_again():
    """510 times the same two megabytes of numbers: some 700 million."""
    many = 1 << 20
    entries = struct.pack("<HHII", 273, 3, many, 8192) * 510
    head = b"II*\0" + struct.pack("<IH", 8, 510) + entries + bytes(4)
    data = head.ljust(8192, b"\0") + bytes(2 * many)
    with within(0.5):
        assert not extent(data, "tiff").whole
