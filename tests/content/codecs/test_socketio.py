"""Packets of Socket.IO: the JSON behind their digits; other digits are none."""

from __future__ import annotations

import base64
import json

import pytest

from tests.content.samples import open_all, picture

EVENT = json.dumps(["face", {"name": "张三", "photo": base64.b64encode(picture()).decode()}], ensure_ascii=False)


@pytest.mark.parametrize("head", ["42", "2", "451-", "42/desk,", "42/desk,17", "4213"])
def test_the_json_behind_the_digits(head: str) -> None:
    found = {(leaf.kind, leaf.part.path) for leaf in open_all(f"{head}{EVENT}".encode())}
    assert ("jpeg", "request body › socket.io › json $[1].photo › base64 › jpeg") in found


@pytest.mark.parametrize("text", ["42", "3probe", '20260601 {"a": 1}', "42[1,2,3]", "12345", '7["a"]'])
def test_other_digits(text: str) -> None:
    assert not any("socket.io" in leaf.part.path for leaf in open_all(text.encode()))
