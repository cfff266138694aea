"""Dialects that nobody described: what is inferred of them, what is not, and that nothing else rests on it."""

from __future__ import annotations

import base64
import datetime
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import netaudit
from netaudit.core.contracts.judgements import MESSAGES_CUT
from netaudit.events.inference import messages
from netaudit.events.inference.messages import target_form
from tests.content.samples import picture
from tests.processor_time import within
from tests.spoken import WEIGHTS, Capture, number, reply, request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

CAM, CLOUD = "192.168.1.20", "47.96.1.20"
NAMES = ["张三", "李四", "王五", "赵六", "钱七", "孙八", "周九", "吴十"]
START = datetime.datetime(2025, 6, 1, 10, 13, 20, tzinfo=datetime.UTC)  # the capture's clock, as China writes it


def shown(place: int) -> str:
    return base64.b64encode(picture(seed=place + 1, size=(60, 60))).decode()


def named(place: int) -> dict[str, Any]:
    """A record whose keys say what they are, in a dialect of initials."""
    at = START + datetime.timedelta(seconds=place)
    return {
        "sbbh": "GATE-0007", "azwz": "一号案场东门", "zpsj": f"{at:%Y-%m-%d %H:%M:%S}", "khxm": NAMES[place],
        "sfzh": number(place), "xsd": 0.81 + place / 100, "xb": "男", "rlzp": shown(place), "wd": 36.4 + place / 10,
    }  # fmt: skip


def bare(place: int) -> dict[str, Any]:
    """One whose keys say nothing."""
    at = START + datetime.timedelta(seconds=place)
    return {
        "k1": f"{at:%Y%m%d%H%M%S}", "k2": "售楼处大厅", "k3": "GATE-0007", "k4": NAMES[place], "k5": number(place),
        "k6": [0.91, 0.87, 0.66, 0.95, 0.73, 0.84, 0.79, 0.9][place], "k7": shown(place), "k8": 120 + place,
    }  # fmt: skip


def audited(
    tmp_path: Path, make: Callable[[int], object], times: int = 8, path: str = "/gw/GATE-0007/up", **more: Any
) -> Case:
    capture = Capture()
    for place in range(times):
        capture.talk(CAM, CLOUD, (request("POST", path, make(place)), reply()))
    file = capture.write(tmp_path / "a.pcap")
    return netaudit.audit(file, tmp_path / "case", faces=False, inside=["192.168.0.0/16"], **more)


def clear(case: Case) -> dict[str, dict[str, str]]:
    rows = pq.read_table(case.folder / "private" / "events.parquet").to_pylist()
    out: dict[str, dict[str, str]] = {}
    for row in rows:
        out.setdefault(row["event_id"], {})[row["field"]] = row["value_clear"]
    return out


@pytest.mark.parametrize(("make", "place"), [(named, "一号案场东门"), (bare, "售楼处大厅")])
def test_events_of_a_dialect_that_nobody_described(tmp_path: Path, make: Callable[[int], object], place: str) -> None:
    case = audited(tmp_path, make)
    rows = case.table("events").to_pylist()
    assert len(rows) == 8
    assert {(row["standing"], row["kind"], row["document"], row["sender"]) for row in rows} == {
        ("inferred", "comparison", "", CAM)
    }
    said = clear(case)
    for at, row in enumerate(sorted(rows, key=lambda row: row["first_ts"])):
        one = said[row["event_id"]]
        assert one["person.id_number"] == number(at)
        assert one["person.name"] == NAMES[at]
        assert (one["device"], one["place"]) == ("GATE-0007", place)
        assert row["score"] == pytest.approx(make(at)["xsd" if make is named else "k6"])
        assert row["shot_time"] == START + datetime.timedelta(seconds=at, hours=-8)
        assert row["shot_zone"] == "assumed +08:00"
        assert len(row["images"]) == 1
    known = {row["path"]: row for row in case.table("fields").to_pylist()}
    assert {row["known_by"] for row in known.values() if row["meaning"]} <= {"vocabulary", "behaviour"}
    assert all(number(at) not in str(known) and NAMES[at] not in str(known) for at in range(8))
    if make is bare:
        assert known["k1"]["known_by"] == known["k5"]["known_by"] == "behaviour"
        assert (known["k8"]["meaning"], known["k7"]["form"]) == ("", "picture")
    else:
        assert known["wd"]["meaning"] == ""  # a temperature is no score


