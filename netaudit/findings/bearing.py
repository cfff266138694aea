"""What bears a transfer that was seen whole: that its receiver took it, and that its sender is who he seems to be.

Anybody on a link can write frames in the name of another, and nobody has to take them. So a transfer is of certainty A
only where its receiver's side acknowledged or answered, where the sender's link address is the one that held its
address then, and where its bytes had not just come from outside. What a whole capture cannot show (only one direction,
no link addresses) is no doubt about a device: it makes a B, and is said once for the capture.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.answers import BROKEN_OFF, IN_FIELD, LOGIN, REFUSALS, UNACKNOWLEDGED
from netaudit.core.contracts.answers import REFUSED as IN_BODY
from netaudit.core.contracts.reasons import counted
from netaudit.core.text.addresses import is_link_address
from netaudit.core.text.domains import registrable
from netaudit.findings.conditions import NO, UNKNOWN, YES, Conditions, Status, accepted_by, status_of
from netaudit.findings.from_endpoints import bridged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from netaudit.findings.ends import Ends
    from netaudit.findings.transfers import Transfer

STRANGER, CONFLICT, TAIL = "another link address wrote", "conflicting bytes", "end not acknowledged"
SHORT, SUMS = "acknowledged in part", "wrong checksums"
UNANSWERED, REFUSED, OTHER_LINK, FROM_OUTSIDE = "unanswered", "refused", "other link address", "came from outside"
STRANGE_ANSWER, TURNED_BACK = "answered by no router", "turned back inside"
DATAGRAMS, ONE_WAY, NO_LINK = "datagrams", "one direction", "no link layer"
BRIDGED = "in a tunnel of two ends here"
UNREPLIED = "unreplied"
OWN_DEVICE = "may be a visitor's own"
TURNED_DOWN, REDIRECTED, CLOSED = "answered with an error", "redirected", "closed for an error"
BARE, UNDONE, FAINT = "numbers alone", "change undone", "faint face"
NOT_VALIDATED, NO_REGION = "number not validated", "region not assigned"
HTTP = frozenset({"http", "http2", "http3"})  # and what answers each request as they do
FINAL = 200  # statuses below are of answers that another one follows (RFC 9110, 15.2)
LESSEN = frozenset(
    {
        UNANSWERED,
        REFUSED,
        OTHER_LINK,
        STRANGER,
        STRANGE_ANSWER,
        FROM_OUTSIDE,
        DATAGRAMS,
        ONE_WAY,
        NO_LINK,
        BRIDGED,
        OWN_DEVICE,
        CONFLICT,
        TAIL,
        SHORT,
        SUMS,
        TURNED_BACK,
        BARE,
        UNDONE,
        FAINT,
        NOT_VALIDATED,
        NO_REGION,
    }
)
OF_CAPTURES = frozenset({ONE_WAY, NO_LINK})  # said once for a capture, and no doubt about a device
REASONS = {  # of findings.reason, each with how many transfers it is about
    UNANSWERED: "doubt_unanswered",
    REFUSED: "doubt_refused",
    UNREPLIED: "doubt_unreplied",
    OTHER_LINK: "doubt_link",
    STRANGER: "doubt_stranger",
    TAIL: "doubt_tail",
    SHORT: "doubt_short",
    SUMS: "doubt_sums",
    CONFLICT: "doubt_conflict",
    STRANGE_ANSWER: "doubt_router",
    TURNED_BACK: "doubt_turned_back",
    FROM_OUTSIDE: "doubt_outside",
    DATAGRAMS: "doubt_datagrams",
    ONE_WAY: "doubt_one_way",
    NO_LINK: "doubt_no_link",
    BRIDGED: "doubt_bridged",
    BARE: "doubt_bare",
    UNDONE: "doubt_undone",
    FAINT: "doubt_faint",
    NOT_VALIDATED: "doubt_not_validated",
    NO_REGION: "records_region",
    OWN_DEVICE: "doubt_own",
    REDIRECTED: "doubt_redirected",
    IN_BODY: "doubt_in_body",
    IN_FIELD: "doubt_in_field",
    UNACKNOWLEDGED: "doubt_unacknowledged",
    LOGIN: "doubt_login",
    BROKEN_OFF: "doubt_broken_off",
    CLOSED: "doubt_closed",
    TURNED_DOWN: "doubt_turned_down",
}
OF_FLOWS = {"tail": TAIL, "short": SHORT, "sums": SUMS}  # of flows.doubts, by their names without the direction
MIRRORED = 0.05  # share of connections with payload in which both sides are seen; less is one direction
COLUMNS = [
    "flow_id", "transport", "client_mac", "server_mac", "packets_up", "packets_down", "payload_up", "payload_down",
    "handshake", "doubts", "protocol", "missing_down", "conflicting_up", "conflicting_down",
]  # fmt: skip
LEAST_BEHIND = 4  # addresses outside that are behind one link address, before one with a quarter of them is no router
REDIRECTION = 300  # status of an answer that sends the client elsewhere (RFC 9110, 15.4)
CLOSING = 1000  # codes of a CLOSE of WebSocket from here on (RFC 6455, 7.4)
ERROR = 400  # status of an answer that took nothing (RFC 9110, 15.5)
AT_ONCE_NS = 3 * 10**9  # after a page came, in which nobody chooses a file
LATELY = 600 * 10**9  # ns within which what came from outside is what is sent out again


class Way(NamedTuple):
    """How something went. `digest` is that of an image, as `Transfer.digest`, or of a person's number; 0 for others."""

    flow_id: str
    message_id: str
    capture_id: str
    sender: str
    receiver: str
    upload: bool
    first_ts: int
    digest: int = 0


