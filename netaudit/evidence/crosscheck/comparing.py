"""Holds the second derivation against a case: whether its objects stand where netaudit says they do.

Only HTTP/1 is derived a second time; of all other carriers it is said that nothing was looked for. `contradicted` means
that a whole message stands in the object's packets, wrapped in ways that are known here, and its bytes are not in it.
"""

from __future__ import annotations

import bisect
import functools
import hashlib
import ipaddress
import itertools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.unwrapping_steps import Way as Steps
from netaudit.core.storage.files import write_json
from netaudit.core.text.frame_ranges import frame_numbers
from netaudit.errors import UsageError
from netaudit.evidence.case.extract import locate
from netaudit.evidence.case.lock import writing
from netaudit.evidence.case.opinions import (
    CONFIRMED,
    CONTRADICTED,
    NOT_FOUND,
    UNCONFIRMABLE,
    Opinion,
    Seen,
    Verification,
    Way,
    claims_of,
    findings_of,
    images_by_protocol,
    judged,
)
from netaudit.evidence.case.report_status import SECOND_OPINION
from netaudit.evidence.case.seal import later
from netaudit.evidence.crosscheck.contents import contents
from netaudit.evidence.crosscheck.http1 import joined, messages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from netaudit.evidence.case.reading import Case
    from netaudit.evidence.crosscheck import reassembly as derived
    from netaudit.evidence.crosscheck.http1 import Sent
    from netaudit.evidence.crosscheck.reassembly import End

OPINION = "private/verify-dpkt.json"
MOST_PLACES = 256  # in one content, at which an image within it may begin
_WAYS = frozenset(
    {"multipart", "json", "form", "base64", "data", "gzip", "br", "zstd"}
)  # that `contents` follows surely
_MAGIC = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF|BM|.{4}ftyp", re.DOTALL)


class Asked(NamedTuple):
    """An object with the place of its message."""

    object_id: str
    sha256: str
    size: int
    path: str
    first_frame: int
    last_frame: int
    source: End
    target: End
    pieces: frozenset[Place] = frozenset()  # of an object joined from several messages: where these are


class Place(NamedTuple):
    """Where a message is said to be."""

    source: End
    target: End
    last_frame: int


def ask_dpkt(case: Case, captures: Sequence[Path] = (), *, images: bool = False) -> Verification:
    """Look for the objects of all findings, or of every image with `images`, in what dpkt makes of the captures.

    Also written to private/verify-dpkt.json. Raises UsageError when dpkt is missing, or a capture is not where it was.
    """
    try:
        import dpkt
    except ImportError as error:
        raise UsageError("this second opinion needs dpkt: python -m pip install dpkt") from error
    groups = images_by_protocol(case) if images else findings_of(case)
    identities = sorted({identity for group in groups for identity in group["object_ids"]})
    result = Verification(f"dpkt {dpkt.__version__}, HTTP/1 by a second derivation")
    asked = _asked(case, identities, result.objects)
    claims = claims_of(case, identities)
    places = locate(case, captures) if asked else {}
    for capture_id, some in sorted(asked.items()):
        path = places.get(capture_id)
        if path is None:
            raise UsageError("capture {}: is not where it was audited; say where it is with --captures", capture_id)
        _compare(path, some, result.objects, claims.seen[capture_id])
    result.findings = [judged(group, result.objects, claims) for group in groups]
    _keep(case, result)
    return result


def _asked(case: Case, identities: list[str], opinions: dict[str, Opinion]) -> dict[str, list[Asked]]:
    """By capture what is to be looked for; of the others it is noted why not."""
    objects = case.table("objects", ["object_id", "message_id", "sha256", "size", "complete", "unwrap_path"])
    rows = objects.filter(pc.is_in(objects["object_id"], pa.array(identities, pa.string()))).to_pylist()
    heads = _by_key(case, "messages", "message_id", [row["message_id"] for row in rows], (
        "flow_id", "capture_id", "protocol", "direction", "first_frame", "last_frame",
    ))  # fmt: skip
    flows = _by_key(case, "flows", "flow_id", [head["flow_id"] for head in heads.values()], (
        "client_ip", "client_port", "server_ip", "server_port", "client_outer", "server_outer",
    ))  # fmt: skip
    found: dict[str, list[Asked]] = defaultdict(list)
    pieces = _pieces(case, [row["object_id"] for row in rows if row["complete"] and not _of_one(row)])
    for row in rows:
        head = heads.get(row["message_id"])
        reason = _unasked(row, head)
        if head is None or reason:
            opinions[row["object_id"]] = Opinion(UNCONFIRMABLE, reason)
            continue
        if flows[head["flow_id"]]["client_outer"] or flows[head["flow_id"]]["server_outer"]:
            opinions[row["object_id"]] = Opinion(UNCONFIRMABLE, "opinion_tunnel")
            continue
        source, target = _way(flows[head["flow_id"]], head["direction"])
        opinions[row["object_id"]] = Opinion(NOT_FOUND, "opinion_no_http")
        mine = frozenset() if _of_one(row) else pieces.get(row["object_id"], frozenset())
        if len(mine) < 2 and not _of_one(row):
            opinions[row["object_id"]] = Opinion(UNCONFIRMABLE, "opinion_carved")
            continue
        found[head["capture_id"]].append(
            Asked(
                row["object_id"], row["sha256"], row["size"], row["unwrap_path"], head["first_frame"],
                head["last_frame"], source, target, mine,
            )
        )  # fmt: skip
    return found


