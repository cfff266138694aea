"""Two accounts that have to balance: every byte that left, and every face that was seen.

Rows are (subject, reason, number, bytes, understood), as the table of ledgers keeps them. Reasons are codes, worded in
`texts.yaml`. What is not understood forbids calm sentences.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.judgements import AS_HOLDER, TOO_SMALL
from netaudit.core.contracts.unwrapping_steps import SEPARATOR
from netaudit.core.schema.holders import Holders
from netaudit.findings.acts import STREAMS, UPWARD_SHARE
from netaudit.findings.opaque import HIDDEN, is_opaque
from netaudit.findings.scraps import by_flow
from netaudit.findings.transfers import doubted, transfer_tables
from netaudit.findings.visibility import LOCAL

if TYPE_CHECKING:
    from collections.abc import Iterator


Tables = dict[str, pa.Table]

LEAST = 16 * 1024  # opaque bytes of a sender to an endpoint that are worth a word
MOST_SUBJECTS = 1000  # pairs told one by one, the largest; all others together
OTHERS = "others"

LEAST_TELLING = 2 * 1024  # the same where a path, a type or a field speaks of a picture or of a face's features
SPEAKS = r"(?i)\bpics?\b|picture|photo|imag|\bimg|face|snap|feature|avatar|portrait|jpe?g|base64|人脸|抓拍|图片|特征"
MEDIA = "media"  # a stream of which no still was made
ECHOES = "large echoes"  # of ICMP: a ping has some 32 to 64 bytes
LEAST_ECHO = 256  # bytes of payload of a packet, on average, from which on somebody may carry something in them
READ, OBSCURE, TELLING = "read", "read, not understood", "speaks of pictures"
UNREAD, SHAPED, HIDDEN_OTHER = "in no message", "upload-shaped", "encrypted, in no finding"
SENT_HIDDEN = "encrypted, mostly sent"
BY_NAME_ONLY = "text in encrypted"
LEAST_HIDING = 8 * 1024  # hidden or not understood, by one sender: beside it nobody says that nothing was hidden
CROWD = "too many addresses"
OPAQUE, SMALL, DROPPED, REPEATED = "opaque", "below thresholds", "dropped at a bound", "sent again"
PUZZLING = frozenset({OPAQUE, UNREAD, OBSCURE, TELLING, MEDIA, ECHOES})  # not understood, from LEAST on


class Line(NamedTuple):
    """One row of an account."""

    subject: str
    reason: str
    number: int
    size: int
    understood: bool


def egress(tables: Tables, scraps: pa.Table | None = None) -> Iterator[Line]:
    """What each inside sender sent to each outside endpoint; sizes add up to the payload that left.

    A device that sent from several addresses is one sender, by its id; any other is told by its address.
    `scraps`: words that nobody would read outside of what `messages.obscure` counts.
    """
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    received: dict[tuple[str, str], int] = defaultdict(int)  # encrypted
    sent, back = _left(tables, scraps)
    senders = Holders(tables.get("bindings"), tables.get("devices")).joined(set(sent["near"].to_pylist()))
    for near, far, size in zip(*(column.to_pylist() for column in back.columns), strict=True):
        received[senders.get(near, near), far] += size
    for near, far, reason, flows, size in zip(*(column.to_pylist() for column in sent.columns), strict=True):
        total = sums[senders.get(near, near), far, reason]
        total[0] += flows
        total[1] += size
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for (near, far, _), (_, size) in sums.items():
        pairs[near, far] += size
    named = set(sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:MOST_SUBJECTS])
    puzzling: dict[str, int] = defaultdict(int)  # what a sender may carry is the sum over all its ways
    for (near, _far, reason), (_, size) in sums.items():
        puzzling[near] += size if reason in PUZZLING else 0
    for (near, far, reason), (number, size) in sorted(sums.items()):
        if reason == HIDDEN_OTHER and size >= UPWARD_SHARE * received[near, far]:
            reason = SENT_HIDDEN  # noqa: PLW2901
        small = (
            reason in PUZZLING
            and puzzling[near] < LEAST
            and not (reason in {TELLING, ECHOES} and size >= LEAST_TELLING)
        )
        subject = f"{near} > {far}" if (near, far) in named else OTHERS
        yield Line(
            subject, SMALL if small else reason, number, size, small or reason not in {*PUZZLING, DROPPED, BY_NAME_ONLY}
        )


def _left(tables: Tables, scraps: pa.Table | None) -> tuple[pa.Table, pa.Table]:
    """Of flows between inside and outside: near, far, reason, number of flows and bytes of what was sent out.

    And near, far and bytes of what came back encrypted.
    """
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    findings = tables["findings"]
    hidden = pc.is_in(findings["certainty"], value_set=pa.array(["C", "D"]))
    shaped = findings.filter(hidden)["flow_ids"].combine_chunks().flatten()
    flows = tables["flows"]
    quic = pc.and_(pc.equal(flows["transport"], "udp"), pc.equal(flows["server_port"], QUIC_PORT))
    chosen = flows.select([*ENDS, "protocol", "transport", "flow_id", *WAYS])
    chosen = chosen.append_column("quic", quic).append_column("shaped", pc.is_in(flows["flow_id"], shaped))
    pictured = pc.greater(tables["messages"]["body_size"], 0)
    of_streams = pc.is_in(tables["messages"]["protocol"], pa.array(sorted(STREAMS)))
    stills = tables["messages"].select(["flow_id"]).filter(pc.and_(pictured, of_streams))
    looked_at = pc.is_in(flows["flow_id"], value_set=stills["flow_id"].combine_chunks())
    media = pc.and_not(pc.is_in(flows["protocol"], pa.array(sorted(STREAMS))), looked_at)
    chosen = chosen.append_column("media", media)
    chosen = chosen.append_column("text", pc.is_in(flows["flow_id"], flows["flow_id"].take(doubted(flows, "clear"))))
    telling = _telling(tables["messages"], tables["objects"])
    echoes = pc.is_in(flows["transport"], pa.array(["icmp", "icmpv6"]))
    for way, words in zip(("up", "down"), by_flow(scraps, flows), strict=True):
        chosen = chosen.append_column(f"telling_{way}", pc.is_in(flows["flow_id"], telling[way]))
        large = pc.greater(flows[f"payload_{way}"], pc.multiply(LEAST_ECHO, flows[f"packets_{way}"]))
        chosen = chosen.append_column(f"large_{way}", pc.and_(echoes, large))
        counted = pc.add(_obscure(tables["messages"], flows["flow_id"], way), pa.array(words))
        chosen = chosen.append_column(f"obscure_{way}", counted)
    sums = [("flow_id", "count"), *((name, "sum") for name in (*WAYS, "obscure_up", "obscure_down"))]
    by = [*ENDS, "protocol", "transport", "quic", "shaped", "media", "text"]
    by += [f"{name}_{way}" for name in ("telling", "large") for way in ("up", "down")]
    grouped = chosen.group_by(by, use_threads=False).aggregate(sums)
    ends = [[scopes.get(ip) for ip in grouped[f"{side}_ip"].to_pylist()] for side in ("client", "server")]
    outward = {"up": ["inside", "outside"], "down": ["outside", "inside"]}
    sent, back = [SENT.empty_table()], [BACK.empty_table()]
    for way, other in (("up", "down"), ("down", "up")):
        mine = pa.array([[*pair] == outward[way] for pair in zip(*ends, strict=True)], pa.bool_())
        rows = grouped.filter(mine)
        near, far = (rows[f"{side}_ip"] for side in (("client", "server") if way == "up" else ("server", "client")))
        for reason, size in _parts(rows, way):
            part = pa.table([near, far, reason, rows["flow_id_count"], size], schema=SENT)
            sent.append(part.filter(pc.not_equal(size, 0)))
        for reason, size in _parts(rows, other):
            part = pa.table([near, far, size], schema=BACK)
            back.append(part.filter(pc.equal(reason, HIDDEN_OTHER)))
    whole = pa.concat_tables(sent).group_by(["near", "far", "reason"], use_threads=False)
    return whole.aggregate([("flows", "sum"), ("size", "sum")]).select(
        ["near", "far", "reason", "flows_sum", "size_sum"]
    ), pa.concat_tables(back).group_by(["near", "far"], use_threads=False).aggregate([("size", "sum")])


def _telling(messages: pa.Table, objects: pa.Table) -> dict[str, pa.Array]:
    """Flows, by way, in which what nobody understood is called a picture: by its path, its type or a field."""
    some = messages.filter(pc.greater(messages["obscure"], 0))
    fields = objects.filter(pc.is_in(objects["message_id"], value_set=some["message_id"].combine_chunks()))
    named = fields.filter(_speaks(fields, "unwrap_path", "name"))["message_id"].combine_chunks()
    speaking = some.filter(pc.or_(_speaks(some, "path", "content_type"), pc.is_in(some["message_id"], value_set=named)))
    return {
        way: speaking.filter(pc.equal(speaking["direction"], way))["flow_id"].combine_chunks() for way in ("up", "down")
    }


def _speaks(rows: pa.Table, *columns: str) -> pa.ChunkedArray:
    """For each row whether one of some columns speaks of pictures, in the sender's words and not in those of a step."""
    columns_text = (pc.replace_substring(rows[name], f"{SEPARATOR}base64", SEPARATOR) for name in columns)
    first, second = (pc.fill_null(pc.match_substring_regex(one, SPEAKS), fill_value=False) for one in columns_text)
    return pc.or_(first, second)


