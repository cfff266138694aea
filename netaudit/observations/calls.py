"""Facts from SIP: agents, logins, and what GB/T 28181 says of cameras, recorders and platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netaudit.contracts.details import SipDetails

if TYPE_CHECKING:
    from netaudit.observations.ends import Ends
    from netaudit.observations.ledger import Ledger
    from netaudit.observations.message_view import Place, Spoken


def observe_sip(message: Spoken, ends: Ends, ledger: Ledger, place: Place) -> None:
    """Note what the sender says of itself, and what a catalogue says of hosts by their addresses."""
    sender = ends.sender(message.direction)
    details = message.details if isinstance(message.details, SipDetails) else SipDetails()
    for field, value in details.said:
        ledger.note("sip", sender.mac, sender.ip, field, value, *place)
    if not message.status and message.method in ("REGISTER", "MESSAGE"):
        target = ends.sender(1 - message.direction)
        ledger.note("sip_server", target.mac, target.ip, "takes", message.method, *place)
    for address, facts in details.listed:
        for field, value in facts:
            ledger.note("gb28181", "", address, field, value, *place)
