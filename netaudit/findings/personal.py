"""What says that a device is a visitor's or an employee's own phone or tablet, and what speaks against it.

Who wants to hide would call himself a phone. So one word is not enough: two facts from different exchanges are asked
for, one of which somebody else answered, and none against them. Such a device is told apart, never erased: what it sent
stands in a line of its own. Facts that one frame can make are one fact: all words of a DHCP request are, and so are all
that a User-Agent says.

agent      a User-Agent of a phone in a request whose connection was answered; another one to another server is a second
lease      DHCP, by host name, vendor class or what signatures say, and the address was given
announced  what signatures say of other announcements (mDNS …): nobody answers those
link       a link address chosen at random (IEEE 802, the bit for local administration), or of a maker of phones
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from netaudit.core.contracts.reasons import reason
from netaudit.core.text.addresses import is_link_address

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from netaudit.findings.ends import Ends

LEASING = frozenset({"dhcp", "dhcpv6"})  # kinds of facts
HANDHELD = frozenset({"phone", "tablet", "handheld"})  # classes
LEAST_FACTS = 2
LOOKED_UP = 65_536  # messages whose flows are looked up together
AT_ONCE = 8_192  # rows turned into Python values together

BOARDS = re.compile(r"\b(?:rk\d{4}|rockchip|msm\d{4}|mt\d{4}|sun\d+i|exdroid|aosp|full_|qssi)", re.IGNORECASE)
MODELS = (  # of phones and tablets, as their makers write them in Build.MODEL
    r"SM-|Redmi|MI |Mi |Xiaomi|HONOR|HUAWEI|OPPO|vivo|ONEPLUS|realme|Pixel|moto|Nokia|meizu|M2\d{3}[A-Z]"
    r"|\d{5,8}[A-Z]{1,3}\b|V\d{4}[A-Z]|P[A-Z]{2}M\d0|PD\d{4}|CPH\d{4}|RMX\d{4}|[A-Z]{3,4}-[A-Z]{1,2}\d{2}|LE\d{4}|KB\d{4}|NX\d{3}|XT\d{4}|LM-"
)
PERSONAL = re.compile(  # browsers, system services and runtimes of phones and tablets; terminals run Android, too
    r"\((?:iPhone|iPad|iPod)|\b(?:iPhone|iPad)\b|CFNetwork/"
    r"|Mozilla/5\.0 \(Linux; (?:U; )?Android (?:9|1\d)\b"
    rf"|Dalvik/\S+ \(Linux; U; Android [\d.]+; (?:{MODELS})|MicroMessenger/\S.* NetType/"
)
DESKTOP = re.compile(r"Mozilla/5\.0 \((?:Windows NT|Macintosh|X11)")
HOST_NAMES = re.compile(
    r"(?i:iphone|ipad|^android[-_]?[0-9a-f]{8,16}$|^(?:honor|huawei|mate|nova|pura|redmi|xiaomi|mi|poco|oppo|reno|find|vivo"
    r"|iqoo|oneplus|realme|galaxy|samsung|pixel|meizu|nubia|moto)[-_ ]?[\w-]*$)"
)
VENDOR_CLASSES = re.compile(r"^(?:android-dhcp-\d+|(?:HUAWEI|HONOR):android|dhcpcd-[\d.]+:.*[Aa]ndroid)")
CAMERA_MAKERS = re.compile(
    r"(?i:hikvision|dahua|uniview|ezviz|imou|tiandy|kedacom|tvt|sunell|axis comm|hanwha|reolink)"
)
ANNOUNCED = frozenset({  # kinds of facts that nobody has to answer
    "sadp", "dhdiscover", "wsd", "ssdp", "upnp", "mdns", "llmnr", "lldp", "cdp", "dhcp", "dhcpv6",
    "oui", "model",
})  # fmt: skip
LINK = {"oui"}  # kind of the fact that is the link address itself
CAPTURING = [  # classes of devices that take pictures of others, or hold them
    "access_terminal", "camera", "doorbell", "face_capture_camera", "face_server", "id_terminal", "ip_camera", "nvr",
]  # fmt: skip
PHONE_MAKERS = re.compile(
    r"(?i:^(?:apple|samsung|xiaomi|vivo|oppo|guangdong oppo|oneplus|honor|huawei device|realme|meizu|motorola))"
)
BEHIND = "behind"  # a router took from the time to live of what it sends under its own address: it translates
AGAINST = {  # what speaks against a phone, the gravest first, and the reason by which it is contested
    "persons": "contested_persons", "serves": "contested_serves", "life": "contested_life", "maker": "contested_maker",
    "class": "contested_class", BEHIND: "contested_behind",
}  # fmt: skip
ROUTED = " routed"  # at the end of the shape of an opening
SIX = "64"  # initial time to live of Linux, hence Android, and of iOS; Windows begins with 128
HTTP = ("http", "http2", "http3")


@dataclass(slots=True)
class Calling:
    """What a device was heard to say of itself."""

    agents: set[str] = field(default_factory=set)  # all of them
    answered: set[tuple[str, str]] = field(default_factory=set)  # (server, User-Agent of a phone), of answered requests
    desktops: set[str] = field(default_factory=set)  # User-Agents of computers, of answered requests
    leases: set[str] = field(default_factory=set)  # words of DHCP
    granted: bool = False
    announced: set[str] = field(default_factory=set)
    at_random: bool = False  # its link address is chosen so
    maker: str = ""  # of phones, whose its link address is
    persons: set[str] = field(default_factory=set)  # whose identity number it sent, as keyed hashes
    against: dict[str, dict[str, str]] = field(default_factory=dict)  # of AGAINST → what was seen

    def facts(self) -> list[str]:
        """Facts for it, each from another exchange: reasons."""
        servers = sorted({server for server, _ in self.answered})
        agent = min((agent for _, agent in self.answered), default="")
        found = [reason("personal_agent", agent=agent[:120])] if servers else []
        found += [reason("personal_again", name=servers[1])] if len(servers) > 1 else []
        found += [reason("personal_lease", what=min(self.leases)[:80])] if self.leases and self.granted else []
        found += [reason("personal_announced", what=min(self.announced)[:80])] if self.announced else []
        if self.at_random:
            found.append(reason("personal_random"))
        elif self.maker:
            found.append(reason("personal_maker", name=self.maker))
        return found

    @property
    def word(self) -> str:
        """The word by which it calls itself so, as it was said."""
        leases = self.leases if self.granted else set()
        return min((agent for _, agent in self.answered), default="") or min(leases | self.announced, default="")

    @property
    def called(self) -> bool:
        """Whether a fact that counts calls it a phone."""
        return bool(self.answered or (self.leases and self.granted) or self.announced)

    @property
    def heard(self) -> bool:
        """Whether somebody else answered one of its facts."""
        return bool(self.answered or (self.leases and self.granted))

    @property
    def personal(self) -> bool:
        """Whether it is to be told apart."""
        return self.heard and len(self.facts()) >= LEAST_FACTS and not self.against


def is_personal_agent(agent: str) -> bool:
    """Whether a User-Agent is one of a phone or tablet, and of no board as terminals have them."""
    return PERSONAL.search(agent) is not None and BOARDS.search(agent) is None


def callings(tables: Mapping[str, pa.Table], ends: Ends) -> dict[str, Calling]:
    """By device: what it was heard to say of itself. Addresses that several machines use are devices here, too."""
    found: dict[str, Calling] = defaultdict(Calling)
    for client, server, flow_id, agent, answered in agents_of(tables["messages"], tables["flows"], ends.unsettled):
        one = found[ends.device(client, flow_id)]
        one.agents.add(agent)
        if answered and is_personal_agent(agent):
            one.answered.add((server, agent))
        elif answered and DESKTOP.search(agent):
            one.desktops.add(agent)
    _note_claims(tables, found)
    _note_observations(tables, ends, found)
    for device, one in found.items():
        if is_link_address(device) and int(device[:2], 16) & 2:
            one.at_random = True
    return found


def _note_claims(tables: Mapping[str, pa.Table], found: dict[str, Calling]) -> None:
    """What signatures say of its words, and the maker of its link address."""
    claims, devices = tables.get("claims"), tables.get("devices")
    if claims is not None:
        chosen = claims.filter(
            pc.and_(pc.equal(claims["claim"], "class"), pc.is_in(claims["value"], pa.array(sorted(HANDHELD))))
        )
        for row in chosen.select(["device_id", "facts"]).to_pylist():
            for fact in row["facts"] or ():
                kind = fact.partition(".")[0]
                if kind in LEASING:
                    found[row["device_id"]].leases.add(fact)
                elif not kind.startswith(("http", "oui")):
                    found[row["device_id"]].announced.add(fact)
        others = claims.filter(
            pc.and_(pc.equal(claims["claim"], "class"), pc.is_in(claims["value"], pa.array(CAPTURING)))
        )
        for row in others.filter(pc.not_equal(others["standing"], "supports only")).to_pylist():
            if all(fact.partition(".")[0] in ANNOUNCED for fact in row["facts"] or ()):
                continue  # anybody on the link can write that in its name
            found[row["device_id"]].against["class"] = {"class": row["value"], "name": row["by"]}
    if devices is not None:
        borne = _borne(claims, "vendor")
        for row in devices.select(["device_id", "vendor"]).to_pylist():
            by = borne.get((row["device_id"], row["vendor"]), LINK)
            if CAMERA_MAKERS.search(row["vendor"] or "") and not by <= ANNOUNCED - LINK:
                found[row["device_id"]].against["maker"] = {"name": row["vendor"]}
            if PHONE_MAKERS.match(row["vendor"] or ""):
                found[row["device_id"]].maker = row["vendor"]


def _borne(claims: pa.Table | None, name: str) -> dict[tuple[str, str], set[str]]:
    """Kinds of facts that bear each value of a claim, by device and value."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in claims.filter(pc.equal(claims["claim"], name)).to_pylist() if claims is not None else ():
        found[row["device_id"], row["value"]].update(fact.partition(".")[0] for fact in row["facts"] or ())
    return found