def _obscure(messages: pa.Table, flows: pa.ChunkedArray, way: str) -> pa.Array:
    """Bytes that nobody understood in the messages of each flow, one way."""
    wanted = pc.and_(pc.greater(messages["obscure"], 0), pc.equal(messages["direction"], way))
    some = messages.select(["flow_id", "obscure"]).filter(wanted)
    sums = some.group_by("flow_id", use_threads=False).aggregate([("obscure", "sum")])
    return pc.fill_null(sums["obscure_sum"].take(pc.index_in(flows, sums["flow_id"])), 0)


ENDS = ("client_ip", "server_ip")
PARTS = ("delivered", "unread", "duplicate", "conflicting", "evicted", "after_close")
WAYS = tuple(f"{name}_{way}" for name in PARTS for way in ("up", "down"))
QUIC_PORT = 443
SENT = pa.schema([
    ("near", pa.string()), ("far", pa.string()), ("reason", pa.string()), ("flows", pa.int64()), ("size", pa.int64()),
])  # fmt: skip
BACK = pa.schema([("near", pa.string()), ("far", pa.string()), ("size", pa.int64())])


def _parts(rows: pa.Table, way: str) -> Iterator[tuple[pa.Array, pa.Array]]:
    """What became of the payload of one way of some flows: reasons and sizes, which add up to it."""
    size = {name: pc.fill_null(rows[f"{name}_{way}_sum"], 0).combine_chunks() for name in PARTS}
    kinds = list(
        zip(rows["protocol"].to_pylist(), rows["transport"].to_pylist(), rows["quic"].to_pylist(), strict=True)
    )
    hidden = {kind: _is_hidden(kind[0] or "", quic=kind[2]) for kind in set(kinds)}
    opaque = {kind: is_opaque(kind[0] or "", kind[1] or "") for kind in set(kinds)}
    local = pa.array([(kind[0] or "") in LOCAL for kind in kinds], pa.bool_())
    left = [
        BY_NAME_ONLY if text
        else SHAPED if shaped
        else HIDDEN_OTHER if hidden[kind]
        else (ECHOES if large else OPAQUE) if opaque[kind]
        else UNREAD
        for kind, text, shaped, large in zip(
            kinds, *(rows[name].to_pylist() for name in ("text", "shaped", f"large_{way}")), strict=True
        )
    ]  # fmt: skip
    read = pc.subtract(size["delivered"], size["unread"])
    counted = pc.min_element_wise(read, pc.fill_null(rows[f"obscure_{way}_sum"], 0).combine_chunks())
    obscure = pc.if_else(local, read, counted)
    yield _either(rows["media"], MEDIA, READ), pc.subtract(read, obscure)
    yield _either(rows[f"telling_{way}"], TELLING, OBSCURE), obscure
    yield pa.array(left, pa.string()), pc.add(size["unread"], size["conflicting"])
    yield pa.repeat(pa.scalar(REPEATED), rows.num_rows), size["duplicate"]
    yield pa.repeat(pa.scalar(DROPPED), rows.num_rows), pc.add(size["evicted"], size["after_close"])


