"""Findings of certainty A and B: face images recovered from clear traffic."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from netaudit.core.contracts.reasons import reason
from netaudit.findings import acts
from netaudit.findings.acts import Move, Sent, is_one_of, sent_outside
from netaudit.findings.apart import IMAGES, NOBODYS
from netaudit.findings.bearing import FAINT, OWN_DEVICE, UNDONE, lessened, nobodys, said
from netaudit.findings.conditions import COMPLETED, Status, Sum
from netaudit.findings.finding import Finding, display_filter
from netaudit.findings.roles import CAPTURE, PERSONAL_DEVICE, SERVER, TERMINAL, Actors
from netaudit.findings.vocabulary import FACE_IN_CLEAR, KINDS, MOVED, UPLOADED, VIDEO, Act

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from netaudit.findings.apart import Apart
    from netaudit.findings.bearing import Bearing
    from netaudit.findings.receivers import Receivers
    from netaudit.findings.transfers import Transfer

Scope = Callable[[str], str]  # address → inside, outside, multicast, special or unknown; unknown is never judged
SEEN = {kind.act.name: kind for kind in KINDS if FACE_IN_CLEAR in kind.rules}  # kinds of what was seen in clear, by act


@dataclass(slots=True)
class Group:
    """Transfers of one sender, receiver, act and certainty, and how many of them were doubted why."""

    rows: list[Transfer] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)
    outcomes: Sum = field(default_factory=Sum)


class Judged(NamedTuple):
    """An image that moved, and what was done with it."""

    row: Transfer
    act: Act
    device: str  # address of the inside device that acted
    grade: str  # of a face in it; empty without one, and where it is a visitor's own, or nobody knows whose
    own: bool  # a face that a visitor's own device moved
    doubts: frozenset[str]  # codes of `bearing.py`
    status: Status  # what became of it


def telling(row: Transfer) -> bool:
    """Whether an image is a ground of a finding (`acts.telling`)."""
    return acts.telling(row.face, complete=row.complete, whole=row.whole_image)


def way_of(row: Transfer) -> tuple[str, str]:
    """Whose pictures are looked at together."""
    return row.sender, row.receiver


class Looked:
    """Pictures of each way, as far as a face was looked for: a faint face among as many without one is no ground."""

    def __init__(self) -> None:
        self.faces: list[Transfer] = []
        self.clear: set[tuple[str, str]] = set()  # ways on which a clear face was seen
        # of each way: faint ones, others (possible ones among them)
        self._counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])

    def note(self, row: Transfer) -> None:
        """Take a picture."""
        if telling(row):
            self.faces.append(row)
        self.count(row)

    def count(self, row: Transfer) -> None:
        """Take how it was judged."""
        if row.face == "yes" and row.sure:
            self.clear.add(way_of(row))
        elif row.face == "yes" or (row.face in {"no", "possible"} and not telling(row)):
            self._counts[way_of(row)][row.face != "yes"] += 1

    def telling(self) -> list[Transfer]:
        """Faces that are a ground of a finding: clear ones, and faint ones beside clear ones or in most pictures."""
        return [row for row in self.faces if self.bears(row)]

    def bears(self, row: Transfer) -> bool:
        """Whether a picture is a ground, as far as its way says."""
        return row.sure or row.face != "yes" or self.borne(way_of(row))

    def borne(self, way: tuple[str, str]) -> bool:
        """Whether faint faces of a way are a ground."""
        faint, others = self._counts.get(way, (0, 0))
        return way in self.clear or faint > others

    def __len__(self) -> int:
        """Ways."""
        return len(self._counts) + len(self.clear)


def clear_findings(
    faces: list[Transfer],
    scope: Scope,
    actors: Actors,
    bearing: Bearing,
    receivers: Receivers,
    back_ends: AbstractSet[str],
    apart: Apart,
    brought: AbstractSet[int],
) -> list[Finding]:
    """Findings on transfers of face images in clear. None is judged while the vantage is unknown.

    `back_ends` are addresses whose answers are judged by themselves; else a face counts as retrieved that was sent out
    before, or that comes from where faces were sent, or that is one of `brought` (`retrieval.py`). What visitors' own
    devices sent, or nobody knows who, is `apart`.
    """
    groups: dict[tuple[str, ...], Group] = defaultdict(Group)
    for one in judged(faces, scope, actors, back_ends, bearing, brought=brought):
        row = one.row
        if one.own and one.act in {UPLOADED, VIDEO}:
            apart.note(actors.ends.device(one.device, row.flow_id), IMAGES, row.size)
        if nobodys(one.doubts):
            apart.note(actors.ends.named(row.sender, row.flow_id, scope(row.sender)), NOBODYS, row.size)
        if one.grade:
            ends = (actors.ends.named(ip, row.flow_id, scope(ip)) for ip in (row.sender, row.receiver))
            group = groups[(one.grade, one.act.name, *ends, *outcome_key(one.status))]
            group.rows.append(row)
            group.doubts.update(one.doubts)
            group.outcomes.add(one.status)
    return [_finding(key, group, actors, receivers) for key, group in sorted(groups.items())]


def judged(
    rows: list[Transfer],
    scope: Scope,
    actors: Actors,
    back_ends: AbstractSet[str] = frozenset(),
    bearing: Bearing | None = None,
    before: Sent | None = None,
    brought: AbstractSet[int] = frozenset(),
    clear: AbstractSet[tuple[str, str]] = frozenset(),
) -> Iterator[Judged]:
    """What was done with each image that moved; those of which nothing is judged are left out.

    `bearing` knows doubts about what went in their flows; `before` is what was sent outside where `rows` are not all;
    `brought` are images of the site's own that come back; `clear` ways on which a clear face was seen before.
    """
    sent = before or faces_sent_outside(rows, scope, actors, bearing)
    collectors = sent.whereto | back_ends
    faint = {way_of(row) for row in rows} - {way_of(row) for row in rows if row.sure} - clear
    for row in rows:
        collected = bool(collectors & {row.sender, row.host}) or sent.before((row.digest,), row.last_ts)
        collected = collected or row.digest in brought
        ways = scope(row.sender), scope(row.receiver)
        act = acts.act(row.protocol, *ways, collected=collected, pushed=row.upload, still=row.still)
        if act is None or (act == MOVED and not collected and actors.hands_out(row)):
            continue
        device, face = act.acting(row.sender, row.receiver), telling(row)
        own = face and is_one_of({PERSONAL_DEVICE}, actors, device, row.flow_id)
        doubts: frozenset[str] = frozenset()
        status = Status()
        grade = ""
        if face and not own:
            doubts = bearing.doubts(row) if bearing is not None else doubts
            if actors.undecided(device, row.flow_id):
                doubts |= {OWN_DEVICE}
            doubts |= {code for code, holds in ((UNDONE, row.undone), (FAINT, way_of(row) in faint)) if holds}
            less = lessened(doubts)
            grade = acts.certainty(complete=row.complete, whole=row.whole_image, face=row.face, lessened=less)
            grade = "" if nobodys(doubts) else grade
            if bearing is not None and ways[1] == "outside" and grade:
                named = actors.ends.named(row.sender, row.flow_id, ways[0])
                status = bearing.status(row, doubts, named, browser=may_browse(actors, row.sender, row.flow_id))
        yield Judged(row, act, device, grade, own, doubts, status)


def faces_sent_outside(rows: list[Transfer], scope: Scope, actors: Actors, bearing: Bearing | None = None) -> Sent:
    """Faces that devices of the site, not visitors' own, sent outside, and whereto.

    Not what had just come from outside: whoever answers for that, it is not its sender.
    """
    faces = (row for row in rows if telling(row) and not (bearing is not None and bearing.came_from_outside(row)))
    moves = (
        Move(row.sender, row.receiver, row.host, row.flow_id, row.upload, row.first_ts, (row.digest,)) for row in faces
    )
    return sent_outside(moves, scope, actors)


def may_browse(actors: Actors, ip: str, flow_id: str) -> bool:
    """Return whether a sender may be a browser that web pages make send things."""
    return actors.role(ip, flow_id)[0] not in {CAPTURE, TERMINAL, SERVER}


def outcome_key(status: Status) -> tuple[str, ...]:
    """Return what sets transfers that were not completed apart in the key of their finding."""
    return () if status.outcome == COMPLETED else (status.outcome,)


def _finding(key: tuple[str, ...], group: Group, actors: Actors, receivers: Receivers) -> Finding:
    """The finding on images of one sender, receiver, act and grade."""
    grade, act, sender, receiver, *outcome = key
    kind, rows = SEEN[act], group.rows
    distinct = len({row.sha256 for row in rows})
    possible = sum(row.face != "yes" for row in rows)
    opened = sorted({row.opened for row in rows if row.opened})
    named, against = receivers.told(
        (row.client, row.server, row.flow_id, row.host, row.first_ts, row.upload) for row in rows
    )
    return Finding(
        kind=kind,
        certainty=grade,
        sender=sender,
        receiver=receiver,
        role=actors.role(kind.act.acting(sender, receiver), rows[0].flow_id),
        rules=[FACE_IN_CLEAR],
        key=key,
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
        reasons=[
            _moved(kind.act, rows, distinct, opened, named),
            *([reason("possible", n=possible)] if possible else []),
            *against,
            *said(group.doubts),
        ],
        doubts=sorted(group.doubts),
        **group.outcomes.columns(outcome[0] if outcome else COMPLETED),
    )


def _moved(act: Act, rows: list[Transfer], distinct: int, opened: list[str], hosts: str) -> str:
    """What moved, as a reason: in clear or how it was opened, and for whom."""
    count = sum(bool(row.opened) for row in rows)
    figures: dict[str, object] = {"n": len(rows), "m": distinct} | ({"hosts": hosts} if hosts else {})
    if act == VIDEO:
        return reason("video_for" if hosts else "video", **figures)
    if not count:
        return reason("clear_for" if hosts else "clear", **figures)
    keys = ", ".join(opened)
    if count == len(rows):
        return reason("opened_for" if hosts else "opened", **figures, keys=keys)
    return reason("partly_opened_for" if hosts else "partly_opened", **figures, k=count, keys=keys)
