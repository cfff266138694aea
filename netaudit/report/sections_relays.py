"""Relayed by size and time: lanes joined by lines, the differences beside chance's band, one pair to redo by hand."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netaudit.findings.relayed import together_tests, tried_for, way_of
from netaudit.report import reading

if TYPE_CHECKING:
    from netaudit.report.reading import CaseLike, Row
    from netaudit.report.sections_endpoints import Hosts
    from netaudit.report.wording import Wording

MOST = 20  # hosts and endpoints told
LONGEST_WAIT_S = 300  # of batches, which have no window
MOST_PAIRS = 120  # lines of one drawing
WIDTH, LEFT, UPPER, LOWER, HEIGHT = 720.0, 110.0, 22.0, 88.0, 110.0  # of the lanes, in pixels
BARS_HEIGHT, BAR, BAND_BYTES = 90.0, 10.0, 64  # of the histogram
IMAGE = (
    "sha256", "holder", "sender", "receiver", "received_ts", "sent_ts", "delay_s", "size", "plaintext_low",
    "plaintext_high", "overhead", "together", "mode", "base64", "framed", "image_capture_id", "image_first_frame",
    "image_last_frame", "capture_id", "first_frame", "last_frame", "unit_id", "flow_id", "opened",
)  # fmt: skip
TEST = (
    "holder", "sender", "receiver", "mode", "p", "p_model", "expected", "tried", "standing", "told", "clock_s",
    "differences", "differences_low", "differences_high", "fitting", "images", "units", "window_s", "seed",
    "capture_id", "test_id", "longest_s",
)  # fmt: skip
FRAME, FRAME_HEAD = 1 << 14, 9  # bytes of a frame of HTTP/2, at most by default, and of its head (RFC 9113, 4.1)
EARLIER = "relay_line_earlier"  # of cases before the test of sharpness, which have no standing: theirs met less
# else the difference of two sizes
BESIDE = {"reencoded": "relay_hand_ratio", "batch": "relay_hand_sum", "following": "relay_hand_times"}


def relays(case: CaseLike, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    """Hosts and endpoints that are named, and how many were tested without a match."""
    tests = reading.rows(case.table("relay_tests"), *TEST)
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in reading.rows(case.table("relayed_images"), *IMAGE):
        groups[row["holder"], row["sender"], row["receiver"]].append(row)
    tested = {(row["holder"], row["sender"], row["receiver"]) for row in tests}
    entries = []
    for number, (key, rows) in enumerate(sorted(groups.items())[:MOST], 1):
        own = [row for row in tests if (row["holder"], row["sender"], row["receiver"]) == key]
        if any(row["told"] and row["p"] for row in own):  # else the tables do not belong together
            entries.append({"number": number} | _entry(case, key, rows, own, hosts, captures, w))
    alike = together_tests(tests)
    shown = alike[: MOST - len(entries)]
    entries += [
        {"number": len(entries) + place} | _together(row, hosts, captures, w) for place, row in enumerate(shown, 1)
    ]
    nothing = tested - set(groups) - {way_of(row) for row in alike}
    negative, longest = len(nothing), tried_for(tests, nothing)
    without = "relays_negative" if longest else "relays_negative_earlier"  # of cases that do not tell what was tried
    return {
        "intro": w.t("relays_intro") if entries else "" if tested else w.t("relays_none"),
        "told": entries,
        "negative": w.t(without, n=w.number(negative), seconds=w.number(longest)) if negative else "",
    }


def _together(test: Row, hosts: Hosts, captures: dict[str, str], w: Wording) -> dict[str, Any]:
    """Uploads that only go together with images: no lanes, since no image is named; how the whole test is redone."""
    batch, compared = test["mode"] == "batch", BESIDE.get(test["mode"], "relay_hand_difference")
    figures = {"n": w.number(test["fitting"]), "of": w.number(test["units" if batch else "images"])}
    line, why = "relay_together_uploads" if batch else "relay_together_images", "relay_together_why"
    if test["mode"] == "following":
        line, why = "relay_following", "relay_following_why"
        figures |= {"seconds": w.number(test["window_s"] or 0), "expected": f"{_finite(test['expected']):.1f}"}
    version = "ipv6" if ":" in str(test["sender"]) else "ip"
    display = f"{version}.src == {test['sender']} && {version}.dst == {test['receiver']}"
    return {
        "grade": "D",
        "head": w.t("relay_head", host=hosts.short(test["holder"]), receiver=hosts.short(test["receiver"])),
        "line": w.t(line, **figures),
        "opened": "",
        "through": w.t(why),
        "lanes": None,
        "bars": _bars(test) if test["mode"] not in BESIDE else {"n": 0},
        "by_hand": w.t("relay_by_hand_whole"),
        "hand": [
            w.t(
                "relay_hand_uploads", capture=captures.get(test["capture_id"], ""), filter=w.exact(display, 200),
                host=hosts.short(test["holder"]),
            ),
            w.t(compared, seconds=w.number(test["window_s"] or LONGEST_WAIT_S)),
            w.t("relay_hand_again", test=w.exact(test["test_id"], 12), seed=w.exact(test["seed"], 20)),
        ],
    }  # fmt: skip


def _entry(
    case: CaseLike,
    key: tuple[str, str, str],
    rows: list[Row],
    tests: list[Row],
    hosts: Hosts,
    captures: dict[str, str],
    w: Wording,
) -> dict[str, Any]:
    holder, sender, receiver = key
    test = min((row for row in tests if row["told"] and row["p"]), key=lambda row: row["p_model"])
    odds = {"odds": w.number(round(1 / max(_finite(test["p"], 1.0), 1e-9))), "tried": w.number(test["tried"])}
    through = holder != sender and test["clock_s"] is not None
    expected = "" if test["expected"] is None else w.t("relay_expected", expected=f"{_finite(test['expected']):.1f}")
    return {
        "grade": "C",
        "head": w.t("relay_head", host=hosts.short(holder), receiver=hosts.short(receiver)),
        "line": w.t("relay_line" if test["standing"] else EARLIER, n=w.number(len(rows)), expected=expected, **odds),
        "opened": _opened(rows, w),
        "through": w.t("relay_through", sender=hosts.short(sender), clock=f"{_finite(test['clock_s']):.1f}")
        if through
        else "",
        "lanes": _lanes(rows, _finite(test["clock_s"])),
        "bars": _bars(test),
        "more": w.t("relay_more", n=w.number(len(rows) - MOST_PAIRS)) if len(rows) > MOST_PAIRS else "",
        "by_hand": w.t("relay_by_hand"),
        "hand": _by_hand(case, _plainest(rows), captures, w),
    }


def _opened(rows: list[Row], w: Wording) -> str:
    """How far keys bear out what sizes and times alone told."""
    found, absent = (sum(row["opened"] == what for row in rows) for what in ("found", "absent"))
    return w.t("relay_opened", n=w.number(found), of=w.number(found + absent)) if found + absent else ""


def _finite(value: Any, otherwise: float = 0.0) -> float:
    """A number of a case that may have been tampered with, small enough to be drawn."""
    return float(value) if value is not None and math.isfinite(value) and abs(value) < 1e9 else otherwise


def _lanes(rows: list[Row], clock: float) -> dict[str, Any]:
    """Lines from each image to its unit, as x coordinates; all times on the clock of the images."""
    shown = sorted(rows, key=lambda row: row["received_ts"])[:MOST_PAIRS]
    shift = round(clock * 1e9)
    times = [(row["received_ts"], row["sent_ts"] - shift) for row in shown]
    first, last = min(min(pair) for pair in times), max(max(pair) for pair in times)
    scale = (WIDTH - LEFT - 10) / max(last - first, 1)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "upper": UPPER,
        "lower": LOWER,
        "pairs": [tuple(round(LEFT + (ts - first) * scale, 1) for ts in pair) for pair in times],
        "seconds": round((last - first) / 1e9),
    }


def _bars(test: Row) -> dict[str, Any]:
    """Bars of the histogram and the band behind them, as rectangles."""
    counts, low, high = (list(test[name] or []) for name in ("differences", "differences_low", "differences_high"))
    tallest = max([*counts, *high, 1])
    scale = BARS_HEIGHT / tallest
    return {
        "n": len(counts),
        "width": LEFT + BAR * len(counts) + 20,
        "height": BARS_HEIGHT + 30,
        "base": BARS_HEIGHT + 8,
        "left": LEFT,
        "tallest": tallest,
        "bars": [
            {
                "x": LEFT + BAR * k,
                "h": round(count * scale, 1),
                "top": round(top * scale, 1),
                "bottom": round(bottom * scale, 1),
            }
            for k, (count, bottom, top) in enumerate(zip(counts, low, high, strict=True))
        ],
        "marks": [(LEFT + BAR * k, BAND_BYTES * k) for k in range(0, len(counts) + 1, 16)],
        "bar": BAR - 1,
    }


def _plainest(rows: list[Row]) -> Row:
    """The pair that is easiest to follow by hand: one image, exact, the soonest sent."""
    return min(rows, key=lambda row: (row["together"] > 1, row["mode"] != "exact", row["delay_s"], row["sha256"]))


def _sent(row: Row) -> int:
    """Bytes of the image as it was sent, without heads of frames."""
    return (row["size"] + 2) // 3 * 4 if row["base64"] else int(row["size"])


def _by_hand(case: CaseLike, row: Row, captures: dict[str, str], w: Wording) -> list[str]:
    """How a second person finds the pair in Wireshark, step by step."""
    units = reading.having(case.table("encrypted_uploads", ("unit_id", "rule")), "unit_id", [row["unit_id"]])
    rule = next((unit["rule"] for unit in reading.rows(units, "rule")), "")
    ends = "transport", "client_ip", "client_port"
    flows = reading.having(case.table("flows", ("flow_id", *ends)), "flow_id", [row["flow_id"]])
    display = ""
    for flow in reading.rows(flows.slice(0, 1), *ends):
        version = "ipv6" if ":" in flow["client_ip"] else "ip"
        display = f"{version}.src == {flow['client_ip']} && {flow['transport']}.srcport == {flow['client_port']}"
    low, high = row["plaintext_low"], row["plaintext_high"]
    sent = _sent(row)
    what = "relay_hand_datagrams" if rule == "quic" else "relay_hand_unit"
    heads = [w.t("relay_hand_frames", n=w.number(FRAME_HEAD * (sent // FRAME + 1)))] if row["framed"] else []
    return [
        w.t(
            "relay_hand_image", capture=captures.get(row["image_capture_id"], ""), sha=w.exact(row["sha256"], 12),
            first=row["image_first_frame"], last=row["image_last_frame"], size=w.number(row["size"]),
            when=w.when(row["received_ts"]).local,
        ),
        w.t(
            what, capture=captures.get(row["capture_id"], ""), first=row["first_frame"],
            last=row["last_frame"], filter=w.exact(display, 200), rule=w.exact(rule, 20),
            plain=w.number(high) if low == high else f"{w.number(low)}-{w.number(high)}",
        ),
        *heads,
        w.t(
            "relay_hand_rest", form=w.t("relay_form_base64" if row["base64"] else "relay_form_plain"),
            over=w.number(row["overhead"]), delay=f"{row['delay_s']:.2f}",
        ),
    ]  # fmt: skip