def _either(which: pa.ChunkedArray, one: str, other: str) -> pa.Array:
    return pc.if_else(pc.fill_null(which, fill_value=False), one, other).combine_chunks()


def _is_hidden(protocol: str, *, quic: bool | None) -> bool:
    return protocol in HIDDEN or (bool(quic) and protocol in {"", "unknown"})


FOUND, POSSIBLE, VIEWED, OWN = "in a finding", "possible face", "only received", "personal device"
SHOWN, UNSURE = "handed out inside", "face not sure"
SPREAD, UNPLACED, UNJUDGED = "multicast", "direction contested", "not judged"


def faces(tables: Tables) -> Iterator[Line]:
    """Every image object with a face, a possible one, or without an answer: in a finding, or why not.

    Pictures too small for an answer are none that may show a face (as in the ledger of images).
    """
    scopes = dict(zip(tables["endpoints"]["ip"].to_pylist(), tables["endpoints"]["scope"].to_pylist(), strict=True))
    found = tables["findings"]["object_ids"].combine_chunks().flatten()
    images = tables["images"]
    small = images.filter(pc.starts_with(images["why"], TOO_SMALL))["sha256"].combine_chunks()
    alike = ("sender", "receiver", "upload", "face", "sure")
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for rows in transfer_tables(tables["objects"], images, tables["messages"], tables["flows"]):
        if not rows.num_rows:
            continue
        seen = pc.or_(pc.equal(rows["face"], "no"), pc.is_in(rows["sha256"], value_set=small))
        told = rows.select([*alike, "size"]).append_column("found", pc.is_in(rows["object_id"], value_set=found))
        grouped = (
            told.filter(pc.invert(seen)).group_by([*alike, "found"]).aggregate([("size", "sum"), ([], "count_all")])
        )
        columns = [grouped[name].to_pylist() for name in (*alike, "found", "size_sum", "count_all")]
        for sender, receiver, upload, face, sure, in_finding, size, number in zip(*columns, strict=True):
            reason = _why_not(face, scopes.get(sender), scopes.get(receiver), upload=upload, sure=sure)
            total = sums[sender, FOUND if in_finding else reason]
            total[0] += number
            total[1] += size
    for (sender, reason), (number, size) in sorted(sums.items()):
        yield Line(
            sender, reason, number, size, reason in {FOUND, VIEWED, AS_HOLDER}
        )  # OWN: whoever would hide calls itself so


