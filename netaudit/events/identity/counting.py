"""Who is counted how: by kind of record where a document says it, and by day.

Declared ids and identity numbers are counted each for itself, images by their bytes; no picture is ever called a person
or added to one. What a record is about is what its document says: a capture that names nobody is one of a stranger.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

RECORDS = ("id_check", "visitor", "staff", "enrolment", "stranger", "unknown")
DAY = 86_400_000_000_000  # ns
MOST_DAYS = 400
_KINDS = {"id_verification": "id_check", "enrolment": "enrolment"}
_ATTENDANCE = frozenset({  # what clocks say, of employees
    "zkteco-attendance", "zkteco-photo", "zkteco-biophoto", "zkteco-realtime", "zkteco-table-photo", "zkteco-users",
})  # fmt: skip
_GROUPS = {
    "visitor": ("visitor", "访客", "4"), "staff": (
        "staff", "employee", "员工", "职工", "考勤", "attendance", "checkin", "checkout", "breakin", "breakout",
        "overtimein", "overtimeout", "3",
    ),
    "stranger": ("stranger", "陌生人", "2"),
}  # fmt: skip
_COLUMNS = [
    "kind", "document", "person_group", "id_number_hmac", "person_hmac", "name_hmac", "phone_hmac", "images",
    "first_ts",
]  # fmt: skip


@dataclass(slots=True)
class Count:
    """What is counted of some events."""

    events: int = 0
    numbers: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    first: int = 1 << 62
    last: int = 0

    def record(self, row: dict[str, Any]) -> None:
        """Count one event."""
        self.events += 1
        self.numbers |= {row["id_number_hmac"]} - {"", None}
        self.ids |= {row["person_hmac"]} - {"", None}
        self.images.update(row["images"] or ())
        if row["first_ts"] is not None:
            self.first, self.last = min(self.first, row["first_ts"]), max(self.last, row["first_ts"])

    def figures(self) -> dict[str, int | None]:
        """Numbers, and the period in UTC nanoseconds."""
        return {
            "events": self.events,
            "id_numbers": len(self.numbers),
            "person_ids": len(self.ids),
            "images": len(self.images),
            "first_ts": self.first if self.last else None,
            "last_ts": self.last or None,
        }


def by_record(events: pa.Table) -> dict[str, Any]:
    """Counts by kind of record, and by UTC day; heart-beats, subscriptions and bare queries are records of nobody."""
    kinds: dict[str, Count] = defaultdict(Count)
    days: dict[int, Count] = defaultdict(Count)
    place = events.column_names.index("first_ts")
    rows = events.set_column(place, "first_ts", events["first_ts"].cast("int64")).select(_COLUMNS).to_pylist()
    for row in rows:
        if row["kind"] in {"heartbeat", "subscription"} or not _of_somebody(row):
            continue
        kinds[record_kind(row)].record(row)
        day = (row["first_ts"] or 0) // DAY
        if day in days or len(days) < MOST_DAYS:
            days[day].record(row)
    return {
        "records": [{"record": name} | kinds[name].figures() for name in RECORDS if name in kinds],
        "days": [{"day": day * DAY} | days[day].figures() for day in sorted(days)],
    }


def _of_somebody(row: dict[str, Any]) -> bool:
    return bool(row["images"] or row["id_number_hmac"] or row["person_hmac"] or row["name_hmac"] or row["phone_hmac"])


def record_kind(row: dict[str, Any]) -> str:
    """What a document says that a record is: one of RECORDS."""
    if known := _KINDS.get(row["kind"]):
        return known
    if row["document"] in _ATTENDANCE:
        return "staff"
    group = (row["person_group"] or "").casefold()
    for name, words in _GROUPS.items():
        if group and (group in words or any(len(word) > 1 and word in group for word in words)):
            return name
    named = row["id_number_hmac"] or row["person_hmac"] or row["name_hmac"]
    return "stranger" if row["kind"] == "face_capture" and not named else "unknown"
