"""Findings A to C in full, the encrypted uploads D, and the matrix of devices and endpoints.

Which articles the findings of a case touch, what is shown of them, and which papers to ask for.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from netaudit.evidence.case.reviews import latest
from netaudit.findings.duties.cards import cards_of, edition, say
from netaudit.findings.duties.stored import stored_card, stored_rows
from netaudit.findings.vocabulary import COUNTED, GRADE
from netaudit.report import frames, reading
from netaudit.report.judgements import device

if TYPE_CHECKING:
    from netaudit.evidence.case.report_status import Moment
    from netaudit.evidence.case.reviews import Review
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

FULL = 60  # findings told in full
COMPACT = 500  # further findings as one line each: more would make sorting slow; the annex has all of them
MOST_RANGES = 24  # frame ranges of one capture
MOST_CAPTURES = 6  # captures of one finding
MOST_GAPS = 8  # incomplete objects of one finding, and missing ranges of one object
MOST_FILTER = 1500  # characters of a display filter
MOST_FLOWS = 6  # connections of one encrypted upload


def findings(judged: Judgements, hosts: Hosts, captures: dict[str, str], w: Wording, at: Moment) -> dict[str, Any]:
    """Findings on images that were seen: the first in full, the others as lines. `captures` names captures by id."""
    full = judged.seen[:FULL]
    reviews = latest(folder, at.lines) if (folder := getattr(judged.case, "folder", None)) is not None else {}
    details = [
        _finding(finding, by_capture, hosts, captures, w) | _gaps(gaps, w) | {"review": _review(reviews, finding, w)}
        for finding, by_capture, gaps in zip(full, judged.frames(full), judged.gaps(full), strict=True)
    ]
    rest = judged.seen[FULL : FULL + COMPACT]
    others = [*judged.seen[FULL:], *judged.encrypted]
    count = {letter: sum(f["certainty"] == letter for f in judged.seen) for letter in GRADE}
    return {
        "intro": w.t("findings_intro", n=len(judged.seen), a=count["A"], b=count["B"], c=count["C"])
        if judged.seen
        else "",
        "full": details,
        "reviews": [(f["number"], text) for f in others if (text := _review(reviews, f, w))],
        "compact": [_common(finding, hosts, w) for finding in rest],
        "more": max(0, len(judged.seen) - FULL - COMPACT),
    }


def _review(reviews: dict[str, Review], finding: Row, w: Wording) -> str:
    """What somebody said of a finding, and when; empty where nobody did."""
    one = reviews.get(str(finding["finding_id"]))
    if one is None:
        return ""
    by = " · ".join(part for part in (w.text(one.by, 100), f"{w.exact(one.when, 30)} UTC") if part)
    return " · ".join(part for part in (w.term("review_status", one.status), w.text(one.note, 2000), by) if part)


def _common(finding: Row, hosts: Hosts, w: Wording) -> dict[str, Any]:
    return {
        "number": finding["number"],
        "certainty": w.exact(finding["certainty"], 8),
        "act": w.term("act", finding["act"]),
        "sender": hosts.short(finding["sender"]),
        "receiver": hosts.short(finding["receiver"]),
        "role": w.term("role", finding["sender_role"]),
        "images": w.number(finding["images"]),
        "distinct": w.number(finding["distinct_images"]),
        "records": records_line(finding, w),
        "size": w.size(finding["bytes"]),
        "first": w.when(finding["first_ts"]),
        "last": w.when(finding["last_ts"]),
        "once": finding["first_ts"] == finding["last_ts"],
        "id": w.exact(finding["finding_id"]),
    }


def records_line(finding: Row, w: Wording) -> str:
    """Records, templates and contacts of a finding, and how many of its images went with a number; empty without."""
    parts = []
    if finding["records"]:
        counts = {name: w.number(finding[name]) for name in ("persons", "transfers")}
        parts.append(w.t("finding_records_line", n=w.number(finding["records"]), **counts))
    transfers = w.number(finding["transfers"])
    parts += [
        w.t(f"finding_counted.{name}", n=w.number(finding[name]), transfers=transfers)
        for name in COUNTED
        if name not in {"images", "records"} and finding[name]
    ]
    if finding["with_identity"]:
        parts.append(w.t("finding_with", n=w.number(finding["with_identity"])))
    return " · ".join(parts)


def _detail(finding: Row, hosts: Hosts, w: Wording) -> dict[str, Any]:
    reason = w.sentence(finding["role_reason"], 300)
    role = w.term("role", finding["sender_role"])
    display = str(finding["display_filter"] or "")
    fits = len(display) <= MOST_FILTER
    return _common(finding, hosts, w) | {
        "sender": hosts.full(finding["sender"]),
        "receiver": hosts.full(finding["receiver"]),
        "role": w.t("role_line", role=role, reason=reason) if reason else role,
        "acting": "sender" if device(finding) == finding["sender"] else "receiver",
        "reason": w.sentence(finding["reason"], 400),
        "rule": w.text(finding["rule"], 120),
        "filter": w.exact(display, MOST_FILTER) if fits else "",
        "filter_long": "" if fits else w.t("filter_long", n=w.number(len(display))),
        "extract": extract_command(w.exact(finding["finding_id"])),
    }


def extract_command(finding_id: str) -> str:
    """Command line that writes the packets of a finding to a file of its own."""
    name = "".join(c for c in finding_id[:12] if c.isascii() and c.isalnum())
    return f"netaudit extract CASE {shlex.quote(finding_id)} -o finding-{name}.pcapng"


def _finding(
    finding: Row, by_capture: dict[str, frames.Ranges], hosts: Hosts, captures: dict[str, str], w: Wording
) -> dict[str, Any]:
    per_capture = []
    for capture, ranges in list(by_capture.items())[:MOST_CAPTURES]:
        spans, more = frames.pieces(ranges, MOST_RANGES)
        name = captures.get(capture) or w.exact(capture)
        per_capture.append(
            {
                "head": w.t("finding_frames_line", capture=name, n=w.number(frames.count(ranges))),
                "ranges": spans,
                "more": w.t("finding_frames_more", n=w.number(more)) if more else "",
            }
        )
    return _detail(finding, hosts, w) | {
        "frames": per_capture,
        "captures_more": max(0, len(by_capture) - MOST_CAPTURES),
    }


def _gaps(objects: list[Row], w: Wording) -> dict[str, Any]:
    """Missing byte ranges of the finding's incomplete objects."""
    shown = []
    for row in objects[:MOST_GAPS]:
        ranges = ", ".join(w.exact(span, 50) for span in row["missing"][:MOST_GAPS])
        more = len(row["missing"]) - MOST_GAPS
        shown.append(f"{w.exact((row['sha256'] or '')[:16])}…: {ranges}" + (f" … +{more}" if more > 0 else ""))
    return {"gaps": shown, "gaps_more": max(0, len(objects) - MOST_GAPS)}


