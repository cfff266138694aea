"""What was examined: captures, packets and payload accounted for, vantage, clock, options."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import Reason
from netaudit.report import reading

if TYPE_CHECKING:
    import pyarrow as pa

    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.wording import Wording

MOST_INPUTS = 200
MOST_HEARD = 20  # captures of which it is shown what they heard
MOST_NOTES = 8  # damage, reasons and interfaces shown of one input
LEDGER = ("delivered", "duplicate", "conflicting", "evicted", "after_close")  # together: the payload captured
BESIDE = ("missing", "unread")
HEARD = (
    "capture_id", "seconds", "exchanges", "devices", "heard", "port_of", "clock_off_s", "clock_by", "clock_servers",
)  # fmt: skip
SIDES = {"lan": "lan", "wan": "wan", "both": "both"}


def scope(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Inputs with hashes, what was rejected, and both ledgers."""
    captures = reading.rows(
        case.table("captures"), "name", "size", "sha256", "sm3", "file_format", "compression", "link_types",
        "interfaces", "comments", "packets_read", "packets_decoded", "captured_bytes", "first_ts", "last_ts", "drops",
        "damage",
    )  # fmt: skip
    rejected = [entry for entry in case.manifest.get("rejected") or [] if isinstance(entry, dict)]
    return {
        "inputs": [_input(row, w) for row in captures[:MOST_INPUTS]],
        "more": max(0, len(captures) - MOST_INPUTS),
        "rejected": [
            {
                "name": w.exact(e.get("name")),
                "problem": w.t.phrase(str(e.get("problem")), lambda part: w.exact(part, 400)),
            }
            for e in rejected[:MOST_INPUTS]
        ],
        "failures": [w.text(failure, 300) for failure in (case.manifest.get("reader_failures") or [])[:MOST_INPUTS]],
        "opened": _keys(case.manifest.get("keys"), w),
        "packets": packets(captures, case.table("skipped"), w),
        "payload": payload(case.table("flows", LEDGER_COLUMNS), w),
    }


def _keys(keys: Any, w: Wording) -> dict[str, Any] | None:
    """Keys that were given, by what right, and what became of the connections; None where none were."""
    if not isinstance(keys, dict):
        return None
    late = [str(name) for name in keys.get("only_secrets_before_packets") or []]
    states = (keys.get("connections") or {}).items()
    return {
        "authority": w.text(str(keys.get("authority", "")), 2000),
        "wanted": w.text(", ".join(map(str, keys.get("keys_for") or [])), 400),
        "connections": "; ".join(
            (w.t.known("keys_state", str(state)) or "{n}").format(n=w.number(n)) for state, n in states
        ),
        "sources": [
            {
                "name": w.exact(one.get("name")),
                "label": w.text(str(one.get("label", "")), 100),
                "sha256": w.exact(one.get("sha256")),
            }
            for one in (keys.get("sources") or [])[:MOST_INPUTS]
            if isinstance(one, dict)
        ],
        "late": w.t("keys_late", names=w.text(", ".join(late), 400)) if late else "",
    }


def _input(row: Row, w: Wording) -> dict[str, Any]:
    packed = row["compression"] not in (None, "", "none")
    notes = [w.t.phrase(note, lambda part: w.exact(part, 300)) for note in (row["damage"] or [])[:MOST_NOTES]]
    return {
        "name": w.exact(row["name"]),
        "sha256": w.exact(row["sha256"]),
        "sm3": w.exact(row["sm3"]),
        "format": w.listed("format", row["file_format"]) + (f" · {w.text(row['compression'])}" if packed else ""),
        "links": w.listed("format", ", ".join((row["link_types"] or [])[:MOST_NOTES])),
        "interfaces": ", ".join(w.text(one, 80) for one in (row["interfaces"] or [])[:MOST_NOTES]),
        "comments": [w.text(one, 300) for one in (row["comments"] or [])[:MOST_NOTES]],
        "more_comments": max(0, len(row["comments"] or []) - MOST_NOTES),
        "size": w.size(row["size"]),
        "read": w.number(row["packets_read"]),
        "decoded": w.number(row["packets_decoded"]),
        "first": w.when(row["first_ts"]),
        "last": w.when(row["last_ts"]),
        "once": row["first_ts"] == row["last_ts"],
        "lost": bool(row["drops"]),
        "drops": w.t("drops_unknown") if row["drops"] is None else w.t("drops_count", n=w.number(row["drops"])),
        "damage": notes,
    }


def packets(captures: list[Row], skipped: pa.Table, w: Wording) -> dict[str, Any]:
    """Packets read = decoded + skipped by reason, and the difference if they are not equal."""
    read = sum(row["packets_read"] or 0 for row in captures)
    decoded = sum(row["packets_decoded"] or 0 for row in captures)
    reasons: dict[str, int] = {}
    for row in reading.rows(skipped, "reason", "packets"):
        reasons[row["reason"]] = reasons.get(row["reason"], 0) + (row["packets"] or 0)
    difference = read - decoded - sum(reasons.values())
    return {
        "read": w.number(read),
        "decoded": w.number(decoded),
        "share": f"{100 * decoded / read:.1f} %" if read else "",
        "skipped": [
            (w.term("skip", reason), w.number(n)) for reason, n in sorted(reasons.items(), key=lambda e: -e[1])
        ],
        "nothing": not read,
        "balanced": difference == 0,
        "difference": w.number(difference),
    }


