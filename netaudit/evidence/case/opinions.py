"""When a second tool's word confirms a finding: one rule, whichever tool was asked.

That the bytes of its objects stand in the captures is not enough: somebody may have changed the rows of a case and
sealed it anew. A finding is confirmed only if the tool itself sees each object go from the finding's sender to its
receiver, in the frames that are stated, by a link address that the finding's device had then; if what is graded A was
answered; and if images and bytes are as many as its objects give.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from netaudit.content.sniff import IMAGE_KINDS
from netaudit.core.schema.holders import Holders
from netaudit.core.text.addresses import is_link_address
from netaudit.core.text.frame_ranges import frame_numbers
from netaudit.errors import CaseError
from netaudit.evidence.case.tunnels import INVENTED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import numpy.typing as npt

    from netaudit.evidence.case.reading import Case

CONFIRMED, NOT_FOUND = "confirmed", "not found"
UNCONFIRMABLE, CONTRADICTED = "not confirmable", "contradicted"
STATUSES = (CONFIRMED, NOT_FOUND, UNCONFIRMABLE, CONTRADICTED)
PARTLY = "partly confirmed"  # of a finding: some objects confirmed, none contradicted

NO_OBJECT = "opinion_no_object"
GONE = "opinion_gone"
SEEN_ELSEWHERE = "opinion_seen_elsewhere"
OTHER_ENDS = "opinion_other_ends"
UNSEEN = "opinion_unseen"
OTHER_LINK = "opinion_other_link"
OTHER_RECEIVER = "opinion_other_receiver"
UNANSWERED = "opinion_unanswered"
COUNTS = "opinion_counts"


class Way(NamedTuple):
    """Packets of one kind, as a second tool sees them. Of a tunnel come the addresses within it last."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    ports: tuple[int, int]  # of source and target; zeros where the packet has none (fragments)
    links: tuple[str, ...]  # link addresses that sent it; none where the capture has none


@dataclass(slots=True)
class Opinion:
    """What a tool says of one object."""

    status: str
    reason: str
    frame: int | None = None
    inside: frozenset[str] = frozenset()  # addresses in a tunnel, against which it confirms nothing


@dataclass(slots=True)
class Verification:
    """Opinions on all objects asked for, and on the findings they belong to."""

    tool: str
    objects: dict[str, Opinion] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """By whom, and how many objects of how many are confirmed or contradicted: what the chain keeps of it."""
        statuses = [one.status for one in self.objects.values()]
        counts = {status: statuses.count(status) for status in (CONFIRMED, CONTRADICTED)}
        return {"by": self.tool, "all": len(statuses), **counts}

    def document(self) -> dict[str, Any]:
        """All of it, as a case keeps it."""
        return {
            "tool": self.tool,
            "findings": self.findings,
            "objects": {
                identity: {"status": one.status, "reason": one.reason, "frame": one.frame}
                for identity, one in sorted(self.objects.items())
            },
        }


class Seen:
    """Packets of one capture by their ways, as a tool told them."""

    def __init__(self) -> None:
        self._ways: dict[Way, array[int]] = defaultdict(lambda: array("Q"))
        self._all: npt.NDArray[np.uint64] | None = None
        self._between: dict[tuple[str, str], tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], list[Way]]] = {}

    def add(self, way: Way, frame: int) -> None:
        """Note a packet; all are noted before anything is asked."""
        self._ways[way].append(frame)

    def frames(self) -> npt.NDArray[np.uint64]:
        """All frames."""
        if self._all is None:
            held = [np.array(frames, np.uint64) for frames in self._ways.values()]
            self._all = np.unique(np.concatenate(held)) if held else np.zeros(0, np.uint64)
        return self._all

    def between(self, source: str, target: str) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64], list[Way]]:
        """Frames from one address to another, sorted; the place of each one's way; the ways."""
        key = source, target
        if key not in self._between:
            ways = [way for way in self._ways if source in way.sources and target in way.targets]
            held = [np.array(self._ways[way], np.uint64) for way in ways] or [np.zeros(0, np.uint64)]
            places = np.concatenate([np.full(len(one), place) for place, one in enumerate(held)])
            frames = np.concatenate(held)
            order = np.argsort(frames, kind="stable")
            self._between[key] = frames[order], places[order], ways
        return self._between[key]

    def after(self, source: str, target: str, ports: tuple[int, int], frame: int) -> tuple[bool, frozenset[str]]:
        """Whether there are packets of a direction behind a frame; and the link addresses of that direction."""
        mine = [way for way in self.between(source, target)[2] if way.ports == ports]
        behind = any(self._ways[way][-1] > frame for way in mine)
        return behind, frozenset(link for way in mine for link in way.links)


