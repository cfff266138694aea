"""What hides a receiver is said in words, once for each kind, and nothing is said where nothing hides it."""

from __future__ import annotations

from typing import Any

import pytest

from netaudit.core.schema import BINDINGS, ENDPOINTS, FLOWS, MESSAGES, OBSERVATIONS, TLS_HELLOS
from netaudit.findings.ends import Ends
from netaudit.findings.intermediaries import Fronts
from netaudit.findings.receivers import Receivers
from netaudit.report.texts import Texts
from tests.findings.test_moments import filled
from tests.wording import english

CAM, CLOUD, MAC = "192.168.1.64", "47.96.10.20", "08:54:11:00:00:01"


def reasons_of(**given: Any) -> str:
    """What is said of one flow."""
    return "; ".join(map(english, reasons(**given)))


def reasons(name: str = "up.example.cn", **given: Any) -> list[str]:
    flow = {
        "flow_id": "f",
        "client_ip": CAM,
        "client_mac": MAC,
        "server_ip": CLOUD,
        "server_name": name,
        "transport": "tcp",
        "first_ts": given.get("begun_at", 5),
    }
    flow |= {"transport": given.get("transport", "tcp"), "server_port": given.get("port", 443)}
    flow |= {"protocol": given.get("protocol", "")}
    hello = {"message_id": "h", "flow_id": "f", "ech": given.get("ech", False), "ts": given.get("hello_at", 5)}
    facts = [{"kind": "dns", "ip": CLOUD, "value": led} for led in given.get("led", ())]
    facts += [{"kind": "dns_client", "mac": MAC, "ip": CAM, "value": led} for led in given.get("led", ())]
    facts += [{"kind": "tls_server", "ip": CLOUD, "field": "san", "value": one} for one in given.get("certified", ())]
    facts += [
        {"kind": "dns_client", "mac": MAC, "ip": CAM, "field": "ech", "value": one} for one in given.get("keys", ())
    ]
    facts = [one | {"ts": 5} for one in facts]
    asked = (
        [{"message_id": "m", "flow_id": "f", "direction": "up", "method": "CONNECT", "path": given["connect"]}]
        if "connect" in given
        else []
    )
    tables = {
        "flows": filled(FLOWS, [flow]), "observations": filled(OBSERVATIONS, facts), "messages": filled(MESSAGES, asked),
        "bindings": filled(BINDINGS, [{"device_id": MAC, "mac": MAC, "ip": CAM, "from_ts": 0, "to_ts": 9}]),
        "tls_hellos": filled(TLS_HELLOS, [hello]),
        "endpoints": filled(ENDPOINTS, [{"ip": CLOUD, "service_class": given.get("kind", "")}]),
    }  # fmt: skip
    return Fronts(tables, Receivers(tables, Ends(tables))).reasons_of([flow])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ech": True}, "ECH), or bytes like one"),
        ({"ech": True, "keys": ["face.cn other.example.cn"]}, "ECH), or bytes like one"),
        ({"ech": True, "keys": ["face.cn up.example.cn"], "hello_at": 4}, "ECH), or bytes like one"),  # a key later on
        (
            {"ech": True, "keys": ["face.cn up.example.cn", "id.cn up.example.cn"]},
            "the name may be that of a front, to which a key that DNS (type 65) gave this device for face.cn, id.cn leads",
        ),
        ({"connect": "up.example.cn:443"}, "through a proxy (CONNECT), which was asked for up.example.cn:443"),
        ({"led": ["face.example.cn"]}, "the hello says up.example.cn, DNS led to that address under face.example.cn"),
        ({"certified": ["*.other.cn", "other.cn"]}, "a certificate seen at that address is for *.other.cn, other.cn"),
        (
            {"name": "", "certified": ["*.other.cn"]},
            "no name was asked for, a certificate seen at that address is for *.other.cn",
        ),
        ({"kind": "name_resolution"}, "a resolver is asked under encryption"),
        ({"transport": "esp"}, "a tunnel"),
        ({"name": "", "transport": "udp", "port": 51820}, "a VPN (WireGuard)"),
        ({"name": "", "transport": "udp", "port": 1194, "protocol": "unknown"}, "a VPN (OpenVPN)"),
        ({"name": "controlplane.tailscale.com"}, "a VPN (Tailscale)"),
        ({"certified": ["*.deep.up.example.cn"]}, "a certificate seen at that address is for"),
    ],
)
def test_what_hides_a_receiver(given: dict[str, Any], words: str) -> None:
    told = reasons_of(**given)
    assert words in told
    assert told.endswith(": 1")
    (chinese,) = (Texts("zh").phrase(one, str) for one in reasons(**given))
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese


FULL = {"certified": [f"{n}.other.cn" for n in range(16)]}  # more were not kept: the name may be among them


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"led": ["up.example.cn"]},
        {"led": ["face.example.cn"], "begun_at": 4},  # what DNS says later on led nobody
        {"certified": ["*.example.cn"]},
        {"kind": "mail"},
        FULL,
        {"name": "nottailscale.com"},
        {"transport": "tcp", "port": 51820},
        {"transport": "udp", "port": 500, "protocol": "rtp"},
    ],
)
def test_nothing_is_said_where_nothing_hides_it(given: dict[str, Any]) -> None:
    assert reasons_of(**given) == ""


def test_findings_are_many_and_their_flows_looked_up_once() -> None:
    flow = {"flow_id": "f", "client_ip": CAM, "server_ip": CLOUD, "server_name": "up.example.cn", "protocol": "tls"}
    facts = [{"kind": "tls_server", "ip": CLOUD, "field": "san", "value": "other.cn"}]
    tables = {
        "flows": filled(FLOWS, [flow, flow | {"flow_id": "g", "protocol": "http"}]),
        "observations": filled(OBSERVATIONS, facts), "messages": filled(MESSAGES, []),
        "bindings": filled(BINDINGS, []),
    }  # fmt: skip
    fronts = Fronts(tables, Receivers(tables, Ends(tables)))
    tables.clear()
    (told,) = fronts.before(["f", "f", "g", "unknown"])
    assert english(told).endswith("other.cn: 1")
    assert fronts.before(["g"]) == []