def _why_not(face: str, near: str | None, far: str | None, *, upload: bool, sure: bool) -> str:
    if face == AS_HOLDER:
        return AS_HOLDER
    if face not in {"yes", "possible"}:
        return UNJUDGED
    if near == "multicast" or far == "multicast":
        return SPREAD
    if {near, far} - {"inside", "outside"} or (near, far) == ("outside", "outside"):
        return UNPLACED
    if face == "possible":
        return POSSIBLE
    if near == far and not upload:
        return SHOWN
    if near == "outside":
        return VIEWED
    return OWN if sure else UNSURE


def contradictions(tables: Tables) -> Iterator[Line]:
    """Connections in which packets contradict each other: what the receiver took is not certain."""
    return _doubted(tables, "conflict", "ack")


def evicted(tables: Tables) -> Iterator[Line]:
    """Connections that were let go while others came: what followed in them was read as connections of its own."""
    return _doubted(tables, "cut_short")


def _doubted(tables: Tables, *codes: str) -> Iterator[Line]:
    flows = tables["flows"]
    for code in codes:
        if len(rows := doubted(flows, code)):
            size = pc.sum(pc.take(pc.add(flows["conflicting_up"], flows["conflicting_down"]), rows)).as_py() or 0
            yield Line("connections", code, len(rows), size, understood=False)