def test_examples_of_fields_name_nobody(tmp_path: Path) -> None:
    def record(place: int) -> dict[str, Any]:
        return named(place) | {
            "personId": 10023 + place, "telephone": f"415555{place:04}", "birthday": f"1990-01-0{place + 1} 00:00:00",
        }  # fmt: skip

    case = audited(tmp_path, record)
    shown_as = {row["path"]: (row["meaning"], row["example"]) for row in case.table("fields").to_pylist()}
    assert shown_as["personId"] == ("person_id", "<int>")
    assert all(
        example.startswith("<")
        for meaning, example in shown_as.values()
        if meaning in {"person_id", "phone", "birthday"}
    )
    assert "10023" not in str(shown_as)
    assert "4155550000" not in str(shown_as)
    assert "1990-01" not in str(shown_as)


@pytest.mark.parametrize(
    "written",
    [415555010203, "415-555-0102", 4155550102.5, "4.155550102e9", "1.380013800e10", "0.13800138000", 1380013],
)
def test_no_example_of_a_field_without_a_meaning_is_a_number_of_somebody(tmp_path: Path, written: object) -> None:
    case = audited(tmp_path, lambda place: named(place) | {"zz": written})
    (example,) = {row["example"] for row in case.table("fields").to_pylist() if row["path"] == "zz"}
    assert example.startswith("<")


def test_a_score_of_nothing_is_one(tmp_path: Path) -> None:
    case = audited(tmp_path, lambda place: bare(place) | {"k6": [0.0, 0.87, 0.66, 0.95, 0.73, 0.84, 0.79, 0.9][place]})
    assert {row["meaning"] for row in case.table("fields").to_pylist() if row["path"] == "k6"} == {"score"}


def test_a_number_with_its_check_digit_is_one_whatever_it_is_called(tmp_path: Path) -> None:
    """Few messages are enough, and so is one value among others."""
    case = audited(tmp_path, lambda place: {"person": {"id": number(place) if place else "17"}, "p": shown(place)}, 3)
    said = clear(case)
    assert sorted(one.get("person.id_number", "") for one in said.values()) == ["", number(1), number(2)]


def by_pairs(place: int) -> dict[str, Any]:
    """A list of names and values."""
    return {"records": [{"items": [{"name": key, "value": value} for key, value in named(place).items()]}]}


def under_names(place: int) -> dict[str, Any]:
    """Rows of values under a row of their names."""
    return {"ver": 1, "head": list(named(place)), "rows": [list(named(place).values())]}


def with_strangers(place: int) -> dict[str, Any]:
    """Some of whom nobody knows the name; a time of sending stands nearer to the clock."""
    at = f"{START + datetime.timedelta(seconds=place + 2):%Y-%m-%d %H:%M:%S}"
    return named(place) | ({} if place % 3 else {"khxm": "陌生人"}) | {"uploadTime": at, "shangchuanShijian": at}


@pytest.mark.parametrize("make", [by_pairs, under_names, with_strangers])
def test_records_in_other_forms(tmp_path: Path, make: Callable[[int], object]) -> None:
    case = audited(tmp_path, make, path="/up")
    said = clear(case)
    rows = sorted(case.table("events").to_pylist(), key=lambda row: row["first_ts"])
    assert len(rows) == 8
    for at, row in enumerate(rows):
        one = said[row["event_id"]]
        assert (one["person.id_number"], one["device"], one["place"]) == (number(at), "GATE-0007", "一号案场东门")
        assert one.get("person.name") == (NAMES[at] if make is not with_strangers or at % 3 else None)
        assert row["shot_time"] == START + datetime.timedelta(seconds=at, hours=-8)
        assert len(row["images"]) == 1


