"""Logins: the name is kept, what proves a password is not."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.devices.observations.logins import LONGEST, login_of


def basic(text):
    return "Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('Digest username="admin", realm="Login to 1f", nonce="n", response="00ff"', [("user", "admin"), ("login_realm", "Login to 1f")]),
        ('digest realm="x",username="a b"', [("user", "a b"), ("login_realm", "x")]),
        (basic(b"admin:secret"), [("user", "admin")]),
        (basic(b"admin:se:cret"), [("user", "admin")]),
        (basic(b"secret"), []),
        (basic(b":secret"), []),
        ("Basic !!!", []),
        ("Bearer abc.def", []),
        ("", []),
        ("Digest", []),
    ],
)  # fmt: skip
def test_examples(value, said):
    assert login_of(value) == said
    assert "secret" not in repr(login_of(value))


@given(st.text(max_size=300), st.sampled_from(["Digest ", "Basic ", ""]))
def test_any(text, scheme):
    for field, value in login_of(scheme + text):
        assert field in ("user", "login_realm")
        assert 0 < len(value) <= LONGEST
