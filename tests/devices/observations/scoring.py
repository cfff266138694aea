"""Scores what an audit observed against the shared captures of discovery: fields found, and devices named.

As a script it prints every miss and every labelled device:

    python -m tests.devices.observations.scoring [folder of the captures]
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from netaudit import api
from netaudit.core.masking.mask import mask
from netaudit.core.signatures.loading import load

VOCABULARY = load().vocabulary
LABELS = {  # label → (vendor, class); the switch of Hue speaks no IP: its frames are those of the bridge it was set up with
    "Aria": ("Fitbit", "scale"), "D-LinkSensor": ("D-Link", "sensor"), "EdimaxCam1": ("Edimax", "ip_camera"),
    "EdnetCam1": ("Ednet", "ip_camera"), "EdnetGateway": ("Ednet", "gateway_iot"), "HueBridge": ("Philips Hue", "gateway_iot"),
    "HueSwitch": ("Philips Hue", "gateway_iot"), "SmarterCoffee": ("Smarter", "iot"), "TP-LinkPlugHS110": ("TP-Link", "smart_plug"),
    "WeMoSwitch": ("Belkin", "smart_plug"), "Withings": ("Withings", "scale"),
}  # fmt: skip
PLACES = {"frame", "src_mac", "src_ip", "confirmed_by"}
SYNTHETIC = ("asan", "infinite-loop", "fuzz")  # made to break parsers, not sent by devices
Event = dict[str, Any]
Facts = dict[str, set[str]]  # "kind.field" → values
DHCPV6 = {
    1: "solicit",
    3: "request",
    4: "confirm",
    5: "renew",
    6: "rebind",
    8: "release",
    9: "decline",
    11: "information-request",
}
ANSWERS, ANSWERS_6 = {"OFFER", "ACK", "NAK"}, {2, 7, 10}  # of servers
WINDOWS = {  # as tshark calls the versions that announcements carry
    "5.1": "Windows XP", "6.1": "Windows 7 or Windows Server 2008 R2", "5.0": "Windows 2000", "4.0": "Windows NT 4.0",
}  # fmt: skip


@dataclass
class Score:
    """Found and missed by "kind.field"; devices by outcome."""

    found: Counter[str] = field(default_factory=Counter)
    untold: Counter[str] = field(default_factory=Counter)  # expected, but no fact about a host
    explained: list[tuple[str, str, int, str]] = field(default_factory=list)  # file, kind.field, frame, why
    missed: list[tuple[str, str, int, str]] = field(default_factory=list)  # file, kind.field, frame, value
    fields: set[str] = field(default_factory=set)  # "kind.field" of all facts told
    devices: list[tuple[str, str, str, str]] = field(
        default_factory=list
    )  # file, label, claim, outcome with what is said

    def of(self, claim: str, outcome: str) -> int:
        """How many labelled devices had this outcome for "vendor" or "class"."""
        return sum(said.startswith(outcome) for _, _, name, said in self.devices if name == claim)

    def rates(self, claim: str) -> tuple[float, float]:
        """Coverage (answers given of devices labelled) and precision (right of answers given)."""
        right, wrong, abstained = (self.of(claim, outcome) for outcome in ("right", "wrong", "abstained"))
        return (right + wrong) / max(right + wrong + abstained, 1), right / max(right + wrong, 1)


def _has(facts: Facts, names: str, value: object) -> bool:
    wanted = mask(str(value)[:512])
    return any(wanted in facts.get(name, ()) for name in names.split())


def _any_text(facts: Facts, names: str, value: str) -> bool:
    """Texts that tshark shortens, folds or takes out of a longer one."""
    squeezed = "".join(str(value).replace("| ", "").split())[:150]
    values = (
        "".join(text.replace("\\r", "").replace("\\n", "").split())
        for name in names.split()
        for text in facts.get(name, ())
    )
    return any(text.startswith("".join(mask(squeezed).split())) for text in values)


Check = Callable[[Facts, Any, Event], bool | None]  # None: no fact about a host, not scored


def _equals(names: str) -> Check:
    return lambda facts, value, _: _has(facts, names, value)


def _each(names: str, change: Callable[[str], str] = str) -> Check:
    """One value or several, each found."""
    return lambda facts, value, _: all(
        _has(facts, names, change(str(one))) for one in (value if isinstance(value, list) else [value]) if one != ""
    )


def _codes(names: str) -> Check:
    """Option codes in their order; padding and end (0) are none."""
    return lambda facts, value, _: _has(facts, names, ",".join(str(code) for code in value if code))


def _of_client(check: Check) -> Check:
    """Of a DHCP server's answer nothing is scored: what it repeats of the client is no word of the client's."""
    return lambda facts, value, event: None if event.get("type") in ANSWERS else check(facts, value, event)


def _of_client_6(check: Check) -> Check:
    return lambda facts, value, event: None if ANSWERS_6 & set(event["msgtype"]) else check(facts, value, event)


def _of_answer(check: Check) -> Check:
    """Only of mDNS answers: a question's records are what the asker knows of others."""
    return lambda facts, value, event: check(facts, value, event) if event["response"] else None