def test_a_record_with_a_masked_person_that_names_its_picture(tmp_path: Path) -> None:
    def masked(place: int) -> dict[str, Any]:
        keys = {"sbbh", "azwz", "zpsj"}
        own = {key: value for key, value in named(place).items() if key in keys}
        return own | {"khxm": "张某某", "cardIdNo": "110xxxxxxxxxxxxx1X", "zp": f"http://a.example.com/zp/{place}9.jpg"}

    case = audited(tmp_path, masked, path="/up")
    said = clear(case)
    rows = case.table("events").to_pylist()
    assert len(rows) == 8
    assert {row["id_number_hmac"] for row in rows} == {""}  # what its sender masked identifies nobody
    assert {one["person.id_number"] for one in said.values()} == {"110XXXXXXXXXXXXX1X"}


def test_date_and_clock_in_two_fields(tmp_path: Path) -> None:
    def apart(place: int) -> dict[str, Any]:
        at = START + datetime.timedelta(seconds=place)
        own = {key: value for key, value in named(place).items() if key != "zpsj"}
        return own | {"riqi": f"{at:%Y%m%d}", "clock": f"{at:%H%M%S}"}

    case = audited(tmp_path, apart, path="/up")
    times = sorted(row["shot_time"] for row in case.table("events").to_pylist())
    assert times == [START + datetime.timedelta(seconds=place, hours=-8) for place in range(8)]


def test_an_order_number_is_nobodys(tmp_path: Path) -> None:
    """It has a check digit by chance and is of no province; where a name stands beside, it is somebody's."""
    orders = [f"77{number(place)[2:17]}" for place in range(8)]
    checked = [one + "10X98765432"[sum(int(d) * w for d, w in zip(one, WEIGHTS, strict=True)) % 11] for one in orders]
    case = audited(tmp_path, lambda place: {"orderNo": checked[place], "amount": 12.5 + place}, path="/order/query")
    assert case.table("events").num_rows == 0
    (meaning,) = {row["meaning"] for row in case.table("fields").to_pylist() if row["path"] == "orderNo"} or {""}
    assert meaning != "id_number"


def test_what_is_called_as_the_device_is_its_place(tmp_path: Path) -> None:
    def gate(place: int) -> dict[str, Any]:
        return {key: value for key, value in named(place).items() if key not in {"sbbh", "azwz"}} | {
            "gateId": "G-0007", "gateName": "南门通道", "customName": "南门",
        }  # fmt: skip

    case = audited(tmp_path, gate, 3, path="/up")
    assert {row["place"] for row in case.table("events").to_pylist()} == {"南门通道"}


def test_pictures_of_one_time_are_of_one_event(tmp_path: Path) -> None:
    def structure(place: int) -> dict[str, Any]:
        at = f"{START + datetime.timedelta(seconds=place):%Y%m%d%H%M%S}"
        pictures = [(16 * 40, 16 * 30), (64, 64)]
        shots = [
            {"Index": n, "CaptureTime": at, "Data": base64.b64encode(picture(seed=place, size=size)).decode()}
            for n, size in enumerate(pictures)
        ]
        return {"DeviceID": "CAM-0007", "FaceID": 1, "Images": shots}

    case = audited(tmp_path, structure, 3, path="/Notification/Faces")
    rows = case.table("events").to_pylist()
    assert [row["kind"] for row in rows] == ["face_capture"] * 3
    assert {tuple(sorted(row["image_roles"])) for row in rows} == {("face", "scene")}


