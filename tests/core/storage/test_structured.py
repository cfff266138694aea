"""Rows of structured arrays copied by their bytes are those that numpy copies."""

from __future__ import annotations

import numpy as np
import pytest

from netaudit.core.storage.structured import copied, longer, picked, put

ROW = np.dtype([("one", "u8"), ("two", "u1"), ("three", "i4", 2)], align=True)


@pytest.mark.parametrize("count", [0, 1, 7])
def test_copies_are_those_of_numpy(count):
    rows = np.zeros(count + 2, ROW)
    rows["one"], rows["two"], rows["three"] = np.arange(count + 2), 5, [[1, 2]]
    rows.flags.writeable = False
    own, order = rows[1 : count + 1], np.arange(count)[::-1].copy()
    for made, expected in ((copied(own), own), (picked(own, order), own[order]), (longer(own, 9)[:count], own)):
        assert made.dtype == ROW
        assert made.flags.writeable
        assert made.size == expected.size
        assert (made == expected).all()
    assert len(longer(own, 9)) == 9


def test_rows_are_put_at_the_beginning():
    rows, into = np.ones(2, ROW), np.zeros(5, ROW)
    put(rows, into)
    assert into["one"].tolist() == [1, 1, 0, 0, 0]
    with pytest.raises(ValueError, match="broadcast"):
        put(into, rows)
