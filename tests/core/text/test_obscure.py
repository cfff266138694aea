"""What is in no writing that anybody would read is counted; words, documents and measured numbers are not."""

from __future__ import annotations

import base64
import gzip
import json
import random
from pathlib import Path

import pytest

from netaudit.content.budget import Budget
from netaudit.content.image_residue import confirm_end
from netaudit.content.part import Part
from netaudit.content.sniff import IMAGE_KINDS
from netaudit.content.unwrap import unwrap
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.core.text.obscure import LEAST, is_code, obscure
from tests.content.samples import picture
from tests.hostile.writings import WRITINGS

CHANCE = random.Random(5)
NOISE = CHANCE.randbytes(24_000).replace(b"\xff\xd8\xff", b"abc")
PICTURE = picture(seed=5)
CHINESE = "人脸识别设备在售楼处采集访客图像，并将其上传至云端服务器进行比对。工作人员可以查看到访记录与客户来源。" * 60


def counted(data, content_type="", **more):
    budget = Budget()
    part = Part(data=data, way=Way.of("body"), content_type=content_type, body_range=(0, len(data)), **more)
    for leaf in unwrap(part, budget):
        if leaf.kind in IMAGE_KINDS:
            confirm_end(leaf)
    return budget.obscure


@pytest.mark.parametrize("name", WRITINGS)
def test_noise_in_any_writing_is_counted(name):
    body, kind = WRITINGS[name](random.Random(1), NOISE)
    assert counted(body, kind) >= len(NOISE) * 0.7


ORDINARY = {
    "english": (Path(__file__).parents[3] / "CONTRIBUTING.md").read_bytes(),
    "a program": (Path(__file__).parents[3] / "netaudit" / "findings" / "ledgers.py").read_bytes(),
    "chinese": CHINESE.encode(),
    "chinese in GB 18030": CHINESE.encode("gb18030"),
    "chinese in UTF-16": CHINESE.encode("utf-16"),
    "chinese with escapes": json.dumps({"text": CHINESE}).encode(),
    "measurements": json.dumps([{"t": 1606377600 + k, "v": CHANCE.randrange(3000) / 100} for k in range(900)]).encode(),
    "rows": "\n".join(f"2026-11-{k % 28 + 1:02d} 10:{k % 60:02d}:07,{k % 99},{k % 7}" for k in range(900)).encode(),
    "places": json.dumps([[CHANCE.random() * 180, CHANCE.random() * 90] for _ in range(900)]).encode(),
    "numbers of telephones": "\n".join(str(13_000_000_000 + CHANCE.randrange(10**9)) for _ in range(900)).encode(),
    "ids": json.dumps([{"uuid": CHANCE.randbytes(16).hex(), "state": "active", "name": "one"} for _ in range(900)]).encode(),
    "nothing": bytes(60_000),
    "one letter": b"A" * 60_000,
}  # fmt: skip


@pytest.mark.parametrize("name", ORDINARY)
def test_what_people_and_programs_write_is_not(name):
    assert len(ORDINARY[name]) > LEAST
    assert counted(ORDINARY[name]) == 0


UNDERSTOOD = {
    "a picture": PICTURE,
    "base64": base64.b64encode(PICTURE * 4),
    "base64 in JSON": json.dumps({"a": base64.b64encode(PICTURE).decode(), "b": "words"}).encode(),
    "base32": base64.b32encode(PICTURE),
    "a form": b"a=1&b=" + base64.b64encode(PICTURE).replace(b"+", b"%2B").replace(b"/", b"%2F"),
    "packed": gzip.compress(json.dumps({"a": base64.b64encode(PICTURE).decode()}).encode()),
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_was_opened_is_not(name):
    assert counted(UNDERSTOOD[name]) == 0


def test_noise_beside_a_picture_is_counted_without_it():
    assert len(NOISE) * 0.9 <= counted(PICTURE[:0] + b"\0" * 8 + PICTURE + NOISE) <= len(NOISE) * 1.3


def test_a_gap_is_nothing_that_was_sent():
    text = ORDINARY["english"]
    holed = text[:4000] + bytes(4000) + text[8000:]
    assert counted(holed, missing=[(4000, 8000)]) == 0


def test_the_least():
    assert obscure(NOISE[: LEAST - 1]) == 0
    assert obscure(NOISE[:LEAST]) == LEAST


def test_halves_of_characters_are_bytes_and_whole_ones_are_letters():
    halves = "".join(f"\\u{random.Random(k).randrange(0xD800, 0xDC00):04x}" for k in range(2000)).encode()
    assert obscure(halves) >= 0.9 * len(halves)
    assert obscure(b"\\ud800" * 2000) == 0  # it says nothing
    assert is_code(halves[:120])
    text = json.dumps("我们今天很高兴😀" * 300).encode()
    assert obscure(text) == 0
