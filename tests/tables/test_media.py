"""Dialogues and their streams: tied by address, by source number, by both; never where several fit."""

from __future__ import annotations

import pyarrow as pa
import pytest

from netaudit.core.schema import FLOWS, MEDIA
from netaudit.tables.media import STREAM, tie

T = 1_700_000_000 * 10**9


def media(role, *, flow="", address="", port=0, ssrc=-1, ts=T, transport="udp", ident="m"):
    row = dict.fromkeys(MEDIA.names, "")
    row |= {"role": role, "flow_id": flow, "address": address, "port": port, "ssrc": ssrc, "ts": ts, "number": 0}
    return row | {"transport": transport, "message_id": f"{ident}{role}{flow}{ts}"}


def flow(name, client, server, *, first=T + 10**9, last=T + 10**10, transport="udp"):
    row = dict.fromkeys(FLOWS.names)
    row |= {"flow_id": name, "transport": transport, "first_ts": first, "last_ts": last}
    row["client_ip"], row["client_port"] = client
    row["server_ip"], row["server_port"] = server
    return row


CAMERA, SERVER = ("10.99.0.2", 15060), ("10.99.0.3", 30000)
HERE = {"address": SERVER[0], "port": SERVER[1]}
LATE = T + 600 * 10**9
CASES = {
    "both keys": ([media("offer", ssrc=5, **HERE), media(STREAM, flow="a", ssrc=5)], [flow("a", CAMERA, SERVER)], ("a", "address and source")),
    "address alone": ([media("offer", ssrc=5, **HERE), media(STREAM, flow="a", ssrc=6)], [flow("a", SERVER, CAMERA)], ("a", "address")),
    "source alone": (
        [media("offer", ssrc=5, **HERE), media(STREAM, flow="a", ssrc=5)],
        [flow("a", CAMERA, ("192.0.2.1", 7))],
        ("a", "source"),
    ),
    "both keys win": (
        [media("offer", ssrc=5, **HERE), media(STREAM, flow="a", ssrc=4), media(STREAM, flow="b", ssrc=5)],
        [flow("a", CAMERA, SERVER), flow("b", ("10.99.0.9", 1), SERVER)],
        ("b", "address and source"),
    ),
    "two fit": (
        [media("offer", ssrc=-1, **HERE)],
        [flow("a", CAMERA, SERVER), flow("b", ("10.99.0.9", 1), SERVER)],
        ("", ""),
    ),
    "too late": ([media("offer", ssrc=5, **HERE)], [flow("a", CAMERA, SERVER, first=LATE, last=LATE)], ("", "")),
    "other transport": ([media("offer", transport="tcp", **HERE)], [flow("a", CAMERA, SERVER)], ("", "")),
    "source zero says nothing": (
        [media("offer", ssrc=0, **HERE), media(STREAM, flow="a", ssrc=0)],
        [flow("a", CAMERA, ("192.0.2.1", 7))],
        ("", ""),
    ),
    "nothing seen": ([media("offer", ssrc=5, **HERE)], [], ("", "")),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_tie(name):
    rows, flows, answer = CASES[name]
    tied = tie(pa.Table.from_pylist(rows, schema=MEDIA.schema()), pa.Table.from_pylist(flows, schema=FLOWS.schema()))
    assert tied.schema == MEDIA.schema()
    assert [(row["flow_id"], row["tied_by"]) for row in tied.to_pylist() if row["role"] == "offer"] == [answer]