LEDGER_COLUMNS = [f"{name}_{way}" for name in ("payload", *LEDGER, *BESIDE) for way in ("up", "down")]


def payload(flows: pa.Table, w: Wording) -> dict[str, Any]:
    """The byte ledger over all flows: payload captured = delivered + … + after close."""
    import pyarrow.compute as pc

    def total(name: str) -> int:
        both = (pc.sum(flows.column(f"{name}_{way}")).as_py() or 0 for way in ("up", "down"))
        return int(sum(both))

    parts = {name: total(name) for name in LEDGER}
    captured = total("payload")
    difference = captured - sum(parts.values())
    return {
        "captured": w.size(captured),
        "parts": [(w.t(f"payload_{name}"), w.size(n)) for name, n in parts.items()],
        "beside": [(w.t(f"payload_{name}"), w.size(total(name))) for name in BESIDE],
        "nothing": not captured,
        "balanced": difference == 0,
        "difference": w.number(difference),
    }


def vantage(case: CaseLike, w: Wording) -> dict[str, Any]:
    """Which side of the router was captured, how that is known, and what each capture heard."""
    entry = case.manifest.get("vantage") or {}
    names = dict(zip(*(case.table("captures")[name].to_pylist() for name in ("capture_id", "name")), strict=True))
    heard = reading.rows(case.table("vantages"), *HEARD)
    side = SIDES.get(str(entry.get("side") or "").lower(), "unknown")
    return {
        "side": w.term("side", side),
        "unknown": side == "unknown",
        "reasons": [_reason(reason, w) for reason in (entry.get("reasons") or [])[:50]],
        "inside": [w.exact(net, 60) for net in (entry.get("inside") or [])[:50]],
        "captures": [_heard(row, names.get(row["capture_id"]) or "", w) for row in heard[:MOST_HEARD]],
    }


def _heard(row: Row, name: str, w: Wording) -> str:
    """What one capture heard, for how long, and how far its clock is off."""
    phrases = [
        w.t(
            "heard_line", name=w.exact(name, 60), seconds=w.number(round(_finite(row["seconds"]))),
            exchanges=w.number(row["exchanges"] or 0), heard=w.number(row["heard"] or 0),
            devices=w.number(row["devices"] or 0),
        )
    ]  # fmt: skip
    if row["port_of"]:
        phrases.append(w.t("heard_port", device=w.exact(row["port_of"], 60)))
    if row["clock_by"]:
        off, servers = f"{_finite(row['clock_off_s']):+.1f}", w.number(row["clock_servers"] or 0)
        phrases.append(w.t("heard_clock", off=off, by=w.exact(row["clock_by"], 20), n=servers))
    else:
        phrases.append(w.t("heard_no_clock"))
    return w.t("party_comma").join(phrases)


def _finite(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else 0.0


def _reason(reason: Any, w: Wording) -> str:
    if not isinstance(reason, dict):
        return w.sentence(reason, 300)
    figures = {name: str(value) for name, value in reason.items() if name != "code"}
    coded = Reason(str(reason.get("code") or ""), figures)
    if (text := w.t.reason(coded, lambda part: w.exact(part, 300))) is not None:
        return text
    shown = (f"{w.text(name, 40)} {w.exact(value, 300)}" for name, value in figures.items())
    return ": ".join([w.text(coded.code, 60), *shown])


def clock(manifest: dict[str, Any], w: Wording) -> list[tuple[str, str]]:
    """Offset of frame times to the times that servers state, as (what, value); empty when nothing could be compared."""
    sources = manifest.get("clock")
    shown = []
    for source in sources if isinstance(sources, list) else [sources]:
        for key, value in source.items() if isinstance(source, dict) else ():
            label = w.t.known("clock", str(key)) or w.text(key, 60)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None:
                shown.append((label, f"{value:g}" if number else w.text(value, 200)))
    return shown


def signatures(manifest: dict[str, Any], w: Wording) -> str:
    """The set that named devices and services: version and hash, and those of a folder added to it."""
    signature_set = manifest.get("signatures")
    if not isinstance(signature_set, dict) or not signature_set.get("sha256"):
        return ""
    line = w.t(
        "signatures_set", version=w.exact(signature_set.get("version"), 40), sha256=w.exact(signature_set["sha256"], 64)
    )
    added = signature_set.get("added")
    if not isinstance(added, dict):
        return line
    count = sum(n for n in (added.get("devices"), added.get("services")) if isinstance(n, int))
    return line + w.t("signatures_added", n=w.number(count), sha256=w.exact(added.get("sha256"), 64))


def options(manifest: dict[str, Any], w: Wording) -> list[tuple[str, str]]:
    """Options of the audit that were set, as (name, value)."""
    settings = manifest.get("options") or {}
    return [
        (
            w.exact(k, 60),
            w.t("yes") if v is True else w.exact(", ".join(map(str, v)) if isinstance(v, list) else v, 300),
        )
        for k, v in sorted(settings.items())
        if v not in (None, "", [], False)
    ]