def _untold(*_: object) -> None:
    """No fact about a host: the direction of a message, its verb or status."""


def _short(name: str) -> str:
    return name.removesuffix(".local")


def _chassis(facts: Facts, value: str, _: Event) -> bool:
    """Locally assigned identifiers are text here and hexadecimal in tshark."""
    return any(value in {text, text.encode().hex()} for text in facts.get("lldp.chassis", ()))


CHECKS: dict[str, Check] = {
    "dhcp.type": _of_client(lambda facts, value, _: _has(facts, "dhcp.message", value.lower())),
    "dhcp.client_mac": _equals("mac"),
    "dhcp.hostname": _of_client(_equals("dhcp.hostname")),
    "dhcp.vendor_class": _of_client(_equals("dhcp.vendor_class")),
    "dhcp.param_request_list": _codes("dhcp.params"),
    "dhcp.option_order": _of_client(_codes("dhcp.options")),
    "dhcp.requested_ip": _equals("dhcp.requested"),
    "dhcp.fqdn": _of_client(_equals("dhcp.fqdn")),
    "dhcp.your_ip": lambda facts, value, _: None if value == "0.0.0.0" else _has(facts, "dhcp.ip", value),
    "dhcpv6.msgtype": _of_client_6(lambda facts, value, _: any(_has(facts, "dhcpv6.message", DHCPV6.get(one, "")) for one in value)),
    "dhcpv6.duid": _of_client_6(lambda facts, value, _: _has(facts, "dhcpv6.duid", bytes.fromhex(value).hex(":"))),
    "dhcpv6.duid_mac": _of_client_6(_equals("dhcpv6.duid_mac")),
    "dhcpv6.oro": _codes("dhcpv6.params"),
    "dhcpv6.vendor_enterprise": _of_client_6(_equals("dhcpv6.enterprise")),
    "dhcpv6.vendor_class": _of_client_6(_equals("dhcpv6.vendor_class")),
    "dhcpv6.client_fqdn": _of_client_6(lambda facts, value, _: _has(facts, "dhcpv6.fqdn", value.rstrip("."))),
    "mdns.response": _untold,
    "mdns.questions": lambda facts, value, event: None if event["response"] else all(_has(facts, "mdns_client.asked", _short(one).lower()) for one in value),
    "mdns.names": _of_answer(lambda facts, value, _: all(_mdns_name(facts, one) for one in value)),
    "mdns.ptr": _of_answer(lambda facts, value, _: all(_mdns_name(facts, one) for one in value)),
    "mdns.a": _each("mdns.ip"),
    "mdns.aaaa": _each("mdns.ip"),
    "mdns.srv_targets": _of_answer(_each("mdns.hostname", _short)),
    "mdns.srv_ports": _of_answer(lambda facts, value, _: set(value) <= {text.rpartition(" ")[2] for text in facts.get("mdns.port", ())}),
    "mdns.txt": _of_answer(_each("mdns.txt")),
    "llmnr.response": _untold,
    "llmnr.questions": lambda facts, value, event: None if event["response"] else all(_has(facts, "llmnr_client.asked", one.lower()) for one in value),
    "ssdp.method": _untold,
    "ssdp.status": _untold,
    "ssdp.st": _equals("ssdp.type ssdp_client.searched"),
    "ssdp.server": _equals("ssdp.server"),
    "ssdp.location": _equals("ssdp.location"),
    "ssdp.usn": _equals("ssdp.usn"),
    "ssdp.user_agent": _equals("ssdp_client.user_agent"),
    "lldp.chassis_id": _chassis,
    "lldp.port_id": _equals("lldp.port"),
    "lldp.port_desc": _equals("lldp.port_description"),
    "lldp.system_name": _equals("lldp.system_name"),
    "lldp.system_desc": lambda facts, value, _: _any_text(facts, "lldp.system_description", value),
    "lldp.mgmt_ip": _each("lldp.management"),
    "cdp.device_id": _equals("cdp.device_id"),
    "cdp.platform": _equals("cdp.platform"),
    "cdp.port_id": _equals("cdp.port"),
    "cdp.software": lambda facts, value, _: _any_text(facts, "cdp.software", value),
    "cdp.addresses": _each("cdp.address"),
    "cdp.native_vlan": _equals("cdp.native_vlan"),
    "netbios_browser.server": _untold,
    "netbios_browser.windows_version": _untold,
    "rtsp.method": _untold,
    "rtsp.status": _untold,
    "rtsp.url": lambda facts, value, _: _has(facts, "rtsp_client.path", "/" + value.split("/", 3)[3]),
    "rtsp.sdp_media": lambda facts, value, _: all(_has(facts, "rtsp_server.media", one) for one in value.split("|")),
    "rtsp.sdp_attr": lambda facts, value, _: all(
        _has(facts, "rtsp_server.codec", one.split(" ", 1)[1]) for one in value.split("|") if one.startswith("rtpmap:")
    ),
    "http_server.server": _equals("http_server.server rtsp_server.server"),
    "http_client.user_agent": _equals("http_client.user_agent rtsp_client.user_agent"),
    "banners.text": lambda facts, value, _: _has(facts, "rtsp_server.server rtsp_client.user_agent", value.partition(": ")[2]),
}  # fmt: skip
EXPLAINED = {  # (file, field, frame): why what is expected is not what is said
    ("suricata-verify__dhcp-option-52-overload-both__input.pcap", "dhcp.option_order", 1):
        "tshark lists overloaded options where option 52 stands; by RFC 2131, 4.1 they come behind the options field",
    ("tcpdump__dhcpv6-ia-na.pcap", "dhcpv6.duid_mac", 3): "the identifier of the server that is asked, not the client's",
    **{
        ("my-pcaps__dhcp-auth-openwall.pcap", "dhcpv6.duid_mac", frame): "a link address of one byte, which is none"
        for frame in (1, 3, 5)
    },
    ("nDPI__dhcp-fuzz.pcapng", "dhcp.option_order", 1): "option 60 claims more bytes than the datagram has",
    **{
        ("nDPI__iphone.pcap", "mdns.names", frame): "the name of a Kerberos realm's text, neither host nor service"
        for frame in (3, 4, 5)
    },
}  # fmt: skip


