"""Texts that may be records of somebody of whom no number is told."""

from __future__ import annotations

import pytest

from netaudit.core.signatures.field_words import describes


@pytest.mark.parametrize(
    "text",
    [b'{"sex":"M","ts":1794723704000}', b"<Rec personSex='1' at='2026-11-15 14:21:04'/>", b"xb=1&sj=20261115142104",
     "性别=男\n抓拍时间=2026-11-14 10:06:21".encode("gb18030"), "პირი სქესი=კაცი 2026-11-15".encode()],
)  # fmt: skip
def test_a_sex_and_a_time_describe_somebody(text: bytes) -> None:
    assert describes(text)


@pytest.mark.parametrize(
    "text",
    [b'{"sex":"M"}', b'{"ts":1794723704000}', b"Essex 2026-11-15 sexy 2026-11-15", b'{"essex":1,"ts":"2026-11-15"}'],
)
def test_one_of_them_does_not(text: bytes) -> None:
    assert not describes(text)
