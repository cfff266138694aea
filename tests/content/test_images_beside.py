"""Images in writings of no format, and in the rest of what codecs opened."""

from __future__ import annotations

import gzip

import pytest

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.content.samples import picture

PICTURE, OTHER = picture(seed=5), picture(seed=6)


def pictures(data, content_type=""):
    part = Part(data=data, way=Way.of("body"), content_type=content_type, body_range=(0, len(data)))
    return [leaf.part.data for leaf in unwrap(part, Budget()) if leaf.kind == "jpeg"]


PLACES = {
    "behind a long text": b"plain text, line after line\r\n" * 100 + PICTURE,
    "behind a mark of UTF-16": b"\xff\xfe" + PICTURE,
    "behind the first bytes of an archive": b"Rar!\x1a\x07\x00" + PICTURE,
    "behind the first bytes of a GIF": b"GIF89a" + bytes(40) + PICTURE,
    "behind the end of a message": gzip.compress(b"{}")[:4] + bytes(70) + PICTURE,
}


@pytest.mark.parametrize("name", PLACES)
def test_an_image_behind_something_else(name):
    assert PICTURE in pictures(PLACES[name])


def test_two_images_in_one_body_and_one_in_another():
    assert pictures(PICTURE + OTHER)[1:] == [OTHER]
    inside = PICTURE[:2] + b"\xff\xe1" + (len(OTHER) + 8).to_bytes(2, "big") + b"Exif\0\0" + OTHER + PICTURE[2:]
    assert pictures(inside) == [inside, OTHER]


def test_an_image_in_front_of_the_parts_of_a_form():
    part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURE + b"\r\n--b--\r\n"
    front = b"x" + OTHER + b"\r\n"
    assert sorted(pictures(front + part, "multipart/form-data; boundary=b")) == sorted([OTHER, PICTURE])


def test_no_image_is_given_twice():
    part = b"--b\r\nContent-Type: image/jpeg\r\n\r\n" + PICTURE + b"\r\n--b--\r\n"
    assert pictures(part, "multipart/form-data; boundary=b") == [PICTURE]
