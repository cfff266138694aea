"""The role of a sender: from what the inventory names it, else from its behaviour. Every answer has its reason.

Thin evidence gives 'unknown'. Behaviour alone names no device.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from netaudit.core.contracts.reasons import JOIN, parsed, reason
from netaudit.findings.ends import Ends, ends_of
from netaudit.findings.identity_records import records_of
from netaudit.findings.personal import (
    AGAINST,
    BEHIND,
    DESKTOP,
    LEAST_FACTS,
    Calling,
    agents_of,
    callings,
    is_personal_agent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from netaudit.findings.identity_records import Record
    from netaudit.findings.transfers import Transfer

DEVICE_PATHS = re.compile(  # facts 1, 3.3, 4.3, 5.1, 5.7, 5.8, 5.10: paths that capture devices and terminals push to
    r"^/(?:VIID/|ISAPI/|LAPI/V1\.0/|PictureHttpUpload|EventHttpUpload|iclock/|Subscribe/(?:Snap|Verify)"
    r"|Record/UploadIdentifyRecord)",
    re.IGNORECASE,
)
OF_CAPTURES = re.compile(r"(?i)snap|capture|face|visitor|抓拍|人脸|访客|识别|cgi-bin")  # paths that speak of them
HOLDERS = frozenset({"face_server", "nvr"})  # classes of servers that hold pictures of people who were captured
MOST_SIGNATURES = 3  # named for a class
MOST_PERSONS = 2  # whose identity numbers a visitor's own device may send: its owner's, and one with him
LEAST_CARDS = 3  # persons answered one at a time before that is worth a word
LEAST_IMAGES = 3  # distinct face images before the behaviour is worth a word; alone it names no device
MOST_RECEIVERS, MOST_TIMES = 64, 4096  # of a sender, that its behaviour is told from
MOST_TOLD = 1 << 16  # devices of which it is remembered what is told of them
UNEVEN = 0.35  # standard deviation of the waits between images by their mean: people come so, clocks do not

SURE = frozenset({"declared", "strong"})  # confidence of a class that carries a role

TOO_FEW = "contested_alone"  # the reason of who has no second fact that somebody else answered

CAPTURE, TERMINAL, SERVER = "capture device", "verification terminal", "server"
VIEWER, PERSONAL_DEVICE, UNKNOWN = "viewer", "personal device", "unknown"
PERHAPS_PERSONAL = "perhaps a personal device"  # one fact, nothing against it: a finding, and its doubt in one word


@dataclass(frozen=True, slots=True)
class Named:
    """What the inventory says of a device: role by class, and the reason for it."""

    role: str
    why: str
    kind: str = ""  # its class


def _named_by(claims: pa.Table | None) -> dict[str, list[str]]:
    """Signatures that carry the class of each device."""
    found: dict[str, list[str]] = defaultdict(list)
    if claims is not None:
        carried = claims.filter(pc.and_(pc.equal(claims["claim"], "class"), pc.equal(claims["standing"], "taken")))
        for row in carried.select(["device_id", "by"]).to_pylist():
            found[row["device_id"]].append(row["by"])
    return found


def named(devices: pa.Table, claims: pa.Table | None = None) -> dict[str, Named]:
    """By device, for those whose class is sure."""
    found: dict[str, Named] = {}
    by = _named_by(claims)
    for row in devices.select(["device_id", "class", "class_confidence", "role_hint", "vendor", "model"]).to_pylist():
        if row["class_confidence"] in SURE and row["role_hint"] not in {"", "network"}:
            what = " ".join(part for part in (row["vendor"], row["model"]) if part) or "maker unknown"
            signatures = ", ".join(by.get(row["device_id"], ())[:MOST_SIGNATURES])
            sure = {"class": row["class"], "confidence": row["class_confidence"]}
            why = reason("named", **sure, what=what, ids=signatures)
            found[row["device_id"]] = Named(row["role_hint"], why, row["class"])
    return found


@dataclass(slots=True)
class Behaviour:
    """What one device was seen doing."""

    sent: set[int] = field(default_factory=set)  # distinct face images sent, by the beginning of their SHA-256
    to: set[str] = field(default_factory=set)  # receivers of these, as far as they are told apart
    times: list[int] = field(default_factory=list)  # when it sent face images, UTC nanoseconds
    received: set[int] = field(default_factory=set)  # distinct images sent to it with requests
    fetched: int = 0  # images it got as answers
    device_paths: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Answered:
    """What a host answered that was asked, one person at a time."""

    persons: set[str] = field(default_factory=set)
    askers: set[str] = field(default_factory=set)
    paths: set[str] = field(default_factory=set)
    several: bool = False  # an answer told of more than one

    def feed(self, record: Record) -> None:
        """Note an answer with identity numbers."""
        self.several = self.several or len(record.persons) != 1
        if len(self.persons) < MOST_TIMES:
            self.persons |= record.persons
            self.askers.add(record.receiver)
            self.paths.add(record.message["path"].partition("?")[0])

    def reads_cards(self, behaviour: Behaviour | None) -> bool:
        """Whether the same question was answered with one person after the other, by who was sent no pictures.

        Lists, and paths that name whom they ask for, are those of who keeps records.
        """
        kept = behaviour is not None and bool(behaviour.received or behaviour.sent)
        return len(self.persons) >= LEAST_CARDS and len(self.paths) == 1 and not self.several and not kept


class Told(NamedTuple):
    """What is told of a device, once all of it was seen."""

    role: tuple[str, str]  # and the reason
    contested: str  # why it is not told apart as a phone, though it is called one; empty where that is not so


class Actors:
    """What each device was seen doing.

    `shared` are addresses that stand for a whole site behind NAT: there each flow is an actor of its own, and only what
    that flow says of itself counts.
    """

    def __init__(
        self,
        rows: Iterable[Transfer],
        tables: dict[str, pa.Table],
        shared: frozenset[str] = frozenset(),
        ends: Ends | None = None,
    ) -> None:
        """From transfers and tables; `ends` where those of these, or of other flows, are known."""
        devices = tables.get("devices")
        self._shared, self.ends = shared, ends_of(tables, ends)
        self._devices: dict[str, Told] = {}
        self._named = named(devices, tables.get("claims")) if devices is not None else {}
        self._seen: dict[str, Behaviour] = defaultdict(Behaviour)
        for row in rows:
            self._append(row)
        self.callings = callings(tables, self.ends)
        self._answered: dict[str, Answered] = defaultdict(Answered)
        for record in records_of(tables).sufficient:
            self._note_persons(record)
        self._behind = frozenset(device for device, calling in self.callings.items() if BEHIND in calling.against)
        self._own = own_flows(tables, shared, self._behind, self.ends) if shared or self._behind else {}

    def _append(self, row: Transfer) -> None:
        digest = row.digest
        if row.receiver not in self._shared:
            receiver = self._seen[self.ends.device(row.receiver, row.flow_id)]
            if row.upload:
                receiver.received.add(digest)
            else:
                receiver.fetched += 1
        if row.upload and row.sender not in self._shared:
            sender = self._seen[self.ends.device(row.sender, row.flow_id)]
            if row.face in {"yes", "not judged"}:
                sender.sent.add(digest)
                if len(sender.to) < MOST_RECEIVERS:
                    sender.to.add(row.receiver)
                if len(sender.times) < MOST_TIMES:
                    sender.times.append(row.first_ts)
            if found := DEVICE_PATHS.search(row.path):
                sender.device_paths.add(found.group(0))

    def _note_persons(self, record: Record) -> None:
        """Who sends the identity numbers of several persons is no visitor with a form."""
        device = self.ends.device(record.sender, record.message["flow_id"])
        if record.message["direction"] == "down" and record.sender not in self._shared:
            self._answered[device].feed(record)
        calling = self.callings.get(device)
        if calling is not None:
            calling.persons |= record.persons
            if len(calling.persons) > MOST_PERSONS:
                calling.against["persons"] = {}

    def role(self, ip: str, flow_id: str = "") -> tuple[str, str]:
        """Role and reason of the host at `ip` at the time of this flow; as seen in it where the address is shared."""
        if (own := self._own.get(flow_id)) and own[0] == ip and self._may_be_many(ip, flow_id):
            return PERSONAL_DEVICE, reason("phone", agent=own[1][:120])
        if ip not in self._shared:
            return self._told(self.ends.device(ip, flow_id)).role
        return UNKNOWN, reason("shared")

    def _told(self, device: str) -> Told:
        """What is told of a device, which is asked for each picture that it sent or got."""
        told = self._devices.get(device)
        if told is None:
            known = self._seen.get(device), self._named.get(device), self.callings.get(device)
            told = Told(self._role(device, role(*known)), contested(*known))
            if len(self._devices) < MOST_TOLD:
                self._devices[device] = told
        return told

    def _role(self, device: str, judged: tuple[str, str]) -> tuple[str, str]:
        cards = self._answered.get(device) if judged[0] == UNKNOWN else None
        if cards is not None and cards.reads_cards(self._seen.get(device)):
            return UNKNOWN, reason("behaves_reader", n=len(cards.persons), m=len(cards.askers))
        return judged

    def _may_be_many(self, ip: str, flow_id: str) -> bool:
        """Whether a phone may stand behind the host at `ip`: what is known as a camera only writes that it routes."""
        device = self.ends.device(ip, flow_id)
        named, calling, seen = self._named.get(device), self.callings.get(device), self._seen.get(device)
        if ip in self._shared:
            return True
        if named is not None and named.role not in {PERSONAL_DEVICE, VIEWER}:
            return False
        return not (seen and seen.device_paths) and not (calling and set(calling.against) - {BEHIND, "life"})

    def device(self, ip: str, flow_id: str = "") -> str:
        """Id of the device at that end of a flow; the address where it, or its link address, stands for many."""
        device = self.ends.device(ip, flow_id)
        return ip if ip in self._shared or device in self._behind else device

    def contested(self, ip: str, flow_id: str = "") -> str:
        """Why the host at `ip` is called a phone or tablet, and not told apart as one; empty where that is not so."""
        return "" if ip in self._shared else self._told(self.ends.device(ip, flow_id)).contested

    def hands_out(self, row: Transfer) -> bool:
        """Whether a host inside merely answered somebody who browses: a page with portraits.

        Nothing says that it captures, nobody was seen to send it pictures, and the path speaks of no captures.
        """
        if row.upload or OF_CAPTURES.search(row.path) or {row.sender, row.receiver} & self._shared:
            return False
        device = self.ends.device(row.sender, row.flow_id)
        named, seen = self._named.get(device), self._seen.get(device)
        if named is not None and (named.role in {CAPTURE, TERMINAL} or named.kind in HOLDERS):
            return False
        if seen is not None and (seen.received or seen.sent or seen.device_paths):
            return False
        return self.role(row.receiver, row.flow_id)[0] in {VIEWER, PERSONAL_DEVICE}

    def undecided(self, ip: str, flow_id: str = "") -> bool:
        """Whether it calls itself a phone by too few facts, with nothing against it: it may be a visitor's own."""
        why = self.contested(ip, flow_id)
        return bool(why) and parsed(why).code == TOO_FEW


