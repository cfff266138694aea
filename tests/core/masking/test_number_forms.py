"""Numbers of identity documents that their sender masked."""

from __future__ import annotations

import pytest

from netaudit.core.masking.number_forms import holds_masked_number


@pytest.mark.parametrize(
    "text",
    [
        "1101**********1234",
        '"990412********3964"',
        "1101●●●●●●●●●●1234",
        "3702XXXXXXXXXX010X",
        "1＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊＊4",
    ],
)
def test_a_masked_number_is_seen(text: str) -> None:
    assert holds_masked_number(f"id={text};".encode())


@pytest.mark.parametrize(
    "text",
    ["138****1234", "****************", "6222 **** **** 1234", "x" * 40, "11010519491231002X", "1**2", "****" * 30],
)
def test_other_masks_are_none(text: str) -> None:
    assert not holds_masked_number(text.encode())
