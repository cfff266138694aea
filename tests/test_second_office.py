"""The second office: its fields, images, findings, classes and serials are what was sent, and nothing else."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from tests.clear_values import clear_values, leaks
from tests.conftest import ROOT
from tests.wording import english

if TYPE_CHECKING:
    from netaudit.evidence.case.reading import Case

OFFICE = ROOT / "pcaps" / "second_office"
TRUTHS: dict[str, list[dict[str, Any]]] = {
    name: json.loads((OFFICE / file).read_text(encoding="utf-8"))
    for name, file in (("office", "expected.json"), ("variations", "variations.json"))
}
TRUTH = TRUTHS["office"]
OF_PERSONS = {"name", "id_number", "phone", "address", "birthday"}  # may not be said of anybody without being sent
HARMLESS = {"property portals", "delivery forms", "booking forms", "Wi-Fi login", "shops"}  # of which no truth is kept
LEAST = 0.98
Way = tuple[str, str]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("offices")
    return {name: netaudit.audit(OFFICE / f"{name}.pcapng", folder / name) for name in TRUTHS}


@pytest.fixture(scope="module")
def case(cases: dict[str, Case]) -> Case:
    return cases["office"]


def said(case: Case, truth: list[dict[str, Any]]) -> list[set[tuple[str, str]]]:
    """Kind and value of every field in clear, by scene."""
    carriers = {row["message_id"]: row["flow_id"] for row in case.table("messages").to_pylist()}
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in case.clear_table().to_pylist():
        found[carriers[row["message_id"]]].add((row["kind"], row["value_clear"]))
    for row in case.clear_events().to_dict("records"):
        found[carriers[row["message_id"]]].add((row["field"].removeprefix("person."), row["value_clear"]))
    return [found[flow] for flow in flows_of(case, truth)]


def flows_of(case: Case, truth: list[dict[str, Any]]) -> list[str]:
    """The connection of each scene: each had one of its own, in order."""
    used = set(case.table("messages")["flow_id"].to_pylist())
    flows: dict[Way, list[str]] = defaultdict(list)
    for row in sorted(case.table("flows").to_pylist(), key=lambda row: row["first_ts"]):
        if row["flow_id"] in used:
            flows[row["client_ip"], row["server_ip"]].append(row["flow_id"])
    played = Counter((scene["sender"], scene["receiver"]) for scene in truth)
    assert played == Counter({way: len(some) for way, some in flows.items()})
    left = {way: iter(some) for way, some in flows.items()}
    return [next(left[scene["sender"], scene["receiver"]]) for scene in truth]


@pytest.mark.parametrize("name", TRUTHS)
def test_fields_are_found_and_none_is_made_up(name: str, cases: dict[str, Case]) -> None:
    truth = TRUTHS[name]
    pairs = list(zip(truth, said(cases[name], truth), strict=True))
    right = [{tuple(one) for one in scene["fields"]} for scene in truth]
    missing = {scene["name"]: want - found for (scene, found), want in zip(pairs, right, strict=True) if want - found}
    assert sum(map(len, missing.values())) <= (1 - LEAST) * sum(map(len, right)), missing
    made_up = {
        scene["name"]: {one for one in found if one[0] in OF_PERSONS} - want
        for (scene, found), want in zip(pairs, right, strict=True)
        if scene["source"] not in HARMLESS
    }
    assert not any(made_up.values()), made_up


@pytest.mark.parametrize("name", TRUTHS)
def test_images_are_found(name: str, cases: dict[str, Case]) -> None:
    known = set(cases[name].table("images")["sha256"].to_pylist())
    assert {digest for scene in TRUTHS[name] for digest in scene["images"]} <= known


@pytest.mark.parametrize("name", TRUTHS)
def test_identity_findings_are_those_that_should_be(name: str, cases: dict[str, Case]) -> None:
    rows = [row for row in cases[name].table("findings").to_pylist() if row["records"]]
    found = {(row["certainty"], row["act"], row["sender"], row["receiver"]) for row in rows}
    right = set()
    for scene in TRUTHS[name]:
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


@pytest.mark.parametrize("name", TRUTHS)
def test_no_journey_joins_what_does_not_belong_together(name: str, cases: dict[str, Case]) -> None:
    """The legs of a journey have a number, or a picture, of one person in common, but for what an address ties."""
    case, truth = cases[name], TRUTHS[name]
    carriers = {row["message_id"]: row["flow_id"] for row in case.table("messages").to_pylist()}
    about = {
        flow: {value for kind, value in scene["fields"] if kind == "id_number"} | set(scene["images"])
        for flow, scene in zip(flows_of(case, truth), truth, strict=True)
    }
    legs: dict[str, list[set[str]]] = defaultdict(list)
    for row in case.table("journeys").to_pylist():
        told = about[carriers[row["message_id"]]]
        if row["ties"] != ["address of the image"] or not row["images"]:  # put into a store: it says no more than that
            legs[row["journey_id"]].append(told)
    assert [journey for journey, told in legs.items() if not set.intersection(*told)] == []


def test_a_picture_in_a_store_belongs_to_the_record_that_names_it(cases: dict[str, Case]) -> None:
    rows = cases["variations"].table("findings").to_pylist()
    (stored,) = [row for row in rows if row["receiver"] == "203.0.113.20" and row["images"]]
    assert (stored["images"], stored["with_identity"], stored["records"]) == (1, 0, 0)  # the number went elsewhere
    assert "whose address a record with an identity number names: 1" in english(stored["reason"])


@pytest.mark.parametrize("name", TRUTHS)
def test_nothing_of_a_person_stands_in_clear_outside_private(name: str, cases: dict[str, Case]) -> None:
    sent = {value for scene in TRUTHS[name] for kind, value in scene["fields"] if kind in {"id_number", "phone"}}
    values = sent | clear_values(cases[name])
    values = {one for one in values if "*" not in one}  # what its sender masked says no more than a table does
    assert leaks(Path(cases[name].folder), values) == []
    assert leaks(Path(cases[name].folder) / "private", {next(iter(sent))}) != []  # it is looked for where it is


def test_what_goes_on_every_day_is_no_finding(tmp_path: Path) -> None:
    case = netaudit.audit(OFFICE / "everyday.pcapng", tmp_path / "case")
    assert case.table("findings").to_pylist() == []
    assert case.table("messages").num_rows >= 48  # twenty-four scenes were played and read
