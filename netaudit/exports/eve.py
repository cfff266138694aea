"""A case as lines of Suricata's EVE: flows, recovered objects and findings, for tools that read those.

The form is that of Suricata 8 (`etc/schema.json` there); `flow_id` is the beginning of ours as a number, and alerts
name the finding and its certainty in `alert.metadata`. Masked as the tables are. Lines come in the order of the tables,
not of time.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import orjson

from netaudit.findings.vocabulary import GRADE, KINDS, kind_of
from netaudit.storage.arrow_rows import plain
from netaudit.storage.files import fresh
from netaudit.text.addresses import community_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netaudit.case.reading import Case

Row = dict[str, Any]
GENERATOR = 1978  # Suricata's own rules have 1; a number of ours, so that nobody takes our alerts for theirs
SEVERITY = {"A": 1, "B": 2, "C": 3, "D": 3}  # 1 is the highest
APPLICATIONS = {"dns", "http", "tls", "quic", "mqtt", "rtsp", "sip", "ftp", "smtp", "ssh", "dhcp", "snmp", "ntp"}
_FLOW = (
    "flow_id", "transport", "client_ip", "client_port", "server_ip", "server_port", "vlan", "first_ts", "last_ts",
    "packets_up", "packets_down", "bytes_up", "bytes_down", "protocol",
)  # fmt: skip
_MESSAGE = ("message_id", "flow_id", "direction", "method", "host", "path", "status", "first_ts", "protocol")
_OBJECT = ("message_id", "sha256", "size", "kind", "complete", "name", "stored")
_FINDING = ("finding_id", "certainty", "act", "sender", "receiver", "images", "bytes", "first_ts", "flow_ids", "rule")


def write_eve(case: Case, out: Path) -> int:
    """Write the lines; gives their number."""
    flows = {row["flow_id"]: row for row in plain(case.table("flows", _FLOW))}
    count = 0
    with fresh(out) as temporary, temporary.open("wb") as file:
        for line in _lines(case, flows):
            file.write(orjson.dumps(line) + b"\n")
            count += 1
    return count


def _lines(case: Case, flows: dict[str, Row]) -> Iterator[Row]:
    import pyarrow.compute as pc

    alerted = {one for row in plain(case.table("findings", ("flow_ids",))) for one in row["flow_ids"] or ()}
    for flow in flows.values():
        yield _flow(flow, alerted=flow["flow_id"] in alerted)
    objects = case.table("objects", _OBJECT)
    rows = case.table("messages", _MESSAGE)
    rows = rows.filter(pc.is_in(rows["message_id"], pc.unique(objects["message_id"])))
    messages = {row["message_id"]: row for row in plain(rows)}
    for row in plain(objects):
        message = messages.get(row["message_id"]) if row["sha256"] else None
        if message is not None and (known := flows.get(message["flow_id"])) is not None:
            yield _file(row, message, known)
    for row in plain(case.table("findings", _FINDING)):
        yield _alert(row, next((flows[one] for one in row["flow_ids"] or () if one in flows), None))


def _flow(flow: Row, *, alerted: bool) -> Row:
    first, last = flow["first_ts"] or flow["last_ts"], flow["last_ts"] or flow["first_ts"]
    return _ends(flow, "flow", last) | {
        "flow": {
            "pkts_toserver": flow["packets_up"],
            "pkts_toclient": flow["packets_down"],
            "bytes_toserver": flow["bytes_up"],
            "bytes_toclient": flow["bytes_down"],
            "start": _time(first),
            "end": _time(last),
            "age": int((_moment(last) - _moment(first)).total_seconds()) if first and last else 0,
            "alerted": alerted,
        }
    }


def _file(row: Row, message: Row, flow: Row) -> Row:
    line = _ends(flow, "fileinfo", message["first_ts"], back=message["direction"] == "down")
    line["fileinfo"] = {
        "filename": row["name"] or message["path"] or "",
        "magic": row["kind"],
        "gaps": not row["complete"],
        "state": "CLOSED" if row["complete"] else "TRUNCATED",
        "sha256": row["sha256"],
        "stored": bool(row["stored"]),
        "size": row["size"],
    }
    if message["protocol"] == "http":
        http = {
            "hostname": message["host"],
            "url": message["path"],
            "http_method": message["method"],
            "status": message["status"],
        }
        line["http"] = {name: value for name, value in http.items() if value}
    return line


def _alert(row: Row, flow: Row | None) -> Row:
    kind = kind_of(row)
    if flow is None:
        line: Row = {"timestamp": _time(row["first_ts"]), "event_type": "alert"}
    else:
        line = _ends(flow, "alert", row["first_ts"], back=flow["client_ip"] == row["receiver"])
    line |= {"src_ip": row["sender"], "dest_ip": row["receiver"]}
    rule, _, version = row["rule"].partition("/")
    line["alert"] = {
        "action": "allowed",
        "gid": GENERATOR,
        "signature_id": 1 + KINDS.index(kind),
        "rev": int(version.partition(";")[0]) if version[:1].isdigit() else 1,
        "signature": f"netaudit {row['certainty']}: {row['act']}",
        "category": rule,
        "severity": SEVERITY[row["certainty"]],
        "metadata": {
            "netaudit_finding": [row["finding_id"]],
            "netaudit_certainty": [row["certainty"]],
            "netaudit_meaning": [GRADE[row["certainty"]].meaning.en],
        },
    }
    return line


def _ends(flow: Row, event: str, moment: str | None, *, back: bool = False) -> Row:
    """The head of a line; `back` where it goes from server to client."""
    client, server = (flow["client_ip"], flow["client_port"]), (flow["server_ip"], flow["server_port"])
    (source, source_port), (target, target_port) = (server, client) if back else (client, server)
    line: Row = {
        "timestamp": _time(moment or flow["first_ts"] or flow["last_ts"]),
        "flow_id": int(flow["flow_id"][:16], 16) >> 1,  # a positive number of 63 bits
        "event_type": event,
        "src_ip": source,
        "src_port": source_port,
        "dest_ip": target,
        "dest_port": target_port,
        "proto": flow["transport"].upper(),
    }
    ports = (flow["client_ip"], flow["client_port"], flow["server_ip"], flow["server_port"])
    if name := community_id(flow["transport"], *ports):
        line["community_id"] = name
    if flow["protocol"] in APPLICATIONS:
        line["app_proto"] = flow["protocol"]
    if tags := [int(tag) for tag in str(flow["vlan"] or "").split(".") if tag.isdigit()]:
        line["vlan"] = tags
    return line


def _time(moment: str | None) -> str:
    """A time of nine digits as Suricata writes it: of six, and with the zone; 1970 where none is known."""
    return f"{moment[:26] if moment else '1970-01-01T00:00:00.000000'}+0000"


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text[:26])