class Seen(NamedTuple):
    """What a row of `flows` tells of both sides."""

    transport: str
    client_mac: str
    server_mac: str
    packets: tuple[int, int]  # up, down
    payload: tuple[int, int]
    handshake: str
    protocol: str
    missing_down: int
    doubts: frozenset[str]  # of `flows.doubts`
    conflicting: tuple[int, int]  # bytes that contradict others in the same place


class Bearing:
    """Doubts about what went in some flows."""

    def __init__(
        self, tables: Mapping[str, pa.Table], flow_ids: Iterable[str], ends: Ends, scope: Callable[[str], str]
    ) -> None:
        flows, self._ends, self._scope = tables["flows"], ends, scope
        wanted = pa.array(sorted(set(flow_ids)), pa.string())
        chosen = flows.select(COLUMNS).filter(pc.is_in(flows["flow_id"], value_set=wanted))
        self._flows = {row["flow_id"]: _seen(row) for row in chosen.to_pylist()}
        self._bridged = bridged(flows)
        seen = tables.get("sightings")
        again = seen.select(["of_flow_id", "server_ip"]).to_pylist() if seen is not None else []
        self._turned = {row["of_flow_id"] for row in again if row["server_ip"] and scope(row["server_ip"]) == "inside"}
        self._speaking = _speaking(flows)
        self._one_way, self._routers = _one_way(flows), _routers(flows, scope, ends)
        self._answers = _answers(tables["messages"], wanted)
        self._requests = _requests(tables["messages"], wanted)
        self._last = _last_requests(tables["messages"], wanted)
        self._pages = Pages(tables["messages"], flows, wanted, scope)
        # device and image, or number → when it came, and from which host, in order of time
        self._came: dict[tuple[str, int], list[tuple[int, str]]] = defaultdict(list)
        self._sent: dict[int, int] = {}  # image → when a device of the site first sent it

    def note_arrival(self, row: Transfer | Way) -> None:
        """An image, or a number, began to come from outside: an echo sends it back before it is whole."""
        bisect.insort(self._came[self._ends.device(row.receiver, row.flow_id), row.digest], (row.first_ts, row.sender))

    def note_departure(self, row: Transfer) -> None:
        """Note that a device of the site sent an image: one that comes back later is the site's own."""
        self._sent[row.digest] = min(row.first_ts, self._sent.get(row.digest, row.first_ts))

    def doubts(self, row: Transfer | Way) -> frozenset[str]:
        """Codes of what lessens it, or is to be said of it."""
        seen = self._flows.get(row.flow_id)
        if seen is None:
            return frozenset()
        taken = self._taken(row, seen)
        found = {taken, self._answered(row, seen, taken)}
        if not seen.client_mac and not seen.server_mac:
            found.add(NO_LINK)
        elif self._ends.disputed(row.sender, row.flow_id) or self._ends.holder_is(
            row.sender, row.flow_id, seen.server_mac if row.upload else seen.client_mac
        ):
            found.add(OTHER_LINK)
        elif _strangers(row) in seen.doubts and self._scope(row.sender) == "inside":
            found.add(STRANGER)
        elif self._strange(row.receiver, seen.server_mac if row.upload else seen.client_mac):
            found.add(STRANGE_ANSWER)
        found |= {
            code for doubt, code in OF_FLOWS.items() if f"{doubt}_{'up' if row.upload else 'down'}" in seen.doubts
        }
        if row.flow_id in self._bridged:
            found.add(BRIDGED)
        if row.flow_id in self._turned and row.upload and self._scope(row.receiver) == "outside":
            found.add(TURNED_BACK)
        if seen.conflicting[0 if row.upload else 1]:
            found.add(CONFLICT)
        if self.came_from_outside(row):
            found.add(FROM_OUTSIDE)
        return frozenset(found - {""})

    def _answered(self, row: Transfer | Way, seen: Seen, taken: str) -> str:
        """What the answer says; that there is none to a request of HTTP that was taken, where none was missed."""
        answer = self._answers.get(row.message_id)
        if answer is None:
            unheard = not taken and row.upload and seen.protocol in HTTP and not seen.missing_down
            return UNREPLIED if unheard and row.message_id in self._requests else ""
        status, refusal = answer
        if refusal:
            return refusal
        if status >= CLOSING:
            return CLOSED
        return (TURNED_DOWN if status >= ERROR else REDIRECTED) if status >= REDIRECTION else ""

    def came_from_outside(self, row: Transfer | Way) -> bool:
        """Whether the sender had just got the same bytes from outside: a page's script, or an echo, sends them on."""
        return bool(self.source_of(row))

    def source_of(self, row: Transfer | Way) -> str:
        """Return the host outside from which the sender had just got the same bytes, or "".

        What a device of the site had sent before that is the site's own.
        """
        came = self._came.get((self._ends.device(row.sender, row.flow_id), row.digest), [])
        before = bisect.bisect_right(came, (row.first_ts, "\U0010ffff"))
        if not before:
            return ""
        ts, source = came[before - 1]
        first, _ = came[0]
        own = self._sent.get(row.digest, row.first_ts) if row.digest else row.first_ts
        return source if first <= own and row.first_ts - ts <= LATELY else ""

    def status(
        self, row: Transfer | Way, doubts: frozenset[str], named: str, *, browser: bool = False, source: str = ""
    ) -> Status:
        """Return what became of a transfer, by the conditions that its sender meets.

        `named`: how findings name the sender; `browser`: it may be one, which pages make send things; `source`: whence
        its content came, where the caller knows.
        """
        seen = self._flows.get(row.flow_id)
        if seen is None:
            return Status()
        source = source or self.source_of(row)
        page = self._pages.cause(row) if browser and not source and not self._seen_before(row) else ""
        status, refusal = self._answers.get(row.message_id, (0, ""))
        last = row.message_id in self._last.get(row.flow_id, row.message_id)
        ends_short = last and (SHORT in doubts or (TAIL in doubts and not status))
        missed = bool(doubts & {UNANSWERED, REFUSED}) or ends_short
        if DATAGRAMS in doubts and not self._spoke(row):
            missed = True
        far_disputed = STRANGE_ANSWER in doubts or bool(
            seen.conflicting[1 if row.upload else 0] or f"stranger_{'down' if row.upload else 'up'}" in seen.doubts
        )
        unseen = ONE_WAY in doubts or DATAGRAMS in doubts or far_disputed
        answered = row.upload and seen.protocol in HTTP
        accepted = accepted_by(status, refusal) if answered or status or refusal else UNKNOWN if unseen else YES
        bound = NO if doubts & {STRANGER, TURNED_BACK} or (OTHER_LINK in doubts and not is_link_address(named)) else YES
        return status_of(
            Conditions(
                NO if page else YES if not row.upload or seen.transport != "tcp" or "S" in seen.handshake else UNKNOWN,
                NO if missed and not far_disputed else UNKNOWN if unseen else YES,
                UNKNOWN if far_disputed else accepted,
                NO if source else YES,
                UNKNOWN if doubts & {NO_LINK, BRIDGED} else bound,
            ),
            status=status,
            receiver=row.receiver,
            source=source,
            page=page,
        )

    def _seen_before(self, row: Transfer | Way) -> bool:
        """Return whether a device of the site had sent the same image before: no web page made it."""
        return bool(row.digest) and self._sent.get(row.digest, row.first_ts) < row.first_ts

    def _spoke(self, row: Transfer | Way) -> bool:
        """Return whether the receiver sent the sender anything, in any flow."""
        return (row.receiver, row.sender) in self._speaking

    def _strange(self, receiver: str, mac: str) -> bool:
        """Whether somebody outside is said to have answered by a link address that stands before nobody else there."""
        return bool(mac and self._routers and mac not in self._routers and self._scope(receiver) == "outside")

    def _taken(self, row: Transfer | Way, seen: Seen) -> str:
        """Whether the receiver's side took it: empty where it did."""
        far = 1 if row.upload else 0
        packets, payload = seen.packets[far], seen.payload[far]
        if seen.transport != "tcp":
            return "" if payload else DATAGRAMS
        if payload:
            return ""
        opening, reset = ("A" if row.upload else "S") in seen.handshake, "R" in seen.handshake
        if packets > opening + reset:
            return UNREPLIED
        if row.capture_id in self._one_way:
            return ONE_WAY
        return REFUSED if reset and packets > opening else UNANSWERED


