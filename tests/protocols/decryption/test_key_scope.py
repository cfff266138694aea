"""Which connections may be opened."""

from __future__ import annotations

import pytest

from netaudit.errors import UsageError
from netaudit.protocols.decryption.scope import wanted

ENDS = ("192.168.1.20", "47.96.10.20")


@pytest.mark.parametrize(
    ("texts", "name", "takes"),
    [
        (("all",), "", True),
        (("cloud.example",), "cloud.example", True),
        (("cloud.example",), "a.Cloud.Example.", True),
        (("*.cloud.example",), "a.cloud.example", True),
        (("cloud.example",), "notcloud.example", False),
        (("cloud.example",), "", False),
        (("47.96.0.0/16",), "anything", True),
        (("192.168.1.20",), "", True),
        (("10.0.0.0/8", "2001:db8::/32"), "cloud.example", False),
        ((), "cloud.example", False),
    ],
)
def test_names_addresses_networks(texts, name, takes):
    assert wanted(texts).takes(ENDS, name) is takes


@pytest.mark.parametrize("text", ["", "a b", "10.0.0.0/99", "https://cloud.example/"])
def test_what_says_nothing_is_refused(text):
    with pytest.raises(UsageError, match="keys-for"):
        wanted((text,))
