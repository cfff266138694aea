"""gRPC and protocol buffers without a schema: images at any depth, cut over messages, compressed, and messages that lie."""

from __future__ import annotations

import base64
import gzip

from hypothesis import given, settings
from hypothesis import strategies as st

from netaudit.content.budget import Budget
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from tests.images import pictures

GRPC = "application/grpc+proto"
PICTURE = pictures.encode(pictures.texture(), "jpeg")


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def grpc(message, flag=0):
    return bytes([flag]) + len(message).to_bytes(4, "big") + message


def found(data, content_type=GRPC, **more):
    budget = Budget()
    part = Part(data=data, way=Way.of("body"), content_type=content_type, body_range=(0, len(data)), **more)
    return {leaf.part.path: leaf for leaf in unwrap(part, budget)}, budget


def images(leaves):
    return {path: leaf for path, leaf in leaves.items() if leaf.kind == "jpeg"}


def test_nested_image_with_its_place():
    message = field(1, 150) + field(2, b"camera 7") + field(3, field(1, field(4, PICTURE) + field(5, 9)))
    message += b"\x31" + bytes(8) + b"\x3d" + bytes(4)
    data = grpc(message)
    leaves, _ = found(data)
    ((path, leaf),) = images(leaves).items()
    assert path == "body › grpc[0] › protobuf 3.1.4 › jpeg"
    assert leaf.part.data == PICTURE
    assert leaf.part.complete
    start, end = leaf.part.body_range
    assert data[start:end] == PICTURE


def test_several_messages_and_base64_text():
    data = grpc(field(1, PICTURE)) + grpc(field(7, base64.b64encode(PICTURE)))
    leaves, _ = found(data)
    assert [leaf.part.data for leaf in images(leaves).values()] == [PICTURE, PICTURE]


def test_image_cut_over_messages():
    pieces = [PICTURE[i : i + 700] for i in range(0, len(PICTURE), 700)]
    leaves, _ = found(b"".join(grpc(field(1, field(2, piece))) for piece in pieces))
    assert [leaf.part.data for leaf in images(leaves).values()] == [PICTURE]
    leaves, _ = found(b"".join(grpc(field(1, field(2, piece))) for piece in pieces[:-1]))
    assert all(not leaf.part.complete for leaf in images(leaves).values())


def test_compressed():
    leaves, _ = found(grpc(gzip.compress(field(1, PICTURE)), 1))
    assert [leaf.part.data for leaf in images(leaves).values()] == [PICTURE]


def test_declared_protobuf_without_grpc():
    leaves, _ = found(field(2, PICTURE), "application/x-protobuf")
    assert next(iter(images(leaves))) == "body › protobuf 2 › jpeg"


def test_cut_image_is_not_whole():
    data = grpc(field(1, PICTURE))[:-50]
    leaves, _ = found(data, unknown_from=len(data))
    (leaf,) = images(leaves).values()
    assert not leaf.part.complete


def test_depth_ends_in_a_limit():
    message = field(1, PICTURE)
    for _ in range(100):
        message = field(1, message)
    _, budget = found(grpc(message))
    assert "limit: protobuf depth" in budget.notes


def test_many_fields_end_in_a_limit():
    _, budget = found(grpc(field(1, 1) * 100_000))
    assert "limit: parts" in budget.notes


@given(st.binary(max_size=300), st.sampled_from([GRPC, "application/protobuf"]))
@settings(max_examples=80, deadline=None)
def test_any_bytes(data, content_type):
    leaves, _ = found(data, content_type)
    assert bool(leaves) == bool(data)
    found(grpc(data) + data, content_type)
