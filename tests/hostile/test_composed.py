"""Whatever is done to a face two to four times and however it is carried: no verdict is calm, and nobody else is named."""

from __future__ import annotations

import os

import pytest

import netaudit
from tests.hostile.composed import Composed
from tests.hostile.whole import Told, is_calm
from tests.hostile.wire import pcap

SEEDS = int(os.environ.get("HOSTILE_SEEDS", "1"))
FIRST = int(os.environ.get("HOSTILE_FIRST", "0"))
CASES = [Composed(number) for number in range(FIRST, FIRST + 12 * SEEDS)]


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    folder = tmp_path_factory.mktemp("composed")
    log = sorted((entry for case in CASES for entry in case.log()), key=lambda entry: entry[0])
    (folder / "lan.pcap").write_bytes(pcap(log))
    return netaudit.audit(folder / "lan.pcap", folder / "case")


@pytest.fixture(scope="module")
def told(audited):
    return Told(audited)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_composition_is_calm(case, told):
    assert not is_calm(told, case)


def test_nobody_else_is_in_a_finding(audited):
    planted = {(case.sender, case.receiver) for case in CASES}
    assert {(row["sender"], row["receiver"]) for row in audited.table("findings").to_pylist()} <= planted
