"""Files written by uuencode: found in texts, whole or cut, several in one."""

from __future__ import annotations

import binascii

import pytest

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.images.pictures import astronaut, encode

PICTURE = encode(astronaut().resize((96, 96)), "jpeg")


def written(data: bytes, name: str = "face.jpg", newline: bytes = b"\n") -> bytes:
    lines = [binascii.b2a_uu(data[at : at + 45]).rstrip(b"\n") for at in range(0, len(data), 45)]
    return newline.join([b"begin 644 " + name.encode(), *lines, b"`", b"end", b""])


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"Hello,\n\nsee the picture.\n"])
def test_a_picture_is_found_with_its_name(newline: bytes, before: bytes) -> None:
    part = Part(before + written(PICTURE, newline=newline), Way.of("request body"), content_type="text/plain")
    (found,) = [leaf for leaf in unwrap(part, Budget()) if leaf.kind == "jpeg"]
    assert (found.part.data, found.part.name, found.part.complete) == (PICTURE, "face.jpg", True)
    assert found.part.path == "request body › uuencode face.jpg › jpeg"


def test_two_files_and_one_that_is_cut() -> None:
    data = written(PICTURE, "a.jpg") + written(PICTURE[:-600] + bytes(600), "b.jpg")[:3000]
    found = [leaf for leaf in unwrap(Part(data, Way.of("request body")), Budget()) if leaf.kind == "jpeg"]
    assert [(leaf.part.name, leaf.part.complete) for leaf in found] == [("a.jpg", True), ("b.jpg", False)]