def test_a_picture_that_a_record_announces_has_what_it_says(tmp_path: Path) -> None:
    """Put under an address, and named by its sender in a record elsewhere."""
    capture = Capture()
    for place in range(2):
        key = f"/face/P1/{place}_1.jpg"
        capture.talk(CAM, "47.96.1.30", (request("PUT", key, picture(seed=place), kind="image/jpeg"), reply()))
        record = {key: value for key, value in named(place).items() if key in {"sbbh", "azwz", "zpsj", "xb"}}
        capture.talk(
            CAM, CLOUD, (request("POST", "/report", record | {"faceUrl": f"http://a.example.com{key}"}), reply())
        )
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    put = [row for row in case.table("events").to_pylist() if row["images"]]
    assert {(row["device_ref"], row["place"], tuple(row["inferred"])) for row in put} == {
        ("GATE-0007", "一号案场东门", ("device", "gender", "place", "time"))
    }
    assert sorted(row["shot_time"].second for row in put) == [20, 21]
    journeys = case.table("journeys").to_pylist()
    assert len({row["journey_id"] for row in journeys}) == 2
    assert len(journeys) == 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"people": [named(0) | {"rlzp": ""}] * 12, "rlzp": shown(0)} | {f"k{n}": n for n in range(500)}, "leaves"),
        ({"sfzh": number(0), "xm": NAMES[0], "list": list(range(450))}, "leaves"),
    ],
)
def test_what_bounds_of_learning_cut_off_is_in_the_ledger(tmp_path: Path, body: object, reason: str) -> None:
    case = audited(tmp_path, lambda _: body, 2)
    rows = {row["reason"]: row for row in case.table("ledgers").to_pylist() if row["ledger"] == "understanding"}
    assert (rows[f"{reason} beyond the bound"]["count"], rows[f"{reason} beyond the bound"]["understood"]) == (2, False)


@pytest.mark.parametrize("segment", ["1" * 40_000, "-" * 60_000, "a-" * 30_000, "*" * 50_000])
def test_targets_of_an_opponent_take_no_time(segment: str) -> None:
    with within(0.05):
        target_form(f"/{segment}/x.jpgx")


def test_forms_of_targets() -> None:
    assert target_form("/iclock/2024/ab12cd34ef56/a.JPG?x=1#y") == "/iclock/*/*/*"
    assert target_form("077B165241_0004.xml") == target_form("20261025_142105.xml") == "*"
    assert target_form("/a/config2.xml") == "/a/config2.xml"
    assert target_form("/face/P990101/v1/user-list") == "/face/P990101/v1/user-list"


def test_few_messages_teach_nothing(tmp_path: Path) -> None:
    case = audited(tmp_path, bare, times=3)
    (meaning,) = {row["meaning"] for row in case.table("fields").to_pylist() if row["path"] in {"k2", "k3", "k6"}}
    assert meaning != "id_number"


def test_contradictions_take_a_meaning_away(tmp_path: Path) -> None:
    def mixed(place: int) -> dict[str, Any]:
        return bare(place) | {"k1": "20250601101320" if place % 2 else f"word{place}", "k2": f"大厅{place}"}

    case = audited(tmp_path, mixed)
    known = {row["path"]: row["meaning"] for row in case.table("fields").to_pylist()}
    assert (known["k1"], known["k2"], known["k5"]) == ("", "", "id_number")


def test_elements_of_a_list_are_records_of_their_own(tmp_path: Path) -> None:
    case = audited(
        tmp_path, lambda place: {"sbbh": "GATE-0007", "list": [named(place), named((place + 1) % 8)]}, times=6
    )
    said = clear(case)
    rows = case.table("events").to_pylist()
    assert len(rows) == 12
    for row in rows:
        one = said[row["event_id"]]
        assert NAMES.index(one["person.name"]) == next(at for at in range(8) if number(at) == one["person.id_number"])
        assert len(row["images"]) == 1


def test_nothing_inferred_finds_or_names_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_events = audited(tmp_path / "a", named) if (tmp_path / "a").mkdir() is None else None
    assert with_events is not None
    monkeypatch.setattr("netaudit.pipeline.conclusion.with_inferred", lambda events, *_: events)
    without = audited(tmp_path / "b", named) if (tmp_path / "b").mkdir() is None else None
    assert without is not None
    for table in ("devices", "claims", "persons", "observations"):
        some, other = (case.table(table).to_pylist() for case in (with_events, without))
        assert [row | {"value_hmac": ""} for row in some] == [row | {"value_hmac": ""} for row in other]
    assert with_events.table("findings").num_rows == without.table("findings").num_rows
    assert without.table("events").num_rows == 0


