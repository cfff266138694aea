"""BSON: values of interest with their paths, exact ranges, and documents that lie."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.images import pictures
from tests.protocols.test_mongodb import binary, document, string

BSON = "application/bson"


def embedded(name, inner, kind=b"\x03"):
    return kind + name + b"\0" + inner


def found(data, **more):
    budget = Budget()
    part = Part(data=data, way=Way.of("body"), content_type=BSON, body_range=(0, len(data)), **more)
    return {leaf.part.path: leaf for leaf in unwrap(part, budget)}, budget


def test_binary_and_base64_values():
    picture = pictures.encode(pictures.texture(), "jpeg")
    others = (
        b"\x01d\0" + bytes(8), b"\x07_id\0" + bytes(12), b"\x08b\0\1", b"\x0an\0", b"\x0br\0a\0i\0", b"\x10i\0" + bytes(4), b"\x12l\0" + bytes(8),
        b"\x13e\0" + bytes(16), b"\xffm\0",
    )  # fmt: skip
    inner = document(string(b"name", b"x"), *others, binary(b"faceImage", picture))
    data = document(
        string(b"idImage", base64.b64encode(picture)),
        embedded(b"cursor", document(embedded(b"firstBatch", document(embedded(b"0", inner)), b"\x04"))),
    )
    leaves, _ = found(data + document(binary(b"old", picture)))
    assert [path for path in leaves if path.endswith("jpeg")] == [
        "body › bson $[0].idImage › base64 › jpeg",
        "body › bson $[0].cursor.firstBatch[0].faceImage › jpeg",
        "body › bson $[1].old › jpeg",
    ]
    leaf = leaves["body › bson $[0].cursor.firstBatch[0].faceImage › jpeg"]
    assert leaf.part.data == picture
    first, last = leaf.part.body_range
    assert data[first:last] == picture


def test_a_hole_beside_an_image_does_not_hurt_it():
    picture = pictures.encode(pictures.texture(), "jpeg")
    data = document(binary(b"a", picture), binary(b"b", picture))
    at = len(data) - 40
    leaves, _ = found(data[:at] + b"\0" + data[at + 1 :], missing=[(at, at + 1)])
    assert [leaf.part.complete for leaf in leaves.values() if leaf.kind == "jpeg"] == [True, False]


def test_depth_is_limited():
    data = document(binary(b"x", bytes(range(20))))
    for _ in range(1000):
        data = document(embedded(b"a", data))
    _, budget = found(data)
    assert "limit: bson depth" in budget.notes


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes(noise, at):
    data = bytearray(document(embedded(b"a", document(binary(b"x", bytes(40)))), string(b"s", b"y" * 80)))
    at = min(at, len(data))
    data[at : at + len(noise)] = noise
    leaves, _ = found(bytes(data))
    assert leaves
