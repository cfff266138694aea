"""Who holds a block of link addresses: the lines of the registry, and the same answers as python-stdnum gives."""

from __future__ import annotations

import random

import pytest
from stdnum import mac as registry
from stdnum.exceptions import InvalidComponent

from netaudit.devices.inventory.registry import blocks, holder, holder_of, read

TEXT = """# a remark
000000-000002,0000A0 o="FIRST %LTD%"
0000F9,0000FB-0000FC o="SECOND"
0055DA
 0 o="PART ZERO"
 1-3,A o="PART ONE TO THREE, AND TEN"
001BC5
 000 o="SMALL"
 0FF-101 o="SMALLER"
nonsense
ZZZZZZ-ZZZZZA o="NO BLOCKS"
000000-FFFFFF o="EVERYTHING"
AABBCC
"""


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("000000123456", 'FIRST "LTD"'),
        ("000001ffffff", 'FIRST "LTD"'),
        ("000002000000", 'FIRST "LTD"'),
        ("000003000000", ""),
        ("0000a0000000", 'FIRST "LTD"'),
        ("0000fa000000", ""),
        ("0000fc000000", "SECOND"),
        ("0055da012345", "PART ZERO"),
        ("0055da2fffff", "PART ONE TO THREE, AND TEN"),
        ("0055daa00000", "PART ONE TO THREE, AND TEN"),
        ("0055daf00000", ""),  # no part of it was given out
        ("001bc5000fff", "SMALL"),
        ("001bc5100000", "SMALLER"),
        ("001bc5102000", ""),
        ("aabbcc000000", ""),
        ("", ""),
    ],
)
def test_a_block_has_its_holder(digits: str, expected: str) -> None:
    assert holder_of(digits, read(TEXT)) == expected


def test_an_address_in_a_part_not_given_out_has_no_holder() -> None:
    assert holder("00:1b:c5:ff:ff:ff") == holder("00:55:da:f0:00:00") == ""


def test_answers_are_those_of_stdnum() -> None:
    draw = random.Random(11)
    known = sorted(blocks())
    starts = [draw.choice(known) for _ in range(120)] + [f"{draw.getrandbits(48):012X}" for _ in range(20)]
    for start in starts:
        digits = (start + f"{draw.getrandbits(48):012x}")[:12]
        mac = ":".join(digits[at : at + 2] for at in range(0, 12, 2)).lower()
        try:
            expected = registry.get_manufacturer(mac)
        except (InvalidComponent, KeyError):
            expected = ""
        assert holder_of(digits, blocks()) == expected, mac
