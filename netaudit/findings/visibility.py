"""What of a connection can be seen: the one definition, for findings, marked moments, ledgers and live runs.

Encrypted is what its reader knows to hide its content, and QUIC whose hello was not captured: datagrams to its port
(RFC 9114, 3.1.2) that no reader recognised. Of other unrecognised connections nobody knows what they hide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

CLEAR, ENCRYPTED, UNREAD = "clear", "encrypted", "unread"
HIDING = frozenset({"tls", "quic", "dtls", "ssh", "smb-encrypted"})  # of flows.protocol: a hello is seen, no content
# protocols of a link or a site (`local` of their entries): nobody outside speaks them, whatever is carried in them
LOCAL = frozenset({"dhcp", "dhcpv6", "snmp", "ssdp", "discovery"})
UNRECOGNISED = frozenset({"unknown", ""})
QUIC_PORT = 443
OPENED = "opened"  # of flows.keys: nothing of it is hidden, what was in it is judged by itself


def visibility(protocol: str, transport: str, server_port: int, keys: str = "") -> str:
    """clear, encrypted or unread (nothing is known of its content), by the columns of `flows`."""
    if keys == OPENED:
        return CLEAR
    if protocol in HIDING:
        return ENCRYPTED
    if protocol not in UNRECOGNISED:
        return CLEAR
    return ENCRYPTED if transport == "udp" and server_port == QUIC_PORT else UNREAD


def encrypted(flows: pa.Table) -> pa.ChunkedArray:
    """For each row of `flows` whether `visibility` says encrypted."""
    import pyarrow as pa
    import pyarrow.compute as pc

    midway = pc.and_(pc.equal(flows["transport"], "udp"), pc.equal(flows["server_port"], QUIC_PORT))
    known = pc.is_in(flows["protocol"], pa.array(sorted(HIDING)))
    return pc.and_(pc.invert(_opened(flows)), pc.or_(known, pc.and_(midway, unrecognised(flows))))


def unrecognised(flows: pa.Table) -> pa.ChunkedArray:
    """For each row of `flows` whether no reader recognised it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nobody = pc.is_in(pc.fill_null(flows["protocol"], ""), pa.array(sorted(UNRECOGNISED)))
    return pc.and_(pc.invert(_opened(flows)), nobody)


def _opened(flows: pa.Table) -> pa.ChunkedArray:
    """For each row whether keys opened it; null in cases of versions without keys."""
    import pyarrow.compute as pc

    return pc.equal(pc.fill_null(flows["keys"], ""), OPENED)