def _mdns_name(facts: Facts, name: str) -> bool:
    """Owner or target of a record: an address's name, a host, a service or an instance of one; reverse names are none."""
    if name in {"_services._dns-sd._udp.local", "<Root>"} or name.endswith((".in-addr.arpa", ".ip6.arpa")):
        return True
    short = _short(name)
    instance = short.rpartition("._")[0].rpartition("._")[0]
    return (
        _has(facts, "mdns.name mdns.instance", name)
        or _has(facts, "mdns.hostname mdns.service mdns.instance", short)
        or (bool(instance) and _has(facts, "mdns.instance", instance))
    )


def facts_of(case: Any) -> Facts:
    """Facts of a case, with the addresses that they are about as "mac", "KIND.ip"."""
    facts: Facts = defaultdict(set)
    for row in case.table("observations", ["kind", "mac", "ip", "field", "value"]).to_pylist():
        facts[f"{row['kind']}.{row['field']}"].add(row["value"])
        facts["mac"].add(row["mac"])
        facts[f"{row['kind']}.ip"].add(row["ip"])
    return facts


def score_case(case: Event, opened: Any, score: Score) -> None:
    """Add one capture's outcome."""
    facts = facts_of(opened)
    score.fields |= {name for name in facts if name != "mac" and not name.endswith(".ip")}
    for kind, events in case["events"].items():
        for event in events:
            for name in event.keys() - PLACES:
                place = (case["file"], f"{kind}.{name}", event.get("frame", 0))
                check = CHECKS.get(place[1])
                outcome = check(facts, event[name], event) if check else False
                if outcome is None:
                    score.untold[place[1]] += 1
                elif outcome:
                    score.found[place[1]] += 1
                elif place in EXPLAINED:
                    score.explained.append((*place, EXPLAINED[place]))
                else:
                    score.missed.append((*place, str(event[name])[:160]))


