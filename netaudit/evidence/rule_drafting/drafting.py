"""A first signature from a device of a case: its most telling facts, with real examples for and against.

What comes out is a draft to think about: netaudit cannot know which of the facts are the maker's and which this site's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from netaudit.errors import UsageError
from netaudit.evidence.rule_drafting.naming import Row, name_devices

if TYPE_CHECKING:
    from netaudit.core.signatures.conditions import Fact
    from netaudit.core.signatures.signature import SignatureSet
    from netaudit.evidence.case.reading import Case

TELLING = (  # fields that tell most of a maker, best first
    "sadp.DeviceDescription", "dhdiscover.DeviceType", "upnp.manufacturer", "upnp.model", "lldp.system_description",
    "cdp.platform", "http_server.server", "http_server.realm", "rtsp_server.server", "rtsp_server.realm",
    "http_server.title", "wsd.scope", "dhcp.vendor_class", "mdns.service", "ssdp.server", "http_client.path",
    "http_client.event", "http_client.user_agent", "dhcp.hostname", "oui.vendor", "dhcp.params", "dns_client.asked",
)  # fmt: skip
MOST_FACTS = 4  # conditions of a draft
FILL_IN = "FILL-IN"
HEAD = """\
# A draft. Take out what belongs to this site and not to the maker (names, numbers), say what it claims and how well
# that is founded, and give an example that must not match for each thing it could be taken for. Then:
#   netaudit rules check DIR     with this file as DIR/devices/NAME.yaml
"""


def draft(case: Case, device: Row, signatures: SignatureSet, *, kind: str = "", vendor: str = "") -> str:
    """YAML of a draft: facts of the device become its conditions and its example.

    Raises UsageError when it said nothing that a signature could ask for.
    """
    named = name_devices(case, signatures)
    own = named.facts.get(device["device_id"], {})
    chosen = [own[field][0] for field in TELLING if own.get(field)][:MOST_FACTS]
    if not chosen:
        raise UsageError("{} said nothing that tells a maker or a kind; nothing to draft from", device["device_id"])
    others = (facts for name, facts in sorted(named.facts.items()) if name != device["device_id"])
    claims = {"vendor": vendor or FILL_IN, "class": kind or FILL_IN}
    seen = [named.places[fact.row] for fact in chosen if fact.row >= 0]
    where = ", ".join(dict.fromkeys(f"{row['capture_id']} frame {row['frame']}" for row in seen))
    entry: dict[str, Any] = {
        "id": _identifier(vendor or "draft", device),
        "about": FILL_IN,
        "when": {"all": [{"fact": fact.field, "equals": fact.value} for fact in chosen]},
        "claims": claims,
        "strength": "weak",
        "provenance": {"kind": "capture", "source": f"capture {where}" if where else FILL_IN},
        "examples": {
            "match": [{"facts": {fact.field: fact.value for fact in chosen}}],
            "no_match": [{"facts": _unlike(chosen, others)}],
        },
    }
    return HEAD + yaml.safe_dump([entry], sort_keys=False, allow_unicode=True, width=120)


def _identifier(vendor: str, device: Row) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", f"{vendor} {device['name'] or device['device_id']}".casefold()).strip("-")
    return words[:60].rstrip("-") or "draft"


def _unlike(chosen: list[Fact], others: Any) -> dict[str, str]:
    """Facts of another device of the case that has one of the same fields with another value."""
    fields = [fact.field for fact in chosen]
    values = {(fact.field, fact.value.casefold()) for fact in chosen}
    for facts in others:
        found = {
            field: facts[field][0].value
            for field in fields
            if facts.get(field) and all((field, fact.value.casefold()) not in values for fact in facts[field])
        }
        if found:
            return found
    return {fields[0]: FILL_IN}