def _strangers(row: Transfer | Way) -> str:
    """The doubt of a flow that bears on a transfer: another link address wrote in its direction."""
    return "stranger_up" if row.upload else "stranger_down"


def lessened(doubts: frozenset[str]) -> bool:
    """Whether it is no A."""
    return not doubts.isdisjoint(LESSEN)


def nobodys(doubts: frozenset[str]) -> bool:
    """Whether it cannot be told who sent it: another link address than the address had, and nobody took it."""
    return OTHER_LINK in doubts and not doubts.isdisjoint({UNANSWERED, REFUSED, DATAGRAMS, ONE_WAY})


def said(doubts: Mapping[str, int]) -> list[str]:
    """What of a finding's transfers was doubted, as reasons."""
    return [counted(REASONS[code], count) for code, count in sorted(doubts.items())]


def _seen(row: dict[str, object]) -> Seen:
    def number(name: str) -> int:
        value = row[name]
        return value if isinstance(value, int) else 0

    def text(name: str) -> str:
        return str(row[name] or "")

    listed = row["doubts"] if isinstance(row["doubts"], list) else ()
    return Seen(
        text("transport"), text("client_mac"), text("server_mac"), (number("packets_up"), number("packets_down")),
        (number("payload_up"), number("payload_down")), text("handshake"), text("protocol"), number("missing_down"),
        frozenset(map(str, listed)),
        (number("conflicting_up"), number("conflicting_down")),
    )  # fmt: skip


