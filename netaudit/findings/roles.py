"""The role of a sender: from what the inventory names it, else from its behaviour. Every answer has its reason.

Thin evidence gives 'unknown'. Behaviour alone names no device.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netaudit.findings.transfers import Transfer

# browsers and system frameworks of phones and tablets; terminals run Android, too, on boards (rk3288 …)
PERSONAL = re.compile(
    r"\((?:iPhone|iPad|iPod)|\b(?:iPhone|iPad)\b|CFNetwork/"
    r"|Mozilla/5\.0 \(Linux; (?:U; )?Android (?:9|1\d)\b(?![^)]*\brk\d{4})"
)
DESKTOP = re.compile(r"Mozilla/5\.0 \((?:Windows NT|Macintosh|X11)")
DEVICE_PATHS = re.compile(  # facts 1, 3.3, 4.3, 5.1, 5.7, 5.8, 5.10: paths that capture devices and terminals push to
    r"^/(?:VIID/|ISAPI/|LAPI/V1\.0/|PictureHttpUpload|EventHttpUpload|iclock/|Subscribe/(?:Snap|Verify)"
    r"|Record/UploadIdentifyRecord)",
    re.IGNORECASE,
)
MOST_SIGNATURES = 3  # named for a class
LEAST_IMAGES = 3  # distinct face images before the behaviour is worth a word; alone it names no device
AT_ONCE = 8_192  # rows turned into Python values together
LOOKED_UP = 65_536  # messages whose flows are looked up together

SURE = frozenset({"declared", "strong"})  # confidence of a class that carries a role

CAPTURE, TERMINAL, SERVER = "capture device", "verification terminal", "server"
VIEWER, PERSONAL_DEVICE, UNKNOWN = "viewer", "personal device", "unknown"


@dataclass(frozen=True, slots=True)
class Named:
    """What the inventory says of an address: role by class, and the sentence for it."""

    role: str
    why: str
    apart: bool = True  # rests on more than a User-Agent


def _facts_of(claims: pa.Table | None) -> dict[str, set[str]]:
    """Names of the facts behind the class of each device."""
    found: dict[str, set[str]] = defaultdict(set)
    if claims is not None:
        carried = claims.filter(pc.and_(pc.equal(claims["claim"], "class"), pc.equal(claims["standing"], "taken")))
        for row in carried.select(["device_id", "facts"]).to_pylist():
            found[row["device_id"]] |= {fact.partition("=")[0] for fact in row["facts"] or ()}
    return found


def _named_by(claims: pa.Table | None) -> dict[str, list[str]]:
    """Signatures that carry the class of each device."""
    found: dict[str, list[str]] = defaultdict(list)
    if claims is not None:
        carried = claims.filter(pc.and_(pc.equal(claims["claim"], "class"), pc.equal(claims["standing"], "taken")))
        for row in carried.select(["device_id", "by"]).to_pylist():
            found[row["device_id"]].append(row["by"])
    return found


def named(devices: pa.Table, claims: pa.Table | None = None) -> dict[str, Named]:
    """By address, for devices whose class is sure."""
    found: dict[str, Named] = {}
    by, facts = _named_by(claims), _facts_of(claims)
    for row in devices.select(
        ["device_id", "ips", "class", "class_confidence", "role_hint", "vendor", "model"]
    ).to_pylist():
        if row["class_confidence"] in SURE and row["role_hint"] not in {"", "network"}:
            what = " ".join(part for part in (row["vendor"], row["model"]) if part) or "maker unknown"
            signatures = ", ".join(by.get(row["device_id"], ())[:MOST_SIGNATURES])
            why = f"signatures name it {row['class']} ({row['class_confidence']}; {what}): {signatures}"
            apart = any("user_agent" not in fact for fact in facts.get(row["device_id"], ()))
            found |= {ip: Named(row["role_hint"], why, apart) for ip in row["ips"]}
    return found


@dataclass(slots=True)
class Behaviour:
    """What one address was seen doing."""

    agents: set[str] = field(default_factory=set)
    sent: set[int] = field(default_factory=set)  # distinct face images sent, by the beginning of their SHA-256
    uploads: int = 0  # face images sent by its own requests
    received: set[int] = field(default_factory=set)  # distinct images sent to it with requests
    fetched: int = 0  # images it got as answers
    device_paths: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)  # link addresses of one that says it is a phone


class Actors:
    """What each address was seen doing.

    `shared` are addresses that stand for a whole site behind NAT: there each flow is an actor of its own, and only what
    that flow says of itself counts.
    """

    def __init__(
        self,
        rows: Iterable[Transfer],
        messages: pa.Table,
        flows: pa.Table,
        shared: frozenset[str] = frozenset(),
        devices: pa.Table | None = None,
        claims: pa.Table | None = None,
    ) -> None:
        self._shared = shared
        self._named = named(devices, claims) if devices is not None else {}
        self._seen: dict[str, Behaviour] = defaultdict(Behaviour)
        for row in rows:
            self._take(row)
        for client, flow_id, agent in _agents(messages, flows):
            if client not in shared:
                self._seen[client].agents.add(agent)
            elif PERSONAL.search(agent):  # all that is asked of a flow of many hosts
                self._seen[f"{client} {flow_id}"].agents.add(agent)
        for client, link in _links(flows, {ip for ip, one in self._seen.items() if _agent(one)} - shared):
            self._seen[client].links.add(link)

    def _take(self, row: Transfer) -> None:
        digest = row.digest
        if row.receiver not in self._shared:
            if row.upload:
                self._seen[row.receiver].received.add(digest)
            else:
                self._seen[row.receiver].fetched += 1
        if row.upload and row.sender not in self._shared:
            sender = self._seen[row.sender]
            if row.face in {"yes", "not judged"}:
                sender.uploads += 1
                sender.sent.add(digest)
            if found := DEVICE_PATHS.search(row.path):
                sender.device_paths.add(found.group(0))

    def role(self, ip: str, flow_id: str = "") -> tuple[str, str]:
        """Role and reason of the host at `ip`, as far as seen in this flow where the address is shared."""
        if ip not in self._shared:
            return role(self._seen.get(ip), self._named.get(ip))
        kind, why = role(self._seen.get(f"{ip} {flow_id}"))
        return (kind, why) if kind == PERSONAL_DEVICE else (UNKNOWN, "the address stands for the whole site behind NAT")

    def contested(self, ip: str) -> bool:
        """Whether the host at `ip` is called a phone or tablet, but not well enough to pass it over."""
        return ip not in self._shared and bool(contested(self._seen.get(ip), self._named.get(ip)))


def _links(flows: pa.Table, hosts: set[str]) -> Iterator[tuple[str, str]]:
    """Link addresses that some hosts send from."""
    ends = flows.select(["client_ip", "client_mac"])
    said = ends.filter(pc.is_in(ends["client_ip"], pa.array(sorted(hosts), pa.string())))
    for row in said.group_by(["client_ip", "client_mac"]).aggregate([]).to_pylist():
        if row["client_mac"]:
            yield row["client_ip"], row["client_mac"]


def _agents(messages: pa.Table, flows: pa.Table) -> Iterator[tuple[str, str, str]]:
    """Client, flow and User-Agent, some messages at a time; each comes at least once."""
    flows = flows.select(["flow_id", "client_ip", "protocol"])
    asked = messages.select(["flow_id", "user_agent"])
    for start in range(0, asked.num_rows, LOOKED_UP):
        some = asked.slice(start, LOOKED_UP)
        some = some.filter(pc.not_equal(some["user_agent"], "")).group_by(["flow_id", "user_agent"]).aggregate([])
        http = flows.filter(pc.is_in(flows["flow_id"], value_set=pc.unique(some["flow_id"])))
        http = http.filter(pc.is_in(http["protocol"], pa.array(["http", "http2", "http3"])))
        where = pc.index_in(some["flow_id"], value_set=http["flow_id"].combine_chunks())
        said = some.append_column("client", http["client_ip"].combine_chunks().take(where.combine_chunks()))
        for batch in said.filter(pc.is_valid(where)).to_batches(max_chunksize=AT_ONCE):
            for row in batch.to_pylist():
                yield row["client"], row["flow_id"], row["user_agent"]


def role(behaviour: Behaviour | None, device: Named | None = None) -> tuple[str, str]:
    """Role and reason: a sure class first, but a computer that is sent images serves, whatever browser runs on it."""
    if device is not None and device.role not in {PERSONAL_DEVICE, VIEWER}:
        return device.role, device.why
    if why := contested(behaviour, device):
        kind, _ = _behaves(behaviour or Behaviour())
        return kind, why
    if device is not None and (device.role != VIEWER or behaviour is None or not behaviour.received):
        return device.role, device.why
    if behaviour is None:
        return UNKNOWN, "no clear HTTP of its own was seen"
    if agent := _agent(behaviour):
        return PERSONAL_DEVICE, f"its User-Agent is that of a phone or tablet: {agent[:120]}"
    return _behaves(behaviour)


def contested(behaviour: Behaviour | None, device: Named | None = None) -> str:
    """Why a host that is called a phone or tablet is not passed over as one; empty where it is, or is not called so.

    A visitor's own phone is no finding, so who wants to hide would call himself one, or others a camera. A User-Agent
    is said in connections that nobody else can hold; announcements (DHCP, mDNS) anybody on the link can send. So two of
    these have to agree: a User-Agent, the inventory by other facts, a link address chosen at random (IEEE 802, the bit
    for local administration), as phones have them; and nothing that it does may speak against it. Where the capture has
    no link addresses there is no more to be asked for.
    """
    behaviour = behaviour or Behaviour()
    agent = _agent(behaviour)
    called = device is not None and device.role == PERSONAL_DEVICE
    if (device is not None and not called) or not (agent or called):
        return ""
    who = agent[:120] or "by announcements"
    if behaviour.device_paths:
        path = min(behaviour.device_paths)
        return f"contested: called a phone or tablet ({who}), but it pushes to a path of camera protocols: {path}"
    if behaviour.received:
        images = len(behaviour.received)
        return f"contested: called a phone or tablet ({who}), but {images} distinct images were sent to it"
    kinds = bool(agent) + (called and device is not None and device.apart) + any(map(_random, behaviour.links))
    if kinds < 2 and (behaviour.links or not agent):
        return f"contested: called a phone or tablet ({who}), and nothing else that others cannot forge says so"
    return ""


def _agent(behaviour: Behaviour) -> str:
    return min((agent for agent in behaviour.agents if PERSONAL.search(agent)), default="")


def _random(link: str) -> bool:
    """Whether a link address is locally administered: chosen by its host, not given by a maker."""
    return bool(int(link[:2], 16) & 2)


def _behaves(behaviour: Behaviour) -> tuple[str, str]:
    """Role and reason by what a host does."""
    if behaviour.received:
        passed = behaviour.received & behaviour.sent
        more = f", {len(passed)} of them passed on unchanged" if passed else ""
        return SERVER, f"{len(behaviour.received)} distinct images were sent to it by others{more}"
    desktop = sorted(agent for agent in behaviour.agents if DESKTOP.search(agent))
    if desktop:
        return VIEWER, f"its User-Agent is that of a desktop browser: {desktop[0][:120]}"
    if behaviour.device_paths:
        return CAPTURE, f"it pushes face images to a path of camera protocols: {min(behaviour.device_paths)}"
    if len(behaviour.sent) >= LEAST_IMAGES:
        sent = len(behaviour.sent)
        return UNKNOWN, f"it sent {sent} distinct face images by itself and received none, but nothing says what it is"
    return UNKNOWN, "too little was seen of it"
