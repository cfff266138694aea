"""Findings of certainty A and B: face images recovered from clear traffic."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netaudit.findings import acts
from netaudit.findings.acts import RETRIEVED, VIDEO
from netaudit.findings.apart import IMAGES, NOBODYS
from netaudit.findings.bearing import OWN_DEVICE, Bearing, lessened, nobodys, said
from netaudit.findings.roles import PERSONAL_DEVICE, Actors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from netaudit.findings.apart import Apart
    from netaudit.findings.receivers import Receivers
    from netaudit.findings.retrieval import Own
    from netaudit.findings.transfers import Transfer

RULE = "face-image-in-clear/2"
Scope = Callable[[str], str]  # address → inside, outside, multicast, special or unknown; unknown is never judged
MOST_CLAUSES = 24  # flows named one by one in a display filter


@dataclass(slots=True)
class Group:
    """Transfers of one sender, receiver, act and certainty, and how many of them were doubted why."""

    rows: list[Transfer] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)


def telling(row: Transfer) -> bool:
    """Whether an image is a ground of a finding (`acts.telling`)."""
    return acts.telling(row.face, complete=row.complete, whole=row.whole_image)


def clear_findings(
    faces: list[Transfer],
    scope: Scope,
    actors: Actors,
    bearing: Bearing,
    receivers: Receivers,
    back_ends: AbstractSet[str] = frozenset(),
    apart: Apart | None = None,
    own: Callable[[AbstractSet[str]], Own] | None = None,
) -> list[dict[str, Any]]:
    """Rows of `findings` for transfers of face images in clear. None is judged while the vantage is unknown.

    `back_ends` are addresses whose answers are judged by themselves; else a face counts as retrieved that was sent out
    before, or that comes from where faces were sent, or that is the site's own by other signs (`own`, of collectors).
    """
    sent = [row for row in faces if not bearing.came_from_outside(row)]  # whoever answers for it, it is not the sender
    collectors = _collectors(sent, scope, actors) | back_ends
    pushed = _pushed(sent, scope, actors)
    if own is not None:
        returned = own(collectors)
        collectors |= returned.hosts
        pushed |= dict.fromkeys(returned.digests, 0)
    groups: dict[tuple[str, ...], Group] = defaultdict(Group)
    for row in faces:
        act = _act(row, scope, collectors, pushed)
        device = acts.acting(act, row.sender, row.receiver)
        if not act:
            continue
        if _personal(device, row, actors):
            if apart is not None and act in {acts.UPLOADED, VIDEO}:
                apart.note(actors.ends.device(device, row.flow_id), IMAGES, row.size)
            continue
        doubts = bearing.doubts(row)
        if nobodys(doubts):
            if apart is not None:
                apart.note(actors.ends.named(row.sender, row.flow_id), NOBODYS, row.size)
            continue
        if actors.undecided(device, row.flow_id):
            doubts |= {OWN_DEVICE}
        grade = acts.certainty(complete=row.complete, whole=row.whole_image, face=row.face, lessened=lessened(doubts))
        ways = (actors.ends.named(ip, row.flow_id) for ip in (row.sender, row.receiver))
        group = groups[(grade, act, *ways)]
        group.rows.append(row)
        group.doubts.update(doubts)
    return [_finding(key, group, actors, receivers) for key, group in sorted(groups.items())]


def _personal(ip: str, row: Transfer, actors: Actors) -> bool:
    """Whether it is a visitor's own; who writes the address of another is not passed over as one."""
    return actors.role(ip, row.flow_id)[0] == PERSONAL_DEVICE and not actors.ends.disputed(ip, row.flow_id)


def _collectors(faces: Iterable[Transfer], scope: Scope, actors: Actors) -> set[str]:
    """Outside addresses and host names to which inside devices (not visitors' own) sent faces."""
    found = set()
    for row in faces:
        personal = _personal(row.sender, row, actors)
        if acts.collects(
            scope(row.sender), scope(row.receiver), face=telling(row), upload=row.upload, personal=personal
        ):
            found |= {row.receiver, row.host} - {""}
    return found


def _pushed(faces: Iterable[Transfer], scope: Scope, actors: Actors) -> dict[int, int]:
    """Images that devices of the site, not visitors' own, sent outside, and when first."""
    found: dict[int, int] = {}
    for row in faces:
        outward = (scope(row.sender), scope(row.receiver)) == ("inside", "outside")
        if outward and not _personal(row.sender, row, actors):
            found[row.digest] = min(row.first_ts, found.get(row.digest, row.first_ts))
    return found


def _act(row: Transfer, scope: Scope, collectors: AbstractSet[str], pushed: Mapping[int, int]) -> str:
    collected = bool(collectors & {row.sender, row.host}) or pushed.get(row.digest, row.last_ts) < row.last_ts
    return acts.act(row.protocol, scope(row.sender), scope(row.receiver), collected=collected)


def _finding(key: tuple[str, ...], group: Group, actors: Actors, receivers: Receivers) -> dict[str, Any]:
    grade, act, sender, receiver, *_ = key
    rows = group.rows
    acting = receiver if act == RETRIEVED else sender
    kind, why = actors.role(acting, rows[0].flow_id)
    far = sender if act == RETRIEVED else receiver
    distinct = len({row.sha256 for row in rows})
    possible = sum(row.face != "yes" for row in rows)
    what = "stills of a video stream with a face" if act == VIDEO else "images with a face"
    how = "taken out of its packets" if act == VIDEO else "in clear HTTP or carved from clear traffic"
    opened = sorted({row.opened for row in rows if row.opened})
    if opened:
        count = sum(bool(row.opened) for row in rows)
        how = f"{how}, {count} of them " if count < len(rows) else ""
        how += f"sent encrypted and opened with keys from {', '.join(opened)}"
    named, against = receivers.told((row.client, row.server, row.flow_id, row.host) for row in rows)
    return {
        "finding_id": finding_id(*key),
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
        "opened": opened,
        "reason": f"{len(rows)} {what} ({distinct} distinct) {how}"
        + named
        + (f"; damaged, and the face only possible: {possible}" if possible else "")
        + against
        + said(group.doubts),
        "doubts": sorted(group.doubts),
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