def _one_way(flows: pa.Table) -> set[str]:
    """Captures in which hardly any connection that carried something shows both sides."""
    tcp = pc.and_(
        pc.equal(flows["transport"], "tcp"), pc.greater(pc.add(flows["payload_up"], flows["payload_down"]), 0)
    )
    both = pc.and_(pc.greater(flows["packets_up"], 0), pc.greater(flows["packets_down"], 0))
    chosen = pa.table({"capture_id": flows["capture_id"], "both": both.cast(pa.int64())}).filter(
        pc.fill_null(tcp, False)
    )
    sums = chosen.group_by("capture_id").aggregate([("both", "sum"), ("both", "count")])
    return {row["capture_id"] for row in sums.to_pylist() if row["both_sum"] < MIRRORED * row["both_count"]}


def _routers(flows: pa.Table, scope: Callable[[str], str], ends: Ends) -> set[str]:
    """Link addresses behind which those outside are; empty where too few were seen to tell."""
    behind: dict[str, set[str]] = defaultdict(set)
    for side, sent in (("client", "packets_up"), ("server", "packets_down")):
        names = [f"{side}_mac", f"{side}_ip"]
        there = flows.select(names).filter(pc.greater(flows[sent], 0)).group_by(names).aggregate([])
        for mac, ip in zip(*(there[name].to_pylist() for name in names), strict=True):
            if mac and scope(ip) == "outside":
                behind[mac].add(ip)
    most = max(map(len, behind.values()), default=0)
    if most < LEAST_BEHIND:  # few: one that holds no address here, beside one that does and has several behind it
        own = {mac for mac in behind if ends.holds(mac)}
        return (
            {*own, *(mac for mac in behind if len(behind[mac]) > 1)}
            if any(len(behind[mac]) > 1 for mac in own)
            else set()
        )
    return {mac for mac, ips in behind.items() if len(ips) * LEAST_BEHIND > most or ends.forwards(mac)}


def _answers(messages: pa.Table, flows: pa.Array) -> dict[str, tuple[int, str]]:
    """Status of the last answer to each request in some flows, and by which note it refuses."""
    answers = messages.select(["flow_id", "request_id", "status", "notes"])
    wanted = pc.and_(pc.is_in(answers["flow_id"], value_set=flows), pc.not_equal(answers["request_id"], ""))
    answers = answers.filter(wanted).select(["request_id", "status", "notes"])
    found: dict[str, tuple[int, str]] = {}
    for request, status, notes in zip(*(column.to_pylist() for column in answers.columns), strict=True):
        refusal = next((note for note in notes or () if note in REFUSALS), "")
        if refusal or (status or 0) >= FINAL:
            found[request] = status or 0, refusal
    return found