def role(behaviour: Behaviour | None, device: Named | None = None, calling: Calling | None = None) -> tuple[str, str]:
    """Role and reason: a sure class first, but a computer that is sent images serves, whatever browser runs on it."""
    if device is not None and device.role not in {PERSONAL_DEVICE, VIEWER}:
        return device.role, device.why
    if why := contested(behaviour, device, calling):
        kind, _ = _behaves(behaviour or Behaviour(), calling)
        return PERHAPS_PERSONAL if kind == UNKNOWN and parsed(why).code == TOO_FEW else kind, why
    if calling is not None and calling.personal:
        return PERSONAL_DEVICE, reason("personal", inner=JOIN.join(calling.facts()))
    if device is not None and device.role == VIEWER and (behaviour is None or not behaviour.received):
        return device.role, device.why
    if behaviour is None and calling is None:
        return UNKNOWN, reason("no_http")
    return _behaves(behaviour or Behaviour(), calling)


def contested(behaviour: Behaviour | None, device: Named | None = None, calling: Calling | None = None) -> str:
    """Why a host that is called a phone or tablet is not told apart as one; empty where it is, or is not called so."""
    behaviour = behaviour or Behaviour()
    if calling is None or not calling.called or (device is not None and device.role not in {PERSONAL_DEVICE, VIEWER}):
        return ""
    agent = calling.word[:120]
    if behaviour.device_paths:
        return reason("contested_path", agent=agent, path=min(behaviour.device_paths))
    if behaviour.received:
        return reason("contested_sent", agent=agent, n=len(behaviour.received))
    for against, code in AGAINST.items():
        if against in calling.against:
            return reason(code, agent=agent, **calling.against[against])
    return "" if calling.personal else reason(TOO_FEW, agent=agent)


