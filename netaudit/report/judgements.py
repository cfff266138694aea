"""The findings of a case in the order of the report, with what hangs on them joined."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from netaudit.findings.vocabulary import ACT, ACTS, COUNTED, grade_of, kind_of
from netaudit.report import frames, reading

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.report.reading import Row, Tables

PLAIN = (
    "finding_id", "certainty", "act", "sender", "sender_device", "sender_role", "role_reason", "receiver",
    "receiver_device", "endpoint_id", *COUNTED, "distinct_images", "with_identity", "persons", "transfers", "bytes",
    "first_ts", "last_ts", "display_filter", "rule", "reason",
)  # fmt: skip


class Judgements:
    """Findings as rows with four columns more: `row` of the table, `number` (from 1), images `fitting`, and `kind`.

    `fitting` counts all images that a finding rests on; its `images` are those of them with a face.
    """

    def __init__(self, case: Tables) -> None:
        import pyarrow.compute as pc

        self.case = case
        self._table = case.table("findings")
        everything = reading.rows(self._table, *PLAIN)
        fitting = pc.list_value_length(self._table.column("object_ids")).to_pylist()
        for row, finding in enumerate(everything):
            finding |= {"row": row, "fitting": fitting[row] or 0, "kind": kind_of(finding)}
        everything.sort(key=_rank)
        for number, finding in enumerate(everything, 1):
            finding["number"] = number
        self.all = everything
        self.seen = [finding for finding in everything if grade_of(finding).images]
        self.encrypted = [finding for finding in everything if not grade_of(finding).images]

    @functools.cached_property
    def transfers(self) -> pa.Table:
        """One row for each object of a finding: row of the finding, object_id, sha256, first_ts (UTC nanoseconds)."""
        import pyarrow as pa

        parents, ids = reading.exploded(self._table, "object_ids")
        sha256, messages = reading.looked_up(
            ids,
            self.case.table("objects", ["object_id", "sha256", "message_id"]),
            "object_id",
            ["sha256", "message_id"],
        )
        (first_ts,) = reading.looked_up(
            messages, self.case.table("messages", ["message_id", "first_ts"]), "message_id", ["first_ts"]
        )
        return pa.table({"row": parents, "object_id": ids, "sha256": sha256, "first_ts": first_ts})

    def distinct(self, findings: list[Row]) -> int:
        """How many different images `findings` carried."""
        return len(self.images(findings))

    def images(self, findings: list[Row]) -> list[str]:
        """SHA-256 of the different images that `findings` carried, in the order of the findings."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array([finding["row"] for finding in findings], pa.int64())
        mine = self.transfers.filter(pc.is_in(self.transfers.column("row"), value_set=wanted))
        return [one for one in pc.unique(mine.column("sha256")).to_pylist() if one]

    def of_persons(self, findings: list[Row]) -> int:
        """How many different identity numbers, or templates, `findings` on either carried."""
        return len({one for hmacs in self.listed(findings, "person_hmacs") for one in hmacs or ()})

    def listed(self, findings: list[Row], column: str) -> list[list[str]]:
        """The values of a list column for each of `findings`."""
        return self._table.column(column).take([finding["row"] for finding in findings]).to_pylist() if findings else []

    def frames(self, findings: list[Row]) -> list[dict[str, frames.Ranges]]:
        """For each of `findings` the frames that carried its objects, by capture_id."""
        pairs = zip(self.listed(findings, "object_ids"), self.listed(findings, "document_ids"), strict=True)
        wanted = [[*(images or ()), *(documents or ())] for images, documents in pairs]
        table = reading.having(self.case.table("evidence"), "object_id", (one for ids in wanted for one in ids or ()))
        carried: dict[str, list[Row]] = {}
        for row in reading.rows(table, "object_id", "capture_id", "frames", "first_frame", "last_frame"):
            carried.setdefault(row["object_id"], []).append(row)
        return [_by_capture([row for one in ids or () for row in carried.get(one, ())]) for ids in wanted]

    def gaps(self, findings: list[Row]) -> list[list[Row]]:
        """For each of `findings` its objects with missing bytes: sha256 and missing ranges."""
        wanted = self.listed(findings, "object_ids")
        table = reading.having(
            self.case.table("objects", ["object_id", "sha256", "missing"]),
            "object_id",
            (one for ids in wanted for one in ids or ()),
        )
        found = {
            row["object_id"]: row for row in reading.rows(table, "object_id", "sha256", "missing") if row["missing"]
        }
        return [[found[one] for one in ids or () if one in found] for ids in wanted]

    def flows(self, findings: list[Row]) -> list[list[Row]]:
        """For each of `findings` the rows of its flows by time."""
        wanted = self.listed(findings, "flow_ids")
        columns = (
            "flow_id", "capture_id", "client_ip", "client_port", "server_ip", "server_port", "first_ts", "last_ts",
            "first_frame", "last_frame", "payload_up", "duplicate_up", "conflicting_up", "server_name",
            "bursts_up",
        )  # fmt: skip
        table = reading.having(
            self.case.table("flows", columns), "flow_id", (one for ids in wanted for one in ids or ())
        )
        by_id = {row["flow_id"]: row for row in reading.rows(table, *columns)}
        found = ([by_id[one] for one in ids or () if one in by_id] for ids in wanted)
        return [sorted(flows, key=lambda flow: (flow["first_ts"] or 0, flow["flow_id"])) for flows in found]


def device(finding: Row) -> str:
    """The near side of a finding: its sender, or its receiver when the sender is the endpoint."""
    return str((finding["receiver"] if finding["sender"] == finding["endpoint_id"] else finding["sender"]) or "")


def _rank(finding: Row) -> tuple[str, int, int, int, int, str]:
    return (
        finding["certainty"],
        ACTS.index(ACT[finding["act"]]),
        -(finding["images"] or 0),
        -sum(finding[name] or 0 for name in COUNTED[1:]),
        -(finding["bytes"] or 0),
        finding["finding_id"] or "",
    )


def _by_capture(evidence: list[Row]) -> dict[str, frames.Ranges]:
    spans: dict[str, frames.Ranges] = {}
    for row in evidence:
        found = frames.parse(row["frames"] or "") or _span(row)
        spans.setdefault(row["capture_id"], []).extend(found)
    return {capture: frames.merge(found) for capture, found in sorted(spans.items())}


def _span(row: Row) -> frames.Ranges:
    first, last = row["first_frame"], row["last_frame"]
    return [] if first is None else [(first, max(first, last or first))]
