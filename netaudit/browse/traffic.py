"""Who spoke with whom, by what went between them: devices, and everybody else by address."""

from __future__ import annotations

import functools
import itertools
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
End = tuple[str, bool]  # of a finding: a device or an address, and whether it is a device
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
    found: Counter[tuple[End, End]] = Counter()
    for one in plain(who.book.tables.columns("findings", [*ENDS, *(f"{end}_device" for end in ENDS)])):
        sender, receiver = ((one[f"{side}_device"] or one[side], bool(one[f"{side}_device"])) for side in ENDS)
        found[sender, receiver] += 1
    top = max((one["both"] or 0 for one in rows), default=0) or 1
    lines = [
        {
            "client": _end(who, one["client"], one["client_ip"]),
            "server": _end(who, one["server"], one["server_ip"]),
            "flows": who.w.number(one["flows"]),
            "up": who.w.size(one["bytes_up"]),
            "down": who.w.size(one["bytes_down"]),
            "share": max(1, round(100 * (one["both"] or 0) / top)),
            "findings": _found(found, one["client"], one["server"]),
            "ways": _ways(who, one),
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


def _found(found: Counter[tuple[End, End]], client: str, server: str) -> list[dict[str, Any]]:
    """Findings between two ends, by direction: how many, and the link by which exactly these are listed."""
    out = []
    for arrow, pair in {"→": (client, server), "←": (server, client)}.items():
        for kinds in itertools.product((True, False), repeat=2):
            ends = ((pair[0], kinds[0]), (pair[1], kinds[1]))
            if n := found[ends]:
                chosen = (_chosen(side, *end) for side, end in zip(ENDS, ends, strict=True))
                out.append({"n": n, "arrow": arrow, "link": urlencode([one for some in chosen for one in some])})
    return out


def _chosen(side: str, who: str, known: bool) -> list[tuple[str, str]]:  # noqa: FBT001 - a part of an end
    """By what findings of a sender or receiver are chosen: its device, or an address that was no device's."""
    return [(f"{side}_device", f"={who}")] if known else [(side, f"={who}"), (f"{side}_device", "=")]


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
