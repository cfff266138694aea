"""The first rows of a sorted table are those of the whole order, whatever is empty, equal or filtered."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.browse import paging
from netaudit.browse.paging import Tables, Wanted
from netaudit.case.reading import open_case


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("column", ["path", "host", "first_ts", "body_size", "missing"])
@pytest.mark.parametrize("filters", [(), (("path", "/p1"),)])
def test_the_first_rows_are_those_of_the_whole_order(made, monkeypatch, column, down, filters) -> None:
    wanted = Wanted("messages", filters, column, down)
    whole, total = Tables(open_case(made)).page(wanted, 0, 130, [column])
    monkeypatch.setattr(paging, "LONG", 10)
    monkeypatch.setattr(paging, "TOP", 60)
    tables = Tables(open_case(made))
    found: list[dict] = []
    while len(found) < total:
        rows, same = tables.page(wanted, len(found), 20, [column])
        assert same == total
        assert rows
        found += rows
    assert [one["row"] for one in found] == [one["row"] for one in whole]
    assert len(tables._tops) == 1
    assert np.unique([one["row"] for one in found]).size == total
