"""Devices: how they are named beside their addresses, and the list of them with the reasons for what they are called.

A device is never called more than its table says: every class and vendor stands with its confidence, and what is not
known is shown as unknown together with what is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netaudit.report import frames, reading

if TYPE_CHECKING:
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST = 60
MOST_REASONS = 6  # of one device
MOST_ADDRESSES = 4
MOST_RANGES = 12  # frame ranges of one capture
MOST_CAPTURES = 4  # captures with the frames of one device
REASON = 1200  # characters of a reason that are read
COLUMNS = (
    "device_id", "macs", "ips", "name", "vendor", "vendor_confidence", "class", "class_confidence", "product", "model",
    "serial", "firmware", "role_hint", "first_ts", "last_ts",
)  # fmt: skip
# a reason of the devices table: "class router (strong; gateway-dhcp; RFC 2132, 3.5): dhcp router = declared (frame 3)"
SIGNATURE = re.compile(
    r"(?P<claims>.+?) \((?P<weight>[a-z]+)(?P<aside>, supports only)?; (?P<id>[a-z0-9_.-]+); (?P<source>.+?)\): "
    r"(?P<facts>.+)",
    re.DOTALL,
)
CONFLICT = re.compile(r"(?P<claim>vendor|class): signatures contradict each other: (?P<values>.+)", re.DOTALL)
BLOCK = re.compile(r"oui (?P<what>vendor|local): (?P<value>.+)", re.DOTALL)
FRAME = re.compile(r" \(frame (\d{1,19})\)")


class Inventory:
    """The devices of a case, found by address."""

    def __init__(self, case: CaseLike, w: Wording) -> None:
        self._w = w
        self.table = case.table("devices")
        self.rows = reading.rows(self.table, *COLUMNS)
        self._by_ip: dict[str, Row | None] = {}
        for place, row in enumerate(self.rows):
            row["row"] = place
            for ip in set(row["ips"] or ()):  # an address that several devices held names none of them
                self._by_ip[ip] = None if ip in self._by_ip else row

    def label(self, ip: str) -> str:
        """Name, class and vendor of the device with that address; empty where nothing is known of it."""
        row = self._by_ip.get(ip)
        return label(row, self._w) if row else ""


def label(row: Row, w: Wording) -> str:
    """Name, class and vendor in one line; those that rest on weak evidence say so."""
    said = [w.text(row["name"], 60)]
    for name in ("class", "vendor"):
        word = _word(name, row[name], w)
        weak = word and row[f"{name}_confidence"] not in ("declared", "strong")
        said.append(w.t("device_graded", value=word, grade=_grade(row, name, w)) if weak else word)
    return " · ".join(part for part in said if part)


def _word(name: str, value: str | None, w: Wording) -> str:
    return (w.term("class", value) if name == "class" else w.text(value, 60)) if value else ""


def _grade(row: Row, name: str, w: Wording) -> str:
    return w.term("confidence", row[f"{name}_confidence"])


def devices(inventory: Inventory, judged: Judgements, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    """Devices of the findings first, then those with a class, then the others. `captures` names captures by id."""
    named = {ip for finding in judged.all for ip in (finding["sender"], finding["receiver"])}

    def rank(row: Row) -> tuple[bool, bool, str]:
        return (named.isdisjoint(row["ips"] or ()), not row["class"], row["device_id"] or "")

    ordered = sorted(inventory.rows, key=rank)
    shown = ordered[:MOST]
    details = inventory.table.take([row["row"] for row in shown]) if shown else inventory.table
    because = reading.rows(details, "reasons", "evidence")
    return {
        "n": len(ordered),
        "rows": [
            _device(row, w) | {"named": not named.isdisjoint(row["ips"] or ())} | _reasons(why, captures, w)
            for row, why in zip(shown, because, strict=True)
        ],
        "more": max(0, len(ordered) - MOST),
    }


def _device(row: Row, w: Wording) -> dict[str, Any]:
    macs, ips = row["macs"] or [], row["ips"] or []
    return {
        "title": w.text(row["name"], 80) or w.exact(row["device_id"], 60) or w.t("unknown"),
        "class": _graded(row, "class", w) or _unknown(row, w),
        "vendor": _graded(row, "vendor", w) or w.t("unknown"),
        "said": [
            (w.t(f"device_{name}"), w.text(row[name], 80))
            for name in ("product", "model", "serial", "firmware")
            if row[name]
        ],
        "role": w.term("role", row["role_hint"]) if row["role_hint"] else "",
        "ips": [w.exact(ip, 60) for ip in ips[:MOST_ADDRESSES]],
        "ips_more": max(0, len(ips) - MOST_ADDRESSES),
        "macs": [w.exact(mac, 40) for mac in macs[:MOST_ADDRESSES]],
        "macs_more": max(0, len(macs) - MOST_ADDRESSES),
        "first": w.when(row["first_ts"]),
        "last": w.when(row["last_ts"]),
        "once": row["first_ts"] == row["last_ts"],
    }


def _graded(row: Row, name: str, w: Wording) -> str:
    word = _word(name, row[name], w)
    return w.t("device_graded", value=word, grade=_grade(row, name, w)) if word else ""


def _unknown(row: Row, w: Wording) -> str:
    """A device without a class, with what is known of it all the same."""
    known = [w.text(row[name], 60) for name in ("vendor", "product", "model", "name") if row[name]]
    return w.t("device_unknown", known=w.t("device_join").join(known) or w.t("device_nothing"))


def _reasons(why: Row, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    reasons = why["reasons"] or []
    more = len(reasons) - MOST_REASONS
    spans: dict[str, list[tuple[int, int]]] = {}
    for place in why["evidence"] or ():
        capture, _, frame = place[:200].rpartition(":")
        if ranges := frames.parse(frame):
            spans.setdefault(capture, []).extend(ranges)
    told = []
    for capture, found in sorted(spans.items())[:MOST_CAPTURES]:
        text, cut = frames.show(frames.merge(found), MOST_RANGES)
        name = captures.get(capture) or w.exact(capture, 40)
        told.append(w.t("device_frames_line", capture=name, frames=text + (f" … +{cut}" if cut else "")))
    return {
        "reasons": [_reason(text[:REASON], w) for text in reasons[:MOST_REASONS]],
        "reasons_more": w.t("device_reasons_more", n=w.number(more)) if more > 0 else "",
        "frames": told,
        "captures_more": max(0, len(spans) - MOST_CAPTURES),
    }


def _reason(text: str, w: Wording) -> dict[str, str]:
    """One reason as what it claims, how sure and by which signature, and the facts behind it."""
    if found := SIGNATURE.fullmatch(text):
        weight = w.term("confidence", found["weight"])
        if found["aside"]:
            weight = w.t("device_supports", weight=weight)
        return {
            "claim": w.t("device_join").join(_claim(part, w) for part in found["claims"].split(", ")),
            "by": f"{weight} · {w.text(found['id'], 60)} · {w.text(found['source'], 80)}",
            "facts": _framed(w.text(found["facts"], 500), w),
        }
    if found := CONFLICT.fullmatch(text):
        values = [_word(found["claim"], value, w) for value in found["values"].split(" / ")[:MOST_REASONS]]
        claim = w.t("device_conflict", claim=w.t(f"device_{found['claim']}"), values=" / ".join(values))
        return {"claim": claim, "by": "", "facts": ""}
    if found := BLOCK.fullmatch(text):
        claim = w.t("device_local") if found["what"] == "local" else w.t("device_block", holder=w.text(found["value"]))
        return {"claim": claim, "by": "", "facts": ""}
    return {"claim": _framed(w.text(text, 500), w), "by": "", "facts": ""}


def _claim(part: str, w: Wording) -> str:
    """'class router' in the report's words."""
    name, _, value = part.partition(" ")
    if value and name in ("vendor", "class", "product", "model", "serial", "firmware"):
        return w.t("device_claim", claim=w.t(f"device_{name}"), value=_word(name, value, w))
    return w.text(part, 80)


def _framed(text: str, w: Wording) -> str:
    return FRAME.sub(lambda found: w.t("device_frame", n=found[1]), text)
