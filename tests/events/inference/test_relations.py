"""Ids that another message gives words to: persons of a list, places of cameras."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from tests.events.inference.test_routes import CAM, CLOUD, NAMES, START, clear, shown
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

    from netaudit.evidence.case.reading import Case

OTHER = "47.96.1.21"


def person(place: int, key: str = "visitorId", **more: Any) -> dict[str, Any]:
    return {key: f"V{place:04}", "name": NAMES[place], "idNumber": number(place)} | more


def passing(place: int, of: str | None, key: str = "visitorId") -> dict[str, Any]:
    at = START + datetime.timedelta(seconds=place)
    return {
        "deviceSn": "GATE-0007",
        "snapTime": f"{at:%Y-%m-%d %H:%M:%S}",
        key: of,
        "similarity": 0.9,
        "facePic": shown(place),
    }


def case_of(tmp_path: Path, people: list[Any], passings: list[Any], teller: str = CLOUD) -> Case:
    capture = Capture()
    capture.talk(CAM, teller, (request("GET", "/people"), reply({"code": 0, "data": people})))
    for one in passings:
        capture.talk(CAM, CLOUD, (request("POST", "/gw/up", one), reply()))
    file = capture.write(tmp_path / "a.pcap")
    return netaudit.audit(file, tmp_path / "case", faces=False, inside=["192.168.0.0/16"])


def names(case: Case) -> list[str]:
    """Names of passings, in their order."""
    said = clear(case)
    rows = sorted(case.table("events").to_pylist(), key=lambda row: row["first_ts"])
    return [said[row["event_id"]].get("person.name", "") for row in rows if row["images"]]


@pytest.mark.parametrize(
    ("listed", "said"), [("visitorId", "visitorId"), ("id", "visitorId"), ("personId", "visitorId")]
)
def test_who_is_named_by_an_id_is_called_as_the_list_calls_it(tmp_path: Path, listed: str, said: str) -> None:
    """Under one name, under a bare `id` beside somebody's number, or under another where one list alone can be meant."""
    case = case_of(
        tmp_path, [person(at, listed) for at in range(8)], [passing(at, f"V{at:04}", said) for at in range(6)]
    )
    assert names(case) == NAMES[:6]
    rows = [row for row in case.table("events").to_pylist() if row["images"]]
    assert all({"name", "id_number"} <= set(row["inferred"]) for row in rows)
    assert {row["standing"] for row in rows} == {"inferred"}


def test_whom_no_list_knows_stays_unnamed(tmp_path: Path) -> None:
    people = [person(at) for at in range(4)]
    case = case_of(
        tmp_path, people, [passing(at, of) for at, of in enumerate(["V0001", "V0009", None, "0", "", "V0003"])]
    )
    assert names(case) == ["李四", "", "", "", "", "赵六"]


def test_an_id_of_two_persons_is_left_open(tmp_path: Path) -> None:
    people = [person(at) for at in range(4)] + [person(1) | {"name": "周九", "idNumber": number(6)}]
    case = case_of(tmp_path, people, [passing(at, f"V{at:04}") for at in range(4)] + [passing(4, "V0001")])
    assert names(case) == ["张三", "", "王五", "赵六", ""]


def test_departments_give_nobody_a_name(tmp_path: Path) -> None:
    departments = [{"id": f"V{at:04}", "name": NAMES[at]} for at in range(8)]
    case = case_of(tmp_path, departments, [passing(at, f"V{at:04}") for at in range(6)])
    assert names(case) == [""] * 6


def test_lists_under_two_other_names_are_left_open(tmp_path: Path) -> None:
    people = [person(at, "customerId") for at in range(4)] + [
        person(at + 4, "staffId") | {"staffId": f"V{at:04}"} for at in range(4)
    ]
    case = case_of(
        tmp_path, people, [passing(at, f"V{at:04}", "memberId") for at in range(4)] + [passing(4, "V0002", "memberId")]
    )
    assert names(case) == [""] * 5


