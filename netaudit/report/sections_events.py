"""What messages say: captures and checks by device, the question they ask, and their journeys with legs and frames."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST_SENDERS = 60
MOST_JOURNEYS = 30
BY_SIZE = "size and time"  # tie of a leg that was sent encrypted
MOST_LEGS = 16  # of a journey that are shown
MOST_QUESTIONS = 50
UNCERTAIN = ("hearsay", "recalled", "inferred")
EVENT = (
    "event_id", "message_id", "kind", "document", "certainty", "device_ref", "place", "sender", "receiver", "first_ts",
    "frame", "capture_id", "images", "asks", "name", "id_number", "phone", "agent", "agent_company", "risk_status",
    "first_photo_time", "report_time", "score", "complete", "shot_time", "target",
    "direction",
)  # fmt: skip
LEG = (
    "journey_id",
    "leg",
    "event_id",
    "sender",
    "receiver",
    "first_ts",
    "frame",
    "last_frame",
    "images",
    "ties",
    "capture_id",
)


def events(case: CaseLike, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    """The section: `senders`, `questions`, `journeys`, each with how many more there are."""
    rows = reading.rows(case.table("events"), *EVENT)
    rows.sort(key=lambda row: (row["first_ts"] or 0, row["event_id"]))
    senders, n_senders = _senders(rows, hosts, w)
    asked = [row for row in rows if row["asks"]]
    journeys, n_journeys = _journeys(case, rows, hosts, captures, w)
    return {
        "n": len(rows),
        "senders": senders,
        "senders_more": max(0, n_senders - MOST_SENDERS),
        "questions": [_question(row, hosts, captures, w) for row in asked[:MOST_QUESTIONS]],
        "questions_more": max(0, len(asked) - MOST_QUESTIONS),
        "asked_fields": w.t("lead_comma").join(
            w.term("asks", name) for name in dict.fromkeys(name for row in asked for name in row["asks"])
        ),
        "journeys": journeys,
        "journeys_n": n_journeys,
        "journeys_more": max(0, n_journeys - len(journeys)),
        "uncertain": any(row["certainty"] in UNCERTAIN for row in rows),
    }


def _senders(event_rows: list[Row], hosts: Hosts, w: Wording) -> tuple[list[dict[str, Any]], int]:
    """One row per sender, kind and document, the first of them, and how many there are."""
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in event_rows:
        groups[row["sender"], row["kind"], row["document"]].append(row)
    out = []
    for (sender, kind, document), rows in sorted(groups.items())[:MOST_SENDERS]:
        receivers = list(dict.fromkeys(row["receiver"] for row in rows))
        out.append({
            "sender": hosts.full(sender),
            "kind": w.term("event_kind", kind),
            "document": _named(document, w),
            "document_id": w.exact(document, 60),
            "certainty": w.term("layout", rows[0]["certainty"]),
            "uncertain": rows[0]["certainty"] in UNCERTAIN,
            "n": w.number(len(rows)),
            "images": w.number(len({sha for row in rows for sha in row["images"]})),
            "refs": _few([row["device_ref"] for row in rows], w),
            "places": _few([row["place"] for row in rows], w),
            "ways": _ways(rows, w),
            "targets": _few([row["target"] for row in rows], w),
            "receivers": [hosts.short(one) for one in receivers[:3]],
            "receivers_more": max(0, len(receivers) - 3),
            "first": w.when(rows[0]["first_ts"]),
            "last": w.when(rows[-1]["first_ts"]),
            "once": len(rows) == 1,
        })  # fmt: skip
    return out, len(groups)


def _named(document: str, w: Wording) -> str:
    """The entry that reads a message, by its name; in Chinese none, since that is a word of the program."""
    return w.exact(document, 60) if w.lang == "en" else ""


def _few(values: list[str], w: Wording) -> str:
    distinct = [value for value in dict.fromkeys(values) if value]
    more = f" (+{len(distinct) - 3})" if len(distinct) > 3 else ""
    return w.t("lead_comma").join(w.text(value, 60) for value in distinct[:3]) + more


def _ways(rows: list[Row], w: Wording) -> str:
    """How many went in and how many out, where it is said; other codes as they were sent."""
    counts = Counter(row["direction"] for row in rows if row["direction"])
    known = [(w.term("direction", way), counts.pop(way)) for way in ("in", "out") if way in counts]
    known += [(w.text(code, 24), number) for code, number in sorted(counts.items())[:3]]
    return w.t("lead_comma").join(f"{word} {w.number(number)}" for word, number in known)


def _question(row: Row, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    fields = [(w.t(f"person.{key}"), w.text(row[key], 80)) for key in ("name", "id_number", "phone") if row[key]]
    fields += [
        (w.term("asks", key), w.as_said("risk" if key == "risk_status" else "", row[key]))
        for key in ("agent", "agent_company", "risk_status")
        if row[key]
    ]
    times = [
        (w.term("asks", key), w.when(row[key])) for key in ("first_photo_time", "report_time") if row[key] is not None
    ]
    return {
        "when": w.when(row["first_ts"]),
        "said": fields,
        "times": times,
        "order": _order(row, w),
        "way": f"{hosts.short(row['sender'])} → {hosts.short(row['receiver'])}",
        "document": _named(row["document"], w),
        "document_id": w.exact(row["document"], 60),
        "uncertain": row["certainty"] in UNCERTAIN,
        "frame": _frame(row, captures, w),
    }


def _order(row: Row, w: Wording) -> str:
    """Which came first, the photo or the report, where both are said."""
    photo, report = row["first_photo_time"], row["report_time"]
    if photo is None or report is None:
        return ""
    return w.t("asks_photo_first" if photo < report else "asks_report_first")


def _frame(row: Row, captures: dict[str, str], w: Wording) -> str:
    last = row.get("last_frame") or row["frame"]
    span = w.number(row["frame"]) if last == row["frame"] else f"{w.number(row['frame'])}–{w.number(last)}"
    name = captures.get(row["capture_id"], "") if len(captures) > 1 else ""
    return f"{name}: {span}" if name else span


def _journeys(
    case: CaseLike, event_rows: list[Row], hosts: Hosts, captures: dict[str, str], w: Wording
) -> tuple[list[dict[str, Any]], int]:
    """The journeys that tell most: those that leave, have most stations and most kinds of events."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in reading.rows(case.table("journeys"), *LEG):
        groups[row["journey_id"]].append(row)
    by_id = {row["event_id"]: row for row in event_rows}
    outside = {row["ip"] for row in reading.rows(case.table("endpoints"), "ip", "scope") if row["scope"] == "outside"}

    def telling(item: tuple[str, list[Row]]) -> tuple[Any, ...]:
        legs = item[1]
        kinds = {by_id[leg["event_id"]]["kind"] for leg in legs if leg["event_id"] in by_id}
        stations = {leg[end] for leg in legs for end in ("sender", "receiver")}
        return -bool(stations & outside), -len(kinds), -len(stations), -len(legs), legs[0]["first_ts"] or 0, item[0]

    chosen = sorted(groups.items(), key=telling)[:MOST_JOURNEYS]
    return [_journey(name, legs, by_id, hosts, captures, w) for name, legs in chosen], len(groups)


