"""A message with one more field of a person is never reported as less than the message without it."""

from __future__ import annotations

import base64
import copy
import random
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from tests.site import face
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = 60
WRONG = number(8)[:-1] + ("1" if number(8)[-1] != "1" else "2")
FIELDS: dict[str, list[Any]] = {
    "name": ["张三", "李小明"],
    "customerName": ["王五", "Li Xiaoming"],
    "mobile": ["13800138000", "13912345678", "123"],
    "idNumber": ["11010519491231002X", number(8), WRONG, "330106961110246", "E12345678", "12", ""],
    "idCardNo": ["110105194912310021", number(9)],
    "cardNo": ["330106961110246", "6222021234567890"],
    "birthday": ["1988-03-12"],
    "address": ["浙江省杭州市西湖区文三路1号"],
    "faceImage": [base64.b64encode(face(1)).decode()],
    "orderNo": ["990101199001010019", "A-17"],
    "score": [0.91],
    "contact": [{"name": "赵六", "mobile": "13800138001"}, {"idNumber": WRONG}],
    "friends": [[{"name": "孙七", "idcard": number(10)}, {"name": "周八"}]],
}


def documents(chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document, and the same with one more field, on top or in an object within it."""
    names = chance.sample(sorted(FIELDS), chance.randint(1, 5))
    short = {name: copy.deepcopy(chance.choice(FIELDS[name])) for name in names}
    long = copy.deepcopy(short)
    within = [one for one in long.values() if isinstance(one, dict)]
    place = chance.choice([long, *within])
    name = chance.choice(sorted(FIELDS.keys() - place.keys()))
    place[name] = copy.deepcopy(chance.choice(FIELDS[name]))
    return short, long


def reported(row: dict[str, Any]) -> dict[str, int]:
    return {
        "images": row["images"],
        "records": row["records"] + row["contacts"],
        "people": row["persons"],
        "named": row["records_named"],
        "with phone": row["records_with_phone"],
        "with face": row["records_with_face"],
    }


@pytest.mark.parametrize("seed", range(4))
def test_one_more_field_never_makes_less_of_a_message(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    capture, pairs = Capture(), [documents(chance) for _ in range(PAIRS)]
    for place, pair in enumerate(pairs):
        for which, document in enumerate(pair):
            capture.talk("192.168.1.30", f"47.96.{which}.{place + 1}", (request("POST", "/v", document), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case")
    found: dict[str, dict[str, int]] = {}
    for row in case.table("findings").to_pylist():
        total = found.setdefault(row["receiver"], {})
        for name, count in reported(row).items():
            total[name] = total.get(name, 0) + count
    assert found
    for place, (short, long) in enumerate(pairs):
        before, after = (found.get(f"47.96.{which}.{place + 1}", {}) for which in (0, 1))
        less = {name: (count, after.get(name, 0)) for name, count in before.items() if count > after.get(name, 0)}
        assert not less, (less, {**short, "faceImage": "…"}, {**long, "faceImage": "…"})
