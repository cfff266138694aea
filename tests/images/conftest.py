"""Tests of helper processes start and end their own."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def kept_helpers() -> None:
    """None are kept."""