def _unasked(row: dict[str, Any], head: dict[str, Any] | None) -> str:
    """Why an object is not looked for; empty when it is."""
    if head is None or head["protocol"] != "http":
        return "opinion_not_http"
    if not row["complete"]:
        return "opinion_not_whole"
    if row["unwrap_path"].partition(" › ")[0].endswith(" head"):
        return "opinion_in_head"
    return "" if row["sha256"] else "opinion_no_hash"


def _of_one(row: dict[str, Any]) -> bool:
    """Whether an object is said to be of one message."""
    return " body" in row["unwrap_path"].partition(" › ")[0]


def _pieces(case: Case, identities: list[str]) -> dict[str, frozenset[Place]]:
    """Of each object the messages of HTTP that end within the packets that carried it."""
    if not identities:
        return {}
    evidence = case.table("evidence", ["object_id", "capture_id", "frames"])
    evidence = evidence.filter(pc.is_in(evidence["object_id"], pa.array(identities, pa.string())))
    messages_ = case.table("messages", ["flow_id", "capture_id", "protocol", "direction", "last_frame"])
    heads = messages_.filter(pc.equal(messages_["protocol"], "http")).to_pylist()
    flows = _by_key(case, "flows", "flow_id", [head["flow_id"] for head in heads], (
        "client_ip", "client_port", "server_ip", "server_port",
    ))  # fmt: skip
    places: dict[tuple[str, int], set[Place]] = defaultdict(set)
    for one in heads:
        place = Place(*_way(flows[one["flow_id"]], one["direction"]), one["last_frame"])
        places[one["capture_id"], one["last_frame"]].add(place)
    found: dict[str, frozenset[Place]] = defaultdict(frozenset)
    for row in evidence.to_pylist():
        mine = ((row["capture_id"], frame) for frame in frame_numbers(row["frames"]))
        found[row["object_id"]] = found[row["object_id"]].union(*(places[end] for end in mine if end in places))
    return found


def _way(flow: dict[str, Any], direction: str) -> tuple[End, End]:
    client, server = _end(flow["client_ip"], flow["client_port"]), _end(flow["server_ip"], flow["server_port"])
    return (client, server) if direction == "up" else (server, client)


def _by_key(case: Case, table: str, key: str, keys: list[str], columns: Sequence[str]) -> dict[str, dict[str, Any]]:
    rows = case.table(table, [key, *columns])
    mine = rows.filter(pc.is_in(rows[key], pa.array(sorted(set(keys)), pa.string())))
    return {row[key]: row for row in mine.to_pylist()}


def _end(ip: str, port: int) -> End:
    from netaudit.evidence.crosscheck.reassembly import End

    return End(ipaddress.ip_address(ip).packed, port)


def _compare(path: Path, asked: list[Asked], opinions: dict[str, Opinion], seen: Seen) -> None:
    from netaudit.evidence.crosscheck.reassembly import TooLarge, connections

    def count_frame(frame: int, way: derived.Way) -> None:
        seen.add(_in_words(way), frame)

    by_way: dict[tuple[End, End], list[Asked]] = defaultdict(list)
    in_pieces = [one for one in asked if one.pieces]
    places = {place for one in in_pieces for place in one.pieces}
    for one in asked:
        if not one.pieces:
            by_way[one.source, one.target].append(one)
    ways = {*by_way, *((place.source, place.target) for place in places)}
    orders = {way: InOrder.of(by_way.get(way, [])) for way in ways}
    kept: dict[Place, Sent] = {}
    try:
        for connection in connections(path, {frozenset(way) for way in ways}, count_frame):
            for way, runs in connection.items():
                for run in runs if way in ways else ():
                    for sent in messages(run):
                        _look(sent, orders[way], opinions)
                        if (place := Place(*way, sent.last_frame)) in places:
                            kept[place] = sent
        for one in in_pieces:
            _look_together([kept[place] for place in one.pieces if place in kept], one, opinions)
    except TooLarge:
        _leave(asked, opinions, "opinion_more")
    except (ValueError, OSError, EOFError) as error:
        _leave(asked, opinions, f"dpkt cannot read the capture: {type(error).__name__}")