def test_the_ledger_says_who_understands_a_message(tmp_path: Path) -> None:
    case = audited(tmp_path, lambda place: named(place) if place < 6 else {"note": f"seen {number(place)} here"})
    rows = [row for row in case.table("ledgers").to_pylist() if row["ledger"] == "understanding"]
    told = {(row["subject"], row["reason"], row["count"], row["understood"]) for row in rows}
    assert told == {("a person", "inferred", 6, True), ("a person", "not at all", 2, False)}
    (said,) = [one for one in case.summary.limits if one.kind == "not_understood"]
    assert (said.n, said.all) == (2, 8)


def test_a_picture_alone_of_no_face_is_no_event(tmp_path: Path) -> None:
    case = audited(tmp_path, lambda place: {"photo": shown(place), "wd": place})
    assert case.table("events").num_rows == 0


@pytest.mark.parametrize("workers", [2])
def test_results_do_not_depend_on_workers(tmp_path: Path, workers: int) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one = audited(tmp_path / "a", bare)
    two = audited(tmp_path / "b", bare, workers=workers)
    for table in ("fields", "events"):
        some, other = (case.table(table).to_pylist() for case in (one, two))
        hidden = {name for name in (some[0] if some else {}) if name.endswith("hmac")}
        assert [{k: v for k, v in row.items() if k not in hidden} for row in some] == [
            {k: v for k, v in row.items() if k not in hidden} for row in other
        ]


def test_more_leaves_than_are_held_are_messages_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MOST_LEAVES", 30)
    case = audited(tmp_path, named, 6, path="/up")
    rows = [row for row in case.table("ledgers").to_pylist() if row["ledger"] == "understanding"]
    (cut,) = (row for row in rows if row["reason"] == MESSAGES_CUT)
    assert 0 < cut["count"] < 12


def test_which_way_somebody_passed_is_told_in_or_out_and_a_code_as_sent(tmp_path: Path) -> None:
    ways = ["进", "出", "in", "OUT", "2", "签离", "", "1"]
    case = audited(tmp_path, lambda place: named(place) | {"passDir": ways[place]})
    assert [row["direction"] for row in case.table("events").to_pylist()] == [
        "in",
        "out",
        "in",
        "out",
        "2",
        "out",
        "",
        "1",
    ]
    said = clear(case)
    assert [said[row["event_id"]].get("direction", "") for row in case.table("events").to_pylist()] == ways
    report = (case.folder / "report.html").read_text(encoding="utf-8")
    assert "in 2, out 3" in report


def test_both_ways_in_a_field_that_says_nothing_are_known_by_what_they_are(tmp_path: Path) -> None:
    case = audited(tmp_path, lambda place: bare(place) | {"k9": "下班" if place % 2 else "上班"})
    assert [row["direction"] for row in case.table("events").to_pylist()] == ["in", "out"] * 4
    (field,) = (row for row in case.table("fields").to_pylist() if row["path"] == "k9")
    assert (field["meaning"], field["known_by"]) == ("direction", "behaviour")


def test_persons_whom_their_sender_masked_are_events_without_a_picture(tmp_path: Path) -> None:
    def masked(place: int) -> dict[str, object]:
        one = named(place) | {"khxm": f"{NAMES[place][0]}*", "sfzh": f"{number(place)[:6]}********{number(place)[-4:]}"}
        return {key: value for key, value in one.items() if key != "rlzp"}

    case = audited(tmp_path, masked)
    rows = case.table("events").to_pylist()
    assert [(row["standing"], row["device_ref"], row["place"]) for row in rows] == [
        ("inferred", "GATE-0007", "一号案场东门")
    ] * 8
    assert case.table("findings").num_rows == 0


