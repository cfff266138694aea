"""A line of fields with a picture in it as text is longer than lines are read: its other fields are, all the same."""

from __future__ import annotations

import base64

import pytest

from netaudit.content.part import Leaf, Part
from netaudit.core.contracts.unwrapping_steps import Way
from netaudit.events.identity.from_unwrapping import personal

PICTURE = base64.b64encode(bytes(range(256)) * 24).decode()
FIELDS = {"name": "张三", "idCardNo": "11010519491231002X", "phone": "13800138000", "photo": PICTURE}


@pytest.mark.parametrize(
    "text",
    [
        ";".join(f"{key}={value}" for key, value in FIELDS.items()),
        "|".join(f"{key}:{value}" for key, value in FIELDS.items()),
        ",".join(FIELDS) + "\n" + ",".join(FIELDS.values()),
        "\t".join(FIELDS) + "\n" + "\t".join(FIELDS.values()),
        "{" + ",".join(f'["{key}"]="{value}"' for key, value in FIELDS.items()) + "}",
    ],
)
def test_who_stands_beside_a_picture(text: str) -> None:
    said = {one.kind: one.value for one in personal(Leaf(Part(text.encode(), way=Way.of("request body")), "text"))}
    assert said["id_number"] == "11010519491231002X"
    assert said["name"] == "张三"
