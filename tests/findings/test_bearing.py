"""What had come from outside before it was sent out again, however often both happened."""

from __future__ import annotations

import pytest

from netaudit.findings.bearing import LATELY, Bearing, Way
from netaudit.findings.ends import Ends
from netaudit.findings.transfers import Transfer
from tests.findings.examples import CAM, CLOUD, filled, flow

PICTURE = 7
TOLD = dict.fromkeys(Transfer._fields, "") | {
    "sender": CLOUD,
    "receiver": CAM,
    "flow_id": "f",
    "sha256": f"{PICTURE:016x}",
}


def bearing(*came: int) -> Bearing:
    tables = filled(flows=[flow(client_ip=CAM, server_ip=CLOUD)])
    found = Bearing(tables, ["f"], Ends(tables))
    for ts in came:
        found.note_arrival(Transfer(**TOLD | {"last_ts": ts}))
    return found


def sent(ts: int) -> Way:
    digest = Transfer(**TOLD).digest
    return Way("f", "m", "c", CAM, CLOUD, upload=True, first_ts=ts, digest=digest)


@pytest.mark.parametrize(
    ("came", "ts", "echoed"),
    [
        ((), 5, False),
        ((6,), 5, False),
        ((5,), 5, True),
        ((5,), 5 + LATELY, True),
        ((5,), 6 + LATELY, False),
        ((3 * LATELY, 5), 9, True),  # in whatever order they are noted
        ((5, 3 * LATELY), 2 * LATELY, False),
    ],
)
def test_only_what_came_lately_came_from_outside(came: tuple[int, ...], ts: int, echoed: bool) -> None:
    assert bearing(*came).came_from_outside(sent(ts)) is echoed


def test_a_picture_that_goes_back_and_forth_all_day_costs_no_more_than_its_ways() -> None:
    found = bearing(*range(0, 200_000, 2))
    assert all(found.came_from_outside(sent(ts)) for ts in range(1, 200_001, 2))
