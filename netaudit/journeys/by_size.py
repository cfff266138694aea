"""The leg that nobody could read: an image of a journey that, by size and time, was sent on encrypted.

Such legs come last in their journey. They tie nothing further, since what was sent was not seen.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.tables import JOURNEYS

BY_SIZE = "size and time"


def with_relayed(journeys: pa.Table, relayed: pa.Table, uploads: pa.Table) -> pa.Table:
    """`journeys` with a leg for every unit of `encrypted_uploads` that images of a journey fit (`relayed_images`)."""
    if not journeys.num_rows or not relayed.num_rows:
        return journeys
    legs = journeys.select(["journey_id", "leg", "message_id"]).to_pylist()
    of_message = {leg["message_id"]: leg["journey_id"] for leg in legs}
    longest: dict[str, int] = defaultdict(int)
    for leg in legs:
        longest[leg["journey_id"]] = max(longest[leg["journey_id"]], leg["leg"])
    units: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in _with_numbers(relayed).to_pylist():
        if row["message_id"] in of_message:
            units[of_message[row["message_id"]], row["unit_id"]].append(row)
    ends = _ends(uploads, [unit for _, unit in units])
    rows = []
    for (journey, unit), some in sorted(units.items(), key=lambda one: (one[0][0], one[1][0]["sent_ts"], one[0][1])):
        longest[journey] += 1
        row = some[0]
        rows.append(
            {
                "journey_id": journey, "leg": longest[journey], "event_id": "", "message_id": "", "unit_id": unit,
                "sender": row["sender"], "receiver": row["receiver"],
                "first_ts": row["sent_ts"], "last_ts": ends[unit], "capture_id": row["capture_id"],
                "frame": row["first_frame"], "last_frame": row["last_frame"],
                "images": sorted({one["sha256"] for one in some}), "ties": [BY_SIZE],
            }
        )  # fmt: skip
    more = pa.Table.from_pylist(rows, schema=JOURNEYS.schema())
    return pa.concat_tables([journeys, more]).sort_by([("journey_id", "ascending"), ("leg", "ascending")])


def _with_numbers(table: pa.Table) -> pa.Table:
    """Times as nanoseconds, without pandas."""
    place = table.column_names.index("sent_ts")
    chosen = table.set_column(place, "sent_ts", table["sent_ts"].cast(pa.int64()))
    return chosen.select(
        ["message_id", "unit_id", "sha256", "sender", "receiver", "sent_ts", "capture_id", "first_frame", "last_frame"]
    )


def _ends(uploads: pa.Table, units: list[str]) -> dict[str, int]:
    """Last time of each unit, ns."""
    chosen = uploads.filter(pc.is_in(uploads["unit_id"], value_set=pa.array(sorted(set(units)), pa.string())))
    return dict(zip(chosen["unit_id"].to_pylist(), chosen["last_ts"].cast(pa.int64()).to_pylist(), strict=True))
