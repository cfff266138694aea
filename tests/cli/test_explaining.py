"""`netaudit explain ANYTHING` on a small case: what each kind of thing is, where a value occurs, what is refused."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import netaudit
from netaudit.cli.app import app
from netaudit.cli.explaining import meant
from netaudit.errors import UsageError
from netaudit.evidence.case.occurrences import named, occurrences, spellings

DEMO = Path(__file__).parents[2] / "pcaps" / "sales_office" / "lan.pcapng"


@pytest.fixture(scope="module")
def case(tmp_path_factory) -> netaudit.Case:
    return netaudit.audit(DEMO, tmp_path_factory.mktemp("explained") / "case")


def first(case: netaudit.Case, table: str, column: str) -> str:
    return str(case.table(table, [column])[column][0])


def explained(case: netaudit.Case, what: str, *more: str) -> str:
    done = CliRunner().invoke(app, ["explain", str(case.folder), what, *more], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize(
    ("kind", "table", "column"),
    [
        ("finding", "findings", "finding_id"), ("event", "events", "event_id"), ("message", "messages", "message_id"),
        ("flow", "flows", "flow_id"), ("image", "images", "sha256"), ("journey", "journeys", "journey_id"),
        ("object", "objects", "object_id"),
    ],
)  # fmt: skip
def test_every_kind_of_thing_is_known_by_the_beginning_of_its_id(case, kind: str, table: str, column: str) -> None:
    identity = first(case, table, column)
    assert meant(case, identity[:12]) == (kind, identity)
    said = json.loads(explained(case, identity[:12], "--json"))
    assert (said["kind"], said["id"]) == (kind, identity)
    assert said["occurrences"]


def test_a_device_an_address_a_host_and_a_packet_are_known(case) -> None:
    device = next(row for row in case.table("devices").to_pylist() if row["ips"])
    assert meant(case, device["ips"][0]) == ("device", device["device_id"])
    outside = next(row for row in case.table("endpoints").to_pylist() if row["scope"] == "outside" and row["names"])
    assert meant(case, outside["ip"]) == ("value", outside["ip"])
    assert meant(case, "12")[0] == "packet"
    told = explained(case, outside["names"][0], "--lang", "en")
    assert outside["ip"] in told
    assert "Occurs in" in told


@pytest.mark.parametrize(("lang", "said"), [("en", "sent"), ("zh", "传输")])
def test_a_finding_is_told_in_a_sentence_with_its_packets(case, lang: str, said: str) -> None:
    told = explained(case, first(case, "findings", "finding_id"), "--lang", lang)
    assert said in told
    assert "netaudit extract" in told


def test_counts_are_those_of_the_tables(case) -> None:
    ip = first(case, "findings", "sender")
    counted = {(one.table, one.column): one.rows for one in occurrences(case.table, ip)}
    assert counted["findings", "sender"] == case.table("findings")["sender"].to_pylist().count(ip)
    assert counted["flows", "client_ip"] == case.table("flows")["client_ip"].to_pylist().count(ip)
    assert counted["devices", "ips"] == sum(ip in (row or ()) for row in case.table("devices")["ips"].to_pylist())


def test_other_spellings_are_told() -> None:
    import pyarrow as pa

    from netaudit.core.schema import BY_NAME

    rows = {"messages": [{"host": "API.Example.com:443"}, {"host": "api.example.com."}, {"host": "other.example.com"}]}

    def columns(name, wanted):
        return pa.Table.from_pylist(rows.get(name, []), BY_NAME[name].schema()).select(wanted)

    assert spellings(columns, "api.example.com") == ["API.Example.com:443", "api.example.com."]
    assert named(columns, "api") == []


def test_what_is_not_there_or_may_be_several_things_is_refused(case) -> None:
    with pytest.raises(UsageError, match="nothing of this case"):
        explained(case, "no such thing")
    ids = sorted(case.table("messages")["message_id"].to_pylist())
    shared = next((a[:4] for a, b in itertools.pairwise(ids) if a[:4] == b[:4]), "")
    if shared:
        with pytest.raises(UsageError, match="give more of it"):
            explained(case, shared)
