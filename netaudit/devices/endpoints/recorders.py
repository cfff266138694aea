"""What each capture heard: of how many devices, for how long, in how many exchanges, and by what clock.

A switch sends unicast to one port only. So a capture may know many devices by their broadcasts and have heard what one
of them said: then nothing follows from it for the others. Times are those of the recorder; what time servers and the
heads of answers from outside state tells how far it is off. A cache gives old heads, so each server counts by its
freshest one, and HTTP is believed where two servers agree.
"""

from __future__ import annotations

import datetime
import email.utils
import functools
from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.schema import VANTAGES
from netaudit.core.schema.holders import Holders
from netaudit.core.storage.table_streams import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Scope = Callable[[str], str]

SECOND = 1e9
LEAST_DEVICES, LEAST_EXCHANGES = 3, 5  # before all that is one device's is worth a word
AGREE = 2.0  # seconds within which clocks of servers agree; a Date header has whole seconds
MOST_ANSWERS = 100_000  # with a time that are looked at, the first of all captures
NTP, HTTP = "NTP", "HTTP Date"
NOBODY = ("", "0.0.0.0", "::")  # noqa: S104  (no bind)


class Heard(NamedTuple):
    """Devices of one capture."""

    known: set[str]
    heard: set[str]  # by unicast
    common: set[str] | None  # ends of every exchange; None before the first one
    exchanges: int


def vantages(tables: dict[str, pa.Table], scope: Scope) -> pa.Table:
    """The `vantages` table, one row for each capture."""
    holders = Holders(tables.get("bindings"), tables.get("devices"))
    heard = _heard(tables, holders, scope)
    clocks = _clocks(tables["messages"], tables["flows"], scope)
    captures = tables["captures"]
    times = [captures[name].cast(pa.int64()).to_pylist() for name in ("first_ts", "last_ts")]
    rows = []
    for capture, first, last in zip(captures["capture_id"].to_pylist(), *times, strict=True):
        one = heard.get(capture, Heard(set(), set(), None, 0))
        off = clocks.get(capture)
        alone = one.common if one.common and len(one.common) == 1 and len(one.known) >= LEAST_DEVICES else set()
        rows.append(
            VANTAGES.row(
                capture_id=capture, seconds=((last or 0) - (first or 0)) / SECOND, exchanges=one.exchanges,
                devices=len(one.known), heard=len(one.heard),
                port_of=min(alone) if alone and one.exchanges >= LEAST_EXCHANGES else "",
                clock_off_s=off[0] if off else None, clock_by=off[1] if off else "", clock_servers=off[2] if off else 0,
            )
        )  # fmt: skip
    return table_of(rows, VANTAGES)


def _heard(tables: dict[str, pa.Table], holders: Holders, scope: Scope) -> dict[str, Heard]:
    """By capture: which devices it knows, whose unicast it has, who is an end of all of it."""
    known: dict[str, set[str]] = defaultdict(set)
    spoke: dict[str, set[str]] = defaultdict(set)
    common: dict[str, set[str]] = {}
    exchanges: dict[str, int] = defaultdict(int)
    devices = tables["devices"]["device_id"].to_pylist() if tables.get("devices") is not None else []
    there = {one for one in devices if not holders.forwards(one)}

    def device(ip: str, mac: str) -> str:
        found = holders.device(ip, None, mac or "") if ip not in NOBODY else holders.of_link(mac or "")
        return found if found in there and (ip in NOBODY or scope(ip) == "inside") else ""

    facts = tables["observations"].select(["capture_id", "mac", "ip"]).group_by(["capture_id", "mac", "ip"])
    rows = facts.aggregate([])
    for capture, mac, ip in zip(*(rows[name].to_pylist() for name in ("capture_id", "mac", "ip")), strict=True):
        known[capture].add(device(ip or "", mac))
    ends = ["capture_id", "client_ip", "client_mac", "server_ip", "server_mac"]
    both = pc.and_(pc.greater(tables["flows"]["packets_up"], 0), pc.greater(tables["flows"]["packets_down"], 0))
    flows = tables["flows"].select(ends).append_column("both", pc.cast(both, pa.int64()))
    ways = flows.group_by(ends, use_threads=False).aggregate([("both", "sum")])
    for capture, client_ip, client_mac, server_ip, server_mac, both_sum in zip(
        *(ways[name].to_pylist() for name in (*ends, "both_sum")), strict=True
    ):
        exchanged = both_sum or 0
        client, server = device(client_ip, client_mac), device(server_ip, server_mac)
        known[capture] |= {client, server} if exchanged else {client}
        if exchanged or _is_unicast(server_ip, scope):
            spoke[capture] |= {client, server} if exchanged else {client}
        if exchanged:
            exchanges[capture] += exchanged
            common[capture] = common.get(capture, {client, server}) & {client, server} - {""}
    return {
        one: Heard(known[one] - {""}, spoke[one] - {""}, common.get(one), exchanges[one])
        for one in known.keys() | spoke.keys()
    }


