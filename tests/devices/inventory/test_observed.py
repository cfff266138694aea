"""Facts come in the order of time, whatever order they were written in; pairs of columns are told by numbers."""

from __future__ import annotations

import random

import pyarrow as pa

from netaudit.core.schema import OBSERVATIONS
from netaudit.core.storage.table_streams import table_of
from netaudit.devices.inventory.observed import KEY, Observed


def table(count: int) -> pa.Table:
    """Facts in no order, many at one time, some at none."""
    chance = random.Random(count)
    rows = [
        OBSERVATIONS.row(
            kind=chance.choice(["arp", "dns"]), mac=chance.choice(["", "08:54:11:00:00:01"]), ip=f"10.0.0.{n % 3}",
            field=chance.choice(["a", "b"]), value=f"é{chance.randrange(5)}", capture_id="c", frame=n,
            ts=chance.choice([None, 5, 1, 9, 1]), count=1,
        )
        for n in range(count)
    ]  # fmt: skip
    return table_of(rows, OBSERVATIONS)


def test_facts_come_in_the_order_of_time_and_of_what_they_say() -> None:
    facts = table(200)
    plain = facts.set_column(facts.column_names.index("ts"), "ts", facts["ts"].cast(pa.int64())).to_pylist()
    for row in plain:
        row["ts"] = row["ts"] or 0
    wanted = sorted(plain, key=lambda row: [row[name] for name in KEY])
    rows = Observed(facts)
    assert [rows[n] for n in range(len(rows))] == wanted
    assert [rows.place(n) for n in range(len(rows))] == [f"c:{row['frame']}" for row in wanted]
    assert [(*rows.ends[end], *rows.names[name]) for end, name in zip(rows.end, rows.name, strict=True)] == [
        (row["mac"], row["ip"], row["kind"], row["field"]) for row in wanted
    ]
    chosen = rows.chosen([field == "a" for _, field in rows.names])
    assert [(n, ts, value) for n, _, _, ts, value in chosen] == [
        (n, row["ts"], row["value"]) for n, row in enumerate(wanted) if row["field"] == "a"
    ]


def test_no_facts_are_none() -> None:
    rows = Observed(OBSERVATIONS.schema().empty_table())
    assert len(rows) == 0
    assert list(rows.chosen([])) == []
