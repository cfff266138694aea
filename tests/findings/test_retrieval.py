"""Faces that come from outside are the site's own where a collector's domain, a record, an answer or a page says so."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

import netaudit
from netaudit.core.schema import TARGETS
from netaudit.findings.retrieval import own_of
from netaudit.findings.roles import Actors
from netaudit.findings.transfers import Transfer
from netaudit.findings.vocabulary import kind_of
from pcaps.lab import photos
from tests.findings.examples import filled, flow
from tests.findings.test_moments import filled as filled_table
from tests.spoken import Capture, number, reply, request

if TYPE_CHECKING:
    from pathlib import Path

CAMERA, PC, CLOUD, STORE, NEWS = "192.168.1.64", "192.168.1.100", "47.98.60.33", "47.98.61.1", "47.98.62.1"
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120"
PATH = "/p/2025/06/c9f0f895fb98ab91.jpg"
SENT, OTHER = (photos.jpeg(photos.portrait(seed, 110), seed) for seed in (911, 912))


def push(host: str) -> tuple[bytes, bytes]:
    return request("POST", "/snap", SENT, "image/jpeg", host=host), reply()


def fetch(host: str, **headers: str) -> tuple[bytes, bytes]:
    return request("GET", PATH, host=host, user_agent=BROWSER, **headers), reply(OTHER, "image/jpeg")


def kinds(folder: Path, *talks: tuple[str, str, tuple[bytes, bytes]]) -> dict[str, int]:
    capture = Capture()
    for client, server, exchange in talks:
        capture.talk(client, server, exchange)
    case = netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", inside="192.168.1.0/24")
    return {kind_of(row).name: row["images"] for row in case.table("findings").to_pylist()}


RECORD = (
    request("POST", "/visit", {"name": "王五一", "idCard": number(1), "photo": f"https://img.other.cn{PATH}"}),
    reply(),
)
LIST = request("GET", "/list", host="api.faces.cn"), reply({"list": [{"pic": f"https://img.other.cn{PATH}"}]})
RETRIEVED = {
    "the domain of a collector": [(CAMERA, CLOUD, push("up.faces.cn")), (PC, STORE, fetch("img.faces.cn"))],
    "named by a record": [(CAMERA, CLOUD, RECORD), (PC, STORE, fetch("img.other.cn"))],
    "named by a collector's answer": [(CAMERA, CLOUD, push("api.faces.cn")), (PC, CLOUD, LIST), (PC, STORE, fetch("img.other.cn"))],
    "for a collector's page": [(CAMERA, CLOUD, push("api.faces.cn")), (PC, STORE, fetch("img.other.cn", referer="http://www.faces.cn/a"))],
}  # fmt: skip
LOOKED_AT = {
    "a news page": [(CAMERA, CLOUD, push("up.faces.cn")), (PC, NEWS, fetch("img.news.cn", referer="http://www.news.cn/a"))],
    "another tenant of a store": [(CAMERA, CLOUD, push("a.oss-cn-x.aliyuncs.com")), (PC, STORE, fetch("b.oss-cn-x.aliyuncs.com"))],
    "named by a page of nobody": [(PC, NEWS, LIST), (PC, STORE, fetch("img.other.cn"))],
}  # fmt: skip


@pytest.mark.parametrize("name", RETRIEVED)
def test_what_comes_back(name: str, tmp_path: Path) -> None:
    assert kinds(tmp_path, *RETRIEVED[name]).get("retrieved") == 1


@pytest.mark.parametrize("name", LOOKED_AT)
def test_what_somebody_only_looks_at(name: str, tmp_path: Path) -> None:
    assert "retrieved" not in kinds(tmp_path, *LOOKED_AT[name])


def test_what_an_outside_client_pushes_is_delivered(tmp_path: Path) -> None:
    pushed = request("POST", "/enrol", OTHER, "image/jpeg", host="192.168.1.64"), reply()
    found = kinds(tmp_path, (CAMERA, CLOUD, push("up.faces.cn")), (CLOUD, CAMERA, pushed))
    assert found == {"uploaded": 1, "delivered": 1}


def test_a_name_with_a_phone_number_beside_a_face_comes_back(tmp_path: Path) -> None:
    person = {"name": "王五一", "phone": "13800138000", "facePhoto": base64.b64encode(OTHER).decode()}
    pushed = request("POST", "/enrol", person, host="up.faces.cn"), reply()
    asked = request("GET", "/people", host="up.faces.cn", user_agent=BROWSER), reply(person)
    found = kinds(tmp_path, (CAMERA, CLOUD, pushed), (PC, CLOUD, asked))
    assert found == {"uploaded": 1, "contacts_uploaded": 0, "retrieved": 1, "contacts_retrieved": 0}


RECORD_ROW = {"message_id": "r", "certainty": "code", "kind": "face_capture"}
NUMBER_ROW = {"message_id": "r", "certainty": "checked", "kind": "id_number", "field": "", "value_masked": ""}


def brought(
    *, way: str = "up", client: str = CAMERA, server: str = CLOUD, agent: str = "", flows: str = "rg", host: str = "",
    events: list[dict[str, object]] = (), persons: list[dict[str, object]] = (), collectors: tuple[str, ...] = (),
    **fetched: object,
) -> tuple[bool, set[str]]:  # fmt: skip
    """Whether a picture that came back is the site's own, and the hosts whose pictures are.

    A message `r` names its address; `events`, `persons` are of that message. `host`: of the page it was fetched for.
    """
    ends = {"r": (client, server), "g": (PC, STORE)}
    tables = filled(
        flows=[flow(flow_id=one, client_ip=ends[one][0], server_ip=ends[one][1], payload_down=9) for one in flows],
        messages=[{"message_id": "r", "flow_id": "r", "direction": way, "user_agent": agent, "host": "api.nobody.cn"}],
        events=list(events), persons=list(persons),
    )  # fmt: skip
    named = {"message_id": "r", "host": "", "target_hmac": "t", "picture_hmac": "", "named": True}
    rows = [named, named | {"message_id": "g", "named": None, "host": host}]
    tables["targets"] = filled_table(TARGETS, rows)
    said = dict.fromkeys(Transfer._fields, "") | {
        "sender": STORE,
        "receiver": PC,
        "host": "img.other.cn",
        "upload": False,
    }
    face = Transfer(**said | {"message_id": "g", "flow_id": "g", "sha256": "7" * 64} | fetched)
    own = own_of(
        [face],
        tables,
        set(collectors),
        lambda ip: "inside" if ip.startswith("192.168.") else "outside",
        Actors((), tables),
    )
    assert own.digests <= {face.digest}
    return bool(own.digests), own.hosts


@pytest.mark.parametrize(
    ("given", "own", "hosts"),
    [
        ({"events": [RECORD_ROW]}, True, {"img.other.cn"}),
        ({"events": [RECORD_ROW | {"kind": "enrolment"}]}, True, {"img.other.cn"}),
        ({"events": [RECORD_ROW | {"kind": "heartbeat"}]}, False, set()),
        ({"events": [RECORD_ROW | {"certainty": "hearsay"}]}, False, set()),
        ({"events": [RECORD_ROW | {"message_id": "g"}]}, False, set()),
        ({"persons": [NUMBER_ROW]}, True, {"img.other.cn"}),
        ({"persons": [NUMBER_ROW | {"certainty": "shape"}]}, False, set()),
        ({"persons": [NUMBER_ROW | {"kind": "name"}]}, False, set()),
        ({"events": [RECORD_ROW | {"kind": "heartbeat"}], "persons": [NUMBER_ROW]}, True, {"img.other.cn"}),
        ({}, False, set()),
        ({"events": [RECORD_ROW], "client": NEWS}, False, set()),  # no device of the site
        ({"events": [RECORD_ROW], "agent": BROWSER}, False, set()),  # somebody who browses
        ({"agent": "NVR/2.0"}, False, set()),  # a device, and no record
        ({"events": [RECORD_ROW], "flows": "g"}, False, set()),  # connections that are not judged
        ({"way": "down", "collectors": (CLOUD,)}, True, set()),
        ({"way": "down", "collectors": ("nobody.cn",)}, True, set()),
        ({"way": "down", "events": [RECORD_ROW]}, False, set()),
        ({"host": "www.faces.cn", "collectors": ("up.faces.cn",)}, True, set()),
        ({"host": "www.faces.cn", "collectors": ("up.news.cn",)}, False, set()),
        ({"collectors": ("up.other.cn",)}, False, {"img.other.cn"}),
        ({"events": [RECORD_ROW], "upload": True}, False, set()),
        ({"events": [RECORD_ROW], "receiver": NEWS}, False, set()),
        ({"events": [RECORD_ROW], "host": ""}, True, {"img.other.cn"}),
    ],
)
def test_what_makes_a_picture_the_sites_own(given: dict[str, Any], own: bool, hosts: set[str]) -> None:
    assert brought(**given) == (own, hosts)
