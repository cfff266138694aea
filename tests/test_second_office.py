"""The second office: its fields, images, findings, classes and serials are what was sent, and nothing else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from tests.conftest import ROOT

if TYPE_CHECKING:
    from netaudit.case.reading import Case

OFFICE = ROOT / "pcaps" / "second_office"
TRUTH: list[dict[str, Any]] = json.loads((OFFICE / "expected.json").read_text(encoding="utf-8"))
OF_PERSONS = {"name", "id_number", "phone", "address"}  # kinds that may not be said of anybody without being sent
LEAST = 0.98
Way = tuple[str, str]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    return netaudit.audit(OFFICE / "office.pcapng", tmp_path_factory.mktemp("office") / "case")


def ways(case: Case) -> dict[str, Way]:
    flows = case.table("flows").to_pylist()
    ends = {row["flow_id"]: (row["client_ip"], row["server_ip"]) for row in flows}
    return {row["message_id"]: ends[row["flow_id"]] for row in case.table("messages").to_pylist()}


def said(case: Case) -> dict[Way, set[tuple[str, str]]]:
    """Kind and value of every field, in clear, by who asked whom."""
    way = ways(case)
    found: dict[Way, set[tuple[str, str]]] = defaultdict(set)
    for row in case.clear_table().to_pylist():
        found[way[row["message_id"]]].add((row["kind"], row["value_clear"]))
    for row in case.clear_events().to_dict("records"):
        found[way[row["message_id"]]].add((row["field"].removeprefix("person."), row["value_clear"]))
    return found


def wanted() -> dict[Way, set[tuple[str, str]]]:
    found: dict[Way, set[tuple[str, str]]] = defaultdict(set)
    for scene in TRUTH:
        found[scene["sender"], scene["receiver"]] |= {tuple(one) for one in scene["fields"]}
    return found


def test_fields_are_found_and_none_is_made_up(case: Case) -> None:
    known, right = said(case), wanted()
    hits = sum(len(fields & known[way]) for way, fields in right.items())
    count = sum(map(len, right.values()))
    missing = {way: fields - known[way] for way, fields in right.items() if fields - known[way]}
    assert hits >= LEAST * count, missing
    made_up = {
        way: {one for one in known[way] if one[0] in OF_PERSONS} - fields for way, fields in right.items() if fields
    }
    assert not any(made_up.values()), made_up


def test_images_are_found(case: Case) -> None:
    known = set(case.table("images")["sha256"].to_pylist())
    assert {digest for scene in TRUTH for digest in scene["images"]} <= known


def test_identity_findings_are_those_that_should_be(case: Case) -> None:
    rows = [row for row in case.table("findings").to_pylist() if row["records"]]
    found = {(row["certainty"], row["act"], row["sender"], row["receiver"]) for row in rows}
    right = set()
    for scene in TRUTH:
        if scene["finding"]:
            letter, _, act = scene["finding"].partition(" ")
            ends = (scene["sender"], scene["receiver"])
            right.add((letter, act, *(ends[::-1] if act.startswith("retrieved") else ends)))
    assert found == right


def test_classes_and_serials_are_right_or_left_open(case: Case) -> None:
    devices = {ip: row for row in case.table("devices").to_pylist() for ip in row["ips"]}
    for scene in TRUTH:
        device = devices[scene["sender"]]
        if scene["device_class"]:
            assert (device["class"], device["role_hint"]) == (scene["device_class"], "verification terminal"), scene
            assert device["serial"] == scene["serial"], scene
        elif scene["sender"] != "10.99.0.3":
            assert device["serial"] in {"", scene["serial"]}, scene
    assert devices["10.99.0.3"]["class"] == "face_server"


def test_no_number_stands_in_clear_outside_private(case: Case) -> None:
    numbers = {value for scene in TRUTH for kind, value in scene["fields"] if kind in {"id_number", "phone"}}
    needles = {needle for number in numbers for needle in _spelled(number)}
    for path in sorted(Path(case.folder).rglob("*")):
        if path.is_file() and "private" not in path.parts:
            data = path.read_bytes()
            assert not [needle for needle in needles if needle in data], path.name


def _spelled(number: str) -> Iterator[bytes]:
    """Six encodings: ASCII, UTF-16 both ways, base64, hexadecimal, percent escapes."""
    import base64

    plain = number.encode()
    yield from (plain, number.encode("utf-16-le"), number.encode("utf-16-be"), base64.b64encode(plain))
    yield from (plain.hex().encode(), "".join(f"%{byte:02X}" for byte in plain).encode())


def test_what_goes_on_every_day_is_no_finding(tmp_path: Path) -> None:
    case = netaudit.audit(OFFICE / "everyday.pcapng", tmp_path / "case")
    assert case.table("findings").to_pylist() == []
    assert case.table("messages").num_rows >= 48  # twenty-four scenes were played and read