def own_flows(
    tables: Mapping[str, pa.Table], shared: frozenset[str], behind: frozenset[str], ends: Ends
) -> dict[str, tuple[str, str]]:
    """Flows of addresses that stand for many which say of themselves that they are a phone's: address, User-Agent.

    Behind a device inside that translates addresses, of a phone that at least two servers answered.
    """
    found: dict[str, tuple[str, str]] = {}
    servers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for client, server, flow_id, agent, answered in agents_of(tables["messages"], tables["flows"]):
        if answered and is_personal_agent(agent) and (client in shared or ends.device(client, flow_id) in behind):
            found[flow_id] = min((client, agent), found.get(flow_id, (client, agent)))
            servers[client, agent].add(server)
    return {flow: one for flow, one in found.items() if one[0] in shared or len(servers[one]) >= LEAST_FACTS}


def _behaves(behaviour: Behaviour, calling: Calling | None) -> tuple[str, str]:
    """Role and reason by what a host does."""
    if behaviour.received:
        received, passed = len(behaviour.received), len(behaviour.received & behaviour.sent)
        return SERVER, reason("passed_on", n=received, m=passed) if passed else reason("received", n=received)
    desktop = sorted(agent for agent in (calling.agents if calling else ()) if DESKTOP.search(agent))
    if desktop:
        return VIEWER, reason("desktop", agent=desktop[0][:120])
    if behaviour.device_paths:
        return CAPTURE, reason("camera_path", path=min(behaviour.device_paths))
    if len(behaviour.sent) >= LEAST_IMAGES:
        code = "behaves_uneven" if _uneven(behaviour.times) else "behaves_even"
        return UNKNOWN, reason(code, n=len(behaviour.sent), m=len(behaviour.to))
    return UNKNOWN, reason("too_little")


def _uneven(times: list[int]) -> bool:
    """Whether waits between times vary as those of people who come and go; what comes at once is one moment."""
    moments = sorted({at // 1_000_000_000 for at in times})
    waits = [after - before for before, after in pairwise(moments)]
    if len(waits) < LEAST_IMAGES - 1:
        return False
    mean = sum(waits) / len(waits)
    return sum((one - mean) ** 2 for one in waits) / len(waits) > (UNEVEN * mean) ** 2