def score_device(case: Event, opened: Any, score: Score) -> None:
    """Add what the inventory says of the labelled device. A vendor by its address block alone counts as no answer."""
    label = case["device"]["label"]
    vendor, kind = LABELS[label]
    rows = opened.table("devices", ["macs", "vendor", "vendor_confidence", "class"]).to_pylist()
    (row,) = [row for row in rows if case["device"]["mac"] in row["macs"]]
    said = row["vendor"] if row["vendor_confidence"] in {"declared", "strong"} else ""
    score.devices.append((case["file"], label, "vendor", _outcome(said, said == vendor)))
    wider = {kind, *VOCABULARY.ancestors(kind)}
    score.devices.append((case["file"], label, "class", _outcome(row["class"], row["class"] in wider)))


def _outcome(said: str, right: bool) -> str:
    return f"{'right' if right else 'wrong'} {said}" if said else "abstained"


def audit(capture: Path, folder: Path) -> Any:
    """A whole audit but for faces and the report, which nobody reads here."""
    with mock.patch("netaudit.report.from_case.write_report"):
        return api.audit(capture, folder, faces=False, overwrite=True)


def cases(captures: Path) -> list[Event]:
    """The listed captures of discovery."""
    return json.loads((captures / "discovery" / "expected.json").read_text(encoding="utf-8"))["cases"]


def score_all(captures: Path, scratch: Path) -> Score:
    """Audit and score every capture."""
    score = Score()
    for number, case in enumerate(cases(captures)):
        opened = audit(captures / "discovery" / case["file"], scratch / str(number))
        score_case(case, opened, score)
        if "device" in case and not any(word in case["file"] for word in SYNTHETIC):
            score_device(case, opened, score)
    return score


def main() -> None:
    """Print the list."""
    with tempfile.TemporaryDirectory() as scratch:
        score = score_all(Path(sys.argv[1]), Path(scratch))
    lost = Counter(name for _, name, *_ in (*score.missed, *score.explained))
    for name in sorted({*score.found, *score.untold, *lost}):
        print(
            f"{name:32} {score.found[name]:4} of {score.found[name] + lost[name]:4}, {score.untold[name]:3} no fact of a host"
        )
    for file, label, claim, outcome in sorted(score.devices, key=lambda row: (row[1], row[2], row[0])):
        print(f"{label:18} {claim:7} {outcome:20} {file}")
    for claim in ("vendor", "class"):
        counts = ", ".join(f"{score.of(claim, outcome)} {outcome}" for outcome in ("right", "wrong", "abstained"))
        print("{}: {}; coverage {:.0%}, precision {:.0%}".format(claim, counts, *score.rates(claim)))
    for title, misses in (("explained", score.explained), ("MISSED", score.missed)):
        for miss in misses:
            print(title, *miss)


if __name__ == "__main__":
    main()
