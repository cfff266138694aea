"""Named services of the far side: object stores, face APIs, camera clouds … by signatures over names and requests."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from netaudit.signatures.conditions import Fact
from netaudit.signatures.index import LeafIndex

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from netaudit.signatures.loading import Signature

# What matters most to the audit comes first where an address serves several.
ORDER = ("face_api", "sales_platform", "camera_cloud", "object_store")
MOST_NAMED = 3  # services named of one address
HTTP_FIELDS = {"path": "endpoint.path", "server": "endpoint.server"}

Facts = dict[str, list[Fact]]


class Services:
    """Answers which service stands behind names and requests."""

    def __init__(self, signatures: Iterable[Signature]) -> None:
        self._signatures = tuple(signature for signature in signatures if signature.decides)
        self._leaves = LeafIndex(signature.condition for signature in self._signatures)
        self._of_nothing = self._name({})

    def name(self, facts: Facts) -> tuple[str, str]:
        """Service and its class; several services of one address are joined, the class is that of the gravest."""
        return self._name(facts) if any(facts.values()) else self._of_nothing

    def _name(self, facts: Facts) -> tuple[str, str]:
        hits = self._leaves.hits(facts)
        found = [
            (signature.claims["class"], signature.claims["service"])
            for signature in self._signatures
            if signature.condition.given(hits.get) is not None
        ]
        if not found:
            return "", ""
        ranked = sorted(set(found), key=lambda item: (ORDER.index(item[0]) if item[0] in ORDER else len(ORDER), item))
        return "; ".join(dict.fromkeys(service for _, service in ranked[:MOST_NAMED])), ranked[0][0]


def endpoint_facts(ip: str, names: Iterable[str], requests: dict[str, Facts]) -> Facts:
    """What signatures of services may ask of an address."""
    facts: Facts = {"endpoint.name": [Fact("endpoint.name", name) for name in names]}
    return facts | requests.get(ip, {})


def requests_by_server(observations: pa.Table) -> dict[str, Facts]:
    """Paths asked of, and Server headers given by, each address."""
    found: dict[str, Facts] = defaultdict(dict)
    http = observations.filter(pc.equal(observations["kind"], "http_server")).select(["ip", "field", "value"])
    for row in http.to_pylist():
        if name := HTTP_FIELDS.get(row["field"]):
            found[row["ip"]].setdefault(name, []).append(Fact(name, row["value"]))
    return found