def _journey(
    name: str, legs: list[Row], by_id: dict[str, Row], hosts: Hosts, captures: dict[str, str], w: Wording
) -> dict[str, Any]:
    legs = sorted(legs, key=lambda leg: leg["leg"] or 0)
    known = [by_id[leg["event_id"]] for leg in legs if leg["event_id"] in by_id]
    persons = [
        (w.t(f"person.{key}"), w.text(value, 80))
        for key in ("name", "id_number", "phone")
        for value in dict.fromkeys(row[key] for row in known if row[key])
    ]
    return {
        "id": w.exact(name, 40),
        "first": w.when(legs[0]["first_ts"]),
        "last": w.when(legs[-1]["first_ts"]),
        "once": legs[0]["first_ts"] == legs[-1]["first_ts"],
        "persons": persons[:6],
        "order": _order(_earliest(known), w),
        "legs": [_leg(leg, by_id.get(leg["event_id"]), hosts, captures, w) for leg in legs[:MOST_LEGS]],
        "more": max(0, len(legs) - MOST_LEGS),
    }


def _earliest(known: list[Row]) -> Row:
    """First photo and report, each as first said anywhere on the way."""
    times = ("first_photo_time", "report_time")
    return {key: min((row[key] for row in known if row[key] is not None), default=None) for key in times}


def _leg(leg: Row, event: Row | None, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    bare = "leg_sealed" if BY_SIZE in (leg["ties"] or ()) else "leg_bare"
    what = w.term("event_kind", event["kind"]) if event else w.t(bare)
    detail = _named(event["document"], w) if event else ""
    return {
        "number": w.number(leg["leg"]),
        "when": w.when(leg["first_ts"]),
        "sender": hosts.short(leg["sender"]),
        "receiver": hosts.short(leg["receiver"]),
        "what": what,
        "detail": detail,
        "uncertain": event is not None and event["certainty"] in UNCERTAIN,
        "ties": [w.term("tie", tie) for tie in leg["ties"]],
        "images": [w.exact(sha[:12], 12) for sha in leg["images"][:4]],
        "frame": _frame(leg, captures, w),
    }
