"""Documents that nobody understood to their end: told by who sent them to whom; what left forbids the calm sentence."""

from __future__ import annotations

import pyarrow as pa
import pytest

import netaudit
from netaudit.findings.accounts import OTHERS
from netaudit.findings.documents import ELSEWHERE, FEW, LEFT, documents
from tests.spoken import Capture, reply, request

NEAR, FAR, OTHER = "192.168.1.20", "47.96.1.20", "192.168.1.30"
REST = b"\xa7\xd2\x91" * 20


def told(client: str, server: str, *said: tuple[str, int]) -> list[tuple[object, ...]]:
    tables = {
        "endpoints": pa.table({"ip": [NEAR, FAR, OTHER], "scope": ["inside", "outside", "inside"]}),
        "flows": pa.table({"flow_id": ["f"], "client_ip": [client], "server_ip": [server]}),
        "messages": pa.table(
            {
                "flow_id": ["f"] * len(said),
                "direction": [way for way, _ in said],
                "unread": [size for _, size in said],
            }
        ),
    }
    return [tuple(line) for line in documents(tables)]


def test_what_left_is_open_and_all_else_a_row() -> None:
    pair = f"{NEAR} > {FAR}"
    assert told(NEAR, FAR, ("up", 0), ("up", 18), ("up", 40)) == [(pair, LEFT, 2, 58, False)]
    assert told(NEAR, FAR, ("up", 17)) == [(pair, FEW, 1, 17, True)]
    assert told(NEAR, FAR, ("down", 900)) == [(f"{FAR} > {NEAR}", ELSEWHERE, 1, 900, True)]
    assert told(NEAR, OTHER, ("up", 900)) == [(f"{NEAR} > {OTHER}", ELSEWHERE, 1, 900, True)]
    assert told(FAR, NEAR, ("down", 18)) == [(pair, LEFT, 1, 18, False)]  # asked from outside
    assert told(NEAR, FAR, ("up", 0)) == []


@pytest.mark.parametrize(
    ("sent", "answered", "calm"),
    [
        (b'{"seq": 1}', b'{"code": 0}', True),
        (b'{"seq": 1,}', b'{"code": 0}', True),  # careless, but understood
        (b'{"seq": 1} ' + REST, b'{"code": 0}', False),
        (b'{"seq": 1}', b'{"code": 0} ' + REST, True),
    ],
)
def test_a_rest_that_left_is_not_passed_over(tmp_path, sent: bytes, answered: bytes, calm: bool) -> None:
    capture = Capture()
    capture.talk(NEAR, FAR, (request("POST", "/v1/x", sent), reply(answered)))
    case = netaudit.audit(capture.write(tmp_path / "a.pcap"), tmp_path / "case", faces=False, inside=["192.168.0.0/16"])
    said = {one.kind for one in case.summary.limits}
    assert ("documents" in said) is not calm
    rows = case.table("ledgers").to_pylist()
    size = sum(row["bytes"] for row in rows if row["ledger"] == "documents")
    assert size == (len(REST) if REST in sent + answered else 0)


def test_messages_of_connections_that_were_set_aside_have_no_ends_to_name() -> None:
    tables = {
        "endpoints": pa.table({"ip": [NEAR], "scope": ["inside"]}),
        "flows": pa.table({"flow_id": ["f"], "client_ip": [NEAR], "server_ip": [FAR]}),
        "messages": pa.table({"flow_id": ["another"], "direction": ["up"], "unread": [40]}),
    }
    assert [tuple(line) for line in documents(tables)] == [(OTHERS, ELSEWHERE, 1, 40, True)]
