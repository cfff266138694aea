"""Findings of certainty A and B: face images recovered from clear traffic."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings.roles import PERSONAL_DEVICE, Actors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from netaudit.findings.transfers import Transfer

RULE = "face-image-in-clear/2"
Scope = Callable[[str], str]  # address → inside, outside, multicast, special or unknown; unknown is never judged
UPLOADED, RETRIEVED, MOVED = "uploaded outside", "retrieved from outside", "moved inside"
VIDEO = "video"  # stills of a stream, wherever it goes
STREAMS = frozenset({"rtp", "ps"})  # protocols whose images are stills of a stream
MOST_CLAUSES = 24  # flows named one by one in a display filter


@dataclass(slots=True)
class Group:
    """Transfers of one sender, receiver, act and certainty."""

    rows: list[Transfer] = field(default_factory=list)


def certainty(row: Transfer) -> str:
    """A: recovered whole, with a face in it. B: the same, but damaged or incomplete; there a possible face counts."""
    return "A" if row.face == "yes" and row.complete and row.whole_image else "B"


def telling(row: Transfer) -> bool:
    """Whether an image is a ground of a finding: a face in it, or a possible one in one that is damaged."""
    return row.face == "yes" or (row.face == "possible" and not (row.complete and row.whole_image))


def clear_findings(
    faces: list[Transfer], scope: Scope, actors: Actors, back_ends: AbstractSet[str] = frozenset()
) -> list[dict[str, Any]]:
    """Rows of `findings` for transfers of face images in clear. None is judged while the vantage is unknown.

    `back_ends` are addresses whose answers are judged by themselves; else a face counts as retrieved that was sent out
    before, or that comes from where faces were sent.
    """
    collectors = _collectors(faces, scope, actors) | back_ends
    pushed = _pushed(faces, scope, actors)
    groups: dict[tuple[str, str, str, str], Group] = defaultdict(Group)
    for row in faces:
        act = _act(row, scope, collectors, pushed)
        if act and actors.role(_device(row, act), row.flow_id)[0] != PERSONAL_DEVICE:
            groups[certainty(row), act, row.sender, row.receiver].rows.append(row)
    return [_finding(*key, group.rows, actors) for key, group in sorted(groups.items())]


def _collectors(faces: Iterable[Transfer], scope: Scope, actors: Actors) -> set[str]:
    """Outside addresses and host names to which inside devices (not visitors' own) sent faces."""
    found = set()
    for row in faces:
        if (
            row.upload
            and _way(row, scope) == ("inside", "outside")
            and actors.role(row.sender, row.flow_id)[0] != PERSONAL_DEVICE
        ):
            found |= {row.receiver, row.host} - {""}
    return found


def _pushed(faces: Iterable[Transfer], scope: Scope, actors: Actors) -> set[int]:
    """Images that devices of the site, not visitors' own, sent outside."""
    return {
        row.digest
        for row in faces
        if _way(row, scope) == ("inside", "outside") and actors.role(row.sender, row.flow_id)[0] != PERSONAL_DEVICE
    }


def _way(row: Transfer, scope: Scope) -> tuple[str, str]:
    return scope(row.sender), scope(row.receiver)


def _act(row: Transfer, scope: Scope, collectors: AbstractSet[str], pushed: AbstractSet[int]) -> str:
    """What was done, empty where it is nothing to judge (a news picture that someone looked at)."""
    way = _way(row, scope)
    if row.protocol in STREAMS:
        return VIDEO if way[0] == "inside" and way[1] in {"inside", "outside"} else ""
    if way == ("inside", "outside"):
        return UPLOADED
    if way == ("inside", "inside"):
        return MOVED
    if way == ("outside", "inside") and (collectors & {row.sender, row.host} or row.digest in pushed):
        return RETRIEVED
    return ""


def _device(row: Transfer, act: str) -> str:
    """The inside device that acted."""
    return row.receiver if act == RETRIEVED else row.sender


def _finding(grade: str, act: str, sender: str, receiver: str, rows: list[Transfer], actors: Actors) -> dict[str, Any]:
    acting = receiver if act == RETRIEVED else sender
    kind, why = actors.role(acting, rows[0].flow_id)
    far = sender if act == RETRIEVED else receiver
    distinct = len({row.sha256 for row in rows})
    possible = sum(row.face != "yes" for row in rows)
    what = "stills of a video stream with a face" if act == VIDEO else "images with a face"
    how = "taken out of its packets" if act == VIDEO else "in clear HTTP or carved from clear traffic"
    hosts = sorted({row.host for row in rows if row.host})[:3]
    return {
        "finding_id": finding_id(grade, act, sender, receiver),
        "certainty": grade,
        "act": act,
        "sender": sender,
        "sender_role": kind,
        "role_reason": why,
        "receiver": receiver,
        "endpoint_id": far,
        "images": len(rows),
        "distinct_images": distinct,
        "bytes": sum(row.size for row in rows),
        "first_ts": min(row.first_ts for row in rows),
        "last_ts": max(row.last_ts for row in rows),
        "capture_ids": sorted({row.capture_id for row in rows}),
        "object_ids": sorted({row.object_id for row in rows}),
        "flow_ids": sorted({row.flow_id for row in rows}),
        "display_filter": display_filter({(row.client, row.server, row.transport, row.server_port) for row in rows}),
        "rule": RULE,
        "possible": possible,
        "reason": f"{len(rows)} {what} ({distinct} distinct) {how}"
        + (f", for {', '.join(hosts)}" if hosts else "")
        + (f"; damaged, and the face only possible: {possible}" if possible else ""),
    }


def finding_id(*parts: str) -> str:
    """Short id of a finding, the same in every run over the same traffic."""
    return "F" + hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


def display_filter(ways: set[tuple[str, str, str, int]]) -> str:
    """Wireshark display filter for (client, server, transport, server port) tuples."""
    clauses = []
    for client, server, transport, port in sorted(ways)[:MOST_CLAUSES]:
        field_name = "ipv6.addr" if ":" in client else "ip.addr"
        tail = f" && {transport}.port == {port}" if transport in {"tcp", "udp"} else ""
        clauses.append(f"({field_name} == {client} && {field_name} == {server}{tail})")
    return " || ".join(clauses)
