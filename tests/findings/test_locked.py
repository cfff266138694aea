"""Archives with a password that leave in clear: told as D of who sends them, and of nobody's own computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import netaudit
from netaudit.core.contracts.reasons import parsed
from netaudit.core.contracts.unwrapping_steps import LOCKED as LOCKED_FILE
from netaudit.core.schema import FLOWS, IMAGES, MESSAGES, OBJECTS, PERSONS
from netaudit.findings.acts import LEAST_BYTES
from netaudit.findings.locked import locked_findings
from netaudit.findings.roles import Actors
from tests.content.test_locked import zipped
from tests.findings.test_moments import filled
from tests.spoken import Capture, reply, request
from tests.wording import english

if TYPE_CHECKING:
    from pathlib import Path

CAM, SERVER, CLOUD = "192.168.1.30", "192.168.1.40", "47.96.10.20"


def sent(folder: Path, to: str, *, locked: bool, size: int = 9_000, count: int = 8, agent: str = "") -> netaudit.Case:
    capture = Capture()
    more = {"User_Agent": agent} if agent else {}
    archive = zipped(locked=locked)
    for n in range(count):
        data = archive[:40] + bytes((n * 31 + 7 * k * k) % 256 for k in range(size))
        capture.talk(CAM, to, (request("PUT", f"/b/{n}.zip", data, "application/zip", **more), reply()))
    return netaudit.audit(capture.write(folder / "a.pcap"), folder / "case", faces=False)


def test_they_are_a_finding_that_says_so(tmp_path: Path) -> None:
    case = sent(tmp_path, CLOUD, locked=True)
    (row,) = case.table("findings").to_pylist()
    assert (row["certainty"], row["sender"], row["receiver"], row["rule"]) == ("D", CAM, CLOUD, "locked-files/1")
    assert english(row["reason"]).startswith("8 files locked with a password or a key, ")
    assert "face" not in english(row["reason"])


@pytest.mark.parametrize(
    ("to", "locked", "count"),
    [(CLOUD, False, 8), (SERVER, True, 8), (CLOUD, True, 2)],  # open; inside; too little
)
def test_others_are_none(to: str, locked: bool, count: int, tmp_path: Path) -> None:
    assert sent(tmp_path, to, locked=locked, count=count).table("findings").num_rows == 0


def rows_of(*sizes: int, client: str = CAM, server: str = CLOUD, way: str = "up", note: str = LOCKED_FILE):
    """Tables of one connection that carried such files."""
    flow = {"flow_id": "f", "client_ip": client, "server_ip": server, "capture_id": "c", "first_ts": 5, "last_ts": 9}
    return {
        "flows": filled(FLOWS, [flow]), "images": filled(IMAGES, []), "persons": filled(PERSONS, []),
        "messages": filled(MESSAGES, [{"message_id": "m", "flow_id": "f", "direction": way}]),
        "objects": filled(OBJECTS, [
            {"object_id": f"o{n}", "message_id": "m", "size": size, "notes": [note, LOCKED_FILE]} for n, size in enumerate(sizes)
        ]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "sizes", "found"),
    [
        ({}, (LEAST_BYTES,), (CAM, CLOUD)),
        ({}, (LEAST_BYTES - 1,), None),
        ({}, (LEAST_BYTES // 2, LEAST_BYTES // 2), (CAM, CLOUD)),
        ({"way": "down"}, (LEAST_BYTES,), None),  # it came
        ({"way": "down", "client": CLOUD, "server": CAM}, (LEAST_BYTES,), (CAM, CLOUD)),  # somebody outside fetched it
        ({"client": CLOUD, "server": CAM}, (LEAST_BYTES,), None),
        ({"server": SERVER}, (LEAST_BYTES,), None),
    ],
)
def test_how_much_that_is_locked_and_left_is_a_finding(given, sizes: tuple[int, ...], found) -> None:
    tables = rows_of(*sizes, **given)
    made = locked_findings(tables, lambda ip: "outside" if ip == CLOUD else "inside", Actors((), tables))
    assert [(one.sender, one.receiver) for one in made] == [found] * (found is not None)
    for one in made:
        said = parsed(one.reasons[0]).arguments
        assert (one.bytes, said["n"], said["k"], said["m"]) == (sum(sizes), str(sum(sizes)), str(len(sizes)), "1")
        assert (one.first_ts, one.last_ts, one.flow_ids) == (5, 9, ["f"])
    machine = frozenset({CAM})
    assert locked_findings(tables, lambda ip: "outside" if ip == CLOUD else "inside", Actors((), tables), machine) == []
