"""The page of a thing: a title that says what it is, sentences, pictures with captions, whither next; columns last."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.request import titled
from netaudit.browse.texts import say, title
from netaudit.findings.summary import finding_sentence
from netaudit.findings.vocabulary import COUNTED, UPLOADED
from netaudit.report.reasons import Reasons
from netaudit.report.sections_findings import records_line
from netaudit.report.span import span

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.browse.page import Asked

Row = dict[str, Any]
MOST_PICTURES = 48
MOST_REASONS = 3
MEDIA = "rtp"  # whose messages the packets of their flow alone do not give: another flow, or what is around, says how
MOST_NAMED = 6  # other addresses and names of a device


@dataclass(slots=True)
class Told:
    """What a page says before its columns."""

    title: str
    sentences: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # words, address below the case
    pictures: list[dict[str, str]] = field(default_factory=list)  # sha256, caption
    reasons: list[dict[str, str]] = field(default_factory=list)


def told_of(who: Asked, table: str, row: Row, number: int) -> Told:
    """What is said of a row; of tables without words for it, which row it is."""
    tell = TELLERS.get(table)
    if tell is not None and (page := tell(who, row)) is not None:
        return page
    return Told(say("row", who.lang, n=number + 1, table=title(table, who.lang)))


def _finding(who: Asked, row: Row) -> Told | None:
    w, parties = who.w, who.book.overviews.parties(who.book.case, who.lang)
    judged = who.book.overviews.judged(who.book.case)
    finding = next((one for one in judged.all if one["finding_id"] == row["finding_id"]), None)
    if finding is None:
        return None
    letter = finding["certainty"]
    lines = [f"{letter} · {w.t(f'certainty.{letter}')}", w.sentence(finding["reason"], 400), records_line(finding, w)]
    text = finding_sentence(who.book.case, who.book.case.summary, finding["finding_id"], w.lang, w.zone_given)
    page = Told(text, [one for one in lines if one])
    carried = [*(row["object_ids"] or ()), *(row["document_ids"] or ())]
    page.pictures, messages = _captioned(who, carried)
    page.links = [(say("see_request", who.lang), f"message/{one}") for one in messages[:1]]
    page.links += [(say("see_flow", who.lang), f"follow/{one}") for one in (row["flow_ids"] or ())[:1]]
    page.links += [
        (parties.short(row[end])[0], f"about?{urlencode({'value': row[end]})}")
        for end in ("sender", "receiver")
        if row[end]
    ]
    return page


def _captioned(who: Asked, object_ids: list[str]) -> tuple[list[dict[str, str]], list[str]]:
    """Pictures among objects with when, where and of whom (masked), and the messages of them that can be shown."""
    read = who.book.tables.columns
    objects = read("objects", ["object_id", "sha256", "message_id"])
    some = pa.array(object_ids[: MOST_PICTURES * 4], pa.string())
    found = objects.filter(pc.is_in(objects["object_id"], some)).to_pylist()
    ids = pa.array([one["message_id"] for one in found], pa.string())
    messages = read("messages", ["message_id", "first_ts", "protocol"])
    times = messages.filter(pc.is_in(messages["message_id"], ids))
    when = dict(zip(times["message_id"].to_pylist(), times["first_ts"].cast(pa.int64()).to_pylist(), strict=True))
    events = read("events", ["message_id", "place", "name", "id_number"])
    event_of = {one["message_id"]: one for one in events.filter(pc.is_in(events["message_id"], ids)).to_pylist()}
    images = set(read("images", ["sha256"])["sha256"].to_pylist())
    pictures: dict[str, dict[str, str]] = {}
    for one in sorted(found, key=lambda one: (when.get(one["message_id"]) or 0, one["object_id"])):
        if one["sha256"] in images:
            event = event_of.get(one["message_id"], {})
            parts = [who.w.when(when.get(one["message_id"])).local[:19]]
            parts += [who.w.text(event.get(name), 40) for name in ("place", "name", "id_number")]
            pictures.setdefault(one["sha256"], {"sha256": one["sha256"], "caption": " · ".join(filter(None, parts))})
    shown = set(times.filter(pc.not_equal(times["protocol"], MEDIA))["message_id"].to_pylist())
    return list(pictures.values())[:MOST_PICTURES], list(
        dict.fromkeys(one["message_id"] for one in found if one["message_id"] in shown)
    )


def _device(who: Asked, row: Row) -> Told:
    w, overviews = who.w, who.book.overviews
    parties, judged = overviews.parties(who.book.case, who.lang), overviews.judged(who.book.case)
    first = next(iter(row["ips"] or row["macs"] or ()), row["device_id"])
    name, detail = parties.short(first)
    page = Told(" · ".join(part for part in (name, detail, w.exact(first, 60)) if part))

    def mine(address: str) -> bool:  # an address may have been another device's at another time
        found = parties.known.devices.by_address(address)
        return address == row["device_id"] or (found is not None and found["device_id"] == row["device_id"])

    sent, received = (
        [one for one in judged.all if (one[f"{end}_device"] or row["device_id"]) == row["device_id"]
         and (one[f"{end}_device"] or mine(one[end]))]
        for end in ("sender", "receiver")
    )  # fmt: skip
    page.sentences = [
        *_moved(sent, "receiver", "device_sent", who), *_moved(received, "sender", "device_received", who),
    ] or [say("device_quiet", who.lang)]  # fmt: skip
    page.sentences.append(say("device_seen", who.lang, when=span(row["first_ts"], row["last_ts"], w)))
    others = [w.exact(one, 60) for one in [*(row["ips"] or ()), *(row["macs"] or ())] if one != first]
    if others:
        more = f" +{len(others) - MOST_NAMED}" if len(others) > MOST_NAMED else ""
        page.sentences.append(say("device_also", who.lang, names=", ".join(others[:MOST_NAMED]) + more))
    reasons = Reasons(who.book.case, w)
    reasons.choose([row["device_id"]])
    page.reasons = reasons.of(row["device_id"])["reasons"][:MOST_REASONS]
    page.links = [
        (say("see_about", who.lang, value=w.exact(one, 60)), f"about?{urlencode({'value': one})}")
        for one in [*(row["ips"] or ())[:2], *(row["macs"] or ())[:1]]
    ]
    if row["ips"] and mine(first):
        page.links.append((say("see_images", who.lang), f"gallery?{urlencode({'sender': first})}"))
    page.pictures = [
        {"sha256": one, "caption": ""}
        for one in judged.images([finding for finding in sent if finding["kind"].seen])[: MOST_PICTURES // 4]
    ]
    return page


def _moved(findings: list[Row], other: str, text: str, who: Asked) -> list[str]:
    """What a device sent or received, in a sentence for each kind of act that was seen, and for what was hidden."""
    out = []
    seen = [one for one in findings if one["kind"].seen]
    for act in dict.fromkeys(one["act"] for one in seen):
        some = [one for one in seen if one["act"] == act]
        counted = {name: sum(one[name] or 0 for one in some) for name in COUNTED}
        what = who.w.t("lead_comma").join(
            say(f"moved_{name}", who.lang, n=who.w.number(n)) for name, n in counted.items() if n
        )
        grades = ", ".join(sorted({one["certainty"] for one in some}))
        words = {"act": who.w.term("act", act), "what": what, "grades": grades}
        out.append(say(text, who.lang, n=len({one[other] for one in some}), **words))
    hidden = [one for one in findings if not one["kind"].seen and one["kind"].act == UPLOADED]
    if hidden:
        size = who.w.short(sum(one["bytes"] or 0 for one in hidden))
        out.append(say(f"{text}_hidden", who.lang, size=size, n=len({one[other] for one in hidden})))
    return out


def _message(who: Asked, row: Row) -> Told:
    w = who.w
    flow, _ = who.book.tables.page(_wanted("flows", "flow_id", row["flow_id"]), 0, 1, ["client_ip", "server_ip"])
    ends = [flow[0]["client_ip"], flow[0]["server_ip"]] if flow else ["", ""]
    if row["direction"] == "down":
        ends.reverse()
    parties = who.book.overviews.parties(who.book.case, who.lang)
    names = [f"{parties.short(ip)[0]} ({w.exact(ip, 60)})" for ip in ends]
    page = Told(titled(row, who))
    page.sentences = [say(
        "message_sent" if row["complete"] else "message_part", who.lang, a=names[0], b=names[1],
        when=w.when(row["first_ts"]).local, size=w.size(row["body_size"]),
    )]  # fmt: skip
    page.links = [(say("see_flow", who.lang), f"follow/{row['flow_id']}")]
    if row["protocol"] != MEDIA:
        page.links.insert(0, (say("see_request", who.lang), f"message/{row['message_id']}"))
    objects = who.book.tables.columns("objects", ["object_id", "message_id"])
    mine = objects.filter(pc.equal(objects["message_id"], row["message_id"]))["object_id"].to_pylist()
    page.pictures, _ = _captioned(who, mine)
    return page


def _wanted(table: str, column: str, value: str) -> Any:
    from netaudit.browse.paging import Wanted

    return Wanted(table, ((column, f"={value}"),))


def _flow(who: Asked, row: Row) -> Told:
    w, parties = who.w, who.book.overviews.parties(who.book.case, who.lang)
    names = [f"{parties.short(row[f'{end}_ip'])[0]} ({w.exact(row[f'{end}_ip'], 60)})" for end in ("client", "server")]
    what = w.text(row["server_name"], 80) or f"{row['transport']} {row['server_port']}"
    page = Told(say("flow_title", who.lang, a=names[0], b=names[1], what=what))
    count = pc.sum(pc.equal(who.book.tables.columns("messages", ["flow_id"])["flow_id"], row["flow_id"])).as_py() or 0
    page.sentences = [say(
        "flow_sent", who.lang, when=span(row["first_ts"], row["last_ts"], w), protocol=w.exact(row["protocol"], 20),
        up=w.short(row["bytes_up"]), down=w.short(row["bytes_down"]), n=count,
    )]  # fmt: skip
    missing = (row["missing_up"] or 0) + (row["missing_down"] or 0)
    page.sentences += [say("flow_missing", who.lang, size=w.short(missing))] if missing else []
    page.links = [(say("see_flow", who.lang), f"follow/{row['flow_id']}")]
    return page


def _event(who: Asked, row: Row) -> Told:
    w, parties = who.w, who.book.overviews.parties(who.book.case, who.lang)
    names = [f"{parties.short(row[end])[0]} ({w.exact(row[end], 60)})" for end in ("sender", "receiver")]
    page = Told(say("event_title", who.lang, kind=w.term("event_kind", row["kind"]), a=names[0], b=names[1]))
    values = [w.text(row[name], 60) for name in ("place", "name", "id_number") if row[name]]
    page.sentences = [" · ".join([w.when(row["first_ts"]).local, *values])]
    page.links = [(say("see_request", who.lang), f"message/{row['message_id']}")] if row["message_id"] else []
    page.pictures = [{"sha256": one, "caption": ""} for one in (row["images"] or ())[:MOST_PICTURES] if len(one) == 64]
    return page


def _endpoint(who: Asked, row: Row) -> Told:
    facts = who.book.overviews.parties(who.book.case, who.lang).known.full(row["ip"])
    known = [facts["service"] or facts["device"], *facts["names"][:1], facts["ip"]]
    page = Told(" · ".join(part for part in known if part))
    traffic = say("endpoint_traffic", who.lang, sent=facts["sent"], received=facts["received"])
    page.sentences = [" · ".join(part for part in (facts["scope"], facts["country"], traffic) if part)]
    page.links = [(say("see_about", who.lang, value=facts["ip"]), f"about?{urlencode({'value': row['ip']})}")]
    return page


TELLERS: dict[str, Callable[[Asked, Row], Told | None]] = {
    "findings": _finding, "devices": _device, "messages": _message, "flows": _flow, "events": _event,
    "endpoints": _endpoint,
}  # fmt: skip
"""By table: what tells of a row of it."""