def encrypted(judged: Judgements, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    """Uploads whose content is not visible: who, to whom, how many bytes, in how many bursts of which sizes."""
    full = judged.encrypted[:FULL]
    return {
        "n": len(judged.encrypted),
        "full": [_upload(f, flows, hosts, captures, w) for f, flows in zip(full, judged.flows(full), strict=True)],
        "compact": [_common(finding, hosts, w) for finding in judged.encrypted[FULL : FULL + COMPACT]],
        "more": max(0, len(judged.encrypted) - FULL - COMPACT),
    }


def _upload(finding: Row, flows: list[Row], hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    classes = list(w.t.group("burst").values())
    bursts = [
        sum(
            (flow["bursts_up"] or [])[place : place + 1][0] or 0
            for flow in flows
            if len(flow["bursts_up"] or []) > place
        )
        for place in range(len(classes))
    ]
    who = {
        "sender": hosts.short(finding["sender"]),
        "receiver": hosts.short(finding["receiver"]),
        "size": w.size(finding["bytes"]),
    }
    line = w.t("encrypted_line", **who, flows=w.number(len(flows)), bursts=w.number(sum(bursts))) if flows else ""
    names = sorted({flow["server_name"] for flow in flows if flow["server_name"]})
    return _detail(finding, hosts, w) | {
        "line": line or w.t("encrypted_line_plain", **who),
        "bursts": [(label, w.number(n)) for label, n in zip(classes, bursts, strict=True)] if flows else [],
        "names": [w.text(name) for name in names[:MOST_FLOWS]],
        "flows": [_connection(flow, captures, w) for flow in flows[:MOST_FLOWS]],
        "flows_more": w.t("connections_more", n=w.number(len(flows) - MOST_FLOWS)) if len(flows) > MOST_FLOWS else "",
    }


def _connection(flow: Row, captures: dict[str, str], w: Wording) -> str:
    return w.t(
        "connection_line",
        capture=captures.get(flow["capture_id"]) or w.exact(flow["capture_id"]),
        first=w.number(flow["first_frame"]),
        last=w.number(flow["last_frame"]),
        client=_socket(flow["client_ip"], flow["client_port"], w),
        server=_socket(flow["server_ip"], flow["server_port"], w),
        size=w.size((flow["payload_up"] or 0) - (flow["duplicate_up"] or 0) - (flow["conflicting_up"] or 0)),
    )


def _socket(ip: str | None, port: int | None, w: Wording) -> str:
    address = w.exact(ip, 60)
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def duties(case: CaseLike, judged: Judgements, w: Wording) -> dict[str, Any]:
    """Cards of the kinds of findings of the case and of what devices say they store, and what is said around them."""
    endpoints = reading.rows(case.table("endpoints"), "endpoint_id", "country")
    countries = {row["endpoint_id"]: row["country"] or "" for row in endpoints}
    stored = stored_card(stored_rows(case.table("observations")), w.lang)
    return {
        "say": lambda key: say(key, w.lang),
        "cards": cards_of(judged.all, countries, w.lang) + ([stored] if stored is not None else []),
        "edition": edition(w.lang),
    }