class Stated(NamedTuple):
    """What the case says of an object, to be held against what a tool sees."""

    sha256: str
    size: int
    image: bool
    frames: dict[str, list[int]]  # by capture
    capture_id: str  # of its message
    ends: tuple[str, str]  # from, to
    ports: tuple[int, int]
    since: int  # beginning of its flow, UTC nanoseconds


@dataclass(slots=True)
class Claims:
    """What a case says of the objects of its findings, and who held which address."""

    objects: dict[str, Stated]
    holders: Holders
    seen: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))  # by capture: filled by a tool

    def ports(self, capture_id: str) -> set[int]:
        """All ports of flows that carried objects in a capture."""
        return {port for one in self.objects.values() if capture_id in one.frames for port in one.ports}


def findings_of(case: Case) -> list[dict[str, Any]]:
    """Every finding with its objects."""
    columns = [
        "finding_id", "certainty", "act", "sender", "receiver", "sender_device", "receiver_device", "images",
        "distinct_images", "bytes", "object_ids", "document_ids",
    ]  # fmt: skip
    rows = case.table("findings", columns).to_pylist()
    return [row | {"object_ids": row["object_ids"] + (row.pop("document_ids") or [])} for row in rows]


def images_by_protocol(case: Case) -> list[dict[str, Any]]:
    """Every image of the case, grouped by the protocol that carried it."""
    kinds = pa.array(sorted(IMAGE_KINDS))
    objects = case.table("objects", ["object_id", "message_id", "kind"])
    carried = objects.filter(pc.is_in(objects["kind"], kinds)).select(["object_id", "message_id"])
    rows = carried.join(case.table("messages", ["message_id", "protocol"]), "message_id").to_pylist()
    groups: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        groups[str(row["protocol"])].append(row["object_id"])
    return [{"protocol": name, "object_ids": sorted(ids)} for name, ids in sorted(groups.items())]


def claims_of(case: Case, identities: Iterable[str]) -> Claims:
    """What the tables say of some objects."""
    chosen = pa.array(sorted(set(identities)), pa.string())
    objects = case.table("objects", ["object_id", "message_id", "sha256", "size", "kind"])
    objects = objects.filter(pc.is_in(objects["object_id"], chosen))
    images = set(case.table("images", ["sha256"])["sha256"].to_pylist())
    messages = case.table("messages", ["message_id", "flow_id", "capture_id", "direction", "first_frame", "last_frame"])
    flows = case.table("flows", ["flow_id", "client_ip", "server_ip", "client_port", "server_port", "first_ts"])
    flows = flows.set_column(5, "since", flows["first_ts"].cast(pa.int64()))
    evidence = case.table("evidence", ["object_id", "capture_id", "frames"])
    frames: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for row in evidence.filter(pc.is_in(evidence["object_id"], chosen)).to_pylist():
        try:
            frames[row["object_id"]].setdefault(row["capture_id"], []).extend(frame_numbers(row["frames"]))
        except ValueError as error:
            raise CaseError("{}: evidence of {}: {}", case.folder, row["object_id"], error) from error
    found = {}
    for row in objects.join(messages, "message_id").join(flows, "flow_id").to_pylist():
        if row["capture_id"] is None or row["client_ip"] is None:
            continue  # rows that belong together are not there
        sides = (row["client_ip"], row["client_port"]), (row["server_ip"], row["server_port"])
        (source, sport), (target, dport) = sides if row["direction"] == "up" else sides[::-1]
        identity = row["object_id"]
        found[identity] = Stated(
            row["sha256"], row["size"], row["sha256"] in images,
            frames.get(identity) or {row["capture_id"]: [row["first_frame"], row["last_frame"]]},
            row["capture_id"], (source, target), (sport or 0, dport or 0), row["since"] or 0,
        )  # fmt: skip
    return Claims(found, Holders(case.table("bindings"), case.table("devices")))


