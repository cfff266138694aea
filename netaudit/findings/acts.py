"""What a transfer is: the one set of predicates, for findings of a case and for the lines of a live run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from netaudit.findings.roles import PERSONAL_DEVICE
from netaudit.findings.vocabulary import DELIVERED, MOVED, RETRIEVED, UPLOADED, VIDEO, Act

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from collections.abc import Set as AbstractSet

    from netaudit.findings.roles import Actors

STREAMS = frozenset({"rtp", "ps"})  # protocols whose images are stills of a stream

LEAST_KNOWN = 16 * 1024  # bytes up to a known service: two or three face crops, far more than a login
LEAST_BYTES = 64 * 1024  # upward payload of a sender to an endpoint before it is worth a line
UPWARD_SHARE = 2  # upward payload is at least this many times the downward one
KNOWN_CLASSES = frozenset({"face_api", "object_store", "sales_platform"})  # of endpoints.service_class
SHAPED, KNOWN = "shaped", "known service"
ABROAD = ("inside", "outside")


def act(
    protocol: str, sender: str, receiver: str, *, collected: bool, pushed: bool = False, still: bool = False
) -> Act | None:
    """What was done with an image or a record, by the scopes of its ends; None where it is nothing to judge.

    `collected`: it comes from where devices of the site sent the like before (`sent_outside`), was sent out itself, or
    a signature names the sender as a back end; else what came from outside is a picture that somebody looked at.
    `pushed`: it went with a request, so nobody inside asked for it. `still`: a picture of a file of video.
    Nothing is judged while the vantage, hence a scope, is unknown.
    """
    if protocol in STREAMS or (still and sender == "inside"):
        return VIDEO if sender == "inside" and receiver in {"inside", "outside"} else None
    return {ABROAD: UPLOADED, ("inside", "inside"): MOVED}.get((sender, receiver)) or (
        (DELIVERED if pushed else RETRIEVED) if (sender, receiver) == ABROAD[::-1] and collected else None
    )


def is_one_of(roles: AbstractSet[str], actors: Actors, ip: str, flow_id: str) -> bool:
    """Whether a host has one of some roles; who writes the address of another is not passed over as one."""
    return actors.role(ip, flow_id)[0] in roles and not actors.ends.disputed(ip, flow_id)


class Move(NamedTuple):
    """An image or a record on its way, for whoever asks what was sent outside."""

    sender: str
    receiver: str
    host: str
    flow_id: str
    request: bool  # went with the request, not with a response
    ts: int  # of its first byte, UTC nanoseconds
    what: Iterable[Hashable]  # the image, or the persons of the record


@dataclass(slots=True)
class Sent:
    """What devices of the site sent outside: whereto (addresses and host names) with requests, and what, when first."""

    whereto: set[str] = field(default_factory=set)
    what: dict[Hashable, int] = field(default_factory=dict)

    def before(self, what: Iterable[Hashable], ts: int) -> bool:
        """Whether some of it had been sent outside before that time."""
        return any(self.what.get(one, ts) < ts for one in what)

    def add(self, other: Sent) -> None:
        """Take in what else was sent."""
        self.whereto |= other.whereto
        for one, ts in other.what.items():
            self.what[one] = min(ts, self.what.get(one, ts))


def sent_outside(
    moves: Iterable[Move],
    scope: Callable[[str], str],
    actors: Actors,
    but: AbstractSet[str] = frozenset({PERSONAL_DEVICE}),
) -> Sent:
    """What was collected or pushed: by devices whose role is none of `but`, hence not by visitors' own."""
    sent = Sent()
    for move in moves:
        if (scope(move.sender), scope(move.receiver)) != ABROAD or is_one_of(but, actors, move.sender, move.flow_id):
            continue
        if move.request:
            sent.whereto.update(one for one in (move.receiver, move.host) if one)
        for one in move.what:
            sent.what[one] = min(move.ts, sent.what.get(one, move.ts))
    return sent


def certainty(*, complete: bool, whole: bool, face: str = "yes", lessened: bool = False) -> str:
    """A: recovered whole, with a face in it. B: damaged (there a possible face counts), or doubted (`bearing.py`)."""
    return "A" if face == "yes" and complete and whole and not lessened else "B"


def telling(face: str, *, complete: bool, whole: bool) -> bool:
    """Whether an image is a ground of a finding: a face in it, or a possible one in one that is damaged."""
    return face == "yes" or (face == "possible" and not (complete and whole))


def upload_shape(up: int, down: int, bursts: int, *, known: bool) -> str:
    """Whether encrypted traffic of a sender to an endpoint is worth a finding, and why: SHAPED, KNOWN or empty.

    `up`, `down`: payload without what was sent or captured again; `bursts`: upward ones from 8 KiB on; `known`: to a
    service that is there for pictures, whatever comes back from it.
    """
    if not bursts:
        return ""
    if up >= LEAST_BYTES and up >= UPWARD_SHARE * down:
        return SHAPED
    return KNOWN if known and up >= LEAST_KNOWN else ""
