"""Biometric templates: which numbers are some, by what that is known, and what resembles them and is none."""

from __future__ import annotations

import base64
import json
import math
import random
import struct

import pytest

from netaudit.content.budget import Budget, Patience
from netaudit.content.part import Part
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity.from_unwrapping import personal, settled
from netaudit.events.identity.templates import in_bytes

CHANCE = random.Random(20250601)


def vector(size: int, scale: float = 1.0) -> list[float]:
    """Numbers as a network gives them: spread evenly on a sphere."""
    drawn = [CHANCE.gauss(0, 1) for _ in range(size)]
    length = math.sqrt(sum(one * one for one in drawn))
    return [round(scale * one / length, 6) for one in drawn]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def floats(numbers: list[float], kind: str = "f") -> bytes:
    return struct.pack(f"<{len(numbers)}{kind}", *numbers)


def noise(size: int) -> bytes:
    return bytes(CHANCE.randrange(256) for _ in range(size))


def varint(number: int) -> bytes:
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def protobuf(*fields: bytes) -> bytes:
    return b"".join(varint(at << 3 | 2) + varint(len(one)) + one for at, one in enumerate(fields, 1))


def found(body: object, head: str = "", *, known: bool = False, pictured: bool = False) -> list[tuple[str, str]]:
    """What is said of each template in a body, and by what it is known."""
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    kind = "application/x-www-form-urlencoded" if data.startswith(b"face_feature=") else ""
    part = Part(data, Way.read("request body"), content_type=kind, body_range=(0, len(data)))
    said = [("", one) for leaf in unwrap(part, Budget.of(len(data), Patience())) for one in personal(leaf)]
    rows = [one for _, one in settled(said, head, known=known, pictured=pictured)]
    return [(one.value.rpartition(" ")[0], one.certainty) for one in rows if one.kind == "biometric"]


@pytest.mark.parametrize("size", [128, 256, 512, 1024])
@pytest.mark.parametrize(
    "spell",
    [
        lambda v: v,
        lambda v: ",".join(map(str, v)),
        lambda v: "[" + ", ".join(map(str, v)) + "]",
        lambda v: " ".join(map(str, v)),
        lambda v: b64(floats(v)),
        lambda v: b64(floats(v, "e")),
        lambda v: b64(floats(v, "d")),
        lambda v: floats(v).hex(),
    ],
    ids=["list", "commas", "list as text", "spaces", "float32", "float16", "float64", "hex"],
)
def test_numbers_in_every_spelling(size: int, spell) -> None:
    said = spell(vector(size))
    assert found({"faceFeature": said}) == [(f"{size} numbers", "named")]
    assert found({"face": {"feature": said}}) == [(f"{size} numbers", "named")]
    assert found({"faceId": "77", "feature": said}) == [(f"{size} numbers", "beside")]
    assert found({"feature": said}) == [(f"{size} numbers", "shape")]


@pytest.mark.parametrize(
    "body",
    [
        {"faceFeature": [round(127 * one) for one in vector(512, 8)]},
        {"face_embedding": vector(512, 20)},
        {"faces": [{"box": [1, 2, 3, 4], "embedding": vector(128)}]},
        {"features": {"rltz": b64(noise(1024))}},
        {"FingerTemplate": b64(noise(600))},
        {"人脸特征值": b64(noise(1024))},
        {"FeatureInfoObject": {"Vendor": "a", "AlgorithmVersion": "1", "FeatureData": b64(noise(520))}},
        b"<F><FeatureInfoObject><FeatureData>" + b64(noise(520)).encode() + b"</FeatureData></FeatureInfoObject></F>",
        b"face_feature=" + b64(floats(vector(256))).replace("+", "%2B").replace("/", "%2F").encode() + b"&sn=1",
    ],
)
def test_what_a_name_says(body: object) -> None:
    assert [certainty for _, certainty in found(body)] == ["named"]


@pytest.mark.parametrize("mark", [b"FMR\0 20\0", b"FAC\x00010\0", b"MSS21"])
def test_a_mark_of_its_own(mark: bytes) -> None:
    assert [certainty for _, certainty in found({"x": b64(mark + noise(500))})] == ["checked"]


def test_points_of_a_face() -> None:
    points = [{"x": 10.5 * n, "y": 3.25 * n} for n in range(72)]
    assert found({"face_list": [{"face_token": "a", "landmark72": points}]}) == [("landmarks, 72 points", "named")]
    assert found({"landmarks": points}) == [("landmarks, 72 points", "shape")]
    assert found({"landmarks": [{"name": "塔", "x": 1}, {"name": "桥", "x": 2}]}) == []


def test_bytes_without_a_name() -> None:
    assert found(floats(vector(512))) == [("512 numbers", "shape")]