@functools.lru_cache(maxsize=65_536)
def _in_words(way: derived.Way) -> Way:
    """A way as the tables of a case write its addresses."""
    source, target = (str(ipaddress.ip_address(ip)) for ip in (way.source, way.target))
    return Way((source,), (target,), way.ports, (way.link.hex(":"),) if way.link else ())


def _leave(asked: list[Asked], opinions: dict[str, Opinion], reason: str) -> None:
    for one in asked:
        if opinions[one.object_id].status != CONFIRMED:
            opinions[one.object_id] = Opinion(UNCONFIRMABLE, reason)


class InOrder(NamedTuple):
    """Objects by their first packets, so that a message is held against those near it only."""

    asked: list[Asked]
    firsts: list[int]
    lasts: list[int]  # the highest last packet up to each

    @classmethod
    def of(cls, asked: list[Asked]) -> InOrder:
        """Put objects in order."""
        some = sorted(asked, key=lambda one: (one.first_frame, one.last_frame, one.object_id))
        lasts = list(itertools.accumulate((one.last_frame for one in some), max))
        return cls(some, [one.first_frame for one in some], lasts)

    def sharing(self, first: int, last: int) -> Iterator[Asked]:
        """Those whose packets lie among these."""
        place = bisect.bisect_right(self.firsts, last) - 1
        while place >= 0 and self.lasts[place] >= first:
            if self.asked[place].last_frame >= first:
                yield self.asked[place]
            place -= 1


def _look(sent: Sent, asked: InOrder, opinions: dict[str, Opinion]) -> None:
    """Look for the objects whose packets the message shares."""
    sharing = asked.sharing(sent.first_frame, sent.last_frame)
    here = [one for one in sharing if opinions[one.object_id].status != CONFIRMED]
    if not here:
        return
    held = list(contents(sent.body, sent.content_type))
    digests = {hashlib.sha256(data).hexdigest() for data in held}
    for one in here:
        if one.sha256 in digests:
            opinions[one.object_id] = Opinion(CONFIRMED, "opinion_same", sent.last_frame)
        elif any(_within(data, one) for data in held):
            opinions[one.object_id] = Opinion(CONFIRMED, "opinion_same_within", sent.last_frame)
        elif sent.sound and sent.last_frame == one.last_frame and _followed(one.path):
            reason = "opinion_without"
            opinions[one.object_id] = Opinion(CONTRADICTED, reason, sent.last_frame)
        elif opinions[one.object_id].status != CONTRADICTED:
            reason = "opinion_wrapped" if sent.sound else "opinion_damaged"
            opinions[one.object_id] = Opinion(NOT_FOUND, reason, sent.last_frame)


def _look_together(pieces: list[Sent], one: Asked, opinions: dict[str, Opinion]) -> None:
    """Look for an object in what several messages give together. Another order may exist: nothing is contradicted."""
    for whole in joined(pieces):
        for data in contents(whole):
            if hashlib.sha256(data).hexdigest() == one.sha256 or _within(data, one):
                last = max(piece.last_frame for piece in pieces)
                opinions[one.object_id] = Opinion(CONFIRMED, "opinion_joined", last)
                return
    opinions[one.object_id] = Opinion(NOT_FOUND, "opinion_pieces")


def _followed(path: str) -> bool:
    return {step.name for step in Steps.read(path).between} <= _WAYS


def _within(data: bytes, one: Asked) -> bool:
    """Whether the object stands within other bytes, at a place where an image begins."""
    for count, found in enumerate(_MAGIC.finditer(data)):
        if count >= MOST_PLACES or found.start() + one.size > len(data):
            return False
        if hashlib.sha256(data[found.start() : found.start() + one.size]).hexdigest() == one.sha256:
            return True
    return False


def _keep(case: Case, result: Verification) -> None:
    with writing(case.folder, "verify"):
        write_json(case.folder / OPINION, result.document())
        later(case.folder, SECOND_OPINION, (OPINION,), **result.figures())