def _note_observations(tables: Mapping[str, pa.Table], ends: Ends, found: dict[str, Calling]) -> None:
    observations = tables.get("observations")
    if observations is None:
        return
    kinds = pa.array(["dhcp", "tcp", "rtsp_server", "http_server"])
    chosen = observations.filter(pc.is_in(observations["kind"], value_set=kinds))
    columns = (chosen[name].to_pylist() for name in ("kind", "mac", "ip", "field", "value"))
    for kind, mac, ip, name, value in zip(*columns, strict=True):
        if kind == "dhcp" and name == "leased":
            found[ends.of_link(mac, ip)].granted = True
        elif kind == "dhcp" and _is_phones(name, value):
            found[ends.of_link(mac, ip)].leases.add(f"dhcp.{name}={value}")
        elif kind == "tcp" and name == "syn":
            one = found[ends.of_link(mac, ip)]
            if value.endswith(ROUTED) and ends.holder_is(ip, "", mac):
                one.against[BEHIND] = {}
            if not value.startswith(f"ttl={SIX} "):
                one.against["life"] = {"shape": value[:40]}
        elif kind.endswith("_server") and name in {"server", "realm", "title"}:
            found[ends.of_link(mac, ip)].against["serves"] = {"what": f"{kind} {value[:60]}"}


