"""Signed tokens: what they claim is read, whatever stands in it; what only looks so is none."""

from __future__ import annotations

import base64
import json

import pytest

from tests.content.samples import open_all, picture


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_pictures_and_documents_of_a_token() -> None:
    shot = picture()
    token = f"{part({'alg': 'HS256'})}.{part({'name': '张三', 'face': base64.b64encode(shot).decode()})}.c2ln".encode()
    found = {(leaf.kind, leaf.part.path) for leaf in open_all(token, content_type="application/jwt")}
    assert ("jpeg", "request body › jwt › json $.face › base64 › jpeg") in found
    assert {(kind, path) for kind, path in found if kind != "jpeg"} == {("json", "request body › jwt › json")}


@pytest.mark.parametrize(
    "text",
    [
        "eyJhbGciOiJub25lIn0.eyJhIjoxfQ",  # two parts
        "a.b.c",
        "eyJhbGciOiJub25lIn0.!!.x",
        f"{part({'a': 1})}.{part([1])}.x",  # claims are an object
        f"{part({'a': 1})}.{part({'a': 1})}.x and more",
    ],
)
def test_what_is_none(text: str) -> None:
    assert not any(" jwt " in leaf.part.path for leaf in open_all(text.encode(), content_type="text/plain"))
