"""What a transfer is: the one set of predicates, for findings of a case and for the lines of a live run."""

from __future__ import annotations

UPLOADED, RETRIEVED, MOVED = "uploaded outside", "retrieved from outside", "moved inside"
VIDEO = "video"  # stills of a stream, wherever it goes
STREAMS = frozenset({"rtp", "ps"})  # protocols whose images are stills of a stream

LEAST_KNOWN = 16 * 1024  # bytes up to a known service: two or three face crops, far more than a login
LEAST_BYTES = 64 * 1024  # upward payload of a sender to an endpoint before it is worth a line
UPWARD_SHARE = 2  # upward payload is at least this many times the downward one
KNOWN_CLASSES = frozenset({"face_api", "object_store", "sales_platform"})  # of endpoints.service_class
SHAPED, KNOWN = "shaped", "known service"


def act(protocol: str, sender: str, receiver: str, *, collected: bool) -> str:
    """What was done with an image, by the scopes of its ends; empty where it is nothing to judge.

    `collected`: faces of inside devices went to that host before (`collects`), this very image was sent out, or a
    signature names the sender as a back end; else what came from outside is a picture that somebody looked at.
    Nothing is judged while the vantage, hence a scope, is unknown.
    """
    if protocol in STREAMS:
        return VIDEO if sender == "inside" and receiver in {"inside", "outside"} else ""
    return {("inside", "outside"): UPLOADED, ("inside", "inside"): MOVED}.get((sender, receiver)) or (
        RETRIEVED if (sender, receiver) == ("outside", "inside") and collected else ""
    )


def collects(sender: str, receiver: str, *, face: bool, upload: bool, personal: bool) -> bool:
    """Whether a receiver is one that faces of inside devices, not of visitors' own, were sent to with requests."""
    return face and upload and not personal and (sender, receiver) == ("inside", "outside")


def acting(done: str, sender: str, receiver: str) -> str:
    """The inside device that acted."""
    return receiver if done == RETRIEVED else sender


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