def _is_phones(name: str, value: str) -> bool:
    return bool(
        (name == "hostname" and HOST_NAMES.search(value)) or (name == "vendor_class" and VENDOR_CLASSES.match(value))
    )


def agents_of(
    messages: pa.Table, flows: pa.Table, apart: Collection[str] | None = None
) -> Iterator[tuple[str, str, str, str, bool]]:
    """Client, server, flow, User-Agent and whether the server said something; each comes at least once.

    `apart` are the clients of which each flow is wanted, where not of all: of others no flow is said.
    """
    flows = flows.select(["flow_id", "client_ip", "server_ip", "protocol", "payload_down"])
    asked = messages.select(["flow_id", "user_agent"])
    for start in range(0, asked.num_rows, LOOKED_UP):
        some = asked.slice(start, LOOKED_UP)
        some = some.filter(pc.not_equal(some["user_agent"], "")).group_by(["flow_id", "user_agent"]).aggregate([])
        http = flows.filter(pc.is_in(flows["flow_id"], value_set=pc.unique(some["flow_id"])))
        http = http.filter(pc.is_in(http["protocol"], pa.array(HTTP))).combine_chunks()
        where = pc.index_in(some["flow_id"], value_set=http["flow_id"].combine_chunks()).combine_chunks()
        down = http["payload_down"]
        answered = pc.fill_null(pc.greater(down, 0), fill_value=True)
        client, flow_id = http["client_ip"].take(where), some["flow_id"]
        if apart is not None:
            flow_id = pc.if_else(pc.is_in(client, pa.array(sorted(apart), pa.string())), flow_id, "")
        said = pa.table({
            "client": client, "server": http["server_ip"].take(where), "flow": flow_id,
            "agent": some["user_agent"], "answered": answered.take(where),
        }).filter(pc.is_valid(where))  # fmt: skip
        if apart is not None:
            said = said.group_by(said.column_names).aggregate([])
        for batch in said.to_batches(max_chunksize=AT_ONCE):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
