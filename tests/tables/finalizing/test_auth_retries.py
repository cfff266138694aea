"""A request that was challenged and sent again counts once; one that never came again still counts."""

from __future__ import annotations

import pyarrow as pa

from netaudit.core.schema import BY_NAME
from netaudit.tables.finalizing.challenged import SOON, without_challenged


def table(name, rows):
    schema = BY_NAME[name].schema()
    return pa.Table.from_pylist([{column: row.get(column) for column in schema.names} for row in rows], schema=schema)


FLOWS = table("flows", [{"flow_id": flow, "client_ip": "10.0.0.1", "server_ip": "10.0.0.2"} for flow in ("f", "g")])


def left(events, messages):
    return without_challenged(table("events", events), table("messages", messages), FLOWS)["event_id"].to_pylist()


def event(identity, message, ts=0, document="hikvision-library"):
    return {"event_id": identity, "message_id": message, "document": document, "first_ts": ts}


def message(identity, flow="f", status=0, request=""):
    return {"message_id": identity, "flow_id": flow, "status": status, "request_id": request}


CHALLENGE = [message("m1"), message("r1", status=401, request="m1"), message("m2", "g")]


def test_what_came_again_counts_once() -> None:
    assert left([event("e1", "m1"), event("e2", "m2", 5)], CHALLENGE) == ["e2"]


def test_what_did_not_come_again_counts() -> None:
    assert left([event("e1", "m1")], CHALLENGE) == ["e1"]
    assert left([event("e1", "m1"), event("e2", "m2", SOON + 1)], CHALLENGE) == ["e1", "e2"]
    assert left([event("e1", "m1"), event("e2", "m2", 5, "other")], CHALLENGE) == ["e1", "e2"]


def test_answers_that_are_no_challenge_change_nothing() -> None:
    fine = [message("m1"), message("r1", status=200, request="m1"), message("m2", "g")]
    assert left([event("e1", "m1"), event("e2", "m2", 5)], fine) == ["e1", "e2"]
    assert left([], CHALLENGE) == []
