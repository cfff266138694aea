"""Facts from the protocols by which Windows and its kin find each other: NetBIOS, browser, LLMNR, SMB with NTLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.contracts.details import BrowserDetails, DnsDetails, NetbiosNames, SmbDetails
from netaudit.observations import ntlm

if TYPE_CHECKING:
    from netaudit.observations.ends import Ends, Host, Place, Spoken
    from netaudit.observations.ledger import Ledger

ANY = "*"  # the wildcard that status questions ask for
# what the last byte of a name says (MS-BRWS, 2.1.1; RFC 1001, 14), for names of one machine and for groups
SUFFIXES = {
    0x00: "workstation",
    0x03: "messenger",
    0x20: "file server",
    0x1B: "domain master browser",
    0x1D: "master browser",
}
GROUP_SUFFIXES = {0x00: "workgroup", 0x1C: "domain controllers", 0x1E: "browser elections"}
NO_MACHINE = frozenset({"", ANY, "__MSBROWSE__", "\x01\x02__MSBROWSE__\x02"})
RECORD_KINDS = frozenset({"A", "AAAA"})


def observe_names(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Who owns which NetBIOS name, and who asks for which (RFC 1002, 4.2)."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, NetbiosNames):
        return
    if details.operation == "query" and not details.response:
        if message.host and message.host != ANY:
            ledger.note("nbns_client", sender.mac, sender.ip, "asked", message.host, *place)
        return
    if details.response and details.operation != "query":
        return  # a name server's answer about somebody else's registration
    for name, suffix, group, address in details.owned:
        mac, ip = (sender.mac, sender.ip) if address in {"", "0.0.0.0", sender.ip} else ("", address)  # noqa: S104
        _owned(mac, ip, name, suffix, ledger, place, group=group)
    if details.mac:
        ledger.note("nbns", sender.mac, sender.ip, "mac", details.mac, *place)


def _owned(mac: str, ip: str, name: str, suffix: int, ledger: Ledger, place: Place, *, group: bool) -> None:
    if name in NO_MACHINE or any(char < " " for char in name):
        return
    known = GROUP_SUFFIXES if group else SUFFIXES
    ledger.note("nbns", mac, ip, "group" if group else "name", name, *place)
    ledger.note("nbns", mac, ip, "service", known.get(suffix, f"{suffix:02x}"), *place)


def observe_browser(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """What a machine announces of itself (MS-BRWS, 2.2), and the NetBIOS name it sends from."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, BrowserDetails):
        return
    if details.source[0] not in NO_MACHINE and details.address == sender.ip:
        ledger.note("browser", sender.mac, sender.ip, "source", details.source[0], *place)
    announces = details.announces
    if not announces:
        return
    field = {"workgroup": "workgroup", "request": "asked_by"}.get(announces, "name")
    if details.name:
        ledger.note("browser", sender.mac, sender.ip, field, details.name, *place)
    if announces in {"host", "local master"}:
        for key, value in (("os", details.os), ("comment", details.comment)):
            if value:
                ledger.note("browser", sender.mac, sender.ip, key, value, *place)
        for role in details.roles:
            ledger.note("browser", sender.mac, sender.ip, "role", role, *place)


def observe_llmnr(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Names asked for, and names whose owner answers (RFC 4795)."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, DnsDetails):
        return
    if not details.response:
        if message.host:
            ledger.note("llmnr_client", sender.mac, sender.ip, "asked", message.host.lower(), *place)
        return
    for name, kind, value, *_ in details.answers[:16]:
        if kind in RECORD_KINDS:
            ledger.note("llmnr", "", str(value), "name", str(name), *place)


def observe_smb(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Names and versions that the two sides of a session say before files are opened."""
    details, sender = message.details, ends.sender(message.direction)
    if not isinstance(details, SmbDetails):
        return
    for field, value in (("native_os", details.native_os), ("native_manager", details.native_manager)):
        if value:
            ledger.note("smb", sender.mac, sender.ip, field, value, *place)
    note_ntlm(details.ntlmssp, sender, ledger, place)


def note_ntlm(token: bytes, sender: Host, ledger: Ledger, place: Place) -> None:
    """What a token of NTLM says of the machine that made it (MS-NLMP); never the user."""
    for field, value in ntlm.pairs_of(token):
        ledger.note("ntlm", sender.mac, sender.ip, field, value, *place)
