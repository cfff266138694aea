"""Base64 of which a picture was made is none of its document's words; whatever else stands there is."""

from __future__ import annotations

import base64
import textwrap

import pytest

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.scalars import beside_pictures
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.content.samples import picture

PICTURE = picture(seed=11, size=(120, 90))
LETTERS = base64.b64encode(PICTURE)
FOLDED = "\r\n".join(textwrap.wrap(LETTERS.decode(), 76)).encode()
URI = b"data:image/jpeg;base64,"
WRITTEN = {
    "form": (b"a=11010519491231002X&photo=%s&b=2", LETTERS.replace(b"+", b"%2B").replace(b"/", b"%2F")),
    "xml": (b"<e><id>11010519491231002X</id><photo>%s</photo></e>", LETTERS),
    "xml in lines": (b"<e><photo>\r\n%s\r\n</photo><id>1</id></e>", FOLDED),
    "json": (b'{"photo":"%s","id":"11010519491231002X"}', LETTERS.replace(b"/", b"\\/")),
    "data uri": (b"<e><photo>" + URI + b"%s</photo></e>", LETTERS),
}


def documents(body: bytes):
    part = Part(data=body, way=Way.of("request body"), body_range=(0, len(body)))
    found = list(unwrap(part, Budget()))
    assert [leaf.part.data for leaf in found if leaf.kind == "jpeg"] == [PICTURE]
    return [leaf for leaf in found if leaf.kind != "jpeg"]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_stands_beside_a_picture_is_all_but_its_letters(name) -> None:
    around, letters = WRITTEN[name]
    (leaf,) = documents(around % letters)
    left = beside_pictures(leaf)
    assert LETTERS[100:160] not in b"".join(left.split())
    assert b"".join(left.split()) == b"".join((around % b"").split())


def test_what_holds_more_than_a_picture_stays() -> None:
    inner = b'{"id":"11010519491231002X","photo":"' + LETTERS + b'"}'
    outer, held = documents(b"<e><body>" + base64.b64encode(inner) + b"</body></e>")[::-1]
    assert base64.b64encode(inner) in beside_pictures(outer)
    assert b"11010519491231002X" in beside_pictures(held)


def test_letters_that_are_cut_stay() -> None:
    part = Part(
        data=b"a=1&photo=" + LETTERS[:4000], way=Way.of("request body"), unknown_from=4010, body_range=(0, 4010)
    )
    (leaf,) = [one for one in unwrap(part, Budget()) if one.kind == "form"]
    assert beside_pictures(leaf) == part.data
