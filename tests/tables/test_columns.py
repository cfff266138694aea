"""Batches of columns: what is missing is told at once, with its table."""

from __future__ import annotations

import pytest

from netaudit.core.schema import OBJECTS
from netaudit.tables.columns import batch_of


def test_all_columns_that_are_missing_are_named_with_their_table() -> None:
    columns = {name: [] for name in OBJECTS.names if name not in {"kind", "stored"}}
    with pytest.raises(KeyError, match="rows of objects without kind, stored"):
        batch_of(columns, OBJECTS.schema())
    assert batch_of(columns | {"kind": [], "stored": []}, OBJECTS.schema()).num_rows == 0
