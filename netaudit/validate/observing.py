"""What netaudit tells of the pack, in the words of the answers: the one place where the specification meets its tables.

Observations are records that any tool could give: `kind`, `capture`, mostly
`way`, and facts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netaudit.evidence.case.reading import Case

Record = dict[str, Any]
HTTP = ("http", "http2", "http3")


def observed(case: Case) -> Iterator[Record]:
    """All records of a case."""
    names = {row["capture_id"]: row["name"] for row in _rows(case, "captures", "capture_id", "name")}
    yield from _captures(case)
    ways: dict[str, tuple[str, list[Any]]] = {}
    for row in _rows(case, "flows"):
        way = [row["transport"], row["client_ip"], row["client_port"], row["server_ip"], row["server_port"]]
        capture = names[row["capture_id"]]
        ways[row["flow_id"]] = capture, way
        yield {
            "kind": "flow", "capture": capture, "way": way, "first": row["first_ts"], "last": row["last_ts"],
            "packets": [row["packets_up"], row["packets_down"]], "payload": [row["payload_up"], row["payload_down"]],
            "frames": [row["first_frame"], row["last_frame"]],
        }  # fmt: skip
        if row["tls_version"]:
            chosen = {"version": row["tls_version"], "suite": row["tls_cipher"], "alpn": row["tls_alpn"]}
            yield {"kind": "chosen", "capture": capture, "way": way, **chosen}
    yield from _messages(case, ways)
    yield from _hellos(case, ways)
    yield from _names(case, ways)


def _rows(case: Case, table: str, *columns: str) -> list[Record]:
    """Rows of a table; times as nanoseconds."""
    read = case.table(table, list(columns) or None)
    for place, field in enumerate(read.schema):
        if str(field.type).startswith("timestamp"):
            read = read.set_column(place, field.name, pc.cast(read.column(place), "int64"))
    rows: list[Record] = read.to_pylist()
    return rows


def _captures(case: Case) -> Iterator[Record]:
    flows: dict[str, int] = defaultdict(int)
    for row in _rows(case, "flows", "capture_id"):
        flows[row["capture_id"]] += 1
    for row in _rows(case, "captures"):
        yield {
            "kind": "capture", "capture": row["name"], "packets": row["packets_read"], "bytes": row["captured_bytes"],
            "first": row["first_ts"], "last": row["last_ts"], "damaged": bool(row["damage"]),
            "flows": flows[row["capture_id"]], "sha256": row["sha256"],
        }  # fmt: skip


def _messages(case: Case, ways: dict[str, tuple[str, list[Any]]]) -> Iterator[Record]:
    """Exchanges and contents."""
    of, exchanges, answers = {}, [], {}
    for row in _rows(case, "messages"):
        of[row["message_id"]] = row
        if row["request_id"]:
            answers[row["request_id"]] = row
        elif row["protocol"] in HTTP and not row["status"]:  # whoever opened the connection: servers ask, too
            exchanges.append(row)
    for row in exchanges:
        capture, way = ways[row["flow_id"]]
        answer = answers.get(row["message_id"], {})
        yield {
            "kind": "exchange", "capture": capture, "way": way,
            "method": row["method"], "host": row["host"], "target": row["path"], "asked_type": row["content_type"],
            "asked_size": row["body_size"], "answered_size": answer.get("body_size"),
            "status": answer.get("status"), "answered_type": answer.get("content_type"),
        }  # fmt: skip
    yield from _contents(case, ways, of)


def _contents(case: Case, ways: dict[str, tuple[str, list[Any]]], of: dict[str, Record]) -> Iterator[Record]:
    evidence = {row["object_id"]: [row["first_frame"], row["last_frame"]] for row in _rows(case, "evidence")}
    images = {row["sha256"]: row for row in _rows(case, "images")}
    for row in _rows(case, "objects"):
        message = of[row["message_id"]]
        capture, way = ways[message["flow_id"]]
        record = {
            "kind": "content", "capture": capture, "way": way, "sha256": row["sha256"], "size": row["size"],
            "whole": row["complete"], "up": message["direction"] == "up", "packets": evidence.get(row["object_id"]),
            "form": row["kind"],
        }  # fmt: skip
        if image := images.get(row["sha256"]):
            record |= {"pixels": [image["width"], image["height"]], "picture": True}
        yield record


def _hellos(case: Case, ways: dict[str, tuple[str, list[Any]]]) -> Iterator[Record]:
    for row in _rows(case, "tls_hellos"):
        capture, way = ways[row["flow_id"]]
        yield {
            "kind": "hello", "capture": capture, "way": way, "name": row["sni"],
            **{key: row[key] for key in ("alpn", "version", "ja3", "ja4", "frame", "random")},
        }  # fmt: skip


def _names(case: Case, ways: dict[str, tuple[str, list[Any]]]) -> Iterator[Record]:
    """What was asked, with all addresses that any answer gave to that name."""
    given: dict[str, set[str]] = defaultdict(set)
    for row in _rows(case, "observations", "kind", "field", "value", "ip"):
        if row["kind"] == "dns" and row["field"] == "name":
            given[row["value"]].add(row["ip"])
    for row in _rows(case, "messages", "flow_id", "protocol", "direction", "method", "host"):
        if row["protocol"] == "dns" and row["direction"] == "up":
            capture, way = ways[row["flow_id"]]
            yield {
                "kind": "name", "capture": capture, "way": way, "name": row["host"], "form": row["method"],
                "addresses": sorted(given[row["host"]]),
            }  # fmt: skip