def test_a_list_of_another_device_names_nobody(tmp_path: Path) -> None:
    capture = Capture()
    capture.talk("192.168.1.99", OTHER, (request("GET", "/people"), reply({"data": [person(at) for at in range(8)]})))
    for at in range(6):
        capture.talk(CAM, CLOUD, (request("POST", "/gw/up", passing(at, f"V{at:04}")), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    assert names(case) == [""] * 6


@pytest.mark.parametrize(
    ("teller", "told"),
    [
        ("203.0.113.66", CAM),  # somebody posts to the camera
        ("203.0.113.66", CLOUD),  # … or to the cloud
        ("192.168.1.21", CLOUD),  # another tenant of that
    ],
)
def test_a_list_that_others_send_to_either_end_names_nobody(tmp_path: Path, teller: str, told: str) -> None:
    capture = Capture()
    capture.talk(teller, told, (request("POST", "/people", {"data": [person(at) for at in range(8)]}), reply()))
    for at in range(6):
        capture.talk(CAM, CLOUD, (request("POST", "/gw/up", passing(at, f"V{at:04}")), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    assert names(case) == [""] * 6


def test_small_numbers_under_another_name_prove_nothing(tmp_path: Path) -> None:
    staff = [{"userId": str(at + 1), "name": NAMES[7 - at], "phone": f"1390000111{at}"} for at in range(8)]
    assert names(case_of(tmp_path, staff, [passing(at, f"{at + 1}") for at in range(4)])) == [""] * 4


def test_what_is_said_of_two_persons_is_joined_to_no_third(tmp_path: Path) -> None:
    people = [person(at) for at in range(4)]
    people += [{"visitorId": "V0001", "name": "周九", "phone": "13900001119"}]
    case = case_of(tmp_path, people, [passing(at, f"V{at:04}") for at in range(4)])
    assert names(case) == ["张三", "", "王五", "赵六"]
    said, rows = clear(case), [row for row in case.table("events").to_pylist() if row["images"]]
    (row,) = [row for row in rows if said[row["event_id"]].get("person.person_id") == "V0001"]
    assert not {"name", "phone", "id_number"} & set(row["inferred"])


CAMERAS = {"SB-2026-070001": "一号大厅东门", "SB-2026-070002": "样板间门口", "SB-2026-070003": "停车场入口"}


def places(case: Case) -> list[str]:
    said = clear(case)
    rows = sorted(case.table("events").to_pylist(), key=lambda row: row["first_ts"])
    return [said[row["event_id"]].get("place", "") for row in rows if row["images"]]


def seen(place: int, camera: str) -> dict[str, Any]:
    at = START + datetime.timedelta(seconds=place)
    return {"sbid": camera, "shijian": f"{at:%Y-%m-%d %H:%M:%S}", "xingming": NAMES[place], "rlzp": shown(place)}


def test_cameras_stand_where_a_list_says(tmp_path: Path) -> None:
    """The list tells of nobody; elements of it are records of their own."""
    capture = Capture()
    cameras = [{"sbid": sbid, "weizhi": place} for sbid, place in CAMERAS.items()]
    capture.talk(CAM, CLOUD, (request("POST", "/devices", cameras), reply()))
    order = [list(CAMERAS)[at % 3] for at in range(6)]
    for at, camera in enumerate(order):
        capture.talk(CAM, CLOUD, (request("POST", "/gw/up", seen(at, camera)), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    assert places(case) == [CAMERAS[camera] for camera in order]
    assert len(case.table("events")) == 6  # the list is no event


def test_a_step_of_the_path_names_the_device_and_another_message_its_place(tmp_path: Path) -> None:
    capture = Capture()
    order = [list(CAMERAS)[at % 3] for at in range(6)]
    for camera, place in CAMERAS.items():
        said = {"location": place, "deviceType": "camera"}
        capture.talk(CAM, CLOUD, (request("POST", f"/device/{camera}/config", {"deviceId": camera} | said), reply()))
    for at, camera in enumerate(order):
        event = {key: value for key, value in seen(at, camera).items() if key != "sbid"}
        capture.talk(CAM, CLOUD, (request("POST", f"/device/{camera}/event", event), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    said = clear(case)
    rows = sorted(case.table("events").to_pylist(), key=lambda row: row["first_ts"])
    assert [said[row["event_id"]].get("device") for row in rows] == order
    assert places(case) == [CAMERAS[camera] for camera in order]


def test_a_step_that_no_word_calls_a_device_is_none(tmp_path: Path) -> None:
    capture = Capture()
    for at in range(6):
        event = {key: value for key, value in seen(at, "x").items() if key != "sbid"}
        capture.talk(CAM, CLOUD, (request("POST", "/project/PR-2026-070001/event", event), reply()))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    assert {row["device_ref"] for row in case.table("events").to_pylist()} == {""}
