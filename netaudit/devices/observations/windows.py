"""Record facts about Windows hosts: LLMNR names, SMB session setup and NTLM tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.core.contracts.details import DnsDetails, SmbDetails
from netaudit.devices.observations import ntlm

if TYPE_CHECKING:
    from netaudit.devices.observations.ends import Ends, Host, Place, Spoken
    from netaudit.devices.observations.ledger import Ledger

RECORD_KINDS = frozenset({"A", "AAAA"})


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