def _is_unicast(ip: str, scope: Scope) -> bool:
    """Whether what is sent there goes to one host; the last address of a network most often goes to all."""
    return scope(ip) in {"inside", "outside", "unknown"} and not ip.endswith(".255")


def answers_left(messages: pa.Table) -> int:
    """How many answers with a time were beyond the bound, and told nothing of the clock."""
    return max(0, int(pc.sum(_dated(messages)).as_py() or 0) - MOST_ANSWERS)


def _dated(messages: pa.Table) -> pa.ChunkedArray:
    return pc.and_(pc.not_equal(messages["date"], ""), pc.equal(messages["direction"], "down"))


def _clocks(messages: pa.Table, flows: pa.Table, scope: Scope) -> dict[str, tuple[float, str, int]]:
    """By capture: seconds by which the recorder is ahead, by what, and how many servers say so."""
    chosen = (
        messages.select(["flow_id", "capture_id", "protocol", "date", "first_ts"])
        .filter(_dated(messages))
        .slice(0, MOST_ANSWERS)
    )
    server = flows["server_ip"].take(pc.index_in(chosen["flow_id"], flows["flow_id"]))
    columns = [chosen[name].to_pylist() for name in ("capture_id", "protocol", "date")]
    freshest: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for capture, protocol, text, ts, ip in zip(
        *columns, chosen["first_ts"].cast(pa.int64()).to_pylist(), server.to_pylist(), strict=True
    ):
        seconds = seconds_of(text)
        if seconds is None or ts is None or not ip or scope(ip) != "outside":
            continue
        of = freshest[capture, NTP if protocol == "ntp" else HTTP]
        of[ip] = min(of.get(ip, 1e18), ts / SECOND - seconds)
    found: dict[str, tuple[float, str, int]] = {}
    for (capture, by), offsets in sorted(freshest.items(), reverse=True):  # NTP comes first
        agreeing = _agreeing(offsets.values())
        if capture not in found and len(agreeing) >= (1 if by == NTP else 2):
            found[capture] = (median(agreeing), by, len(agreeing))
    return found


def _agreeing(offsets: Iterable[float]) -> list[float]:
    """The largest group of offsets that agree; of equals the one nearest to none."""
    some = sorted(offsets)
    ends, end = [], 0
    for one in some:
        while end < len(some) and some[end] - one <= AGREE:
            end += 1
        ends.append(end)
    most = max((end - start for start, end in enumerate(ends)), default=0)
    # in order, the median of what lies between two places is at once at hand
    largest = [(start, end) for start, end in enumerate(ends) if end - start == most]
    start, end = min(largest, key=lambda one: abs(_middle(some, *one)), default=(0, 0))
    return some[start:end]


def _middle(some: list[float], start: int, end: int) -> float:
    """The median of a part of a sorted list."""
    return (some[(start + end - 1) // 2] + some[(start + end) // 2]) / 2


@functools.lru_cache(maxsize=4096)
def seconds_of(text: str) -> float | None:
    """UTC seconds of a Date header (RFC 9110, 5.6.7) or of an ISO 8601 time; without a zone it is UTC."""
    for parse in (email.utils.parsedate_to_datetime, datetime.datetime.fromisoformat):
        try:
            moment = parse(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
