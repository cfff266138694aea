"""Judgement: from the tables of a case to its findings and its verdict."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from netaudit.findings.encrypted import encrypted_findings
from netaudit.findings.roles import behaviours
from netaudit.findings.transfers import transfers
from netaudit.findings.uploads import Scope, clear_findings
from netaudit.tables import FINDINGS


def judge(tables: dict[str, pa.Table], scope: Scope) -> pa.Table:
    """The `findings` table, from objects, images, messages and flows."""
    messages, flows = tables["messages"], tables["flows"]
    rows = list(transfers(tables["objects"], tables["images"], messages, flows))
    seen = behaviours(rows, messages, flows)
    found: list[dict[str, Any]] = [*clear_findings(rows, scope, seen), *encrypted_findings(flows, scope, seen)]
    return pa.Table.from_pylist(found, schema=FINDINGS.schema())
