"""Who spoke with whom, by what went between them: devices, and everybody else by address."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.browse.lists import paged
from netaudit.browse.overviews import ADDRESSES, NAMED
from netaudit.browse.page import Asked, asked, show
from netaudit.browse.paging import plain
from netaudit.browse.texts import say

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

ENDS = ("sender", "receiver")
MOST_ADDRESSES, MOST_WAYS = 3, 8  # of an end, and pairs of them, that are shown


def traffic(request: Request) -> Response:
    """Pairs of devices, or of addresses that are no device's, by what went between them."""
    who = asked(request)
    pairs = who.book.overviews.pairs()
    text = who.get("host", 100)
    if text:
        pairs = pairs.filter(functools.reduce(pc.or_, (_mentions(pairs, end, text) for end in ("client", "server"))))
    first = who.count("from")
    rows = plain(pairs.slice(first, 50))
    found_between: Counter[frozenset[str]] = Counter()
    for one in plain(who.book.tables.columns("findings", [*ENDS, *(f"{end}_device" for end in ENDS)])):
        found_between[frozenset(one[f"{end}_device"] or one[end] for end in ENDS)] += 1
    top = max((one["both"] or 0 for one in rows), default=0) or 1
    lines = [
        {
            "client": _end(who, one["client"], one["client_ip"]),
            "server": _end(who, one["server"], one["server_ip"]),
            "flows": who.w.number(one["flows"]),
            "up": who.w.size(one["bytes_up"]),
            "down": who.w.size(one["bytes_down"]),
            "share": max(1, round(100 * (one["both"] or 0) / top)),
            "findings": found_between[frozenset((one["client"], one["server"]))],
            "ways": _ways(who, one),
            "found": urlencode({"sender_device": f"={one['client']}"}),
        }
        for one in rows
    ]
    return show(
        who,
        "traffic.html.j2",
        say("traffic", who.lang),
        here="traffic",
        lines=lines,
        host=text,
        **paged(who, first, len(rows), pairs.num_rows),
    )


def _mentions(pairs: pa.Table, end: str, text: str) -> pa.ChunkedArray:
    """Pairs of which an end, or one of its addresses, holds a text."""
    addresses = pc.binary_join(pairs[f"{end}_ip"], " ")
    return pc.or_(pc.match_substring(pairs[end], text), pc.match_substring(addresses, text))


def _end(who: Asked, device: str, addresses: list[str]) -> dict[str, Any]:
    """An end of a pair: what the device is, where it is known as one, and its addresses."""
    held = list(dict.fromkeys(addresses))
    shown = [who.w.exact(one, 60) for one in held[:MOST_ADDRESSES]]
    more = f" +{len(held) - MOST_ADDRESSES}" if len(held) > MOST_ADDRESSES else ""
    parties = who.book.overviews.parties(who.book.case, who.lang)
    known = parties.known.devices.by_address(device) is not None
    return {"name": parties.short(device)[0] if known else "", "addresses": ", ".join(shown) + more}


def _ways(who: Asked, pair: dict[str, Any]) -> list[dict[str, str]]:
    """Where the connections of a pair are listed: those of each pair of addresses, by link address where need be."""
    columns = zip(*(pair[name] for name in (*ADDRESSES, *NAMED)), strict=True)
    ways = []
    for client, server, *named in list(columns)[:MOST_WAYS]:
        wanted = {"client_ip": f"={client}", "server_ip": f"={server}"}
        for end, ip, name in zip(("client", "server"), (client, server), named, strict=True):
            wanted |= {f"{end}_mac": f"={name}"} if name != ip else {}
        label = f"{who.w.exact(client, 60)} → {who.w.exact(server, 60)}"
        ways.append({"link": urlencode(wanted), "label": label})
    return ways
