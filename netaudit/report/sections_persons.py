"""Persons: how many are told apart, each way of counting for itself, and the records with the images beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netaudit.events.identity.records import ANCHORS, records

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.report.reading import CaseLike
    from netaudit.report.wording import Wording

MOST_RECORDS = 200
MOST_DAYS = 62
COUNTED = ("events", "id_numbers", "person_ids", "images")
COUNTS = (
    "id_numbers_checked", "id_numbers_named", "phones", "names", "declared_person_ids", "face_images_exact",
    "face_images_alike",
)  # fmt: skip
SHOWN = ("name", "id_number", "phone", "birthday", "person_id", "gender", "score")
AROUND = ("device", "place", "time")


def persons(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Counts by what is counted, the period, and the records of persons (not of bare capture events)."""
    people = case.manifest.get("people")
    people = people if isinstance(people, dict) else {}
    table = _unmasked(case) if w.unmask else case.table("persons")
    rows = records(table, *(case.table(name) for name in ("objects", "messages", "images")))
    rows = [row for row in rows if any(kind in row for kind in ANCHORS)]
    rows.sort(key=lambda row: (row.get("first_ts") or 0, row["message_id"], row["record"]))
    first, last = people.get("first_ts"), people.get("last_ts")
    return {
        "counts": [(w.t(f"people.{name}"), w.number(people.get(name))) for name in COUNTS if name in people],
        "kinds": [_kind(row, w) for row in people.get("records") or ()],
        "days": _days(people.get("days") or [], w),
        "period": {"first": w.when(first), "last": w.when(last), "once": first == last} if first else None,
        "records": [_record(row, w) for row in rows[:MOST_RECORDS]],
        "n": len(rows),
        "more": max(0, len(rows) - MOST_RECORDS),
    }


def _kind(row: dict[str, Any], w: Wording) -> dict[str, Any]:
    first, last = row.get("first_ts"), row.get("last_ts")
    counted = {name: w.number(row.get(name)) for name in COUNTED}
    period = {"first": w.when(first), "last": w.when(last), "once": first == last}
    return {"record": w.term("record", row.get("record"))} | period | counted


def _days(rows: list[dict[str, Any]], w: Wording) -> list[dict[str, Any]]:
    """Events by UTC day, with the length of a bar in percent."""
    most = max((row.get("events") or 0 for row in rows), default=0) or 1
    return [
        {"day": str(np.datetime64(row["day"], "ns").astype("datetime64[D]")), "bar": round(100 * row["events"] / most)}
        | {name: w.number(row.get(name)) for name in COUNTED}
        for row in rows[-MOST_DAYS:]
    ]


def _unmasked(case: CaseLike) -> pa.Table:
    """`persons` with the clear values in the place of the masked ones."""
    keys = ("message_id", "object_id", "kind", "value_hmac")
    clear = {
        tuple(row[key] for key in keys): row["value_clear"]
        for row in case.clear_table().select([*keys, "value_clear"]).to_pylist()
    }
    table = case.table("persons")
    rows = table.to_pylist()
    for row in rows:
        row["value_masked"] = clear.get(tuple(row[key] for key in keys), row["value_masked"])
    return table.from_pylist(rows, schema=table.schema)


def _record(row: dict[str, Any], w: Wording) -> dict[str, Any]:
    def fields(kinds: tuple[str, ...]) -> list[tuple[str, str]]:
        return [(w.t(f"person.{kind}"), w.as_said(kind, row[kind])) for kind in kinds if row.get(kind)]

    return {
        "when": w.when(row.get("first_ts")),
        "fields": fields(SHOWN),
        "around": fields(AROUND),
        "checked": row["id_checked"],
        "images": len(row["images"]),
        "digests": [digest[:12] for digest in row["images"][:6]],
        "request": w.text(f"{row.get('host') or ''}{row.get('path') or ''}", 100),
        "frame": w.number(row.get("first_frame")),
    }