def _last_requests(messages: pa.Table, flows: pa.Array) -> dict[str, set[str]]:
    """Return the last request of each of some flows."""
    wanted = pc.and_(pc.is_in(messages["flow_id"], value_set=flows), pc.equal(messages["direction"], "up"))
    asked = messages.select(["flow_id", "message_id", "first_ts"]).filter(wanted)
    times = pc.fill_null(asked["first_ts"].cast(pa.int64()), 0).to_pylist()
    found: dict[str, tuple[int, set[str]]] = {}
    for flow, message, ts in zip(asked["flow_id"].to_pylist(), asked["message_id"].to_pylist(), times, strict=True):
        latest, ids = found.get(flow, (0, set()))
        if ts >= latest:
            found[flow] = ts, {message} | (ids if ts == latest else set())
    return {flow: ids for flow, (_, ids) in found.items()}


def _speaking(flows: pa.Table) -> set[tuple[str, str]]:
    """Return pairs of addresses of which the first sent the second payload, in flows of UDP or their controls."""
    found: set[tuple[str, str]] = set()
    datagrams = flows.filter(pc.and_(pc.equal(flows["transport"], "udp"), pc.equal(flows["payload_down"], 0)))
    ends = pa.array(sorted({*datagrams["server_ip"].to_pylist(), *datagrams["client_ip"].to_pylist()}), pa.string())
    for sender, receiver, sent in (("client", "server", "payload_up"), ("server", "client", "payload_down")):
        some = flows.filter(pc.and_(pc.is_in(flows[f"{sender}_ip"], value_set=ends), pc.greater(flows[sent], 0)))
        found.update(zip(some[f"{sender}_ip"].to_pylist(), some[f"{receiver}_ip"].to_pylist(), strict=True))
    return found


class Pages:
    """Web pages from outside, which make browsers send things."""

    def __init__(self, messages: pa.Table, flows: pa.Table, wanted: pa.Array, scope: Callable[[str], str]) -> None:
        asked = messages.filter(
            pc.and_(pc.is_in(messages["flow_id"], value_set=wanted), pc.not_equal(messages["page"], ""))
        )
        rows = asked.select(["message_id", "page", "host"]).to_pylist()
        self._pages = {
            row["message_id"]: (row["page"], row["host"]) for row in rows if not _is_inside(row["page"], scope)
        }
        loaded = messages.filter(pc.match_substring(messages["content_type"], "text/html"))
        loaded = loaded.select(["flow_id", "host", "last_ts"]).join(
            flows.select(["flow_id", "client_ip", "server_ip"]), ["flow_id"], join_type="inner"
        )
        self._loads: dict[str, list[tuple[int, str, str]]] = defaultdict(list)  # client → when, host, server
        for row in loaded.set_column(2, "last_ts", loaded["last_ts"].cast(pa.int64())).to_pylist():
            if scope(row["server_ip"]) == "outside":
                self._loads[row["client_ip"]].append((row["last_ts"] or 0, row["host"], row["server_ip"]))

    def cause(self, row: Transfer | Way) -> str:
        """Return the host of the page that made a browser send something, or "".

        A page of another site did; so did a page of the receiver that had come so shortly before that nobody can have
        chosen a file.
        """
        page, host = self._pages.get(row.message_id, ("", ""))
        if page and _site(page) != _site(host or row.receiver):
            return str(page)
        for ts, of, server in self._loads.get(row.sender, ()):
            if server == row.receiver and 0 <= row.first_ts - ts <= AT_ONCE_NS:
                return str(of or server)
        return ""


def _is_inside(host: str, scope: Callable[[str], str]) -> bool:
    try:
        return scope(str(ip_address(host.rpartition(":")[0] if host.count(":") == 1 else host.strip("[]")))) == "inside"
    except ValueError:
        return False


def _site(host: str) -> str:
    name = host.rpartition(":")[0] if host.count(":") == 1 else host
    return registrable(name) or name


def _requests(messages: pa.Table, flows: pa.Array) -> set[str]:
    """Requests with a method in some flows."""
    asked = messages.select(["message_id", "flow_id", "method", "status"])
    wanted = pc.and_(pc.is_in(asked["flow_id"], value_set=flows), pc.not_equal(asked["method"], ""))
    return set(asked.filter(pc.and_(wanted, pc.equal(asked["status"], 0)))["message_id"].to_pylist())
