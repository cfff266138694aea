"""What heads and announcements say of who sends them, in pairs of a name and a value that stand in no document.

Texts of services over mDNS (RFC 6763, 6.4), the device id of a printer (IEEE 1284) over SNMP, the query and the maker's
own heads of a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from netaudit.contracts.details import DnsDetails, SnmpDetails, Statement
from netaudit.documents.statements import described_by, names_model, of_browser, taken_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.contracts.heads import Fields, Form

MOST_RECORDS, MOST_TEXTS, MOST_HEADS = 64, 32, 64
LEAST_QUERY = 24  # characters of a target whose query may say what a device is
Pairs = list[tuple[str, str]]


class Headed(Protocol):
    """What is asked of a message."""

    @property
    def protocol(self) -> str: ...  # noqa: D102
    @property
    def direction(self) -> int: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> bytes: ...  # noqa: D102
    @property
    def details(self) -> object: ...  # noqa: D102
    @property
    def request(self) -> object: ...  # noqa: D102
    @property
    def form(self) -> Form: ...  # noqa: D102

    def header(self, name: str) -> str: ...  # noqa: D102


def stated_in_pairs(message: Headed) -> list[Statement]:
    """What the pairs of a message say of its sender, or of the address that its answers name; nothing in most."""
    read = READ.get(message.protocol)
    pairs = read(message) if read is not None else []
    facts = described_by(pairs) if pairs else None
    return [Statement(tuple(facts.items()), asked=False, listed=False)] if facts else []


def _of_mdns(message: Headed) -> Pairs:
    details = message.details
    if not isinstance(details, DnsDetails) or not details.response:
        return []
    pairs: Pairs = []
    for _, kind, value, *_ in details.answers[:MOST_RECORDS]:
        if kind == "TXT" and isinstance(value, list):
            pairs += [(name, text) for name, mark, text in (one.partition("=") for one in value[:MOST_TEXTS]) if mark]
        elif kind == "A" and pairs:
            pairs.append(("ip", str(value)))
    return pairs


def _of_snmp(message: Headed) -> Pairs:
    details = message.details
    said = details.said if isinstance(details, SnmpDetails) and details.answer else ()
    return [pair for name, value in said if name == "device_id" for pair in taken_apart(value)]


def _of_http(message: Headed) -> Pairs:
    if message.direction or message.request is not None:
        return []
    pairs = list(message.form.read(_own_heads))
    if not message.body and len(message.path) >= LEAST_QUERY and names_model(message.path):
        asked = taken_apart(message.path.partition("?")[2])
        pairs += asked if "firmware" in described_by(asked) else []  # else it may look for others
    return [] if pairs and of_browser(message.header("user-agent")) else pairs


def _own_heads(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Heads of a maker's own."""
    found = [(name[2:], value) for name, value in fields[:MOST_HEADS] if name.startswith("x-")]
    return tuple(found) if len(found) > 1 and names_model(" ".join(name for name, _ in found)) else ()


READ: dict[str, Callable[[Headed], Pairs]] = {
    "mdns": _of_mdns, "snmp": _of_snmp, "http": _of_http, "http2": _of_http, "http3": _of_http,
}  # fmt: skip
