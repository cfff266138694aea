"""The door from observations: facts in, one row of `devices` per device out, each claim with its reasons.

Works on tables only. What a signature uses is named with its frame, so that every answer can be looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netaudit.core.schema import BINDINGS, CLAIMS, DEVICES, Row
from netaudit.core.signatures.conditions import Fact
from netaudit.core.storage.table_streams import table_of
from netaudit.core.text.addresses import is_link_address
from netaudit.devices.inventory.claims import CLAIMED, MOST_FACTS, RuleClaim, claim_rows, reasons
from netaudit.devices.inventory.collecting import Link, collect
from netaudit.devices.inventory.identity import hidden, made_from
from netaudit.devices.inventory.judging import ANNOUNCED, Claim, is_announced, judge
from netaudit.devices.inventory.matching import Match, Matcher
from netaudit.devices.inventory.observed import Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from netaudit.core.signatures.signature import SignatureSet
    from netaudit.core.signatures.vocabulary import Vocabulary
    from netaudit.devices.inventory.device import Device
    from netaudit.devices.inventory.identity import Identities

__all__ = ["Inventory", "Link", "inventory"]

_DEVICE, _BINDING = DEVICES.row, BINDINGS.row
ROLES = {
    "face_capture_camera": "capture device", "ip_camera": "capture device", "id_terminal": "verification terminal",
    "access_terminal": "verification terminal", "face_server": "server", "server": "server", "nvr": "server",
    "nas": "server", "pc": "viewer", "phone": "personal device", "tablet": "personal device",
    "handheld": "personal device", "router": "network", "switch": "network", "access_point": "network",
}  # fmt: skip
TYPES = (  # where a device says in words what it is: best first, those of its model where no type says it
    ("device.type", "said.type", "upnp.type", "sadp.DeviceDescription", "dhdiscover.DeviceClass", "sofia.DeviceType"),
    ("device.model", "said.model", "upnp.description", "upnp.model", "lldp.model", "snmp.description"),
)
CALLED = ("device.name", "said.name")
SAYING = frozenset().union(*TYPES, CALLED)
BLOCK_RULE = "rule: address block"
STATED_RULE = "rule: said by the device"
UNKNOWN = {name: Claim() for name in CLAIMED if name != "name"}
MAKER = re.compile(r"(?=(?:.*[^\W\d_]){2})(?!.*//)[^\W_][^\x00-\x1f<>{}\"=;|\\]{1,59}")  # what may be a maker's name
NO_MAKERS = frozenset({"unknown", "none", "null", "n/a", "default", "manufacturer", "vendor", "oem", "test"})
HELD = {  # what a device says it holds or watches
    claim: (f"device.{claim}", f"said.{claim}") for claim in ("faces", "persons", "place", "channel")
}
HOLDING = frozenset().union(*HELD.values())
MOST_HELD = 16  # values of each
NAMES = (  # where a device says how it is called, best first
    "lldp.system_name", "device.name", "sip.gb_DeviceName", "snmp.name", "dhcp.hostname", "upnp.name",
    "sadp.DeviceDescription", "dhdiscover.MachineName", "said.name", "mdns.hostname", "cdp.device_id",
    TITLE := "http_server.title",
)  # fmt: skip
OF_PAGE = re.compile(  # what pages are titled: logins, homes, states
    r"\W*(?:log[ -]?[io]n\b|sign[ -]?in\b|web ?(?:login|client|ui)|welcome|home\b|index\b|status\b|about\b|error"
    r"|untitled|document\b|[45]\d\d\b|not found|登[录陆錄]|用户登录|欢迎|首页|主页|关于|系统信息|设备信息|管理后台"
    r"|estado|acerca|inicio|iniciar|entrar|о системе|вход|главная|состояние|connexion|accueil|anmeld|accedi|giriş"
    r"|đăng nhập|로그인|ログイン|masuk)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Inventory:
    """Rows of `devices`, `bindings` and `claims`; how many flows tell only by sums who held an address."""

    devices: pa.Table
    bindings: pa.Table
    claims: pa.Table
    in_sums: int = 0


def inventory(
    observations: pa.Table, flows: pa.Table, link: Link, scope: Callable[[str], str], signatures: SignatureSet
) -> Inventory:
    """Who is there, and why each is called what it is called."""
    rows = Observed(observations)
    devices, identities = collect(rows, flows, link, scope)
    matcher = Matcher(signatures.devices)
    entries: list[Row] = []
    claims: list[Row] = []
    for identity in sorted(devices):
        device = devices[identity]
        _add_kinds(device, signatures.vocabulary)
        matches = _matches(device, matcher)
        judged = _judged(device, matches, signatures)
        by_rules = [*hidden(device), *_block(device, judged["vendor"], signatures.vocabulary), *_held(device)]
        used = [match for match in matches if any(match.claims.get(name) for name in CLAIMED)]
        entries.append(_row(device, judged, used, by_rules, rows))
        claims += claim_rows(identity, used, judged, by_rules, rows, signatures.vocabulary)
    held = sorted(binding_rows(identities, devices))
    return Inventory(table_of(entries, DEVICES), table_of(held, BINDINGS), table_of(claims, CLAIMS), identities.in_sums)


def binding_rows(identities: Identities, devices: dict[str, Device]) -> Iterator[Row]:
    """Who held which address when; devices known by an address only; link addresses that stand for many."""
    kinds = identities.speakers.claims.kinds
    for ip, tenures in identities.held.items():
        for one in tenures:
            by = sorted(kinds.get((one.mac, ip), ()))
            by += ["eui64"] if made_from(one.mac, ip) else []
            by += ["frames"] if one.answered else []
            yield _BINDING(
                device_id=identities.alias.get(one.mac, one.mac), ip=ip, mac=one.mac, from_ts=one.since,
                to_ts=one.until, packets=one.answered, by=by or ["frames"],
            )  # fmt: skip
    for device in devices.values():
        if not is_link_address(device.id) and device.id not in identities.held:
            yield _BINDING(
                device_id=device.id, ip=device.id, mac="", from_ts=device.first, to_ts=device.last, packets=None,
                by=["address"],
            )  # fmt: skip
    for mac in identities.speakers.many:
        yield _BINDING(
            device_id=identities.alias.get(mac, mac), ip="", mac=mac, from_ts=None, to_ts=None, packets=None, by=[]
        )


def _add_kinds(device: Device, vocabulary: Vocabulary) -> None:
    """What kinds of device its own words name: those for its type, else for its model, else how its name ends."""
    kinds: list[tuple[str, Fact]] = []
    if not device.facts.keys().isdisjoint(SAYING):
        for names in TYPES:
            kinds = [(vocabulary.kinds.of(fact.value), fact) for name in names for fact in device.facts.get(name, ())]
            if any(kind for kind, _ in kinds):
                break
        else:
            facts = [fact for name in CALLED for fact in device.facts.get(name, ())]
            kinds = [(vocabulary.kinds.ends(fact.value), fact) for fact in facts]
    device.facts["kind.said"] = [Fact("kind.said", kind, fact.row, fact.kind) for kind, fact in kinds if kind]


def _matches(device: Device, matcher: Matcher) -> list[Match]:
    """Matches of a device, also by the models that were found: whoever says one is asked what it tells."""
    matches = matcher.matches(device.facts)
    named = {
        match.claims["model"]: match.facts[0] for match in sorted(matches, key=_was_answered) if _tells_model(match)
    }
    if not named:
        return matches
    models = [Fact("model.said", model, fact.row, fact.kind) for model, fact in named.items()]
    return matcher.matches({**device.facts, "model.said": models})


def _was_answered(match: Match) -> bool:
    return match.facts[0].kind not in ANNOUNCED


def _tells_model(match: Match) -> bool:
    return bool(match.signature.decides and match.claims.get("model") and match.facts)


def _judged(device: Device, matches: list[Match], signatures: SignatureSet) -> dict[str, Claim]:
    judged = _by_signatures(matches, signatures.vocabulary) if matches else dict(UNKNOWN)
    if not judged["vendor"].conflict and judged["vendor"].confidence != "declared":
        judged["vendor"] = _by_own_word(device, judged["vendor"])
    if not judged["vendor"].value and not judged["vendor"].conflict:
        judged["vendor"] = _by_block(device, signatures.vocabulary)
    return judged


def _by_signatures(matches: list[Match], vocabulary: Vocabulary) -> dict[str, Claim]:
    judged = {name: judge(matches, name) for name in CLAIMED if name not in {"class", "name"}}
    judged["class"] = judge(matches, "class", vocabulary)
    refuted = _refuted(judged["class"].value, matches, vocabulary)
    if refuted and is_announced(refuted):  # somebody wrote it in its name: what else he said of it is no surer
        doubted = [one for one in ("vendor", "model") if is_announced(judged[one].matches)]
        judged |= {one: replace(judged[one], confidence="weak") for one in doubted}
    return judged


def _refuted(value: str, matches: list[Match], vocabulary: Vocabulary) -> list[Match]:
    """Matches for a class that cannot be that of a device whose class is this one."""
    kin = {value, *vocabulary.ancestors(value)}
    classes = {match.claims["class"] for match in matches if match.claims.get("class")} if value else set[str]()
    others = {one for one in classes - kin if value not in vocabulary.ancestors(one)}
    return [match for match in matches if match.claims.get("class") in others]


def _by_own_word(device: Device, known: Claim) -> Claim:
    """The maker that a device names in a field made for that, though no signature knows it; only one, and a name."""
    words = {fact.value.strip() for fact in device.facts.get("maker.said", ())}
    word = words.pop() if len(words) == 1 else ""
    if not MAKER.fullmatch(word) or word.casefold() in NO_MAKERS:
        return known
    return Claim(word, "declared")


def _row(device: Device, judged: dict[str, Claim], used: list[Match], by_rules: list[RuleClaim], rows: Observed) -> Row:
    vendor, kind = judged["vendor"], judged["class"]
    blocks = [fact for name in ("oui.vendor", "oui.local") for fact in device.facts.get(name, ())[:MOST_FACTS]]
    why, evidence = reasons(judged, used, by_rules, blocks, rows)
    return _DEVICE(
        device_id=device.id,
        macs=sorted(device.macs),
        ips=sorted(device.ips, key=lambda ip: (":" in ip, ip)),
        name=_called(device),
        vendor=vendor.value,
        vendor_confidence=vendor.confidence,
        class_=kind.value,
        class_confidence=kind.confidence,
        product=judged["product"].value,
        model=judged["model"].value,
        serial=judged["serial"].value,
        firmware=judged["firmware"].value,
        role_hint=ROLES.get(kind.value, "") if kind.confidence in {"declared", "strong"} else "",
        reasons=why,
        first_ts=device.first if device.last else None,
        last_ts=device.last or None,
        evidence=evidence,
        chain=[],
        behind=max((int(one.value) for one in by_rules if one.claim == "behind"), default=None),
    )


def _by_block(device: Device, vocabulary: Vocabulary) -> Claim:
    """The holder of the address block as a weak word for the vendor.

    Abstains where a device has several blocks, and where the holder makes network modules for others (facts 8).
    """
    holders = sorted({fact.value for fact in device.facts.get("oui.vendor", ())})
    if len(holders) != 1 or vocabulary.makes_modules(holders[0]):
        return Claim()
    return Claim(holders[0], "weak")


def _block(device: Device, vendor: Claim, vocabulary: Vocabulary) -> list[RuleClaim]:
    """What the block's holder is: the maker, where nothing else names one; or the maker of a network module."""
    facts = device.facts.get("oui.vendor", [])
    modules = {fact.value: [fact] for fact in facts if vocabulary.makes_modules(fact.value)}
    claims = [RuleClaim("module", name, BLOCK_RULE, own) for name, own in sorted(modules.items())]
    named = [fact for fact in facts if fact.value == vendor.value]
    return [*claims, RuleClaim("vendor", vendor.value, BLOCK_RULE, named)] if named and not vendor.matches else claims


def _held(device: Device) -> list[RuleClaim]:
    """How many faces and persons it says it holds, and what it calls the places that it watches."""
    found = []
    for claim, names in HELD.items() if not device.facts.keys().isdisjoint(HOLDING) else ():
        facts = [fact for name in names for fact in device.facts.get(name, ())]
        values = dict.fromkeys(fact.value for fact in facts[:MOST_HELD])
        found += [
            RuleClaim(claim, value, STATED_RULE, [one for one in facts if one.value == value]) for value in values
        ]
    return found


def _called(device: Device) -> str:
    """How it says that it is called; the title of a page counts where it is no word for that page."""
    if device.facts.keys().isdisjoint(NAMES):
        return ""
    names = ((name, device.facts[name][0].value) for name in NAMES if device.facts.get(name))
    return next((value for name, value in names if name != TITLE or not OF_PAGE.match(value)), "")
