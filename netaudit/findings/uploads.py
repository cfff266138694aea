"""Findings of certainty A and B: face images recovered from clear traffic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from netaudit.findings import acts
from netaudit.findings.acts import Move, Sent, sent_outside
from netaudit.findings.finding import Finding, display_filter
from netaudit.findings.roles import PERSONAL_DEVICE, Actors
from netaudit.findings.vocabulary import FACE_IN_CLEAR, KINDS, VIDEO, Act, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from netaudit.findings.transfers import Transfer

Scope = Callable[[str], str]  # address → inside, outside, multicast, special or unknown; unknown is never judged
SEEN = {kind.act.name: kind for kind in KINDS if kind.seen}  # kinds of what was seen in clear, by act


def telling(row: Transfer) -> bool:
    """Whether an image is a ground of a finding (`acts.telling`)."""
    return acts.telling(row.face, complete=row.complete, whole=row.whole_image)


def clear_findings(
    faces: list[Transfer], scope: Scope, actors: Actors, back_ends: AbstractSet[str] = frozenset()
) -> list[Finding]:
    """Findings on transfers of face images in clear. None is judged while the vantage is unknown.

    `back_ends` are addresses whose answers are judged by themselves; else a face counts as retrieved that was sent out
    before, or that comes from where faces were sent.
    """
    groups: dict[tuple[str, str, str, str], list[Transfer]] = defaultdict(list)
    for row, act, grade in judged(faces, scope, actors, back_ends):
        if grade:
            groups[grade, act.name, row.sender, row.receiver].append(row)
    return [_finding(SEEN[act], grade, rows, actors) for (grade, act, _, _), rows in sorted(groups.items())]


def judged(
    rows: list[Transfer],
    scope: Scope,
    actors: Actors,
    back_ends: AbstractSet[str] = frozenset(),
    before: Sent | None = None,
) -> Iterator[tuple[Transfer, Act, str]]:
    """What was done with each image that moved, and the grade of a face in it: empty without one, or a visitor's own.

    Images of which nothing is judged are left out. `before` is what was sent outside where `rows` are not all.
    """
    sent = before or faces_sent_outside(rows, scope, actors)
    collectors = sent.whereto | back_ends
    for row in rows:
        collected = bool(collectors & {row.sender, row.host}) or row.digest in sent.what
        act = acts.act(row.protocol, scope(row.sender), scope(row.receiver), collected=collected)
        if act is None:
            continue
        device = act.acting(row.sender, row.receiver)
        grade = ""
        if telling(row) and actors.role(device, row.flow_id)[0] != PERSONAL_DEVICE:
            contested = bool(actors.contested(device))
            grade = acts.certainty(complete=row.complete, whole=row.whole_image, face=row.face, contested=contested)
        yield row, act, grade


def faces_sent_outside(rows: list[Transfer], scope: Scope, actors: Actors) -> Sent:
    """Faces that devices of the site, not visitors' own, sent outside, and whereto."""
    faces = (row for row in rows if telling(row))
    moves = (Move(row.sender, row.receiver, row.host, row.flow_id, row.upload, (row.digest,)) for row in faces)
    return sent_outside(moves, scope, actors)


def _finding(kind: Kind, grade: str, rows: list[Transfer], actors: Actors) -> Finding:
    """The finding on images of one sender, receiver, act and grade."""
    sender, receiver = rows[0].sender, rows[0].receiver
    distinct = len({row.sha256 for row in rows})
    possible = sum(row.face != "yes" for row in rows)
    what = "stills of a video stream with a face" if kind.act == VIDEO else "images with a face"
    how = "taken out of its packets" if kind.act == VIDEO else "in clear HTTP or carved from clear traffic"
    opened = sorted({row.opened for row in rows if row.opened})
    if opened:
        count = sum(bool(row.opened) for row in rows)
        how = f"{how}, {count} of them " if count < len(rows) else ""
        how += f"sent encrypted and opened with keys from {', '.join(opened)}"
    hosts = sorted({row.host for row in rows if row.host})[:3]
    return Finding(
        kind=kind,
        certainty=grade,
        sender=sender,
        receiver=receiver,
        role=actors.role(kind.act.acting(sender, receiver), rows[0].flow_id),
        rules=[FACE_IN_CLEAR],
        images=len(rows),
        distinct_images=distinct,
        possible=possible,
        bytes=sum(row.size for row in rows),
        first_ts=min(row.first_ts for row in rows),
        last_ts=max(row.last_ts for row in rows),
        capture_ids=sorted({row.capture_id for row in rows}),
        object_ids=sorted({row.object_id for row in rows}),
        flow_ids=sorted({row.flow_id for row in rows}),
        display_filter=display_filter((row.client, row.server, row.transport, row.server_port) for row in rows),
        opened=opened,
        reason=f"{len(rows)} {what} ({distinct} distinct) {how}"
        + (f", for {', '.join(hosts)}" if hosts else "")
        + (f"; damaged, and the face only possible: {possible}" if possible else ""),
    )