def test_documents_behind_heads_of_nobodys_protocol_are_events(tmp_path: Path) -> None:
    capture = Capture()
    texts = [json.dumps(named(place), ensure_ascii=False).encode() for place in range(8)]
    capture.talk(
        CAM, CLOUD, *((b"SH\x02" + len(one).to_bytes(4) + one + b"\x7f", b"SH\x06ok") for one in texts), port=9100
    )
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    rows = case.table("events").to_pylist()
    assert len(rows) == 8
    assert {(row["place"], row["device_ref"], len(row["images"])) for row in rows} == {("一号案场东门", "GATE-0007", 1)}


HEADS = {
    "sbbh": "设备编号", "azwz": "位置", "zpsj": "抓拍时间", "khxm": "姓名", "sfzh": "身份证号", "xsd": "相似度", "rlzp": "照片",
}  # fmt: skip


def shown_on_a_page(places: range, cell: Callable[[str, Any], str]) -> bytes:
    rows = "".join(
        "<tr>" + "".join(f"<td>{cell(key, named(place)[key])}</td>" for key in HEADS) + "</tr>" for place in places
    )
    head = "".join(f"<th>{title}</th>" for title in HEADS.values())
    return f"<html><body><h1>记录</h1><table><tr>{head}</tr>{rows}</table></body></html>".encode()


@pytest.mark.parametrize("pictured", [True, False])
def test_records_in_the_table_of_a_page_are_events(tmp_path: Path, *, pictured: bool) -> None:
    def cell(key: str, value: object) -> str:
        return (f'<img src="data:image/png;base64,{value}">' if pictured else "") if key == "rlzp" else str(value)

    capture = Capture()
    for start in (0, 4):
        page = shown_on_a_page(range(start, start + 4), cell)
        capture.talk(CAM, CLOUD, (request("POST", "/report", page, "text/html; charset=utf-8"), reply()))
    file = capture.write(tmp_path / "a.pcap")
    case = netaudit.audit(file, tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    rows = sorted(case.table("events").to_pylist(), key=lambda row: row["shot_time"])
    said = clear(case)
    assert [said[row["event_id"]]["person.name"] for row in rows] == NAMES
    assert [said[row["event_id"]]["device"] for row in rows] == ["GATE-0007"] * 8
    assert [said[row["event_id"]]["place"] for row in rows] == ["一号案场东门"] * 8
    assert [len(row["images"]) for row in rows] == [int(pictured)] * 8


def test_somebody_unknown_without_a_picture_is_an_event_where_others_of_its_route_are(tmp_path: Path) -> None:
    def seen(place: int) -> dict[str, Any]:
        one = named(place)
        return one if place < 5 else {key: one[key] for key in ("sbbh", "azwz", "zpsj", "xb")}

    rows = audited(tmp_path, seen).table("events").to_pylist()
    assert [row["kind"] for row in rows].count("face_capture") == 3
    assert {(row["place"], row["device_ref"], row["gender"]) for row in rows} == {("一号案场东门", "GATE-0007", "男")}


def test_nobody_is_told_of_a_route_without_persons(tmp_path: Path) -> None:
    def counted(place: int) -> dict[str, Any]:
        return {key: named(place)[key] for key in ("sbbh", "azwz", "zpsj", "xb")}

    assert audited(tmp_path, counted).table("events").num_rows == 0


def test_a_record_in_a_query_is_read_as_one_in_a_body(tmp_path: Path) -> None:
    capture = Capture()
    for place in range(8):
        said = {key: value for key, value in named(place).items() if key != "rlzp"}
        text = base64.urlsafe_b64encode(json.dumps(said, ensure_ascii=False).encode()).decode().rstrip("=")
        capture.talk(CAM, CLOUD, (request("GET", f"/p.gif?v=2&d={text}", b""), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    said = clear(case)
    assert [said[row["event_id"]]["person.name"] for row in case.table("events").to_pylist()] == NAMES
    assert {row["place"] for row in case.table("events").to_pylist()} == {"一号案场东门"}


def test_how_a_comparison_ended_is_known_by_what_it_says(tmp_path: Path) -> None:
    case = audited(tmp_path, lambda place: bare(place) | {"k9": ("一致", "不一致")[place % 2]})
    assert [row["result"] for row in case.table("events").to_pylist()] == ["一致", "不一致"] * 4