@pytest.mark.parametrize("size", [128, 512])
def test_numbers_in_a_column_each(size: int) -> None:
    two = [vector(size), vector(size)]
    headings = [f"e{n}" for n in range(size)], [f"feature_{n + 1}" for n in range(size)]
    for heading, head in zip(headings, ("/face_encodings.csv", ""), strict=True):
        lines = [",".join(["name", *heading]), *(f"张三{n}," + ",".join(map(str, one)) for n, one in enumerate(two))]
        assert found("\n".join(lines).encode(), head) == [(f"{size} numbers", "named" if head else "shape")] * 2
        bare = "\n".join(lines[1:]).encode()
        assert found(bare, "/face/list.csv") == [(f"{size} numbers", "named")] * 2
    assert found({"faceFeature": dict(enumerate(two[0]))}) == [(f"{size} numbers", "named")]
    prices = "\n".join(",".join(str(n * k % 97 / 4) for n in range(128)) for k in range(1, 4))
    assert found(prices.encode(), "/face/list.csv") == []


def test_what_a_message_is_about_tells_the_rest() -> None:
    line = f"BIODATA Pin=1\tNo=0\tIndex=0\tType=9\tMajorVer=58\tFormat=0\tTmp={b64(noise(500))}\n".encode()
    assert found(line) == []
    assert found(line, known=True) == found(line, "/iclock/cdata?SN=1&table=BIODATA") == [("500 bytes", "named")]
    assert found({"feature": b64(noise(512))}, pictured=True) == [("512 bytes", "shape")]
    assert found({"k": vector(512)}, "/face/register") == [("512 numbers", "named")]


BENIGN = {
    "sine": {"deviceId": "1", "userId": "4", "values": [round(math.sin(n / 5), 4) for n in range(256)]},
    "audio": {"userId": "4", "pcm": [round(3000 * math.sin(n / 7) + CHANCE.gauss(0, 200)) for n in range(512)]},
    "chart": {"personId": "x", "values": [CHANCE.randrange(100) for _ in range(128)]},
    "way": {"userId": "4", "path": [at for n in range(128) for at in (113.1 + n / 1000, 22.5 + n / 500)]},
    "temperatures": {"faceId": "4", "t": [round(22 + CHANCE.gauss(0, 1), 2) for _ in range(256)]},
    "heart": {"userId": 1, "ecg": [round(math.exp(-((n % 64 - 20) ** 2) / 8) - 0.1, 3) for n in range(512)]},
    "random walk": {"userId": 1, "dx": [round(sum(math.sin(k) for k in range(n)), 3) for n in range(256)]},
    "equal": {"faceFeature": [0] * 512},
    "other sizes": {"object": "list", "data": [{"embedding": vector(1536)}]},
    "token": {"faceToken": b64(noise(300))},
    "device": {"deviceFingerprint": b64(noise(900)), "userId": 1},
    "no face in it": {"interfaceTemplate": b64(noise(900)), "surfaceModel": b64(noise(900))},
    "text": {"faceTemplate": b64(b"Dear visitor, welcome to our office. " * 20)},
    "picture": {"faceFeature": b64(b"\xff\xd8\xff\xe0" + noise(900))},
    "short": {"feature": [1, 0, 1], "features": ["a", "b"], "template": "welcome.html"},
    "histogram": {"userId": 5, "histogram": [CHANCE.randrange(5000) for _ in range(256)]},
}


@pytest.mark.parametrize("name", BENIGN)
def test_ordinary_numbers_are_none(name: str) -> None:
    assert found(BENIGN[name]) == []


def test_vectors_of_texts_have_the_form_alone() -> None:
    answer = {"object": "list", "data": [{"embedding": vector(1024), "index": 0}], "model": "bge-m3"}
    assert found(answer) == [("1024 numbers", "shape")]


@pytest.mark.parametrize("body", [b"\x00" * 2048, b"\xff" * 2048, floats([math.nan] * 128), noise(2048), noise(512)])
def test_hostile_bytes_are_none(body: bytes) -> None:
    assert found(body) == []


def test_runs_of_spaces_take_no_time() -> None:
    text = "1" + (" " * 400 + "1") * 40 + " " * 20_000 + "x"
    assert found({"feature": text}) == []


def test_huge_numbers_end_nothing() -> None:
    assert found(b'{"faceFeature": [' + b", ".join([b"9" * 400] * 128) + b"]}") == []


def test_what_begins_as_a_face_and_is_none() -> None:
    for name in ("facetsVector", "facebookFeature", "typefaceEmbedding", "prefaceVector"):
        assert not [one for one in found({name: list(range(128))}) if "named" in one]


def test_a_field_that_holds_nothing_is_no_template() -> None:
    """Cards without fingerprints have zeros where they would be."""
    for data in (bytes(1024), b"\xff" * 512, bytes(range(8)) * 64):
        assert list(in_bytes(data, "card.fingerprint", lambda _: "opaque")) == []
