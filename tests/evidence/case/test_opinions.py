"""What a second tool's word is worth: a case whose rows were edited and sealed anew is not confirmed by it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import netaudit
from netaudit.core.schema.holders import Holders
from netaudit.evidence.case import opinions
from netaudit.evidence.case.custody import Custody
from netaudit.evidence.case.integrity import integrity
from netaudit.evidence.case.opinions import (
    CONFIRMED,
    CONTRADICTED,
    NOT_FOUND,
    UNCONFIRMABLE,
    Opinion,
    Stated,
    Verification,
    judged,
)
from netaudit.evidence.case.seal import seal
from netaudit.evidence.case.second_opinion import verify
from netaudit.evidence.crosscheck.comparing import ask_dpkt
from tests.site import CAMERA, CLOUD, DELL, NEWS, PHONE, Site, answer, get, push

if TYPE_CHECKING:
    from pathlib import Path

TOOLS = [
    pytest.param(
        verify, marks=[pytest.mark.tools, pytest.mark.skipif(not shutil.which("tshark"), reason="NO TSHARK")], id="tshark"
    ),
    pytest.param(ask_dpkt, id="dpkt"),
]  # fmt: skip
Ask = Callable[[netaudit.Case], Verification]
SILENT = "47.96.10.21"


@pytest.fixture(scope="module")
def framed(tmp_path_factory: pytest.TempPathFactory) -> netaudit.Case:
    """A phone uploads under the address of a PC; a camera by itself, and once to a server that nothing comes from."""
    folder = tmp_path_factory.mktemp("framed")
    site = Site()
    for who in (DELL, PHONE, CAMERA):
        site.lease(who)
        site.arp(who)
    for page in range(20):
        site.talk(DELL, NEWS, (get("www.example.com", f"/{page}"), answer(b"<p>news</p>", "text/html")))
    site.talk(DELL, CLOUD, (push(1), answer()), mac=PHONE.mac)
    site.talk(CAMERA, SILENT, (push(2), b""), answered=False)
    for number in range(3):
        site.talk(CAMERA, CLOUD, (push(10 + number), answer()))
    return netaudit.audit(site.write(folder / "capture.pcap"), folder / "case", workers=1)


def edited(case: netaudit.Case, folder: Path, table: str, change: Callable[[dict[str, Any]], None]) -> netaudit.Case:
    """A copy of a case with rows of a table changed, and sealed anew as whoever can write the folder can do."""
    shutil.copytree(case.folder, folder)
    path = folder / "tables" / f"{table}.parquet"
    rows = pq.read_table(path)
    changed = rows.to_pylist()
    for row in changed:
        change(row)
    pq.write_table(pa.Table.from_pylist(changed, schema=rows.schema), path)
    (folder / "custody.jsonl").unlink()
    (folder / "manifest.json").unlink()
    with Custody(folder) as custody:
        custody.note("begun")
        custody.note("concluded")
        seal(folder, custody)
    assert integrity(folder).sound
    return netaudit.open_case(folder)


def told(case: netaudit.Case, ask: Ask, who: str, to: str = CLOUD) -> list[tuple[str, list[str]]]:
    return [
        (row["status"], sorted(row["reasons"]))
        for row in ask(case).findings
        if row["sender"] == who and row["receiver"] in {to, NEWS}
    ]


@pytest.mark.parametrize("ask", TOOLS)
def test_what_is_as_the_packets_say_is_confirmed(framed: netaudit.Case, ask: Ask) -> None:
    graded = {(row["sender"], row["receiver"]): row["certainty"] for row in framed.table("findings").to_pylist()}
    assert graded == {(CAMERA.ip, CLOUD): "A", (CAMERA.ip, SILENT): "B", (PHONE.mac, CLOUD): "A"}
    for who, to in graded:  # also where it is named by its link address, as the address was another one's
        assert [status for status, _ in told(framed, ask, who, to)] == [CONFIRMED]


@pytest.mark.parametrize("ask", TOOLS)
@pytest.mark.parametrize(
    "change",
    [
        {"sender_device": DELL.mac},
        {"sender": DELL.mac},
        {"sender": DELL.ip, "sender_device": DELL.mac},
    ],
    ids=["device", "link address", "address"],
)
def test_what_a_phone_sent_under_the_address_of_a_pc_is_never_the_pcs(
    framed: netaudit.Case, tmp_path: Path, ask: Ask, change: dict[str, Any]
) -> None:
    def accuse(row: dict[str, Any]) -> None:
        row.update(change if row["sender"] == PHONE.mac else {})

    (one,) = told(edited(framed, tmp_path / "case", "findings", accuse), ask, change.get("sender", PHONE.mac))
    assert one == (CONTRADICTED, [f"{CONTRADICTED}: {opinions.OTHER_LINK}"])


@pytest.mark.parametrize("ask", TOOLS)
def test_what_nobody_took_is_no_grade_a(framed: netaudit.Case, tmp_path: Path, ask: Ask) -> None:
    def raise_(row: dict[str, Any]) -> None:
        row.update({"certainty": "A", "doubts": []} if row["receiver"] == SILENT else {})

    (one,) = told(edited(framed, tmp_path / "case", "findings", raise_), ask, CAMERA.ip, SILENT)
    assert one == (UNCONFIRMABLE, [f"{UNCONFIRMABLE}: {opinions.UNANSWERED}"])


@pytest.mark.parametrize("ask", TOOLS)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sender": DELL.ip, "sender_device": DELL.mac}, opinions.OTHER_ENDS),
        ({"receiver": NEWS, "receiver_device": NEWS}, opinions.OTHER_ENDS),
        ({"sender_device": PHONE.mac}, opinions.OTHER_LINK),
        ({"receiver_device": CAMERA.mac}, opinions.OTHER_RECEIVER),
        ({"distinct_images": 30}, opinions.COUNTS),
        ({"images": 300}, opinions.COUNTS),
        ({"bytes": 1}, opinions.COUNTS),
    ],
    ids=["sender", "receiver", "device", "far device", "distinct", "images", "bytes"],
)
def test_an_edited_finding_is_contradicted(
    framed: netaudit.Case, tmp_path: Path, ask: Ask, change: dict[str, Any], reason: str
) -> None:
    def accuse(row: dict[str, Any]) -> None:
        row.update(change if row["sender"] == CAMERA.ip else {})

    forged = edited(framed, tmp_path / "case", "findings", accuse)
    one = told(forged, ask, change.get("sender", CAMERA.ip))[0]
    assert one[0] == CONTRADICTED
    assert f"{CONTRADICTED}: {reason}" in one[1]


@pytest.mark.parametrize("ask", TOOLS)
def test_frames_of_somebody_else_are_contradicted(framed: netaudit.Case, tmp_path: Path, ask: Ask) -> None:
    flows = {row["client_ip"]: row for row in framed.table("flows").to_pylist() if row["server_ip"] == CLOUD}
    other = f"{flows[DELL.ip]['first_frame']}-{flows[DELL.ip]['last_frame']}"

    def swap(row: dict[str, Any]) -> None:
        row["frames"] = other

    forged = edited(framed, tmp_path / "case", "evidence", swap)
    assert [status for status, _ in told(forged, ask, CAMERA.ip)] == [CONTRADICTED]


def test_findings_are_judged_by_their_objects() -> None:
    said = {"a": Opinion(CONFIRMED, "as it is", 1), "b": Opinion(UNCONFIRMABLE, "no"), "c": Opinion(CONTRADICTED, "no")}
    said["d"] = Opinion(NOT_FOUND, "no")
    claims = opinions.Claims(
        {name: Stated("", 1, True, {"cap": [1]}, "cap", ("10.0.0.1", "10.0.0.2"), (1, 2), 0) for name in said}, Holders()
    )  # fmt: skip
    claims.seen["cap"].add(opinions.Way(("10.0.0.1",), ("10.0.0.2",), (1, 2), ()), 1)

    def status(*ids: str) -> str:
        return str(judged({"finding_id": "F", "object_ids": list(ids)}, said, claims)["status"])

    assert status("a") == CONFIRMED
    assert status("a", "b") == status("a", "gone") == "partly confirmed"
    assert status("a", "c") == CONTRADICTED
    assert status("b") == status() == UNCONFIRMABLE
    assert status("d") == NOT_FOUND


def test_a_range_of_frames_is_no_bomb(framed: netaudit.Case, tmp_path: Path) -> None:
    def swell(row: dict[str, Any]) -> None:
        row["frames"] = "1-999999999999"

    forged = edited(framed, tmp_path / "case", "evidence", swell)
    with pytest.raises(netaudit.NetauditError, match="more than"):
        ask_dpkt(forged)