def judged(group: dict[str, Any], opinions: dict[str, Opinion], claims: Claims) -> dict[str, Any]:
    """The opinion on a finding, or on images of a protocol: contradicted by one object, confirmed by all."""
    borne = [_borne(group, identity, opinions, claims) for identity in group["object_ids"]]
    counts = {status: sum(one.status == status for one in borne) for status in STATUSES}
    reasons: dict[str, int] = defaultdict(int)
    for one in borne:
        reasons[f"{one.status}: {one.reason}"] += 1
    status = next((name for name in (CONTRADICTED, NOT_FOUND) if counts[name]), UNCONFIRMABLE)
    if status != CONTRADICTED and counts[CONFIRMED]:
        status = CONFIRMED if counts[CONFIRMED] == len(borne) else PARTLY
    if not group["object_ids"]:
        reasons[f"{UNCONFIRMABLE}: {NO_OBJECT}"] = 1
    elif not _adds_up(group, claims):
        status = CONTRADICTED
        reasons[f"{CONTRADICTED}: {COUNTS}"] = 1
    left_out = ("object_ids", "sender_device", "receiver_device", "images", "distinct_images", "bytes")
    kept = {key: value for key, value in group.items() if key not in left_out}
    return kept | {"status": status, "objects": len(borne), "counts": counts, "reasons": dict(reasons)}


def _adds_up(group: dict[str, Any], claims: Claims) -> bool:
    """Whether a finding's figures are those of its objects."""
    if "images" not in group or group["certainty"] not in ("A", "B"):
        return True
    mine = [claims.objects[one] for one in set(group["object_ids"]) if one in claims.objects]
    images = [one for one in mine if one.image]
    if not group["images"]:
        return True  # of documents; what they hold is counted in records, which no tool reads
    figures = (group["images"], group["distinct_images"], group["bytes"])
    return figures == (len(images), len({one.sha256 for one in images}), sum(one.size for one in images))


def _borne(group: dict[str, Any], identity: str, opinions: dict[str, Opinion], claims: Claims) -> Opinion:
    """The opinion on an object as it bears on a finding."""
    one = claims.objects.get(identity)
    opinion = opinions.get(identity)
    if one is None or opinion is None:
        return Opinion(UNCONFIRMABLE, GONE)
    if opinion.status != CONFIRMED:
        return opinion
    if group.get("certainty") == "C":
        return Opinion(UNCONFIRMABLE, SEEN_ELSEWHERE, opinion.frame)
    ends = _address(group.get("sender"), one.ends[0]), _address(group.get("receiver"), one.ends[1])
    if opinion.inside & {*ends} and "sender" in group:
        return Opinion(UNCONFIRMABLE, INVENTED, opinion.frame)
    for capture_id, frames in one.frames.items():
        against = _against(group, one, ends, np.array(frames, np.uint64), claims.seen[capture_id], claims.holders)
        if against is not None:
            against.frame = opinion.frame
            return against
    return opinion


def _address(named: str | None, ip: str) -> str:
    """Address of an end as a finding names it; that of the flow, where the finding names a link address."""
    return named if named and not is_link_address(named) else ip


def _against(
    group: dict[str, Any],
    one: Stated,
    ends: tuple[str, str],
    frames: npt.NDArray[np.uint64],
    seen: Seen,
    holders: Holders,
) -> Opinion | None:
    """What the packets say against a finding, of one object; None where they bear it out."""
    right, places, ways = seen.between(*ends)
    mine = np.isin(frames, right)
    if not mine.all():
        elsewhere = np.isin(frames[~mine], seen.frames()).any()
        return Opinion(CONTRADICTED, OTHER_ENDS) if elsewhere else Opinion(UNCONFIRMABLE, UNSEEN)
    carried = {ways[place] for place in np.unique(places[np.isin(right, frames)]).tolist()}
    links = {link for way in carried for link in way.links}
    if _is_not(group.get("sender"), links) or _of_another(
        group.get("sender_device"), ends[0], one.since, links, holders
    ):
        return Opinion(CONTRADICTED, OTHER_LINK)
    answered, back = seen.after(ends[1], ends[0], one.ports[::-1], int(frames.min()))
    receiver = group.get("receiver")
    if _is_not(receiver, back) or _of_another(group.get("receiver_device"), ends[1], one.since, back, holders):
        return Opinion(CONTRADICTED, OTHER_RECEIVER)
    if group.get("certainty") == "A" and not answered:
        return Opinion(UNCONFIRMABLE, UNANSWERED)
    return None


def _is_not(named: str | None, links: Collection[str]) -> bool:
    """Whether an end is named by a link address, and none that was seen is it."""
    return bool(named and links) and is_link_address(named or "") and named not in links


def _of_another(device: str | None, ip: str, since: int, links: Collection[str], holders: Holders) -> bool:
    """Whether none of the link addresses that were seen is of the device that is named."""
    if not device or not links:
        return False
    if holders.held(ip) is None:  # of outside, say: a router stands before it
        return device != ip
    return device not in {holders.device(ip, since, link) for link in links}
