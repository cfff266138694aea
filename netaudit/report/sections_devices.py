"""Devices: how they are named beside their addresses, and the list of them with the reasons for what they are called.

A device is never called more than its table says: every class and vendor stands with its confidence, and what is not
known is shown as unknown together with what is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netaudit.report import frames, reading

if TYPE_CHECKING:
    from netaudit.evidence.case.decisions import Decision
    from netaudit.report.judgements import Judgements
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.reasons import Reasons
    from netaudit.report.wording import Wording

MOST = 60
MOST_ADDRESSES = 4
MOST_RANGES = 12  # frame ranges of one capture
MOST_CAPTURES = 4  # captures with the frames of one device
COLUMNS = (
    "device_id", "macs", "ips", "name", "vendor", "vendor_confidence", "class", "class_confidence", "product", "model",
    "serial", "firmware", "role_hint", "chain", "behind", "first_ts", "last_ts",
)  # fmt: skip


class Inventory:
    """The devices of a case, found by address, or by link address, as findings name who shared one."""

    def __init__(self, case: CaseLike, w: Wording) -> None:
        self._w = w
        self.table = case.table("devices")
        self.rows = reading.rows(self.table, *COLUMNS)
        self._by_address: dict[str, Row | None] = {}
        for place, row in enumerate(self.rows):
            row["row"] = place
            for one in {*(row["ips"] or ()), *(row["macs"] or ())}:  # what several devices held names none of them
                self._by_address[one] = None if one in self._by_address else row

    def by_address(self, address: str) -> Row | None:
        """The device with that address; None for an address of none, or of several."""
        return self._by_address.get(address)

    def label(self, address: str) -> str:
        """Name, class and vendor of the device with that address; empty where nothing is known of it."""
        row = self._by_address.get(address)
        return label(row, self._w) if row else ""


def label(row: Row, w: Wording) -> str:
    """Name, class and vendor in one line; those that rest on weak evidence say so."""
    parts = [w.t("quoted", said=w.text(row["name"], 60))] if row["name"] else []
    for name in ("class", "vendor"):
        word = _word(name, row[name], w)
        weak = word and row[f"{name}_confidence"] not in ("declared", "strong")
        parts.append(w.t("device_graded", value=word, grade=_grade(row, name, w)) if weak else word)
    return " · ".join(part for part in parts if part)


def _word(name: str, value: str | None, w: Wording) -> str:
    return (w.term("class", value) if name == "class" else w.maker(value)) if value else ""


def _grade(row: Row, name: str, w: Wording) -> str:
    return w.term("confidence", row[f"{name}_confidence"])


def devices(
    inventory: Inventory,
    judged: Judgements,
    captures: dict[str, str],
    w: Wording,
    reasons: Reasons,
    decided: dict[str, Decision],
) -> dict[str, Any]:
    """Devices of the findings first, then those with a class, then the others. `captures` names captures by id."""
    ordered = ranked(inventory, judged)
    named = named_in(judged)
    shown = ordered[:MOST]
    details = inventory.table.take([row["row"] for row in shown]) if shown else inventory.table
    because = reading.rows(details, "evidence")
    reasons.choose(row["device_id"] or "" for row in shown)
    return {
        "n": len(ordered),
        "rows": [
            _device(row, w)
            | {"named": not named.isdisjoint(row["ips"] or ())}
            | reasons.of(row["device_id"])
            | {"decision": _decision(decided.get(row["device_id"] or ""), w)}
            | _frames(why, captures, w)
            for row, why in zip(shown, because, strict=True)
        ],
        "more": max(0, len(ordered) - MOST),
    }


def named_in(judged: Judgements) -> set[str]:
    """Addresses that findings name."""
    return {ip for finding in judged.all for ip in (finding["sender"], finding["receiver"])}


def ranked(inventory: Inventory, judged: Judgements) -> list[Row]:
    """Devices of the findings first, then those with a part in the chain, then those with a class."""
    named = named_in(judged)

    def rank(row: Row) -> tuple[bool, bool, bool, str]:
        addresses = (*(row["ips"] or ()), *(row["macs"] or ()))
        return (named.isdisjoint(addresses), not row["chain"], not row["class"], row["device_id"] or "")

    return sorted(inventory.rows, key=rank)


def _decision(decision: Decision | None, w: Wording) -> dict[str, str] | None:
    """An analyst's decision, which stands beside what was found."""
    if decision is None:
        return None
    words = [w.term("class", decision.kind) if decision.kind else "", w.maker(decision.vendor)]
    return {
        "said": w.t("device_join").join(part for part in words if part) or w.t("device_noted"),
        "note": w.text(decision.note, 500),
        "by": w.t("device_join").join(part for part in (w.text(decision.by, 80), w.exact(decision.when, 40)) if part),
    }


def _device(row: Row, w: Wording) -> dict[str, Any]:
    macs, ips = row["macs"] or [], row["ips"] or []
    return {
        "anchor": f"device-{row['row']}",
        "title": w.text(row["name"], 80) or w.exact(row["device_id"], 60) or w.t("unknown"),
        "class": _graded(row, "class", w) or _unknown(row, w),
        "vendor": _graded(row, "vendor", w) or w.t("unknown"),
        "vendor_known": bool(row["vendor"]),
        "said": [
            (w.t(f"device_{name}"), w.names("product_name", row[name]) if name == "product" else w.text(row[name], 80))
            for name in ("product", "model", "serial", "firmware")
            if row[name]
        ],
        "role": w.term("role", row["role_hint"]) if row["role_hint"] else "",
        "chain": w.t("device_join").join(w.term("chain", part) for part in row["chain"] or ()),
        "behind": w.t("device_behind", n=w.number(row["behind"])) if row["behind"] else "",
        "ips": [w.exact(ip, 60) for ip in ips[:MOST_ADDRESSES]],
        "ips_more": max(0, len(ips) - MOST_ADDRESSES),
        "macs": [(w.exact(mac, 40), made_up(mac)) for mac in macs[:MOST_ADDRESSES]],
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
    known = [w.maker(row["vendor"]), w.names("product_name", row["product"])]
    known = [part for part in (*known, w.text(row["model"], 60), w.text(row["name"], 60)) if part]
    return w.t("device_unknown", known=w.t("device_join").join(known) or w.t("device_nothing"))


def made_up(mac: str) -> bool:
    """Whether a link address was made locally and names no vendor (IEEE 802, 8.2.2)."""
    return len(mac) == len("00:00:00:00:00:00") and mac[1] in "2367abefABEF"


def _frames(why: Row, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    spans: dict[str, list[tuple[int, int]]] = {}
    for place in why["evidence"] or ():
        capture, _, frame = place[:200].rpartition(":")
        if ranges := frames.parse(frame):
            spans.setdefault(capture, []).extend(ranges)
    lines = []
    for capture, found in sorted(spans.items())[:MOST_CAPTURES]:
        text, cut = frames.show(frames.merge(found), MOST_RANGES)
        name = captures.get(capture) or w.exact(capture, 40)
        lines.append(w.t("device_frames_line", capture=name, frames=text + (f" … +{cut}" if cut else "")))
    return {"frames": lines, "captures_more": max(0, len(spans) - MOST_CAPTURES)}
