"""The demo office tells the whole chain: camera, server, cloud and customer system with the record of the ID terminal."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import netaudit
from netaudit.findings.journeys.from_tables import BY_SIZE

FOLDER = Path(__file__).parents[3] / "pcaps" / "sales_office"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["captures"]


def told(case: netaudit.Case) -> list[list[tuple[str, str, str]]]:
    """Sender, receiver and kind of event of the legs of every journey."""
    kinds = dict(case.events[["event_id", "kind"]].itertuples(index=False))
    journeys: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for row in case.journeys.sort_values(["journey_id", "leg"]).itertuples():
        if list(row.ties) == [BY_SIZE]:
            continue
        journeys[row.journey_id].append((row.sender, row.receiver, kinds.get(row.event_id, "")))
    return list(journeys.values())


def wanted(name: str) -> list[list[tuple[str, str, str]]]:
    return [[(leg["sender"], leg["receiver"], leg["kind"]) for leg in legs] for legs in EXPECTED[name]["journeys"]]


@pytest.mark.parametrize("name", ["lan.pcapng", "ipv6.pcapng"])
def test_each_checked_visitor_is_one_journey(name: str, tmp_path: Path) -> None:
    case = netaudit.audit(FOLDER / name, tmp_path / "case", faces=False)
    journeys = told(case)
    assert len(wanted(name)) == 3
    assert [legs for legs in wanted(name) if legs not in journeys] == []
    assert {len(set(group)) for group in case.events.groupby("journey_id")["id_number_hmac"].unique().drop("")} <= {
        1,
        2,
    }
    hidden = {(image["sender"], image["receiver"]) for image in EXPECTED[name]["images"] if not image["visible"]}
    by_size = [row for row in case.journeys.itertuples() if list(row.ties) == [BY_SIZE]]
    assert {(row.sender, row.receiver) for row in by_size} <= hidden
    packets = EXPECTED[name]["packets"]["count"]
    assert case.journeys["frame"].between(1, packets).all()
    assert (case.journeys["last_frame"] >= case.journeys["frame"]).all()


def test_what_it_is_for_is_asked_with_both_times(tmp_path: Path) -> None:
    case = netaudit.audit(FOLDER / "lan.pcapng", tmp_path / "case", faces=False)
    events: Any = case.events
    asked = events[events["asks"].str.len() > 0]
    assert {"agent", "agent_company", "report_time", "risk_status", "first_photo_time"} <= set(asked["asks"].explode())
    late = asked[asked["risk_status"] == "RISK"]
    journey = events[events["journey_id"].isin(late["journey_id"])]
    assert len(late) == 1
    assert journey["first_photo_time"].min() < journey["report_time"].min()
    assert not (asked["name"] == "张三丰").any()
