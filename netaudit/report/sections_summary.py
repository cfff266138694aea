"""The first pages: key figures, sentences with names and places, and what it all rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.findings.vocabulary import KIND, UPLOADED
from netaudit.report import reading
from netaudit.report.judgements import Judgements, device
from netaudit.report.leads import leads, span
from netaudit.report.parties import Parties
from netaudit.report.sections_endpoints import Hosts

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST_CAPTURES = 3
Tile = tuple[str, str, str]  # value, what it counts, class


def summary(case: CaseLike, judged: Judgements, parties: Parties, w: Wording) -> dict[str, Any]:
    """Sentences, and the captures that they rest on."""
    captures = reading.rows(case.table("captures"), "name", "sha256", "packets_read", "first_ts", "last_ts")
    return {
        "leads": leads(judged, parties, w),
        "captures": [_capture(row, w) for row in captures[:MOST_CAPTURES]],
        "captures_more": max(0, len(captures) - MOST_CAPTURES),
    }


def sentences(case: CaseLike, w: Wording) -> dict[str, Any]:
    """The sentences of the first page alone, for whoever shows nothing else of the report."""
    return leads(Judgements(case), Parties(case, Hosts(case, w), w), w)


def _capture(row: Row, w: Wording) -> dict[str, str]:
    figures = {"packets": w.number(row["packets_read"]), "when": span(row["first_ts"], row["last_ts"], w)}
    return {"line": w.t("summary_capture", name=w.exact(row["name"], 80), **figures), "sha256": w.exact(row["sha256"])}


def tiles(
    case: CaseLike, judged: Judgements, parties: Parties, hosts: Hosts, w: Wording, packets: dict[str, Any]
) -> list[Tile]:
    """Key figures that fit the case: of what left in clear; else of what was hidden; else of what was looked at."""
    whole = packets["share"] and packets["read"] == packets["decoded"]
    end: Tile = (w.t("fig_all"), w.t("fig_all_packets"), "plain") if whole else (
        packets["share"] or "—", w.t("fig_packets"), "plain"
    )  # fmt: skip
    out = [finding for finding in judged.seen if finding["kind"].seen and finding["kind"].act == UPLOADED]
    if out:
        return [*_seen(judged, parties, out, w), *_hidden(judged, parties, w)[:1], end]
    inside = [*_moves(judged, w)]
    if judged.encrypted:
        return [*_hidden(judged, parties, w), *inside, end]
    captures = reading.rows(case.table("captures"), "packets_read")
    counted = (
        ("fig_packets_read", sum(row["packets_read"] or 0 for row in captures)),
        ("fig_devices_seen", len(hosts.devices.rows)),
        ("fig_images", case.table("images").num_rows),
    )
    return [*inside, *((w.number(n), w.t(key), "plain") for key, n in counted), end]


def _seen(judged: Judgements, parties: Parties, out: list[Row], w: Wording) -> list[Tile]:
    numbers = judged.of_persons([finding for finding in out if finding["records"]])
    distinct, images = judged.distinct(out), sum(finding["images"] or 0 for finding in out)
    counted = (
        ("fig_distinct", distinct),
        ("fig_transfers", images if images != distinct else 0),
        ("fig_persons", numbers),
        ("fig_templates", judged.of_persons([finding for finding in out if finding["templates"]])),
        ("fig_devices", len({parties.key(device(finding)) for finding in out})),
        ("fig_endpoints", len({parties.service(finding["receiver"] or "") for finding in out})),
    )
    return [(w.number(n), w.t(key), "seen") for key, n in counted if n]


def _hidden(judged: Judgements, parties: Parties, w: Wording) -> list[Tile]:
    if not judged.encrypted:
        return []
    hidden = judged.encrypted
    flows = {one for ids in judged.listed(hidden, "flow_ids") for one in ids or ()}
    counted = (
        ("fig_hidden_senders", len({parties.key(device(finding)) for finding in hidden})),
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
