"""What fields of dialects mean by the words of their names, and by what stays or changes; without a capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from netaudit.events.inference.context import Around
from netaudit.events.inference.inferred import Inferred, Picture
from netaudit.events.inference.inferring import infer
from netaudit.events.inference.learning import fields_of, named_after_devices
from netaudit.events.inference.messages import Route, RouteMessage, leaf
from netaudit.events.inference.times import when
from netaudit.events.inference.vocabulary import meaning_of, problems
from tests.spoken import number

if TYPE_CHECKING:
    from netaudit.events.inference.fields import Field
    from netaudit.events.inference.outlines import Leaf

NOON = 1_748_750_400_000_000_000
NAMES = ["张三", "李四", "王五", "赵六", "钱七", "孙八", "周九"]


def leaves(record: dict[str, Any], holder: str = "") -> list[Leaf]:
    out: list[Leaf] = []
    for key, value in record.items():
        path = f"{holder}.{key}" if holder else key
        if isinstance(value, dict):
            out += leaves(value, path)
        elif isinstance(value, bytes):
            out.append(leaf(path, key, "", value.hex()))
        else:
            out.append(leaf(path, key, str(value)))
    return out


def told(records: list[dict[str, Any]], path: str = "/up") -> list[RouteMessage]:
    route = Route("192.168.1.20", "47.96.1.20", False, "http", "POST", path)
    return [
        RouteMessage(f"m{at}", route, ("f", "up"), NOON + at * 10**9, at, "c", True, leaves(one))
        for at, one in enumerate(records)
    ]


def learned(records: list[dict[str, Any]]) -> dict[str, Field]:
    fields = fields_of(told(records))
    named_after_devices(fields)
    return fields


def meant(records: list[dict[str, Any]]) -> dict[str, str]:
    return {path: one.meaning for path, one in learned(records).items() if one.meaning}


def inferred(records: list[dict[str, Any]], face: str = "yes", *, reply: bool = False) -> list[Inferred]:
    fields = learned(records)
    shown = {one.sha256: Picture(face, 120, 120) for some in told(records) for one in some.pictures}
    said = told(records)
    for one in said:
        one.route = one.route._replace(reply=reply)
    return [event for one in said for event in infer(one, fields, Around(shown, {}, telling=True))]


def test_words_that_yaml_takes_for_something_else_are_told() -> None:
    assert problems() == []
    assert meaning_of("visitorNo", "x", ["name"]) != "time"
    assert meaning_of("panelNo", "AB12-0001") == "device"  # `no` in a list is a word


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("заводскойНомерУстройства", "585927292383", "device"), ("رقم_الجهاز", "NA29456139", "device"),
        ("读卡器编号", "AB12CD34", "device"), ("recorderId", "AB12CD34", "device"),
        ("процент_совпадения", "91,4 %", "score"), ("نسبة_التشابه", "72.43", "score"), ("얼굴유사율", "84.2", "score"),
        ("matchPct", "95.07", "score"), ("الاسم_الكامل", "ليلى البكري", "name"),
        ("libraryPersonName", "张三", "name"), ("نوع_الجهاز", "كاميرا", ""), ("likenessFloor", "60", ""),
    ],
)  # fmt: skip
def test_words_of_names(key: str, value: str, meaning: str) -> None:
    assert meaning_of(key, value) == meaning


def test_a_clock_before_its_date() -> None:
    said = when("13:00:32 30/05/2025", NOON)
    assert said is not None
    assert said == when("2025-05-30 13:00:32", NOON)


def test_the_one_number_that_every_message_repeats_is_its_device() -> None:
    records = [{"fkjbh": "114115915648", "xm": NAMES[at], "sfzh": number(at)} for at in range(6)]
    assert meant(records)["fkjbh"] == "device"
    assert "fkjbh" not in meant(records[:4])  # too few to teach
    several = [one | {"lxbh": "77120033"} for one in records]
    assert not {"fkjbh", "lxbh"} & meant(several).keys()  # which of the two is not known
    other = [{"appId": "114115915648", "xm": NAMES[at]} for at in range(6)]
    assert "appId" not in meant(other)


def test_what_is_another_one_in_each_message_is_no_device() -> None:
    records = [{"serialIdx": f"6b349c3d-c23b-69b0-def0-2f789596{at:04}", "xm": NAMES[at]} for at in range(6)]
    assert "serialIdx" not in meant(records)
    assert meant([one | {"deviceSn": f"DC77000{at}"} for at, one in enumerate(records)])["deviceSn"] == "device"


@pytest.mark.parametrize("value", ["application/json", "faceImg.jpg", "BATCH_SET"])
def test_a_constant_that_is_no_words_is_no_place(value: str) -> None:
    records = [{"k1": value, "k2": "Rooftop Gate", "xm": NAMES[at]} for at in range(6)]
    assert (meant(records).get("k1"), meant(records)["k2"]) == (None, "place")
    reasons = [{"visitReason": "看房", "xm": NAMES[at]} for at in range(6)]
    assert "visitReason" not in meant(reasons)


def test_one_element_is_what_several_are() -> None:
    route = told([{}])[0].route
    many = [
        RouteMessage(f"m{at}", route, ("f", "up"), NOON, at, "c", True, [
            leaf(f"flow.row[{one}].@spot", "@spot", "Rooftop Gate") for one in range(2)
        ])
        for at in range(5)
    ]  # fmt: skip
    one = RouteMessage("one", route, ("f", "up"), NOON, 9, "c", True, [leaf("flow.row.@spot", "@spot", "Rooftop Gate")])
    fields = fields_of([*many, one])
    assert {fields["flow.row[].@spot"].meaning, fields["flow.row.@spot"].meaning} == {"place"}


def test_a_name_that_stands_for_strangers_is_nobodys() -> None:
    known = [{"custName": NAMES[at], "sfzh": number(at), "p": bytes([at])} for at in range(5)]
    strangers = [{"custName": "nobody known", "p": bytes([100 + at])} for at in range(4)]
    events = inferred([*known, *strangers])
    assert [one.values.get("name") for one in events] == [*NAMES[:5], None, None, None, None]
    regular = [{"custName": "Maria Lopez", "sfzh": number(9), "p": bytes([100 + at])} for at in range(4)]
    assert [one.values.get("name") for one in inferred([*known, *regular])][5:] == ["Maria Lopez"] * 4


def test_the_phone_of_an_agent_is_not_that_of_the_customer() -> None:
    records = [
        {"kehu": {"xingming": NAMES[at], "sfz": number(at)}, "qudao": {"jingjiren": "周九", "dianhua": "12000001234"}}
        for at in range(6)
    ]
    assert all("phone" not in one.values and one.values["agent"] == "周九" for one in inferred(records))
    own = [one | {"lianxi": {"dianhua": f"1200000{at:04}"}} for at, one in enumerate(records)]
    assert [one.values["phone"] for one in inferred(own)] == [f"1200000{at:04}" for at in range(6)]


def test_vehicles_and_goods_are_nobodys_events() -> None:
    cars = [{"plateNo": f"皖A66A{at}2", "passTime": "2025-06-01 12:00:00", "carImage": bytes([at])} for at in range(6)]
    assert inferred(cars, "possible") == []
    assert len(inferred(cars, "yes")) == 6  # somebody is seen in it
    assert len(inferred([one | {"name": NAMES[at]} for at, one in enumerate(cars)], "possible")) == 6
    parcels = [
        {
            "orderNo": f"D{at}",
            "goods": {"sku": f"T{at}", "qty": "3"},
            "to": {"name": NAMES[at], "phone": f"1380013800{at}"},
        }
        for at in range(6)
    ]
    assert inferred(parcels) == []
    visits = [{"visitNo": f"D{at}", "to": {"name": NAMES[at], "phone": f"1380013800{at}"}} for at in range(6)]
    assert len(inferred(visits)) == 6


def test_a_person_with_a_number_is_told_whatever_the_score_is_called() -> None:
    records = [{"fio": NAMES[at], "sfzh": number(at), "stepenSkhodstva": f"9{at}.5"} for at in range(6)]
    assert {one.kind for one in inferred(records)} == {"comparison"}
    assert len(inferred([{"fio": NAMES[at], "sfzh": number(at), "score": f"9{at}.5"} for at in range(6)])) == 6
    assert inferred([{"fio": NAMES[at], "phone": f"1380013800{at}", "score": f"9{at}.5"} for at in range(6)]) == []


def test_an_envelopes_time_gives_way_to_that_of_the_event() -> None:
    records = [
        {"time": (NOON // 10**6) + at * 1000, "value": {"captureMs": NOON // 10**6 + at * 1000 - 2000, "xm": NAMES[at],
         "sfzh": number(at)}} for at in range(6)
    ]  # fmt: skip
    assert [one.shot_time for one in inferred(records)] == [NOON + at * 10**9 - 2 * 10**9 for at in range(6)]


def test_strangers_in_an_answer_are_events_too() -> None:
    records = [{"passTime": "2025-06-01 12:00:00", "sex": "F", "photo": bytes([at])} for at in range(6)]
    assert [one.kind for one in inferred(records, reply=True)] == ["retrieval"] * 6
    assert inferred([{"title": "News", "image": bytes([at])} for at in range(6)], reply=True) == []


def test_a_day_and_a_clock_in_fields_of_their_own_are_one_time() -> None:
    records = [
        {"fecha": "01/06/2025", "hora": f"12:00:0{at}", "nombre": NAMES[at], "dni": number(at)} for at in range(6)
    ]
    assert [one.shot_time is not None for one in inferred(records)] == [True] * 6


def test_a_device_and_a_number_are_known_in_rows_of_one_message() -> None:
    (some,) = told([{"TID": "x"}])
    some.leaves = [
        leaf(f"row[{at}].{key}", key, value)
        for at in range(6)
        for key, value in (("TID", "JI86418130"), ("PSX", "MF"[at % 2]), ("PNM", NAMES[at]), ("PZ", number(at)))
    ]
    fields = fields_of([some])
    assert {one.key: one.meaning for one in fields.values()} == {
        "TID": "device", "PSX": "gender", "PNM": "name", "PZ": "id_number",
    }  # fmt: skip


def test_an_order_number_of_a_day_that_has_not_come_is_nobodys() -> None:
    unborn = ["330106202906117535", "440303202906111245", "510104202906111839", "330106202906113729"]
    assert inferred([{"order": one} for one in unborn]) == []
    assert len(inferred([{"sfzh": number(at)} for at in range(4)])) == 4
