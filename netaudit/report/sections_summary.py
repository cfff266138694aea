"""The first two pages: sentences with names and places, key figures, a short table, pictures, what it all rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.findings.vocabulary import KIND, UPLOADED
from netaudit.report import reading
from netaudit.report.judgements import Judgements, device
from netaudit.report.leads import COUNTED, leads, span, what
from netaudit.report.parties import Parties
from netaudit.report.sections_endpoints import Hosts

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST_ROWS = 10
MOST_CAPTURES = 3
Tile = tuple[str, str, str]  # value, what it counts, class


def summary(case: CaseLike, judged: Judgements, parties: Parties, w: Wording) -> dict[str, Any]:
    """The two pages without their pictures, which are taken from the gallery."""
    captures = reading.rows(case.table("captures"), "name", "sha256", "packets_read", "first_ts", "last_ts")
    return {
        "leads": leads(judged, parties, w),
        "rows": [_row(finding, parties, w) for finding in judged.all[:MOST_ROWS]],
        "more": max(0, len(judged.all) - MOST_ROWS),
        "captures": [_capture(row, w) for row in captures[:MOST_CAPTURES]],
        "captures_more": max(0, len(captures) - MOST_CAPTURES),
    }


def sentences(case: CaseLike, w: Wording) -> dict[str, Any]:
    """The sentences of the first page alone, for whoever shows nothing else of the report."""
    return leads(Judgements(case), Parties(case, Hosts(case, w), w), w)


def _row(finding: Row, parties: Parties, w: Wording) -> dict[str, Any]:
    near = device(finding)
    far = str(finding["receiver" if near == finding["sender"] else "sender"] or "")
    letter, kind = finding["certainty"], finding["kind"]
    counted = {name: {letter: n} if (n := finding[name] or 0) else {} for name in COUNTED}
    match kind.counts:
        case "bytes":
            content = w.short(finding["bytes"] or 0)
        case "fitting":
            content = w.t("matrix_fit", n=w.number(finding["fitting"]))
        case "together":
            content = w.t("matrix_together")
        case "images" | "templates" | "contacts":
            content = what(counted, finding["with_identity"] or 0, w)
    return {
        "certainty": letter,
        "who": parties.device(near),
        "act": w.term("act", finding["act"]),
        "to": parties.endpoint([far]),
        "what": content,
        "when": span(finding["first_ts"], finding["last_ts"], w),
        "number": finding["number"],
    }


def _capture(row: Row, w: Wording) -> dict[str, str]:
    figures = {"packets": w.number(row["packets_read"]), "when": span(row["first_ts"], row["last_ts"], w)}
    return {"line": w.t("summary_capture", name=w.exact(row["name"], 80), **figures), "sha256": w.exact(row["sha256"])}


def tiles(case: CaseLike, judged: Judgements, hosts: Hosts, w: Wording, decoded: str) -> list[Tile]:
    """Key figures that fit the case: of what left in clear; else of what was hidden; else of what was looked at."""
    end: Tile = (decoded or "—", w.t("fig_packets"), "plain")
    out = [finding for finding in judged.seen if finding["kind"].seen and finding["kind"].act == UPLOADED]
    if out:
        return [*_seen(judged, out, w), *_hidden(judged, w)[:1], end]
    inside = [*_moves(judged, w)]
    if judged.encrypted:
        return [*_hidden(judged, w), *inside, end]
    captures = reading.rows(case.table("captures"), "packets_read")
    counted = (
        ("fig_packets_read", sum(row["packets_read"] or 0 for row in captures)),
        ("fig_devices_seen", len(hosts.devices.rows)),
        ("fig_images", case.table("images").num_rows),
    )
    return [*inside, *((w.number(n), w.t(key), "plain") for key, n in counted), end]


def _seen(judged: Judgements, out: list[Row], w: Wording) -> list[Tile]:
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = judged.transfers
    mine = rows.filter(pc.is_in(rows.column("row"), value_set=pa.array([f["row"] for f in out], pa.int64())))
    persons = {one for told in judged.listed(out, "person_hmacs") for one in told or ()}
    counted = (
        ("fig_distinct", pc.count_distinct(mine.column("sha256")).as_py()),
        ("fig_transfers", sum(finding["images"] or 0 for finding in out)),
        ("fig_persons", len(persons)),
        ("fig_templates", sum(finding["templates"] or 0 for finding in out)),
        ("fig_devices", len({device(finding) for finding in out})),
        ("fig_endpoints", len({finding["endpoint_id"] for finding in out})),
    )
    return [(w.number(n), w.t(key), "seen") for key, n in counted if n]


def _hidden(judged: Judgements, w: Wording) -> list[Tile]:
    if not judged.encrypted:
        return []
    hidden = judged.encrypted
    flows = {one for told in judged.listed(hidden, "flow_ids") for one in told or ()}
    counted = (
        ("fig_hidden_senders", len({device(finding) for finding in hidden})),
        ("fig_hidden_endpoints", len({finding["endpoint_id"] for finding in hidden})),
        ("fig_hidden_connections", len(flows)),
    )
    size = w.short(sum(finding["bytes"] or 0 for finding in hidden))
    return [(size, w.t("fig_encrypted"), "hidden"), *((w.number(n), w.t(key), "hidden") for key, n in counted if n)]


def _moves(judged: Judgements, w: Wording) -> list[Tile]:
    counted = (
        (key, sum(finding["images"] or 0 for finding in judged.seen if finding["kind"] == KIND[kind]))
        for key, kind in (("fig_inside_moves", "moved"), ("fig_retrieved", "retrieved"))
    )
    return [(w.number(n), w.t(key), "seen") for key, n in counted if n]
