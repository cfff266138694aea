"""Judgement: from the tables of a case to its findings and its verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from netaudit.findings.encrypted import encrypted_findings
from netaudit.findings.roles import Actors
from netaudit.findings.transfers import Transfer, transfers
from netaudit.findings.uploads import Scope, clear_findings
from netaudit.tables import FINDINGS


def judge(tables: dict[str, pa.Table], scope: Scope, shared: frozenset[str] = frozenset()) -> pa.Table:
    """The `findings` table, from the other tables. `shared` addresses stand for many devices (NAT)."""
    messages, flows = tables["messages"], tables["flows"]
    faces: list[Transfer] = []

    def passing() -> Iterator[Transfer]:
        for row in transfers(tables["objects"], tables["images"], messages, flows):
            if row.face == "yes":
                faces.append(row)
            yield row

    actors = Actors(passing(), messages, flows, shared, tables.get("devices"), tables.get("claims"))
    found: list[dict[str, Any]] = [
        *clear_findings(faces, scope, actors),
        *encrypted_findings(flows, scope, actors, tables.get("endpoints")),
    ]
    return pa.Table.from_pylist(found, schema=FINDINGS.schema())
