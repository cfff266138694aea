"""The finding: the one maker of rows of `findings`. What a kind may say of whom stands in `vocabulary.py`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from netaudit.core.contracts.reasons import JOIN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netaudit.findings.vocabulary import Kind, Rule

MOST_CLAUSES = 24  # flows named one by one in a display filter
Way = tuple[str, str, str, int]  # client, server, transport, server port

_IN_KIND = ("kind", "role", "rules", "reasons", "key")  # columns under other names, or none


@dataclass(slots=True, kw_only=True)
class Finding:
    """One row of `findings` while it is made; columns are attributes. Times are UTC nanoseconds.

    Raises ValueError where its kind, grade and rules do not go together.
    """

    kind: Kind
    certainty: str
    sender: str
    receiver: str
    role: tuple[str, str]  # of the device that acted, and the reason for it
    rules: list[Rule]
    reasons: list[str]
    key: tuple[str, ...]  # what tells it from all others: its id is made of it
    images: int = 0
    distinct_images: int = 0
    possible: int = 0
    with_identity: int = 0
    records: int = 0
    persons: int = 0
    records_named: int = 0
    records_with_phone: int = 0
    records_with_face: int = 0
    templates: int = 0
    contacts: int = 0
    transfers: int = 0
    bytes: int = 0
    first_ts: int | None
    last_ts: int | None
    capture_ids: list[str]
    object_ids: list[str] = field(default_factory=list)
    document_ids: list[str] = field(default_factory=list)
    person_hmacs: list[str] = field(default_factory=list)
    flow_ids: list[str]
    display_filter: str
    opened: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    outcome: str = ""
    outcome_reasons: list[str] = field(default_factory=list)
    initiated: str = ""
    acknowledged: str = ""
    accepted: str = ""
    own_content: str = ""
    address_bound: str = ""
    sender_device: str = ""  # both from `actors.ends`, for all findings at once
    receiver_device: str = ""

    def __post_init__(self) -> None:
        allowed = self.kind.rules
        if self.certainty not in tuple(self.kind.grades) or not self.rules or not set(self.rules) <= set(allowed):
            raise ValueError(f"{self.kind.name} is never {self.certainty} by {', '.join(map(str, self.rules))}")

    def row(self) -> dict[str, Any]:
        """The row by column name."""
        role, why = self.role
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _IN_KIND} | {
            "finding_id": finding_id(*self.key),
            "act": self.kind.act.name,
            "sender_role": role,
            "role_reason": why,
            "endpoint_id": self.kind.act.far(self.sender, self.receiver),
            "rule": " ".join(map(str, self.rules)),
            "reason": JOIN.join(self.reasons),
        }


def finding_id(*parts: str) -> str:
    """Short id of a finding, the same in every run over the same traffic."""
    return "F" + hashlib.blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


def display_filter(ways: Iterable[Way]) -> str:
    """Wireshark display filter for connections."""
    clauses = []
    for client, server, transport, port in sorted(set(ways))[:MOST_CLAUSES]:
        field_name = "ipv6.addr" if ":" in client else "ip.addr"
        tail = f" && {transport}.port == {port}" if transport in {"tcp", "udp"} else ""
        clauses.append(f"({field_name} == {client} && {field_name} == {server}{tail})")
    return " || ".join(clauses)


def way_of(flow: dict[str, Any]) -> Way:
    """Ends of a row with the columns of `flows`."""
    return flow["client_ip"], flow["server_ip"], flow["transport"], flow["server_port"]
