"""What a name was registered under, and by whom where it is rented."""

from __future__ import annotations

import pytest

from netaudit.core.text.domains import registrable


@pytest.mark.parametrize(
    ("name", "registered"),
    [
        ("a.b.example.cn", "example.cn"),
        ("a.b.Example.com.cn.", "example.com.cn"),
        ("com.cn", "com.cn"),
        ("www.example.com:8443", "example.com"),
        ("printer", ""),
        ("203.0.113.9:8080", ""),
        ("2001:db8::1", ""),
    ],
)
def test_what_a_name_was_registered_under(name: str, registered: str) -> None:
    assert registrable(name) == registered


def test_under_a_rented_domain_every_name_is_a_party_of_its_own() -> None:
    assert registrable("shop.oss-cn-hangzhou.aliyuncs.com") == "shop.oss-cn-hangzhou.aliyuncs.com"
    assert registrable("shop.oss-cn-hangzhou.aliyuncs.com", rented=False) == "aliyuncs.com"
