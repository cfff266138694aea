"""Files of several messages put together, and codings taken off, by the second derivation alone."""

from __future__ import annotations

import brotli
import pytest
import zstandard

from netaudit.evidence.crosscheck.http1 import Sent, joined, messages
from netaudit.evidence.crosscheck.reassembly import Piece, Run

WHOLE = bytes(range(256)) * 40


def sent(body: bytes, frame: int, span=None, target="/up", content_type="image/jpeg") -> Sent:
    return Sent(content_type, body, frame, frame, True, span, target)


def test_ranges_are_joined_in_any_order_and_with_overlaps():
    size = len(WHOLE)
    pieces = [sent(WHOLE[6000:], 1, (6000, size - 1, size)), sent(WHOLE[:6500], 2, (0, 6499, size))]
    assert next(joined(pieces)) == WHOLE


@pytest.mark.parametrize("first", [6001, 7000])
def test_a_hole_between_ranges_gives_no_file(first):
    size = len(WHOLE)
    pieces = [sent(WHOLE[first:], 1, (first, size - 1, size)), sent(WHOLE[:6000], 2, (0, 5999, size))]
    assert WHOLE not in list(joined(pieces))


def test_part_numbers_win_over_the_order_of_packets():
    pieces = [sent(WHOLE[5000:], 1, target="/o?partNumber=2"), sent(WHOLE[:5000], 9, target="/o?partNumber=1&x=1")]
    assert WHOLE in list(joined(pieces))


def test_forms_give_their_largest_part():
    def form(data: bytes) -> bytes:
        return b'--x\r\nContent-Disposition: form-data; name="n"\r\n\r\n1\r\n--x\r\nContent-Disposition: form-data; name="f"\r\nContent-Type: image/jpeg\r\n\r\n' + data + b"\r\n--x--\r\n"  # fmt: skip

    kind = "multipart/form-data; boundary=x"
    data = WHOLE.replace(b"\r", b"r").replace(b"\n", b"n")
    pieces = [sent(form(data[:4000]), 1, content_type=kind), sent(form(data[4000:]), 2, content_type=kind)]
    assert data in list(joined(pieces))


@pytest.mark.parametrize("pieces", [[], [sent(WHOLE, 1)]])
def test_one_message_is_no_joined_file(pieces):
    assert list(joined(pieces)) == []


@pytest.mark.parametrize(
    ("coding", "packed"),
    [("br", brotli.compress(WHOLE)), ("zstd", zstandard.compress(WHOLE)), ("gzip, br", None)],
)
def test_brotli_and_zstandard_are_taken_off(coding, packed):
    if packed is None:
        import gzip

        packed = brotli.compress(gzip.compress(WHOLE))
    head = f"PUT /a HTTP/1.1\r\nContent-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    data = head + packed
    (told,) = messages(Run(data, [Piece(0, len(data), 7)], conflict=False))
    assert (told.body, told.sound, told.target) == (WHOLE, True, "/a")
    cut = head + packed[:-3] + b"???"
    (damaged,) = messages(Run(cut, [Piece(0, len(cut), 7)], conflict=False))
    assert not damaged.sound or damaged.body != WHOLE
