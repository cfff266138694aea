"""Which sites are divided, and in which rounds."""

from __future__ import annotations

import pytest

from netaudit.campaign.one_site import Task
from netaudit.campaign.parts import MOST, in_parts
from netaudit.campaign.plan import Site


@pytest.fixture
def tasks(tmp_path):
    for name, size in (("small", 10), ("large", 1000)):
        (tmp_path / name).write_bytes(bytes(size))
    return [Task(Site(name, (str(tmp_path / name),)), str(tmp_path), "run") for name in ("small", "large", "gone")]


@pytest.mark.parametrize(("many", "parts"), [(2, 2), (5, 5), (1000, MOST)])
def test_only_what_is_large_is_divided_and_its_case_comes_last(tasks, many, parts):
    first, second = in_parts(tasks, 100, lambda: many)
    assert [(one.site.site, one.part) for one in first] == [
        *(("large", number) for number in range(parts + 1)), ("small", None), ("gone", None),
    ]  # fmt: skip
    assert [(one.site.site, one.part, one.parts) for one in second] == [("large", None, parts)]
    assert len({one.name for one in (*first, *second)}) == parts + 4


@pytest.mark.parametrize("many", [0, 1])
def test_one_worker_divides_nothing(tasks, many):
    assert in_parts(tasks, 100, lambda: many) == [tasks]


def test_nobody_is_asked_where_nothing_is_large(tasks):
    assert in_parts(tasks, 10_000, lambda: pytest.fail("asked")) == [tasks]
