"""Every test of the command line begins without a language that an earlier one asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netaudit.cli.texts import speak

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    speak(None)
    yield
    speak(None)
